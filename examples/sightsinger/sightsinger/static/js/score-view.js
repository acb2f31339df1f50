// The drawn score: notes that can be chosen with pointer and keyboard, and a cursor that follows the song.

import { drawable, firstMeasures, noteKey, placeKey, writtenNotes } from "./written.js";

const UNIT = 10;
const NARROW = 600;
const HEAD_MEASURES = 12;
const NAMES = ["C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B"];

/** The name of a sounding pitch, such as "A4". */
export function pitchName(midi) {
  const nearest = Math.round(midi);
  return `${NAMES[((nearest % 12) + 12) % 12]} ${Math.floor(nearest / 12) - 1}`;
}

/** Draws into `element`. Sends "choose" with the sung note, as `detail`, that was clicked. */
export class ScoreView extends EventTarget {
  constructor(element, verb = "changes the word") {
    super();
    this.element = element;
    this.paper = element.appendChild(document.createElement("div"));
    this.paper.className = "paper";
    this.paper.setAttribute("aria-hidden", "true");
    this.layer = element.appendChild(document.createElement("div"));
    this.layer.className = "notes";
    this.layer.setAttribute("role", "group");
    this.layer.setAttribute("aria-label", `Notes of the score. Arrow keys go from note to note, Enter ${verb}.`);
    this.cursor = element.appendChild(document.createElement("div"));
    this.cursor.className = "cursor";
    this.cursor.hidden = true;
    this.layer.addEventListener("click", (event) => this.chosen(event.target.closest("button")));
    this.layer.addEventListener("keydown", (event) => this.walk(event));
    this.layer.addEventListener("focusin", (event) => event.target.closest("button") && this.rove(event.target.closest("button")));
    this.marked = new Map();
    new ResizeObserver(() => this.resized()).observe(element);
  }

  /** Draws a score: its beginning at once, all of it right after. Resolves when the beginning can be seen. */
  async show(xml, score) {
    this.drawing = (this.drawing ?? 0) + 1;
    const turn = this.drawing;
    this.score = score;
    this.document = new DOMParser().parseFromString(xml, "text/xml");
    const all = drawable(this.document);
    this.marked.clear();
    const head = this.drawn ? null : firstMeasures(all, HEAD_MEASURES);
    await this.draw(head ?? all);
    if (head) {
      this.whole = new Promise((resolve) => setTimeout(resolve, 30)).then(() => (turn === this.drawing ? this.draw(all) : null));
    } else this.whole = Promise.resolve();
  }

  /** Forgets what is drawn, for another score. */
  clear() {
    this.drawing = (this.drawing ?? 0) + 1;
    this.drawn = false;
    this.osmd = null;
    this.paper.replaceChildren();
    this.layer.replaceChildren();
    this.cursor.hidden = true;
  }

  async draw(xml) {
    try {
      const osmd = this.newPaper();
      await osmd.load(xml);
      this.fit(osmd);
      osmd.render();
      this.osmd = osmd;
      this.element.classList.remove("plain");
    } catch (error) {
      console.warn("the score cannot be drawn:", error);
      this.osmd = null;
      this.paper.replaceChildren();
      this.element.classList.add("plain");
    }
    this.drawn = true;
    this.place();
  }

  newPaper() {
    const { OpenSheetMusicDisplay } = globalThis.opensheetmusicdisplay;
    this.paper.replaceChildren();
    const osmd = new OpenSheetMusicDisplay(this.paper, {
      backend: "svg",
      autoResize: false,
      disableCursor: true,
      drawTitle: false,
      drawSubtitle: false,
      drawComposer: false,
      drawLyricist: false,
      drawingParameters: "compact",
      drawPartAbbreviations: false,
      autoGenerateMultipleRestMeasuresFromRestMeasures: false,
    });
    osmd.setLogLevel("silent");
    return osmd;
  }

