// The page: a score is chosen, drawn, sung, changed and mixed.

import { api, ApiError, pause, token } from "./api.js";
import { OrderForm, partName } from "./form.js";
import { showLibrary } from "./library.js";
import { changeLyric } from "./lyric-dialog.js";
import { isSlight, showWarnings } from "./messages.js";
import { mixdown, save } from "./mixdown.js";
import { Mixer } from "./mixer.js";
import { Player } from "./player.js";
import { ScoreView } from "./score-view.js";
import { problem, Track } from "./track.js";
import { transport } from "./transport.js";
import { noteKey } from "./written.js";

const POLL_MS = 400;
const LEAD_S = 0.4;
const find = (name) => document.getElementById(name);

/** What is open: the session, the score as the service has it, and where the words of its file are from. */
const song = { session: null, version: 0, score: null, summary: null, title: "", busy: false };
export const player = new Player();
const view = new ScoreView(find("score"));
const form = new OrderForm();
const mixer = new Mixer(find("strips"), player, [
  { label: "Download", run: (track) => attempt(() => download(track)) },
  { label: "Remove", run: remove },
]);

start();

async function start() {
  transport(player, view);
  showLibrary(find("library"), (entry) => attempt(() => openEntry(entry)));
  listen();
  await attempt(connect);
}

function listen() {
  find("alert").querySelector(".close").addEventListener("click", () => alertUser(null));
  find("file").addEventListener("change", () => take(find("file").files));
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("dragging"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dragging");
    take(event.dataTransfer.files);
  });
  find("order").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => (song.busy ? stop() : sing(form.chosenParts.map((part) => form.order(part)))));
  });
  find("solfege").addEventListener("change", () => attempt(solfege));
  find("system").addEventListener("change", () => attempt(solfege));
  find("save-mix").addEventListener("click", () => attempt(async () => save(await mixdown(player), `${fileName()} mix.wav`)));
  find("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    token.set(find("token").value.trim());
    find("token-form").hidden = true;
    alertUser(null);
    attempt(resume);
  });
  view.addEventListener("choose", (event) => edit(event.detail));
  player.addEventListener("mix", keep);
  player.addEventListener("state", () => {
    if (player.state === "playing") performance.mark("sound", { startTime: performance.now() + 1000 * player.lateness });
  });
}

/** Does something, and says what went wrong. */
async function attempt(work) {
  alertUser(null);
  try {
    return await work();
  } catch (error) {
    if (error.status === 401) find("token-form").hidden = false;
    if (!(error instanceof ApiError)) console.warn(error);
    alertUser(error.message);
  }
}

function alertUser(text) {
  find("alert").hidden = !text;
  find("alert").querySelector("span").textContent = text ?? "";
}

async function connect() {
  const [config, banks] = await Promise.all([api.config(), api.voicebanks()]);
  song.config = config;
  form.showBanks(banks, config.default_voicebank);
  if (!banks.length) throw new Error("The service has no voice yet. Its README tells how to add one.");
  find("token-form").hidden = !config.auth_required || token.get() !== null;
  if (find("token-form").hidden) await resume();
}

/** Opens what this tab had open before. */
async function resume() {
  const kept = JSON.parse(sessionStorage.getItem("song") ?? "null");
  if (!kept) return;
  try {
    const answer = await api.score(kept.session);
    song.session = kept.session;
    await show(answer, kept.language);
  } catch (error) {
    sessionStorage.removeItem("song");
    if (error.status !== 404) throw error;
    return;
  }
  for (const about of kept.tracks) {
    attempt(async () => {
      const progress = await api.progress(kept.session, about.job);
      if (progress.stream_url) await follow(addTrack(about), progress.stream_url);
    });
  }
}

function keep() {
  if (!song.session) return;
  const tracks = player.tracks.map(({ partId, label, note, job, order, volume, pan, muted, solo }) => ({ partId, label, note, job, order, volume, pan, muted, solo }));
  sessionStorage.setItem("song", JSON.stringify({ session: song.session, language: song.language, tracks }));
}

function take(files) {
  const [file] = files;
  find("file").value = "";
  if (file) attempt(() => open(file));
}

async function openEntry(entry) {
  const answer = await fetch(`scores/${entry.file}`).catch(() => null);
  if (!answer?.ok) throw new ApiError(answer?.status ?? 0);
  await open(new File([await answer.blob()], entry.file), entry.language);
  for (const button of find("library").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.file === entry.file));
}

