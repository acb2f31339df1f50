// What the service says of a song, with what to do about it.

import { pitchName } from "./score-view.js";

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
    const text = readable(message.replace(/^measure [^:]*: /, ""));
    const group = groups.get(`${code} ${text}`) ?? { code, text, advice: ADVICE[code] ?? "", measures: [] };
    if (place && !group.measures.includes(place)) group.measures.push(place);
    groups.set(`${code} ${text}`, group);
  }
  return [...groups.values()];
}

/** Fills a list; choosing a measure calls `go` with its number. What is merely not quite as written comes last, folded away. */
export function showWarnings(list, warnings, go) {
  const groups = grouped(warnings);
  const [slight, others] = [groups.filter(isSlight), groups.filter((group) => !isSlight(group))];
  const said = new Set();
  const items = (some) => some.slice(0, SHOWN).map((group) => line(group, said, go));
  list.replaceChildren(...items(others));
  if (others.length > SHOWN) list.append(Object.assign(document.createElement("li"), { textContent: `and ${others.length - SHOWN} more` }));
  if (slight.length) {
    const details = list.appendChild(document.createElement("li")).appendChild(document.createElement("details"));
    const words = slight.length === 1 ? "1 word is" : `${slight.length} words are`;
    details.append(Object.assign(document.createElement("summary"), { textContent: `${words} sung with the nearest sounds of the voice` }));
    const inner = details.appendChild(document.createElement("ul"));
    inner.append(...items(slight));
  }
  return groups.length;
}

/** Whether a warning is about a word that is nearly as it should be. */
export const isSlight = ({ code }) => code === "near_phonemes";

function line(group, said, go) {
  const item = document.createElement("li");
  group.measures.forEach((measure) => item.append(link(measure, go), " "));
  item.append(sentence(group.text));
  if (group.advice && !said.has(group.code)) item.append(" ", advice(group.advice));
  said.add(group.code);
  return item;
}

/** Words in quotation marks, and notes by their names. */
function readable(message) {
  const numbers = /MIDI (\d+(?:\.\d+)?) to (\d+(?:\.\d+)?), the first is (\d+(?:\.\d+)?)/;
  return message
    .replace(/`([^`]*)`/g, "“$1”")
    .replace(numbers, (_, ...[low, high, first]) => `${pitchName(low)} to ${pitchName(high)}, the first is ${pitchName(first)}`);
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
