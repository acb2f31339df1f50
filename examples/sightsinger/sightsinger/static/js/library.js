// The scores that come with the page.

export const LIBRARY = [
  { file: "moon.musicxml", title: "The moon goes up slowly", about: "two voices, syllables", language: "" },
  { file: "river.musicxml", title: "The river turns", about: "two verses and a repeat, syllables", language: "" },
  { file: "bells.musicxml", title: "Two bells", about: "two voices, two verses, syllables", language: "" },
  { file: "scarborough-fair.musicxml", title: "Scarborough Fair", about: "traditional, two verses, English", language: "en" },
  { file: "row-your-boat.musicxml", title: "Row, Row, Row Your Boat", about: "traditional round, three voices, English", language: "en" },
];

/** Fills the list; choosing calls `open(entry)`. */
export function showLibrary(list, open) {
  for (const entry of LIBRARY) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.dataset.file = entry.file;
    button.append(
      Object.assign(document.createElement("strong"), { textContent: entry.title }),
      Object.assign(document.createElement("span"), { className: "facts", textContent: entry.about }),
    );
    button.addEventListener("click", () => open(entry));
    list.appendChild(document.createElement("li")).append(button);
  }
}
