// The page of the demo: a song with its score and its sound, which are files. The service is not called.

import { mixdown, save } from "./mixdown.js";
import { Mixer } from "./mixer.js";
import { Player } from "./player.js";
import { ScoreView } from "./score-view.js";
import { Track } from "./track.js";
import { transport } from "./transport.js";

const FOLDER = "song/";
const RATE = 44100;
const find = (name) => document.getElementById(name);

export const player = new Player();
const view = new ScoreView(find("score"), "plays from it");

try {
  await load();
} catch (error) {
  console.warn(error);
  find("title").textContent = "The song is not here";
  find("alert").querySelector("span").textContent = `The song of the demo cannot be loaded: ${error.message}`;
  find("alert").hidden = false;
}

async function load() {
  transport(player, view);
  new Mixer(find("strips"), player, []);
  const song = await (await file("song.json")).json();
  const xml = await (await file("song.musicxml")).text();
  document.title = `${song.score.title} · SightSinger`;
  find("title").textContent = song.score.title;
  find("facts").textContent = `Sung by ${song.sung_by}, ${song.tracks.length} voices. Words, music and voice: ${song.rights}.`;
  view.addEventListener("choose", (event) => player.play(event.detail.onset_s));
  await view.show(xml, song.score);
  const tracks = await Promise.all(song.tracks.map(sound));
  tracks.forEach((track) => player.add(track));
  find("mix").hidden = false;
  find("save-mix").addEventListener("click", async () => save(await mixdown(player), `${song.score.title}.wav`));
}

async function sound({ part_id: partId, label, file: name, pan }) {
  const bytes = await (await file(name)).arrayBuffer();
  const buffer = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes);
  const track = new Track({ partId, label, pan });
  track.fill(buffer.getChannelData(0), buffer.sampleRate);
  return track;
}

async function file(name) {
  const answer = await fetch(FOLDER + name);
  if (!answer.ok) throw new Error(`${name} is missing (${answer.status})`);
  return answer;
}
