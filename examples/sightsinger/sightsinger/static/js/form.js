// Which part is sung, by whom, and how.

import { pitchName } from "./score-view.js";

const LANGUAGES = { en: "English", es: "Spanish", it: "Italian", la: "Latin", de: "German", ja: "Japanese (kana)" };
const CONTROLS = [
  ["articulation", "Articulation", -1, 1, 0.1, 0, "slow consonants", "quick consonants"],
  ["airiness", "Airiness", -100, 100, 5, 0, "firm", "breathy"],
  ["intensity", "Intensity", 0, 1, 0.05, 0.5, "soft", "strong"],
  ["tension", "Tension", -100, 100, 5, 0, "relaxed", "tense"],
  ["clarity", "Clarity", 0, 200, 5, 100, "veiled", "clear"],
  ["gender", "Timbre", -100, 100, 5, 0, "brighter", "darker"],
  ["pitch_expression", "Vibrato and glides", 0, 1, 0.05, 1, "none", "as the voice does"],
];
const ALL = "*";
const find = (name) => document.getElementById(name);

/** The form of the order. */
export class OrderForm {
  constructor() {
    this.controls = CONTROLS.map((control) => addControl(find("controls"), control));
    find("reset").addEventListener("click", () => this.controls.forEach((control) => control.set(control.usual)));
    find("part").addEventListener("change", () => this.partChanged());
    find("bank").addEventListener("change", () => this.bankChanged());
    find("solfege").addEventListener("change", () => (find("system").parentElement.hidden = !find("solfege").checked));
  }

  /** What sings. */
  showBanks(banks, usual) {
    this.banks = banks;
    fill(find("bank"), banks.map((bank) => [bank.id, [bank.name, bank.voice_type].filter(Boolean).join(" · ")]), usual);
    this.bankChanged();
  }

  /** What can be sung of a score; `language` is that of its words, if known. */
  showScore(summary, language) {
    const before = find("part").value;
    this.parts = summary.parts;
    const worded = this.parts.filter((part) => part.has_lyrics);
    const options = this.parts.map((part) => [part.part_id, partName(part) + (part.has_lyrics ? "" : " (no words)")]);
    if (worded.length > 1) options.push([ALL, `All ${worded.length} parts with words`]);
    fill(find("part"), options, options.some(([id]) => id === before) ? before : (worded[0] ?? this.parts[0])?.part_id);
    if (language !== undefined) find("language").value = language;
    find("order").hidden = false;
    this.partChanged();
  }

  /** The parts that are to be sung. */
  get chosenParts() {
    const chosen = find("part").value;
    return chosen === ALL ? this.parts.filter((part) => part.has_lyrics) : this.parts.filter((part) => part.part_id === chosen);
  }

  part(id) {
    return this.parts.find((part) => part.part_id === id);
  }

  get verse() {
    return find("verse").value || null;
  }

  get bank() {
    return this.banks.find((bank) => bank.id === find("bank").value);
  }

  /** The request of one part. */
  order(part) {
    const has = (list, value) => (list.includes(value) ? value : null);
    return {
      selection: {
        part_id: part.part_id,
        voice: has(part.voices.map((voice) => voice.voice), find("voice").value),
        verse_number: has(part.verses, this.verse),
      },
      selected_voicebank_id: find("bank").value || null,
      selected_language: find("language").value || null,
      controls: { voice_color: find("color").value || null, ...Object.fromEntries(this.controls.map((one) => [one.name, one.get()])) },
    };
  }

  partChanged() {
    const parts = this.chosenParts;
    const single = parts.length === 1 ? parts[0] : null;
    const voices = single?.voices ?? [];
    fill(find("voice"), [["", "All, one note at a time"], ...voices.map((voice, n) => [voice.voice, `Voice ${voice.voice || n + 1}`])]);
    find("voice").parentElement.hidden = voices.length < 2;
    const verses = [...new Set(parts.flatMap((part) => part.verses))];
    fill(find("verse"), [["", "As written: the verse of each pass"], ...verses.map((verse) => [verse, `Verse ${verse}`])]);
    find("verse").parentElement.hidden = verses.length < 2;
    const sung = parts.flatMap((part) => part.voices).filter((voice) => voice.notes);
    const [low, high] = [Math.min(...sung.map((voice) => voice.lowest_midi)), Math.max(...sung.map((voice) => voice.highest_midi))];
    find("range").textContent = sung.length ? `Sings from ${pitchName(low)} to ${pitchName(high)}.` : "There are no notes to sing.";
  }

  bankChanged() {
    const { bank } = this;
    const colors = bank?.voice_colors ?? [];
    fill(find("color"), colors.map((color) => [color, color]), bank?.default_voice_color ?? "");
    find("color").parentElement.hidden = colors.length < 2;
    const codes = [...new Set([...(bank?.languages ?? []), ...Object.keys(LANGUAGES)])];
    fill(find("language"), [["", "As the voice has it"], ...codes.map((code) => [code, LANGUAGES[code] ?? code])], find("language").value);
  }
}

/** A part's name for people. */
export function partName(part) {
  return part.part_name || `Part ${part.part_id}`;
}

function fill(select, options, chosen = "") {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  select.value = chosen ?? "";
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

function addControl(list, [name, label, min, max, step, usual, low, high]) {
  const row = list.appendChild(document.createElement("div"));
  row.className = "control";
  const input = Object.assign(document.createElement("input"), { type: "range", id: name, min, max, step, value: usual });
  const shown = document.createElement("output");
  shown.htmlFor = name;
  const set = (value) => {
    input.value = value;
    shown.textContent = String(Number(input.value));
    input.setAttribute("aria-valuetext", `${Number(input.value)}, from ${low} to ${high}`);
  };
  input.addEventListener("input", () => set(input.value));
  row.append(Object.assign(document.createElement("label"), { htmlFor: name, textContent: label }), shown, input);
  set(usual);
  return { name, usual, set, get: () => Number(input.value) };
}