  /** Sizes and distances for the width that there is. */
  fit(osmd) {
    this.width = this.element.clientWidth;
    const narrow = this.width < NARROW;
    osmd.zoom = narrow ? 0.75 : 1;
    Object.assign(osmd.EngravingRules, {
      RenderPartNames: this.score.parts.length > 1 && !narrow,
      PageLeftMargin: narrow ? 0.5 : 2,
      PageRightMargin: narrow ? 0.5 : 2,
      PageBottomMargin: 2,
      LyricsHeight: narrow ? 1.9 : 1.8,
      BetweenSyllableMinimumDistance: narrow ? 0.5 : 0.8,
      HorizontalBetweenLyricsDistance: narrow ? 0.3 : 0.6,
      MinimumDistanceBetweenSystems: 5,
    });
  }

  resized() {
    if (!this.osmd || Math.abs(this.element.clientWidth - this.width) < 8) return;
    clearTimeout(this.resizing);
    this.resizing = setTimeout(() => {
      if (!this.osmd) return;
      this.fit(this.osmd);
      this.osmd.render();
      this.place();
    }, 120);
  }

  /** Lays buttons over the notes, and finds where the cursor is at which time. */
  place() {
    const places = this.osmd ? this.drawnPlaces() : new Map();
    const written = new Map(writtenNotes(this.document).map((note) => [note.key, places.get(note.place)]));
    this.times = [];
    this.buttons = new Map();
    const list = document.createDocumentFragment();
    for (const part of this.score.parts) {
      for (const note of part.notes) {
        const key = note.note_index === null ? null : noteKey(part.part_id, note.measure_index, note.note_index);
        const place = written.get(key);
        if (place) this.times.push({ from: note.onset_s, to: note.onset_s + note.duration_s, place, key });
        if (key === null || this.buttons.has(key) || (!place && this.osmd)) continue;
        const button = this.button(part, note, key, place);
        this.buttons.set(key, button);
        list.append(button);
      }
    }
    this.times.sort((a, b) => a.from - b.from);
    this.layer.replaceChildren(list);
    for (const [key, text] of this.marked) this.mark(key, text);
    this.rove(this.layer.firstElementChild);
    this.moveTo(this.time ?? 0, false);
  }

  button(part, note, key, place) {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.key = key;
    button.note = { ...note, part_id: part.part_id };
    const words = note.lyric_is_extended ? "carries the syllable on" : note.lyric ? `“${note.lyric}”` : "without a word";
    const name = this.score.parts.length > 1 && part.part_name ? `${part.part_name}, ` : "";
    button.setAttribute("aria-label", `${name}measure ${note.measure_number}, ${pitchName(note.pitch_midi)}, ${words}`);
    if (place) Object.assign(button.style, { left: `${place.x - 14}px`, top: `${place.top}px`, height: `${place.bottom - place.top}px` });
    else button.textContent = note.lyric_is_extended ? "–" : (note.lyric ?? "·");
    return button;
  }

  /** Places on the paper, in CSS pixels, by the place in the file. */
  drawnPlaces() {
    const scale = UNIT * this.osmd.zoom;
    const places = new Map();
    for (const column of this.osmd.GraphicSheet.MeasureList) {
      for (const measure of column) {
        for (const entry of measure?.staffEntries ?? []) this.entryPlaces(measure, entry, scale, places);
      }
    }
    return places;
  }

  entryPlaces(measure, entry, scale, places) {
    const system = systemBox(measure, scale);
    const notes = entry.graphicalVoiceEntries.flatMap((voice) => voice.notes).filter((note) => !note.sourceNote.isRest());
    const heads = notes.map((note) => ({ note, x: note.PositionAndShape.AbsolutePosition.x * scale, y: note.PositionAndShape.AbsolutePosition.y * scale }));
    heads.sort((a, b) => a.y - b.y);
    const lyrics = entry.LyricsEntries.map((lyric) => lyric.GraphicalLabel.PositionAndShape.AbsolutePosition.y * scale);
    heads.forEach(({ note, x, y }, index) => {
      const source = note.sourceNote;
      if (source.IsGraceNote || !source.Pitch) return;
      const part = source.ParentStaff.ParentInstrument.IdString;
      const onset = source.ParentVoiceEntry.Timestamp.RealValue * 4;
      const key = placeKey(part, measure.parentSourceMeasure.measureListIndex, onset, source.halfTone + 12);
      // Notes that share a stem or a moment share its height.
      const top = index === 0 ? y - 16 : (heads[index - 1].y + y) / 2;
      const below = index === heads.length - 1 ? Math.max(y + 16, ...lyrics.map((l) => l + 10)) : (heads[index + 1].y + y) / 2;
      if (!places.has(key)) places.set(key, { x: x + 2, top, bottom: below, system, svg: svgOf(note) });
    });
  }