/** Uploads a score and shows it. `language` is that of its words, if known. */
async function open(file, language) {
  performance.mark("upload");
  if (!/\.(xml|musicxml|mxl)$/i.test(file.name)) throw new ApiError(400, "unsupported_file_type");
  if (file.size > song.config.max_upload_mb * 1024 * 1024) throw new ApiError(413, null, `It takes ${song.config.max_upload_mb} MB.`);
  find("score").setAttribute("aria-busy", "true");
  find("facts").textContent = "Reading the score.";
  try {
    const answer = await upload(file);
    await stop();
    for (const track of [...player.tracks]) remove(track);
    view.clear();
    await show(answer, language, file.name);
    performance.measure("upload to drawn", "upload");
    view.whole.then(() => performance.measure("upload to whole", "upload"));
  } catch (error) {
    showFacts();
    throw error;
  } finally {
    find("score").removeAttribute("aria-busy");
  }
}

async function upload(file) {
  song.session ??= await api.newSession();
  try {
    return await api.upload(song.session, file);
  } catch (error) {
    if (error.code !== "session_not_found") throw error;
    song.session = await api.newSession();
    return api.upload(song.session, file);
  }
}

/** Shows a score as the service has it. */
async function show(answer, language, name = "") {
  const { version, score } = answer.current_score;
  Object.assign(song, { version, score, summary: answer.score_summary, solfege: answer.solfege_settings, language });
  song.title = score.title || name.replace(/\.[^.]*$/, "") || "Untitled";
  const xml = await api.musicXml(song.session);
  find("title").textContent = song.title;
  find("chosen").textContent = song.title;
  document.title = `${song.title} · SightSinger`;
  find("solfege").checked = answer.solfege_settings.mode === "on";
  find("system").value = answer.solfege_settings.system;
  find("system").parentElement.hidden = !find("solfege").checked;
  form.showScore(song.summary, language);
  find("chooser").open = false;
  find("hint").hidden = find("score").hidden = false;
  find("empty").setAttribute("hidden", "");
  remarks("score-remarks", score.warnings, (measure) => goTo(null, measure));
  remarks("song-remarks", []);
  showFacts();
  await view.show(xml, score);
  keep();
}

