// The page: a clip is chosen, dropped or recorded, its stages are shown as they come, and a find can be doubted.
"use strict";

const MAX_BYTES = 100 * 1024 * 1024;
const RECORD_S = 15;
const STAGES = {
  uploading: 10, downloading: 20, extracting: 40, converting: 50,
  fingerprinting: 70, searching: 85, matching: 95, complete: 100,
};
const TOO_LARGE = "That file is too large: 100 MB is the most. A shorter clip is enough.";
const UNREACHABLE = "The server cannot be reached. Please try again.";
const $ = (id) => document.getElementById(id);
const state = { clip: null, answer: null, shown: 0, recorder: null, abort: null };

// Titles that the store does not know may be listed here: "S01E01": "Pilot".
const TITLES = {};

function show(...ids) {
  for (const id of ["progress", "failure", "result"]) $(id).hidden = !ids.includes(id);
}

function choose(file) {
  state.clip = file || null;
  $("chosen").textContent = file ? file.name : "Choose a clip, or drop it here";
  ready();
  if (file && file.size > MAX_BYTES) fail(TOO_LARGE);
  else show();
}

function ready() {
  $("find").disabled = !(state.clip || $("url").value.trim());
}

function name(id, title) {
  const parts = /^S(\d+)E(\d+)$/i.exec(id);
  const label = parts ? `S${parts[1]} E${parts[2]}` : id;
  const known = title || TITLES[id];
  return known ? `${label} – ${known}` : label;
}

function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

// What people are told for a status; the server's own words where they are made for people.
function friendly(status, detail, wait) {
  if (status === 429) {
    const when = wait ? `in ${Math.ceil(wait / 60)} minutes` : "later";
    return `That was a lot of clips for one hour. Please come back ${when}, or use an API key.`;
  }
  if (status === 403) return "That API key is not valid.";
  if (status === 413 || /too large/i.test(detail)) return TOO_LARGE;
  if (/invalid file format/i.test(detail)) {
    return "That kind of file is not taken. Please use a video or sound file, such as MP4, MOV, MP3 or M4A.";
  }
  if (/no sound that can be decoded/i.test(detail)) {
    return "There is no sound in that file, or it is damaged. Please try another clip.";
  }
  if (status === 408) return "The link took too long. Please try again, or upload the clip itself.";
  if (status === 502 || status === 503) return "The server is busy or starting. Please try again in a moment.";
  if (status >= 500) return "Something went wrong on the server. Please try again.";
  return detail || "That did not work. Please try again.";
}

function fail(text) {
  $("failure-text").textContent = text;
  show("failure");
}

function stage(status, message) {
  $("bar").value = STAGES[status] ?? $("bar").value;
  $("stage").textContent = message || status;
}

function body(stream) {
  const form = new FormData();
  const url = $("url").value.trim();
  if (state.clip) form.append("file", state.clip, state.clip.name);
  else form.append("url", url);
  if (stream) form.append("stream", "true");
  return form;
}

function headers() {
  const key = $("key").value.trim();
  return key ? { "X-API-Key": key } : {};
}

async function refused(answer) {
  let detail = "";
  try { detail = (await answer.json()).detail; } catch { /* not JSON: the status has to do */ }
  return friendly(answer.status, typeof detail === "string" ? detail : "", Number(answer.headers.get("Retry-After")));
}

async function find(event) {
  event.preventDefault();
  if (state.clip && state.clip.size > MAX_BYTES) return choose(state.clip);
  if (state.abort) state.abort.abort();
  const abort = (state.abort = new AbortController());
  $("bar").value = 0;
  stage("", "Sending…");
  show("progress");
  $("find").disabled = true;
  try {
    const request = { method: "POST", body: body(true), headers: headers(), signal: abort.signal };
    const answer = await fetch("api/v1/identify", request);
    if (!answer.ok) return fail(await refused(answer));
    await follow(answer);
  } catch (error) {
    if (error.name !== "AbortError") fail(navigator.onLine ? UNREACHABLE : "You are offline.");
  } finally {
    ready();
  }
}

async function follow(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += value || "";
    const lines = rest.split("\n\n");
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data: ") && take(JSON.parse(line.slice(6)))) return;
    if (done) return fail("The connection broke off. Please try again.");
  }
}

// One event; true after the last.
function take(event) {
  if (event.error) { fail(friendly(event.status_code, event.error)); return true; }
  if (event.status) { stage(event.status, event.message); return false; }
  state.answer = event;
  result();
  return true;
}

function result() {
  const { answer } = state;
  if (!answer.candidates || !answer.candidates.length) {
    if (/loaded/i.test(answer.message)) return fail("There are no episodes on this server yet.");
    return fail("Not found: this clip is of none of the episodes here.");
  }
  pieces(answer.segments || []);
  guess(0);
  show("result");
  $("result").focus();
}

function guess(rank) {
  state.shown = rank;
  const { answer } = state;
  const candidate = answer.candidates[rank];
  const first = rank === 0 && answer.match_found;
  const guessed = rank === 0 ? "Not sure; the best guess is" : `Guess ${rank + 1} of ${answer.candidates.length}`;
  $("verdict").textContent = first ? "Found" : guessed;
  $("verdict").className = `verdict ${first ? "sure" : "unsure"}`;
  $("episode").textContent = name(candidate.episode_id, first ? answer.title : null);
  $("time").textContent = first ? answer.timestamp : place(candidate);
  $("confidence").textContent = first ? `${answer.confidence} % sure` : `${candidate.aligned_matches} landmarks meet`;
  $("wrong").disabled = false;
  $("note").textContent = "";
  $("pieces").hidden = rank > 0 || (answer.segments || []).length < 2;
  closePicture();
  candidates();
}

