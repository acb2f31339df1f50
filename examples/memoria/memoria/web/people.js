// The people of an event: who they are, and what the user says about them.
"use strict";

const $ = (id) => document.getElementById(id);
const state = { event: "", people: [], unassigned: [], unassignedCount: 0, pictures: new Map(), busy: false };

// Faces are fetched when they come into view.
const inView = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    inView.unobserve(entry.target);
    show(entry.target);
  }
}, { rootMargin: "200px" });

async function show(image) {
  const face = image.dataset.face;
  try {
    if (!state.pictures.has(face)) state.pictures.set(face, await api.picture(face));
    image.src = state.pictures.get(face);
  } catch {
    image.closest("button").classList.add("missing");
  }
}

function say(text) {
  $("status").textContent = text;
  $("error").hidden = true;
}

function complain(error) {
  if (error.status === 401 || error.status === 403) {
    leave(api.token ? "This token is not valid." : "");
    return;
  }
  $("status").textContent = "";
  $("error").textContent = error.status ? error.message : "The worker cannot be reached.";
  $("error").hidden = false;
}

function leave(reason = "") {
  api.remember("");
  for (const url of state.pictures.values()) URL.revokeObjectURL(url);
  state.pictures.clear();
  $("people").replaceChildren();
  $("bar").hidden = true;
  $("enter").hidden = false;
  $("error").hidden = !reason;
  $("error").textContent = reason;
  $("status").textContent = "";
  $("token").value = "";
  $("token").focus();
}

async function enter() {
  try {
    const events = await api.json("/events");
    $("enter").hidden = true;
    $("bar").hidden = false;
    const wanted = new URLSearchParams(location.search).get("event");
    const known = (id) => events.some((event) => event.event_id === id);
    state.event = known(wanted) ? wanted : events[0]?.event_id || "";
    $("event").replaceChildren(...events.map((event) => {
      const text = `${event.event_id} · ${event.people} people, ${event.faces} faces${event.archived ? ", archived" : ""}`;
      return new Option(text, event.event_id, false, event.event_id === state.event);
    }));
    if (events.length) await load();
    else say("There is no event yet: photos make one when they are processed.");
  } catch (error) {
    complain(error);
  }
}

async function load() {
  const found = await api.json(`/face-persons?event_id=${encodeURIComponent(state.event)}`);
  state.people = found.people;
  state.unassigned = found.unassigned;
  state.unassignedCount = found.unassigned_count;
  render();
  say(`${found.people.length} people, ${found.unassigned_count} faces of nobody.`);
}

const nameOf = (person) => person.name || person.linked_user_id || `Person ${person.cluster_label + 1}`;
const personOf = (id) => state.people.find((person) => person.person_id === id);
const plural = (n, one, many) => `${n} ${n === 1 ? one : many}`;

function render() {
  const sections = state.people.map(renderPerson);
  if (state.unassigned.length) sections.push(renderStrangers());
  if (!sections.length) {
    const empty = document.createElement("p");
    empty.className = "empty";
    empty.textContent = "Nobody was found here. People are found when the event is clustered.";
    sections.push(empty);
  }
  $("people").replaceChildren(...sections);
}

function renderPerson(person) {
  const section = $("person").content.firstElementChild.cloneNode(true);
  section.dataset.person = person.person_id;
  section.classList.toggle("ignored", person.status === "ignored");
  const title = section.querySelector("h2");
  title.textContent = nameOf(person);
  title.id = `title-${person.person_id}`;
  title.tabIndex = -1;
  section.setAttribute("aria-labelledby", title.id);
  section.querySelector(".facts").textContent = facts(person);
  section.querySelector("input").value = person.name || "";
  const ignore = section.querySelector(".ignore");
  if (person.status === "ignored") {
    ignore.dataset.do = "unignore";
    ignore.textContent = "Do not ignore";
  }
  renderFaces(section, person.faces, nameOf(person), person.face_count);
  renderOthers(section, person);
  return section;
}

function facts(person) {
  const parts = [
    plural(person.face_count, "face", "faces"),
    plural(person.media_count, "photo", "photos"),
  ];
  if (person.status !== "pending") parts.push(person.status);
  if (person.linked_user_id && person.name) parts.push(`user ${person.linked_user_id}`);
  const others = person.not_same.map(personOf).filter(Boolean).map(nameOf);
  if (others.length) parts.push(`not ${others.join(", ")}`);
  return parts.join(" · ");
}

function renderStrangers() {
  const section = $("strangers").content.firstElementChild.cloneNode(true);
  section.querySelector(".facts").textContent = plural(state.unassignedCount, "face", "faces");
  renderFaces(section, state.unassigned, "nobody", state.unassignedCount);
  renderOthers(section, null);
  return section;
}

