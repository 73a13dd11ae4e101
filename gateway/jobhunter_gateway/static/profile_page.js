// The profile: one truth at the gateway, edited in a form or as YAML. A save names the revision it began from.
import { byId, element, fill } from "./element.js";
import { firstSteps } from "./first_steps.js";
import { begin, confirmed, notice } from "./page.js";
import { profileForm } from "./profile_form.js";
import { Problem, call, getJson } from "./rest.js";

const YAML = "application/yaml", NONE = '"0"'; // the revision of a profile that is not there
let etag = NONE, tab = "form", edits = 0, saved = 0, saving = null, again = false, documents = [];
const form = profileForm(byId("panel-form"), edited, () => documents);
const dirty = () => edits !== saved;

function edited() {
  edits += 1;
  stands();
}

function stands(words = "") {
  byId("state").textContent = dirty() ? "Not saved yet" : words;
  byId("discard").disabled = !dirty();
}

async function load() {
  let profile = {};
  byId("yaml").readOnly = true; // what is typed before the text is there would be lost
  try {
    const answer = await call("GET", "/api/profile");
    etag = answer.headers.get("etag");
    ({ profile } = await answer.json());
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    etag = NONE;
  }
  hint();
  if (tab === "form") form.draw(profile);
  else byId("yaml").value = await yaml();
  byId("yaml").readOnly = false;
  fill(byId("faults"));
  saved = edits;
  stands();
}

function hint() {
  fill(byId("hint"), etag === NONE && element("p", { class: "note" }, "You have no profile yet. Name, e-mail and work authorization are a good beginning; applications go on as soon as it is saved."));
}

async function yaml() {
  return etag === NONE ? "basics:\n  name: \n  email: \napplication:\n  given_name: \n  family_name: \n" : (await call("GET", "/api/profile", { headers: { Accept: YAML } })).text();
}

/** Saves what is there now. Who asks while a save is under way has what was typed since saved after it. */
function save() {
  if (saving) again = true;
  else saving = (async () => { do { again = false; await put(); } while (again && dirty()); })().finally(() => { saving = null; });
  return saving;
}

async function put() {
  const errors = tab === "form" ? form.check() : [];
  if (errors.length) return showFaults(errors);
  const begun = edits;
  const sent = tab === "form" ? { json: { profile: form.profile() } } : { body: byId("yaml").value };
  const headers = { "If-Match": etag, ...(tab === "yaml" && { "Content-Type": YAML, Accept: YAML }) };
  try {
    const answer = await call("PUT", "/api/profile", { ...sent, headers });
    const text = await answer.text();
    etag = answer.headers.get("etag");
    saved = begun;
    if (tab === "form") form.faults([]);
    else if (!dirty()) kept(text);
    hint();
    fill(byId("faults"));
    notice("Your profile is saved.");
    stands("Saved");
    firstSteps(byId("steps"));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    again = false;
    if (problem.status === 412) conflict();
    else showFaults(problem.errors.length ? problem.errors : [{ path: "", message: problem.message }]);
  }
}

/** The YAML as it was kept, in the place of what was typed; the cursor stays where it was. */
function kept(text) {
  const box = byId("yaml");
  if (box.value === text) return;
  const [start, end, top] = [box.selectionStart, box.selectionEnd, box.scrollTop];
  box.value = text;
  box.setSelectionRange(start, end);
  box.scrollTop = top;
}

function conflict() {
  const again = element("button", { type: "button", on: { click: () => guarded(load) } }, "Load the newer one");
  const mine = element("button", { type: "button", on: { click: async () => {
    if (!(await confirmed("Overwrite the newer one?", "What was saved elsewhere is lost.", "Overwrite it"))) return;
    guarded(async () => { etag = (await call("GET", "/api/profile")).headers.get("etag"); await save(); });
  } } }, "Overwrite it with mine");
  fill(byId("faults"), element("div", { class: "note warn", role: "alert" }, element("h2", {}, "Saved elsewhere in the meantime"), element("p", {}, "Your profile was changed in another window since you opened it. Nothing was overwritten."), element("p", { class: "actions" }, again, mine)));
  byId("faults").focus();
}

function showFaults(errors) {
  const placed = tab === "form" ? form.faults(errors) : errors.map(({ path, message }) => ({ control: null, message: path ? `${path}: ${message}` : message }));
  const link = ({ control, message }) => element("li", {}, control ? element("a", { href: `#${control.input.id}`, on: { click: (event) => { event.preventDefault(); control.input.focus(); } } }, message) : message.replace(/^: /, ""));
  fill(byId("faults"), element("div", { class: "note bad", role: "alert" }, element("h2", {}, "It is not saved yet"), element("ul", {}, placed.map(link))));
  (placed.find(({ control }) => control)?.control.input ?? byId("faults")).focus();
}

async function mayDiscard() {
  await saving;
  return !dirty() || confirmed("Discard your changes?", "What you changed here is not saved yet.", "Discard");
}

async function choose(which) {
  if (which === tab || !(await mayDiscard())) return;
  tab = which;
  for (const name of ["form", "yaml"]) {
    byId(`tab-${name}`).setAttribute("aria-selected", String(name === tab));
    byId(`tab-${name}`).tabIndex = name === tab ? 0 : -1;
    byId(`panel-${name}`).hidden = name !== tab;
  }
  byId(`tab-${tab}`).focus();
  await guarded(load);
}

async function guarded(work) {
  try {
    await work();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    fill(byId("faults"), element("p", { class: "note bad", role: "alert" }, problem.message));
  }
}

if (begin()) {
  for (const name of ["form", "yaml"]) {
    byId(`tab-${name}`).addEventListener("click", () => choose(name));
    byId(`tab-${name}`).addEventListener("keydown", (event) => { if (event.key === "ArrowLeft" || event.key === "ArrowRight") choose(name === "form" ? "yaml" : "form"); });
    byId(`panel-${name}`).addEventListener("submit", (event) => { event.preventDefault(); guarded(save); });
  }
  byId("yaml").addEventListener("input", edited);
  byId("save").addEventListener("click", () => guarded(save));
  byId("discard").addEventListener("click", async () => { if (await mayDiscard()) guarded(load); });
  addEventListener("beforeunload", (event) => { if (dirty()) event.preventDefault(); });
  document.addEventListener("keydown", (event) => { if (event.key === "s" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); if (!event.repeat) guarded(save); } });
  guarded(async () => {
    try { documents = (await getJson("/api/documents")).documents; } catch (problem) { if (!(problem instanceof Problem)) throw problem; } // the names that the profile has can be kept
    await load();
  });
  firstSteps(byId("steps"));
}
