// Applications that ended, as a table: found by words and outcome, taken away as CSV.
import { momentOf } from "./clock.js";
import { byId, counted, element, fill, outside, save } from "./element.js";
import { begin, notice } from "./page.js";
import { badge, nameOf, outcomeStanding } from "./phase.js";
import { Problem, call, getJson } from "./rest.js";

const LIMIT = 50, FOUND_IN = 2000; // rows in one call; rows looked through where something is sought
let all = [], next, seeking = 0, asking = null; // next: undefined before the first page, null behind the last

function row(application) {
  return element("tr", {},
    element("th", { scope: "row" }, element("a", { href: `/tasks/${encodeURIComponent(application.task_id)}` }, nameOf(application))),
    element("td", {}, outside(application.canonical_url ?? "", hostOf(application.canonical_url)), application.ats && element("div", { class: "muted" }, application.ats)),
    element("td", {}, badge(outcomeStanding(application.outcome, application.reason))),
    element("td", {}, element("time", { datetime: application.submitted_at ?? application.ended_at }, momentOf(application.submitted_at ?? application.ended_at))),
    element("td", { class: "number" }, application.seconds === null || application.seconds === undefined ? "" : Number(application.seconds).toFixed(1)));
}

function hostOf(address) {
  try { return new URL(address).host; } catch { return address ?? ""; }
}

function show() {
  const sought = byId("filter").value.trim().toLowerCase();
  const outcome = byId("outcome").value;
  const found = all.filter((one) => (!outcome || one.outcome === outcome) && (!sought || [one.title, one.company, one.canonical_url, one.ats].some((text) => text?.toLowerCase().includes(sought))));
  fill(byId("rows"), found.map(row));
  byId("region").hidden = found.length === 0;
  byId("empty").hidden = all.length > 0 || next === undefined;
  byId("more").hidden = !next;
  byId("loading").hidden = next !== undefined;
  byId("count").textContent = all.length === 0 ? "" : sought || outcome ? `${found.length} of ${counted(all.length, "application")}${next ? " looked through" : ""}` : `${next ? "The newest " : ""}${counted(all.length, "application")}`;
}

/** The next page behind those that are there; whoever asks while it is under way gets the same. */
function more() {
  return (asking ??= page().finally(() => { asking = null; }));
}

async function page() {
  const body = await getJson(`/api/applications?limit=${LIMIT}${next ? `&before=${encodeURIComponent(next)}` : ""}`);
  all = all.concat(body.applications);
  next = body.next;
}

async function guarded(work) {
  byId("more").disabled = true;
  try {
    await work();
    show();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    byId("loading").hidden = true;
    notice(problem.message, true);
  }
  byId("more").disabled = false;
}

/** A filter looks through more than what is shown yet. */
function seek() {
  show();
  const mine = (seeking += 1);
  if (!byId("filter").value.trim() && !byId("outcome").value) return;
  guarded(async () => { while (next !== null && all.length < FOUND_IN && mine === seeking) await more(); });
}

if (begin()) {
  let typing = null;
  byId("filter").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(seek, 200); });
  byId("outcome").addEventListener("change", seek);
  byId("more").addEventListener("click", () => guarded(more));
  byId("export").addEventListener("click", async () => {
    try {
      save(await (await call("GET", "/api/applications?format=csv", { headers: { Accept: "text/csv" } })).blob(), "applications.csv");
    } catch (problem) { notice(problem.message, true); }
  });
  guarded(more);
}