// Where a candidate is: where its piece begins if the clip has several, else where the clip would begin.
function place(candidate) {
  const segments = state.answer.segments || [];
  const piece = segments.length > 1 && segments.find((segment) => segment.episode_id === candidate.episode_id);
  return piece ? piece.timestamp : clock(candidate.offset);
}

function wrong() {
  if (state.shown + 1 < state.answer.candidates.length) {
    guess(state.shown + 1);
    $("note").textContent = "Then perhaps this one?";
    return;
  }
  $("wrong").disabled = true;
  $("note").textContent = "No more guesses. A longer clip, or one with less noise over it, may help.";
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function candidates() {
  const { title } = state.answer;
  $("candidates").replaceChildren(...state.answer.candidates.map((candidate, rank) => {
    const row = element("li", rank === state.shown ? "shown" : rank < state.shown ? "struck" : "");
    const share = element("span", "share");
    const bar = element("b");
    bar.style.width = `${candidate.confidence}%`;
    share.append(bar);
    row.append(
      element("span", "name", `${name(candidate.episode_id, rank ? null : title)} at ${place(candidate)}`),
      share,
      element("span", "count", `${candidate.aligned_matches} landmarks`),
    );
    return row;
  }));
}

function pieces(segments) {
  const end = Math.max(1, ...segments.map((segment) => segment.clip_end));
  $("timeline").replaceChildren(...segments.map((segment) => {
    const part = element("i");
    part.style.left = `${(segment.clip_start / end) * 100}%`;
    part.style.width = `${((segment.clip_end - segment.clip_start) / end) * 100}%`;
    return part;
  }));
  $("segments").replaceChildren(...segments.map((segment) => {
    const row = element("li");
    row.append(
      element("span", "count", `${clock(segment.clip_start)} to ${clock(segment.clip_end)}`),
      element("span", "name", `${name(segment.episode_id, segment.title)} at ${segment.timestamp}`),
      element("span", "badge", `${segment.confidence} %`),
    );
    return row;
  }));
}

function closePicture() {
  $("picture").hidden = true;
  $("why").setAttribute("aria-expanded", "false");
}

async function why() {
  if (!$("picture").hidden) return closePicture();
  if (!state.clip) {
    $("note").textContent = "There is a picture for uploaded clips only.";
    return;
  }
  const form = body(false);
  form.append("episode_id", state.answer.candidates[state.shown].episode_id);
  $("note").textContent = "Drawing…";
  try {
    const answer = await fetch("api/v1/explain", { method: "POST", body: form, headers: headers() });
    if (!answer.ok) { $("note").textContent = await refused(answer); return; }
    // As a picture, so that nothing in it runs.
    $("explain").src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await answer.text())}`;
    $("picture").hidden = false;
    $("why").setAttribute("aria-expanded", "true");
    $("note").textContent = "";
  } catch {
    $("note").textContent = UNREACHABLE;
  }
}

async function record() {
  if (state.recorder) return state.recorder.stop();
  let stream;
  try {
    const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    stream = await navigator.mediaDevices.getUserMedia({ audio: sound });
  } catch {
    return fail("The microphone cannot be used. Please allow it in the browser, or choose a file.");
  }
  const recorder = (state.recorder = new MediaRecorder(stream));
  const blocks = [];
  const meter = level(stream);
  const end = setTimeout(() => recorder.stop(), RECORD_S * 1000);
  recorder.ondataavailable = (event) => blocks.push(event.data);
  recorder.onstop = () => {
    clearTimeout(end);
    meter();
    stream.getTracks().forEach((track) => track.stop());
    state.recorder = null;
    recording(false);
    const type = recorder.mimeType || "audio/webm";
    const extension = type.includes("mp4") ? "m4a" : type.includes("ogg") ? "ogg" : "webm";
    choose(new File(blocks, `recording.${extension}`, { type }));
  };
  recorder.start();
  recording(true);
}

function recording(on) {
  $("record").setAttribute("aria-pressed", String(on));
  $("record-text").textContent = on ? `Stop (at most ${RECORD_S} seconds)` : "Record from the microphone";
  $("level").hidden = !on;
}

// Shows how loud it is; gives what ends that.
function level(stream) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    $("level").value = Math.min(1, 4 * Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length));
  }, 80);
  return () => { clearInterval(timer); context.close(); };
}

function drop(event) {
  event.preventDefault();
  $("drop").classList.remove("over");
  if (event.dataTransfer.files.length) choose(event.dataTransfer.files[0]);
}

async function features() {
  try {
    const answer = await fetch("api/v1/test");
    $("link").hidden = !(await answer.json()).features.url_download;
  } catch { /* uploading says what is wrong */ }
}

$("form").addEventListener("submit", find);
$("file").addEventListener("change", () => choose($("file").files[0]));
$("url").addEventListener("input", ready);
$("record").addEventListener("click", record);
$("wrong").addEventListener("click", wrong);
$("why").addEventListener("click", why);
$("again").addEventListener("click", () => { show(); ready(); $("file").focus(); });
$("another").addEventListener("click", () => { $("form").reset(); choose(null); $("file").focus(); });
$("drop").addEventListener("dragover", (event) => { event.preventDefault(); $("drop").classList.add("over"); });
$("drop").addEventListener("dragleave", () => $("drop").classList.remove("over"));
$("drop").addEventListener("drop", drop);
if (!navigator.mediaDevices || !window.MediaRecorder) $("record").hidden = true;
features();