  rove(button) {
    if (!button || button === this.focused) return;
    if (this.focused) this.focused.tabIndex = -1;
    this.focused = button;
    button.tabIndex = 0;
  }

  walk(event) {
    const all = [...this.layer.children];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    all[Math.min(Math.max(to, 0), all.length - 1)].focus();
  }

  chosen(button) {
    if (button) this.dispatchEvent(new CustomEvent("choose", { detail: button.note }));
  }

  focusNote(key) {
    const button = this.buttons.get(key);
    button?.focus({ preventScroll: true });
    button?.scrollIntoView({ block: "center", behavior: calm() });
  }

  /** The first note of a part in a measure as printed; null if there is none. */
  noteIn(partId, measureNumber) {
    for (const [key, button] of this.buttons ?? []) {
      if (button.note.part_id === partId && String(button.note.measure_number) === String(measureNumber)) return key;
    }
    return null;
  }

  /** Marks a note that something is said about. */
  mark(key, text) {
    this.marked.set(key, text);
    const button = this.buttons.get(key);
    if (!button) return;
    button.classList.add("marked");
    button.title = text;
  }

  unmark() {
    this.marked.clear();
    for (const button of this.layer.querySelectorAll(".marked")) {
      button.classList.remove("marked");
      button.removeAttribute("title");
    }
  }

  /** Moves the cursor to a time of the song; with `follow` the page scrolls along. */
  moveTo(time, follow) {
    this.time = time;
    const current = this.times?.findLast((entry) => entry.from <= time + 0.005);
    this.glow(time);
    if (!current) {
      this.cursor.hidden = true;
      return;
    }
    const next = this.times.find((entry) => entry.from > current.from + 0.001);
    const { x, system } = current.place;
    const on = next && next.place.system.top === system.top && next.place.x > x;
    const share = on ? Math.min(1, (time - current.from) / (next.from - current.from)) : 0;
    const left = x + (on ? (next.place.x - x) * share : 0);
    this.cursor.hidden = false;
    this.cursor.style.transform = `translate(${left}px, ${system.top - 12}px)`;
    this.cursor.style.height = `${system.bottom - system.top + 24}px`;
    if (follow) this.follow(system);
  }

  /** Colours the notes that sound. */
  glow(time) {
    const now = new Set((this.times ?? []).filter((entry) => entry.from <= time && time < entry.to).map((entry) => entry.place.svg));
    for (const svg of this.glowing ?? []) if (!now.has(svg)) svg?.classList.remove("now");
    for (const svg of now) svg?.classList.add("now");
    this.glowing = now;
  }

  follow(system) {
    if (system.top === this.followed) return;
    this.followed = system.top;
    const box = this.element.getBoundingClientRect();
    const [top, bottom] = [box.top + system.top, box.top + system.bottom];
    const bar = document.querySelector(".transport")?.offsetHeight ?? 0;
    if (top < 20 || bottom > innerHeight - bar - 20) scrollBy({ top: top - innerHeight * 0.25, behavior: calm() });
  }
}

/** Smooth scrolling only for those who want things to move. */
function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
}

function svgOf(note) {
  try {
    return note.getSVGGElement?.() ?? null;
  } catch {
    return null;
  }
}

function systemBox(measure, scale) {
  const lines = measure.ParentStaffLine?.ParentMusicSystem?.StaffLines ?? [];
  const tops = lines.map((line) => line.PositionAndShape.AbsolutePosition.y * scale);
  const heights = lines.map((line) => (line.StaffHeight ?? 4) * scale);
  return { top: Math.min(...tops), bottom: Math.max(...tops.map((top, index) => top + heights[index])) };
}
