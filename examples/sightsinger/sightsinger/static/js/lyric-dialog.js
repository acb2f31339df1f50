// The dialog that changes the word of a note.

import { pitchName } from "./score-view.js";

const find = (name) => document.getElementById(name);

/**
 * Opens for a sung note. `change({ verse, text })` does what was chosen; while it fails the dialog stays and says why. `done(sing)`
 * follows when the dialog is closed.
 */
export function changeLyric(note, { verses, verse, partName }, change, done) {
  const [dialog, text, select, error] = [find("lyric"), find("lyric-text"), find("lyric-verse"), find("lyric-error")];
  const form = dialog.querySelector("form");
  find("lyric-place").textContent = [partName, `measure ${note.measure_number}`, pitchName(note.pitch_midi)].filter(Boolean).join(", ");
  select.replaceChildren(...verses.map((one) => new Option(one, one)));
  select.parentElement.hidden = verses.length < 2;
  select.value = verse;
  const fill = () => (text.value = note.lyrics[select.value] ?? "");
  select.onchange = fill;
  fill();
  error.hidden = true;
  find("lyric-cancel").onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    const buttons = form.querySelectorAll(".buttons button");
    buttons.forEach((button) => (button.disabled = true));
    try {
      await change({ verse: select.value, text: text.value.trim() });
      dialog.close();
      done(event.submitter?.value !== "change");
    } catch (failed) {
      error.textContent = failed.message;
      error.hidden = false;
    } finally {
      buttons.forEach((button) => (button.disabled = false));
    }
  };
  dialog.showModal();
  text.focus();
  text.select();
}
