// The mixer: a strip for each part that was sung.

/** Keeps the strips of a player's tracks in `list`; `actions` are { label, run(track) }, the buttons at the end of a strip. */
export class Mixer {
  constructor(list, player, actions) {
    Object.assign(this, { list, player, actions, strips: new Map() });
    player.addEventListener("mix", () => this.update());
  }

  update() {
    for (const [track, strip] of this.strips) {
      if (!this.player.tracks.includes(track)) {
        strip.remove();
        this.strips.delete(track);
      }
    }
    for (const track of this.player.tracks) {
      if (!this.strips.has(track)) {
        this.strips.set(track, this.strip(track));
        this.list.append(this.strips.get(track));
      }
      this.strips.get(track).classList.toggle("silent", !track.audible);
    }
  }

  /** Shows what is said of a track. */
  note(track) {
    const facts = this.strips.get(track)?.querySelector(".facts");
    if (facts) facts.textContent = track.note;
  }

  strip(track) {
    const item = document.createElement("li");
    item.className = "strip";
    const name = item.appendChild(document.createElement("div"));
    name.className = "name";
    name.append(Object.assign(document.createElement("strong"), { textContent: track.label }));
    name.append(Object.assign(document.createElement("span"), { className: "facts", textContent: track.note ?? "" }));
    const percent = (value) => `${Math.round(value * 100)} %`;
    const side = (value) => (value === 0 ? "centre" : `${Math.round(Math.abs(value) * 100)} % ${value < 0 ? "left" : "right"}`);
    item.append(
      this.slider(track, "volume", "Volume", 0, 1, percent),
      this.slider(track, "pan", "Pan", -1, 1, side),
      this.toggle(track, "muted", "Mute"),
      this.toggle(track, "solo", "Solo"),
    );
    for (const action of this.actions) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: action.label });
      button.setAttribute("aria-label", `${action.label} ${track.label}`);
      button.addEventListener("click", () => action.run(track));
      item.append(button);
    }
    return item;
  }

  slider(track, field, label, min, max, spoken) {
    const holder = document.createElement("label");
    holder.className = field;
    const input = Object.assign(document.createElement("input"), { type: "range", min, max, step: 0.05, value: track[field] });
    input.setAttribute("aria-label", `${label} of ${track.label}`);
    const tell = () => input.setAttribute("aria-valuetext", spoken(track[field]));
    input.addEventListener("input", () => {
      track[field] = Number(input.value);
      tell();
      this.player.mixed();
    });
    tell();
    holder.append(Object.assign(document.createElement("span"), { textContent: label }), input);
    return holder;
  }

  toggle(track, field, label) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label, className: field });
    button.setAttribute("aria-label", `${label} ${track.label}`);
    const show = () => button.setAttribute("aria-pressed", String(track[field]));
    button.addEventListener("click", () => {
      track[field] = !track[field];
      show();
      this.player.mixed();
    });
    show();
    return button;
  }
}
