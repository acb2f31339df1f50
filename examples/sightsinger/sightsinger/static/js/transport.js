// Play, pause and the position in the song, and the cursor of the score that follows.

const format = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const spoken = (seconds) => `${Math.floor(seconds / 60)} minutes ${Math.floor(seconds % 60)} seconds`;

/** Joins the bar at the foot of a page with a player and a view of the score. */
export function transport(player, view) {
  const find = (name) => document.getElementById(name);
  const [bar, play, seek, time, state] = [document.querySelector(".transport"), find("play"), find("seek"), find("time"), find("state")];
  const going = () => player.state === "playing" || player.state === "waiting";
  const toggle = () => (going() ? player.pause() : player.play());

  function show() {
    bar.hidden = player.state === "empty";
    play.toggleAttribute("data-on", going());
    play.setAttribute("aria-label", going() ? "Pause" : "Play");
    const lost = player.tracks.some((track) => track.waiting);
    state.textContent = lost ? "The connection was lost; trying again." : player.state === "waiting" ? "Waiting for the next phrase." : "";
    moved(false);
  }

  function moved(follow) {
    const [at, all] = [player.position, player.duration];
    seek.max = all.toFixed(1);
    if (!seek.matches(":active")) seek.value = at;
    seek.setAttribute("aria-valuetext", `${spoken(at)} of ${spoken(all)}`);
    time.textContent = `${format(at)} / ${format(all)}`;
    view.moveTo(at, follow);
  }

  function frame() {
    if (player.state !== "playing") return;
    moved(true);
    requestAnimationFrame(frame);
  }

  play.addEventListener("click", toggle);
  seek.addEventListener("input", () => player.seek(Number(seek.value)));
  seek.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5 }[event.key];
    if (!step) return;
    event.preventDefault();
    player.seek(player.position + step);
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, button, summary, a, dialog");
    if (event.code !== "Space" || typing || bar.hidden) return;
    event.preventDefault();
    toggle();
  });
  player.addEventListener("state", () => {
    show();
    requestAnimationFrame(frame);
  });
  for (const name of ["change", "seek", "mix"]) player.addEventListener(name, show);
  show();
}
