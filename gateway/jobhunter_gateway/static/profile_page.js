// The profile: one truth at the gateway, edited in a form or as YAML. A save names the revision it began from.
import { byId, element, fill } from "./element.js";
import { begin, confirmed, notice } from "./page.js";
import { profileForm } from "./profile_form.js";
import { Problem, call, getJson } from "./rest.js";

const YAML = "application/yaml";
let etag = null, stored = {}, tab = "form", dirty = false, documents = [];
const form = profileForm(byId("panel-form"), () => changed(true), () => documents);

function changed(now) {
  dirty = now;
  byId("state").textContent = now ? "Not saved yet" : "";
  byId("discard").disabled = !now;
}

async function load() {
  try {
    const answer = await call("GET", "/api/profile");
    const body = await answer.json();
    etag = answer.headers.get("etag") ?? `"${body.revision}"`;
    stored = body.profile;
    fill(byId("hint"));
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    etag = null;
    stored = {};
    fill(byId("hint"), element("p", { class: "note" }, "You have no profile yet. Name, e-mail and work authorization are a good beginning; applications go on as soon as it is saved."));
  }
  form.draw(stored);
  byId("yaml").value = "";
  if (tab === "yaml") await loadYaml();
  fill(byId("faults"));
  changed(false);
}

async function loadYaml() {
  byId("yaml").value = etag === null ? "basics:\n  name: \n  email: \napplication:\n  given_name: \n  family_name: \n" : await (await call("GET", "/api/profile", { headers: { Accept: YAML } })).text();
}

async function save(match = etag) {
  const errors = tab === "form" ? form.check() : [];
  if (errors.length) return showFaults(errors);
  byId("save").disabled = true;
  const headers = match ? { "If-Match": match } : {};
  try {
    if (tab === "form") await call("PUT", "/api/profile", { json: { profile: form.profile() }, headers });
    else await call("PUT", "/api/profile", { body: byId("yaml").value, headers: { ...headers, "Content-Type": YAML } });
    await load();
    notice("Your profile is saved.");
    byId("state").textContent = "Saved";
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 412) conflict();
    else showFaults(problem.errors.length ? problem.errors : [{ path: "", message: problem.message }]);
  } finally {
    byId("save").disabled = false;
  }
}

function conflict() {
  const again = element("button", { type: "button", on: { click: () => guarded(load) } }, "Load the newer one");
  const mine = element("button", { type: "button", on: { click: async () => {
    if (await confirmed("Overwrite the newer one?", "What was saved elsewhere is lost.", "Overwrite it")) guarded(async () => save((await call("GET", "/api/profile")).headers.get("etag")));
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

async function choose(which) {
  if (which === tab) return;
  if (dirty && !(await confirmed("Leave your changes?", "What you changed here is not saved yet.", "Leave them"))) return;
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
    byId(`panel-${name}`).addEventListener("submit", (event) => { event.preventDefault(); guarded(() => save()); });
  }
  byId("yaml").addEventListener("input", () => changed(true));
  byId("save").addEventListener("click", () => guarded(() => save()));
  byId("discard").addEventListener("click", () => guarded(load));
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  document.addEventListener("keydown", (event) => { if (event.key === "s" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); guarded(() => save()); } });
  guarded(async () => {
    try { documents = (await getJson("/api/documents")).documents.map((document) => document.filename); } catch (problem) { if (!(problem instanceof Problem)) throw problem; } // the names that the profile has can be kept
    await load();
  });
}