function renderFaces(section, faces, whose, count) {
  const list = section.querySelector(".faces");
  list.setAttribute("aria-label", `Faces of ${whose}`);
  list.replaceChildren(...faces.map((face, place) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "face";
    button.dataset.face = face.face_id;
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", `Face ${place + 1} of ${whose}, photo ${face.media_id}`);
    button.title = `Photo ${face.media_id}, score ${face.quality_score.toFixed(2)}`;
    const image = document.createElement("img");
    image.alt = "";
    image.dataset.face = face.face_id;
    button.append(image);
    item.append(button);
    if (face.has_thumbnail) inView.observe(image);
    else button.classList.add("missing");
    return item;
  }));
  if (count > faces.length) {
    const more = document.createElement("li");
    more.className = "more";
    more.textContent = `and ${count - faces.length} more`;
    list.append(more);
  }
}

function renderOthers(section, person) {
  const select = section.querySelector(".other");
  const others = state.people.filter((other) => other !== person);
  select.replaceChildren(new Option("choose…", ""), ...others.map((o) => new Option(nameOf(o), o.person_id)));
}

const selected = (section) =>
  [...section.querySelectorAll('.face[aria-pressed="true"]')].map((button) => button.dataset.face);

function toggle(button) {
  button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  const section = button.closest(".person");
  const count = selected(section).length;
  section.querySelector(".selected").hidden = count === 0;
  section.querySelector(".count").textContent = `${plural(count, "face", "faces")} chosen`;
}

// What a button asks for, and what is said when it is done.
function decision(action, section) {
  const person = section.dataset.person;
  const select = section.querySelector(".other");
  const other = select.value;
  const name = person ? nameOf(personOf(person)) : "";
  const needsOther = ["merge", "not-same", "assign"].includes(action);
  if (needsOther && !other) {
    select.focus();
    throw new Error("Choose a person first.");
  }
  const otherName = other ? nameOf(personOf(other)) : "";
  const faces = selected(section);
  const chosen = plural(faces.length, "face", "faces");
  const are = faces.length === 1 ? "is" : "are";
  switch (action) {
    case "merge":
      return [{ person_id: person, other_person_id: other }, `${name} and ${otherName} are one person.`, other];
    case "not-same":
      return [{ person_id: person, other_person_id: other }, `${name} and ${otherName} are two people.`, person];
    case "split": return [{ person_id: person, face_ids: faces }, `${chosen} of ${name} ${are} somebody else.`, person];
    case "unassign": return [{ face_ids: faces }, `${chosen} ${are} not ${name}.`, person];
    case "create": return [{ face_ids: faces }, `${chosen} ${are} a new person.`, null];
    case "assign": return [{ person_id: other, face_ids: faces }, `${chosen} ${are} ${otherName}.`, other];
    case "ignore": return [{ person_id: person }, `${name} is ignored.`, person];
    default: return [{ person_id: person }, `${name} is not ignored any more.`, person];
  }
}

async function decide(action, body, text, focusOn) {
  if (state.busy) return;
  state.busy = true;
  $("people").setAttribute("aria-busy", "true");
  try {
    const told = await api.json(`/face-person-actions/${action}`, { event_id: state.event, ...body });
    await load();
    say(text);
    // The list was made anew: the keyboard goes on where it was.
    const target = document.getElementById(`title-${focusOn || told.person_id}`);
    (target || $("people")).focus();
  } catch (error) {
    complain(error);
  } finally {
    state.busy = false;
    $("people").removeAttribute("aria-busy");
  }
}

$("people").addEventListener("click", (event) => {
  const face = event.target.closest(".face");
  if (face) return toggle(face);
  const button = event.target.closest("[data-do]");
  if (!button) return undefined;
  try {
    const [body, text, focusOn] = decision(button.dataset.do, button.closest(".person"));
    return decide(button.dataset.do, body, text, focusOn);
  } catch (error) {
    $("error").textContent = error.message;
    $("error").hidden = false;
    return undefined;
  }
});

$("people").addEventListener("submit", (event) => {
  event.preventDefault();
  const section = event.target.closest(".person");
  const value = event.target.elements.name.value.trim();
  const text = value ? `This is ${value}.` : "The name is gone.";
  decide("name", { person_id: section.dataset.person, value }, text, section.dataset.person);
});

$("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  api.remember($("token").value.trim());
  enter();
});
$("event").addEventListener("change", () => {
  state.event = $("event").value;
  history.replaceState(null, "", `?event=${encodeURIComponent(state.event)}`);
  load().catch(complain);
});
$("reload").addEventListener("click", () => load().catch(complain));
$("leave").addEventListener("click", () => leave());

if (api.token) enter();
else leave();
