// The page: the microphone's slices are kept, sent, and forgotten when the server has them; captions are shown.

import { Captions } from "./captions.js";
import { Kept } from "./kept.js";
import { Link } from "./link.js";
import { Recorder } from "./recorder.js";

const at = (id) => document.getElementById(id);
const LINKS = {
  off: "Not connected",
  on: "Connected",
  again: "Connecting again…",
  refused: "Refused",
};
const MEETING = /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/;

let kept;
let recorder = null;
let link = null;
let connection = null;
/** Links of recordings from before, whose last slices are still to be sent. */
const older = new Set();
const captions = new Captions(at("list"), at("latest"), at("empty"));

function note(text, isBad = false) {
  at("note").textContent = text;
  at("note").classList.toggle("bad", isBad);
}

function state(name) {
  at("link").dataset.state = name;
  at("link").textContent = LINKS[name];
}

function letters(count) {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (n) => String.fromCharCode(97 + (n % 26))).join("");
}

/** A name that nobody has: randomUUID is there on https and localhost only, getRandomValues is everywhere. */
function newConnection() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
}

function load() {
  const said = new URLSearchParams(location.hash.slice(1)).get("meeting");
  at("meeting").value = said ?? localStorage.getItem("meeting") ?? `${letters(3)}-${letters(4)}-${letters(3)}`;
  at("name").value = localStorage.getItem("name") ?? "";
  at("slice").value = localStorage.getItem("slice") ?? "1000";
  at("token").value = sessionStorage.getItem("token") ?? "";
  save();
}

function save() {
  for (const name of ["meeting", "name", "slice"]) localStorage.setItem(name, at(name).value.trim());
  sessionStorage.setItem("token", at("token").value.trim());
  const isOne = MEETING.test(at("meeting").value.trim());
  at("meeting").setAttribute("aria-invalid", String(!isOne));
  const name = at("name").value.trim();
  at("summary").textContent = `${at("meeting").value.trim()}${name ? ` · ${name}` : ""}`;
  return isOne;
}

/**
 * Takes a connection for this tab until it is closed; false if another tab has it. A page that is loaded again waits a moment
 * for the one that it was.
 */
function claim(of) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = () => {
      resolve(true);
      return new Promise(() => {});
    };
    navigator.locks.request(`streamqueue-${of.id}`, { signal: AbortSignal.timeout(1_500) }, held).catch(() => resolve(false));
  });
}

/** What a link says of a connection. */
function told(of, mine) {
  return {
    state: (name) => mine() && state(name),
    acked: async (index) => {
      of.acked = Math.max(of.acked ?? -1, index);
      await kept.keep(of);
      await count();
    },
    lost: (index, why) => note(`Slice ${index} was refused: ${why}`, true),
    segment: (segment) => {
      if (segment.meeting_id !== at("meeting").value.trim() && segment.connection_id !== connection?.id) return;
      captions.show(segment);
      of.seen = segment.place;
      at("copy").disabled = at("save").disabled = captions.size === 0;
    },
    finished: async () => {
      if (mine()) return;
      await kept.forget(of.id);
    },
    refused: (code, why) => {
      if (!mine()) return;
      state("refused");
      note(code === 4401 ? `${why} Say your token under “Meeting and name”.` : why, true);
      if (code === 4401) at("more").open = true;
    },
    trouble: (error) => note(String(error.message ?? error), true),
  };
}

async function count() {
  if (!connection) return;
  at("sent").textContent = String((connection.acked ?? -1) + 1);
  at("waiting").textContent = String(await kept.count(connection.id));
}

/** Talks to the server about a connection; captions begin anew where it is another meeting. */
function connect(of) {
  link?.close();
  connection = of;
  of.seen = "";
  link = new Link(kept, of, at("token").value.trim(), told(of, () => connection === of));
  count();
}

function fresh() {
  const meeting = at("meeting").value.trim();
  const name = at("name").value.trim();
  const made = { id: newConnection(), meeting, source: "google_meet", name, next: 0, acked: -1, ended: false };
  claim(made);
  return made;
}

/** What the recorder gives is kept before it is sent. */
let keeping = Promise.resolve();
function take({ data, ts, slice_ms, bits }) {
  const of = connection;
  keeping = keeping.then(async () => {
    const activity = of.name && bits ? [[of.name, bits]] : undefined;
    const slice = { connection: of.id, index: of.next, ts, slice_ms, activity, bytes: await data.arrayBuffer() };
    of.next += 1;
    await kept.add(slice, of);
    await count();
    link.poke();
  });
  keeping = keeping.catch((error) => note(`The browser keeps no more: ${error.message}`, true));
}

