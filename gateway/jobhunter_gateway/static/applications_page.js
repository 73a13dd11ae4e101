// Applications that ended, as a table: found by words and outcome, taken away as CSV.
import { momentOf } from "./clock.js";
import { byId, element, fill, outside, save } from "./element.js";
import { begin, notice } from "./page.js";
import { badge, outcomeStanding, placeOf } from "./phase.js";
import { call, getJson } from "./rest.js";

const LIMIT = 50, FOUND_IN = 2000; // rows in one call; rows looked through where something is sought
let all = [], next = null, seeking = 0;

function row(application) {
  const words = [application.title, application.company].filter(Boolean).join(" · ") || placeOf(application.canonical_url) || "An application";
  return element("tr", {},
    element("th", { scope: "row" }, element("a", { href: `/tasks/${encodeURIComponent(application.task_id)}` }, words)),
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
  byId("empty").hidden = all.length > 0;
  byId("more").hidden = !next;
  byId("loading").hidden = true;
  byId("count").textContent = all.length === 0 ? "" : sought || outcome ? `${found.length} of ${all.length}${next ? " looked through" : ""}` : `${all.length}${next ? " newest" : ""}`;
}

async function more() {
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
  guarded(async () => { while (next && all.length < FOUND_IN && mine === seeking) await more(); });
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