function showFacts() {
  const seconds = Math.round(song.summary?.duration_seconds ?? 0);
  const parts = song.summary?.parts.length;
  find("facts").textContent = song.summary
    ? `${parts === 1 ? "1 part" : `${parts} parts`}, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
    : "Choose one of the scores, or open your own.";
}

/** Sings parts, one after the other, and plays from the first phrase on. */
async function sing(orders, from = null) {
  await stop();
  const singing = singAll(orders, from);
  song.singing = singing.catch(() => null);
  await singing;
}

async function singAll(orders, from) {
  if (!orders.length) throw new Error("This part has no notes to sing.");
  performance.mark("sing");
  player.wake();
  busy(true);
  remarks("song-remarks", []);
  view.unmark();
  try {
    for (const [index, order] of orders.entries()) {
      if (!song.busy) break;
      await singPart(order, index === 0 ? from : null, index === 0, orders.length > 1 ? `Part ${index + 1} of ${orders.length}: ` : "");
    }
  } finally {
    busy(false);
    keep();
  }
}

async function singPart(order, from, first, prefix) {
  const part = form.part(order.selection.part_id);
  find("phrases").textContent = `${prefix}waiting for the first phrase.`;
  const answer = await api.sing(song.session, order);
  if (!song.busy) {
    await api.cancel(song.session, answer.job_id).catch(() => null);
    return;
  }
  const verse = order.selection.verse_number;
  const before = player.tracks.find((track) => track.partId === part.part_id);
  const at = player.state === "playing" ? player.position : 0;
  const { volume, pan, muted, solo } = before ?? {};
  const mixed = before ? { volume, pan, muted, solo } : {};
  const label = partName(part) + (verse && part.verses.length > 1 ? `, verse ${verse}` : "");
  const track = addTrack({ partId: part.part_id, label, job: answer.job_id, order, ...mixed });
  song.track = track;
  if (before) remove(before);
  if (first) player.play(from ?? at);
  track.addEventListener("change", () => performance.mark("phrase"), { once: true });
  await follow(track, answer.stream_url, prefix);
}

function addTrack(about) {
  const track = new Track(about);
  player.add(track);
  find("mix").hidden = false;
  return track;
}

/** Takes the sound of a job to its end, and says meanwhile how far it is. */
async function follow(track, url, prefix = "") {
  let settle;
  track.end = new Promise((resolve) => (settle = resolve));
  const watching = watch(track, prefix);
  try {
    await track.read(song.session, track.job, url);
  } finally {
    // What has come can be played, whatever else went wrong.
    track.complete = true;
    track.waits(false);
    if (!track.length) remove(track);
    track.settled = true;
    settle();
    await watching;
  }
}

async function watch(track, prefix) {
  for (;;) {
    const last = track.settled;
    const progress = await api.progress(song.session, track.job).catch(() => null);
    if (progress) tell(track, progress, prefix);
    if (last) return;
    await Promise.race([pause(POLL_MS), track.end]);
  }
}

function tell(track, progress, prefix) {
  const { phrases_done: done = 0, phrases_from_cache: cached = 0, warnings = [] } = progress.details ?? {};
  find("progress").value = progress.progress ?? 0;
  if (progress.status === "done") {
    track.note = `${done - cached} of ${done} ${done === 1 ? "phrase" : "phrases"} rendered`;
    find("phrases").textContent = `${prefix}${track.note}${cached ? `, ${cached} kept from before` : ""}.`;
    mixer.note(track);
  } else if (progress.status === "error") find("phrases").textContent = problem(progress);
  else if (done) find("phrases").textContent = `${prefix}${done} ${done === 1 ? "phrase is" : "phrases are"} ready.`;
  track.warnings = warnings;
  showRemarks();
}

function showRemarks() {
  const all = player.tracks.flatMap((track) => (track.warnings ?? []).map((warning) => ({ ...warning, partId: track.partId })));
  remarks("song-remarks", all, (measure) => goTo(all.find((warning) => warning.measure === measure)?.partId, measure));
  for (const { partId, measure, message } of all.filter((warning) => !isSlight(warning))) {
    const key = view.noteIn(partId, measure);
    if (key) view.mark(key, message);
  }
}

function remarks(name, warnings, go) {
  const holder = find(name);
  holder.hidden = !showWarnings(holder.querySelector(".warnings"), warnings, go);
  find("remarks").hidden = find("song-remarks").hidden && find("score-remarks").hidden;
}

function goTo(partId, measure) {
  const parts = partId ? [partId] : song.score.parts.map((part) => part.part_id);
  const key = parts.map((part) => view.noteIn(part, measure)).find(Boolean);
  if (key) view.focusNote(key);
}

function busy(value) {
  song.busy = value;
  find("sing").textContent = value ? "Stop" : "Sing";
  find("work").hidden = !value;
  if (value) find("progress").value = 0;
}

/** Ends what is being sung; what has come of it stays. */
async function stop() {
  if (!song.busy) return;
  song.busy = false;
  song.track?.stop();
  if (song.track) api.cancel(song.session, song.track.job).catch(() => null);
  await song.singing;
  find("phrases").textContent = "The singing was stopped.";
}

function remove(track) {
  track.stop();
  player.remove(track);
  find("mix").hidden = !player.tracks.length;
  keep();
}

/** Opens the dialog for a note, and changes its word. */
function edit(note) {
  const part = form.part(note.part_id);
  const verses = part.verses.length ? part.verses : ["1"];
  const passes = verses.includes(String(note.pass)) ? String(note.pass) : verses[0];
  const verse = verses.includes(form.verse) ? form.verse : passes;
  const about = { verses, verse, partName: song.score.parts.length > 1 ? partName(part) : "" };
  changeLyric(note, about, ({ verse, text }) => change(note, verse, text), (singing) => {
    view.focusNote(noteKey(note.part_id, note.measure_index, note.note_index));
    const sung = player.tracks.find((track) => track.partId === note.part_id)?.order;
    if (singing) attempt(() => sing([sung ?? form.order(form.part(note.part_id))], phraseStart(note)));
  });
}

async function change(note, verse, text) {
  const { part_id, measure_index, note_index } = note;
  try {
    await show(await api.changeLyric(song.session, { part_id, measure_index, note_index, verse, text: text || null, version: song.version }), song.language);
  } catch (error) {
    if (error.code === "score_changed") await show(await api.score(song.session), song.language);
    throw error;
  }
}

/** When the words begin that are sung in one breath with a note. */
function phraseStart(note) {
  const { notes } = song.score.parts.find((part) => part.part_id === note.part_id);
  let at = notes.findLastIndex((other) => other.onset_s <= note.onset_s + 0.001);
  while (at > 0 && notes[at].onset_s - (notes[at - 1].onset_s + notes[at - 1].duration_s) < 0.02) at -= 1;
  return Math.max(0, (notes[at]?.onset_s ?? 0) - LEAD_S);
}

async function solfege() {
  const settings = { mode: find("solfege").checked ? "on" : "off", system: find("system").value, revision: song.solfege.revision };
  song.solfege = await api.solfege(song.session, settings);
}

async function download(track) {
  const progress = await api.progress(song.session, track.job);
  if (!progress.audio_url) throw new ApiError(409, "job_not_done");
  const link = Object.assign(document.createElement("a"), { href: `${progress.audio_url}&download=1`, download: "" });
  link.click();
}

const fileName = () => song.title.replace(/[^\p{L}\p{N} _-]+/gu, "").trim() || "song";