async function start() {
  if (!save()) {
    at("more").open = true;
    at("meeting").focus();
    return note("A meeting is written as abc-defg-hij.", true);
  }
  busy = true;
  try {
    // A recording that a reload has cut off goes on as the same connection.
    if (connection.ended || connection.meeting !== at("meeting").value.trim()) {
      const before = connection;
      connect(fresh());
      if (await kept.count(before.id)) finish(before);
    }
    connection.name = at("name").value.trim();
    recorder = await Recorder.start(Number(at("slice").value), take, (error) => stop(error));
    at("record").setAttribute("aria-pressed", "true");
    at("record-text").textContent = "Stop";
    for (const id of ["meeting", "another", "token", "name", "slice"]) at(id).disabled = true;
    begun = Date.now();
    note("");
    draw();
  } catch (error) {
    recorder = null;
    note(error.name === "NotAllowedError" ? "The microphone may not be used: allow it beside the address." : error.message, true);
  } finally {
    busy = false;
  }
}

async function stop(error) {
  const stopping = recorder;
  if (!stopping) return;
  recorder = null;
  busy = true;
  await stopping.stop();
  await keeping;
  connection.ended = true;
  await kept.keep(connection);
  link.end();
  at("record").setAttribute("aria-pressed", "false");
  at("record-text").textContent = "Record";
  busy = false;
  for (const id of ["meeting", "another", "token", "name", "slice"]) at(id).disabled = false;
  note(error ? error.message : "", Boolean(error));
}

/** What is left of a recording from before is sent, with no captions. */
function finish(of) {
  const rest = new Link(kept, of, at("token").value.trim(), told(of, () => false));
  older.add(of.id);
  const finished = rest.told.finished;
  rest.told.finished = async () => {
    await finished();
    rest.close();
    older.delete(of.id);
  };
  rest.end();
}

async function resume() {
  let last = null;
  for (const of of await kept.connections()) {
    if (older.has(of.id) || of.id === connection?.id || !(await claim(of))) continue;
    if (!last && !of.ended && of.meeting === at("meeting").value.trim()) last = of;
    else if (await kept.count(of.id)) finish(of);
    else await kept.forget(of.id);
  }
  connect(last ?? fresh());
  if (last) {
    at("record-text").textContent = "Go on";
    note("The recording was cut off. What was not sent yet is being sent; “Go on” continues it.");
  }
}

let begun = 0;
const levels = [];
function draw() {
  const canvas = at("wave");
  const scale = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  const bars = Math.floor(width / 5);
  levels.push(recorder ? Math.min(1, Math.sqrt(recorder.level) * 1.6) : 0);
  levels.splice(0, Math.max(0, levels.length - bars));
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = getComputedStyle(document.body).getPropertyValue("--accent");
  levels.forEach((level, place) => {
    const tall = Math.max(2, level * (height - 8));
    pen.fillRect(width - (levels.length - place) * 5, (height - tall) / 2, 3, tall);
  });
  if (!recorder) return;
  const seconds = Math.floor((Date.now() - begun) / 1000);
  at("time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  setTimeout(() => requestAnimationFrame(draw), 80);
}

function changed() {
  if (!save() || recorder) return;
  note("");
  // Another meeting or another token: what is shown is of it.
  captions.clear();
  resume().catch((error) => note(error.message, true));
}

// A button that is disabled for a moment would lose the focus.
let busy = false;
at("record").addEventListener("click", () => {
  if (!busy) recorder ? stop() : start();
});
at("another").addEventListener("click", () => {
  at("meeting").value = `${letters(3)}-${letters(4)}-${letters(3)}`;
  changed();
});
for (const id of ["meeting", "token"]) at(id).addEventListener("change", changed);
for (const id of ["name", "slice"]) at(id).addEventListener("change", save);
at("settings").addEventListener("submit", (event) => event.preventDefault());
at("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(captions.text());
  note("Copied.");
});
at("save").addEventListener("click", () => {
  const way = document.createElement("a");
  way.href = URL.createObjectURL(new Blob([captions.text()], { type: "text/plain" }));
  way.download = `captions-${at("meeting").value.trim()}.txt`;
  way.click();
  setTimeout(() => URL.revokeObjectURL(way.href), 10_000);
});
addEventListener("beforeunload", (event) => {
  if (recorder) event.preventDefault();
});

try {
  load();
  kept = await Kept.open();
  await resume();
} catch (error) {
  note(`This browser keeps nothing, and without that nothing is recorded here: ${error.message}`, true);
  at("record").disabled = true;
}
