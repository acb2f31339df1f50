// Where the notes of a MusicXML file stand: what joins the notes that are sung with those that are drawn.

const STEPS = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/** The name of a written note. */
export function noteKey(partId, measureIndex, noteIndex) {
  return `${partId}/${measureIndex}/${noteIndex}`;
}

/** The place of a note in its measure: two notes of one part that share it stand on the same head. */
export function placeKey(partId, measureIndex, onset, midi) {
  return `${partId}/${measureIndex}/${Math.round(onset * 960)}/${Math.round(midi * 100)}`;
}

/** All notes with a pitch as { key, place } by walking the measures with their cursor, as a reader of MusicXML does. */
export function writtenNotes(document) {
  const notes = [];
  const root = document.documentElement;
  const timewise = root.localName === "score-timewise";
  const inOrder = new Map();
  for (const measure of timewise ? children(root, "measure") : []) {
    for (const part of children(measure, "part")) append(inOrder, part.getAttribute("id"), part);
  }
  for (const part of timewise ? [] : children(root, "part")) {
    inOrder.set(part.getAttribute("id"), children(part, "measure"));
  }
  for (const [partId, measures] of inOrder) {
    let divisions = 1;
    measures.forEach((measure, index) => {
      divisions = walk(measure, divisions, (noteIndex, onset, midi) => {
        notes.push({ key: noteKey(partId, index, noteIndex), place: placeKey(partId, index, onset, midi) });
      });
    });
  }
  return notes;
}

/**
 * The file as it can be drawn: by parts, without directions that show nothing. OpenSheetMusicDisplay draws a measure with such a
 * direction empty.
 */
export function drawable(document) {
  const copy = document.documentElement.localName === "score-timewise" ? partwise(document) : document.cloneNode(true);
  for (const direction of [...copy.getElementsByTagName("direction")]) {
    if (!child(direction, "direction-type")) direction.remove();
  }
  return copy;
}

/** A score by measures, by parts. */
function partwise(document) {
  const copy = document.implementation.createDocument(null, "score-partwise");
  const parts = new Map();
  for (const element of document.documentElement.children) {
    if (element.localName !== "measure") copy.documentElement.append(copy.importNode(element, true));
    for (const part of element.localName === "measure" ? children(element, "part") : []) {
      const id = part.getAttribute("id");
      if (!parts.has(id)) parts.set(id, copy.documentElement.appendChild(copy.createElement("part")));
      parts.get(id).setAttribute("id", id);
      const measure = parts.get(id).appendChild(copy.importNode(element, false));
      measure.append(...[...part.children].map((one) => copy.importNode(one, true)));
    }
  }
  return copy;
}

/** The file with no more than its first measures, to draw a beginning quickly; null if it has no more than those. */
export function firstMeasures(document, count) {
  const root = document.documentElement;
  if (root.localName !== "score-partwise" || children(children(root, "part")[0] ?? root, "measure").length <= count) return null;
  const copy = document.cloneNode(false);
  copy.appendChild(root.cloneNode(false));
  for (const child of root.children) {
    const whole = child.localName !== "part";
    const added = copy.documentElement.appendChild(child.cloneNode(whole));
    if (!whole) children(child, "measure").slice(0, count).forEach((measure) => added.appendChild(measure.cloneNode(true)));
  }
  return copy;
}

function walk(measure, divisionsBefore, found) {
  let [divisions, at, start, index] = [divisionsBefore, 0, 0, -1];
  for (const element of measure.children) {
    const length = number(element, "duration") / divisions;
    if (element.localName === "attributes") divisions = number(element, "divisions") || divisions;
    if (element.localName === "backup") at = Math.max(0, at - length);
    if (element.localName === "forward") at += length;
    if (element.localName !== "note") continue;
    index += 1;
    const inChord = child(element, "chord") !== null;
    const takesTime = child(element, "grace") === null;
    if (!inChord) start = at;
    const midi = pitch(element);
    if (midi !== null && takesTime) found(index, start, midi);
    if (!inChord && takesTime) at += length;
  }
  return divisions;
}

function pitch(note) {
  const element = child(note, "pitch");
  if (!element) return null;
  const step = STEPS[child(element, "step")?.textContent.trim()];
  return step === undefined ? null : 12 * (number(element, "octave") + 1) + step + number(element, "alter");
}

const children = (element, name) => [...element.children].filter((one) => one.localName === name);
const child = (element, name) => children(element, name)[0] ?? null;
const number = (element, name) => Number(child(element, name)?.textContent ?? 0) || 0;

function append(map, key, value) {
  map.set(key, [...(map.get(key) ?? []), value]);
}
