// What the service says of a song, with what to do about it.

const ADVICE = {
  unknown_word: "Choose the note and write the word as it sounds, or choose another language or voice.",
  guessed_word: "If it sounds wrong, choose the note and write the word as it sounds.",
  near_phonemes: "Nothing needs to be done; a voice of that language sings it better.",
  missing_phonemes: "Choose another voice if it sounds wrong.",
  out_of_range: "Choose a voice with that range, or move the part by an octave.",
  overlap: "Choose one voice of the part.",
  no_words: "Choose a verse with words, or choose the notes and write some.",
  cache: "",
};
const SHOWN = 40;

/** The lines of a list of warnings: those that say the same of several places are one, with their measures. */
export function grouped(warnings) {
  const groups = new Map();
  for (const { code, measure, measure_number: number, message } of warnings) {
    const place = String(measure ?? number ?? "");
    // The place is told by itself.
    const text = message.replace(/^measure [^:]*: /, "");
    const group = groups.get(`${code} ${text}`) ?? { code, text, advice: ADVICE[code] ?? "", measures: [] };
    if (place && !group.measures.includes(place)) group.measures.push(place);
    groups.set(`${code} ${text}`, group);
  }
  return [...groups.values()];
}

/** Fills a list; choosing a measure calls `go` with its number. */
export function showWarnings(list, warnings, go) {
  const groups = grouped(warnings);
  const said = new Set();
  list.replaceChildren(
    ...groups.slice(0, SHOWN).map((group) => {
      const item = document.createElement("li");
      group.measures.forEach((measure) => item.append(link(measure, go), " "));
      item.append(sentence(group.text));
      if (group.advice && !said.has(group.code)) item.append(" ", advice(group.advice));
      said.add(group.code);
      return item;
    }),
  );
  if (groups.length > SHOWN) {
    const more = document.createElement("li");
    more.textContent = `and ${groups.length - SHOWN} more`;
    list.append(more);
  }
  return groups.length;
}

function link(measure, go) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "measure";
  button.textContent = `measure ${measure}`;
  button.addEventListener("click", () => go(measure));
  return button;
}

function advice(text) {
  const element = document.createElement("span");
  element.className = "advice";
  element.textContent = text;
  return element;
}

function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
