// The list of captions: one line each, which changes while more becomes known.

/** Words that are less sure than this are marked. */
const UNSURE = 0.5;
const HUES = [174, 28, 262, 340, 208, 92, 300, 48];

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Captions by their id, in the order of their times. */
export class Captions {
  constructor(list, latest, empty) {
    Object.assign(this, { list, latest, empty });
    this.all = new Map();
    this.speakers = new Map();
    this.follows = true;
    list.addEventListener("scroll", () => {
      this.follows = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
      latest.hidden = this.follows;
    });
    latest.addEventListener("click", () => this.#toEnd());
  }

  get size() {
    return this.all.size;
  }

  /** Shows a segment; an older revision than the one that is shown changes nothing. */
  show(segment) {
    const known = this.all.get(segment.id);
    if (known && known.segment.revision >= segment.revision) return;
    if (segment.is_final && !segment.text && segment.start === segment.end) return this.#remove(segment, known);
    const line = this.#line(segment);
    if (known) known.line.remove();
    this.all.set(segment.id, { segment, line });
    this.#place(line, segment);
    this.empty.hidden = true;
    if (this.follows) this.#toEnd();
  }

  clear() {
    this.all.clear();
    this.speakers.clear();
    this.list.replaceChildren();
    this.empty.hidden = false;
  }

  /** All of it as text. */
  text() {
    const said = [...this.list.children].map((line) => this.all.get(line.dataset.id).segment);
    return said.map((s) => `[${clock(s.start)}] ${s.speaker ?? "?"}: ${s.text || "(speaks)"}`).join("\n");
  }

  #remove(segment, known) {
    known?.line.remove();
    // Its revision is remembered, so that an older one that comes late does not show it again.
    this.all.set(segment.id, { segment, line: element("li") });
  }

  #place(line, segment) {
    let after = this.list.lastElementChild;
    while (after && this.all.get(after.dataset.id).segment.start > segment.start) after = after.previousElementSibling;
    after ? after.after(line) : this.list.prepend(line);
  }

  #toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.latest.hidden = true;
    this.follows = true;
  }

  #hue(speaker) {
    if (!this.speakers.has(speaker)) this.speakers.set(speaker, HUES[this.speakers.size % HUES.length]);
    return `oklch(0.62 0.14 ${this.speakers.get(speaker)})`;
  }

  #line(segment) {
    const line = element("li", segment.is_final ? "" : "open");
    line.dataset.id = segment.id;
    const who = element("span", "who", segment.speaker ?? "Somebody");
    if (segment.speaker) who.style.setProperty("--hue", this.#hue(segment.speaker));
    line.append(who, this.#said(segment), this.#side(segment));
    return line;
  }

  #said(segment) {
    if (!segment.text) return element("span", "said silent", segment.is_final ? "speaks" : "is speaking");
    if (!segment.words.length) return element("span", "said", segment.text);
    const said = element("span", "said");
    for (const word of segment.words) {
      if (said.hasChildNodes()) said.append(" ");
      const shown = element("span", word.confidence < UNSURE ? "unsure" : "", word.text);
      shown.title = `${Math.round(word.confidence * 100)} % sure`;
      said.append(shown);
    }
    return said;
  }

  #side(segment) {
    const side = element("span", "side");
    const time = element("time", "", clock(segment.start));
    time.dateTime = segment.start;
    side.append(time);
    const percent = Math.round(segment.confidence * 100);
    if (percent > 0) {
      const sure = element("span", "sure", `${percent} %`);
      sure.title = "How sure this is";
      const meter = element("meter");
      Object.assign(meter, { min: 0, max: 1, low: 0.4, high: 0.7, optimum: 1, value: segment.confidence });
      meter.setAttribute("aria-label", `${percent} % sure`);
      sure.prepend(meter);
      side.append(sure);
    }
    return side;
  }
}

function clock(time) {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}
