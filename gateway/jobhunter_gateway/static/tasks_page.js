// The list of tasks: what waits for the person first, then what is under way, then what has ended. What is under way is
// asked for every two seconds while seen, and serves the bell as well; the rest seldom, and at once where something has changed.
import { look, ringForAll } from "./bell.js";
import { ago, countDown } from "./clock.js";
import { byId, element, fill, isWeb, say } from "./element.js";
import { firstSteps } from "./first_steps.js";
import { begin } from "./page.js";
import { badge, callsForYou, ended, nameOf, placeOf, standing } from "./phase.js";
import { getJson, poll, postJson, tryingAgain } from "./rest.js";

const LIMIT = 50;
const tasks = new Map(); // by id
const rows = new Map(); // id to {row, text}
const listed = { active: new Set(), waiting: new Set() }; // ids that either poll brought last
let next = null, askEnded = null;
let whole = false; // whether the active ones that were brought are all there are
let loaded = 0; // 1: the active ones, 2: the ended ones

function words(task) {
  const input = task.pending_inputs?.[0];
  if (input && !ended(task)) return input.kind === "review" ? "The form is filled. Look it over and confirm." : input.question;
  return task.message ?? "";
}

function draw(task) {
  const said = words(task);
  const deadline = (task.pending_inputs ?? []).map((input) => input.deadline).filter(Boolean).sort()[0];
  const rest = element("span", { class: "count" });
  if (deadline) countDown(rest, deadline);
  const row = element("li", { class: callsForYou(task) ? "calls" : null, "data-task": task.task_id },
    element("a", { href: `/tasks/${task.task_id}` }, nameOf(task)),
    badge(standing(task)),
    said && element("div", { class: task.pending_inputs?.length ? "says asks" : "says" }, said, deadline && [" ", rest]),
    element("div", { class: "says" }, task.title ? `${placeOf(task.url)} · ` : "", `Started ${ago(task.created_at)}`, task.review === "Skip" ? " · sent without review" : ""));
  return row;
}

function place(section, list) {
  const holder = byId(section);
  const wanted = list.map((task) => {
    const text = JSON.stringify([task, ago(task.created_at)]);
    let known = rows.get(task.task_id);
    if (!known || known.text !== text) {
      const row = draw(task);
      if (known?.row.isConnected) known.row.replaceWith(row);
      known = { row, text };
      rows.set(task.task_id, known);
    }
    return known.row;
  });
  const shown = holder.querySelector("ul");
  if (wanted.length !== shown.children.length || wanted.some((row, i) => shown.children[i] !== row)) {
    fill(shown, wanted);
  }
  holder.hidden = list.length === 0;
}

function show() {
  const all = [...tasks.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  const waiting = all.filter(callsForYou);
  const focused = document.activeElement?.closest("[data-task]")?.dataset.task; // rows are drawn anew and move; the focus goes with them
  place("waiting", waiting);
  place("active", all.filter((task) => !ended(task) && !callsForYou(task)));
  place("ended", all.filter((task) => ended(task) && !callsForYou(task)));
  if (focused && document.activeElement === document.body) rows.get(focused)?.row.querySelector("a").focus();
  byId("empty").hidden = all.length > 0 || loaded < 3;
  byId("loading").hidden = loaded === 3;
  byId("older").hidden = !next;
}

function failed(words) {
  say(byId("line"), words);
}

/** Tasks of one poll. Those that it brought before and no more have changed, or are gone. */
function arrived(which, { tasks: brought }) {
  const other = listed[which === "active" ? "waiting" : "active"];
  const ids = new Set(brought.map((task) => task.task_id));
  const gone = [...listed[which]].filter((id) => !ids.has(id));
  for (const id of gone) if (!other.has(id) && !ended(tasks.get(id) ?? {})) tasks.delete(id);
  for (const task of brought) tasks.set(task.task_id, task);
  listed[which] = ids;
  if (gone.length) { askEnded?.(); if (which === "active") look(); }
  show();
}

function active(body) {
  loaded |= 1;
  const was = whole;
  whole = !body.next;
  ringForAll(whole ? body.tasks : null);
  arrived("active", body);
  if (was && !whole) look();
}

/** While all active ones are known, of those that wait only the ended ones are news. */
const waiting = (brought) => arrived("waiting", { tasks: whole ? brought.filter(ended) : brought });

function watch() {
  const askActive = poll("/api/tasks?state=active&limit=100", 2, active, (problem) => failed(problem ? tryingAgain(problem) : ""), true);
  let first = true;
  askEnded = poll(`/api/tasks?state=ended&limit=${LIMIT}`, 30, (body) => {
    for (const task of body.tasks) tasks.set(task.task_id, task);
    if (first) next = body.next;
    first = false;
    loaded |= 2;
    show();
  });
  return askActive;
}

async function older() {
  byId("older").disabled = true;
  try {
    const body = await getJson(`/api/tasks?state=ended&limit=${LIMIT}&before=${encodeURIComponent(next)}`);
    for (const task of body.tasks) tasks.set(task.task_id, task);
    next = body.next;
    show();
  } catch (problem) {
    failed(problem.message);
  }
  byId("older").disabled = false;
}

/** The fault beside the field, with a link where there is something to look at. */
function fault(...parts) {
  fill(byId("apply-fault"), ...parts);
  byId("url").setAttribute("aria-invalid", String(parts.length > 0));
  if (parts.length) byId("url").focus();
}

function refused(problem) {
  const earlier = problem.body.task_id ?? problem.body.earlier?.task_id ?? problem.body.session_id;
  if (problem.status === 409 && earlier) return fault("You applied for this job already: ", element("a", { href: `/tasks/${encodeURIComponent(earlier)}` }, "see that application"), ".");
  return fault(problem.errors[0]?.message ?? problem.message);
}

function applying(refresh) {
  byId("draft-mode").addEventListener("change", () => { byId("draft-off").hidden = byId("draft-mode").checked; });
  byId("url").addEventListener("input", () => fault());
  byId("apply").addEventListener("submit", async (event) => {
    event.preventDefault();
    const url = byId("url").value.trim();
    if (!url) return fault("Paste the address of the job first.");
    if (!isWeb(url)) return fault("That is not a web address. It begins with https:// and names a site.");
    byId("apply-go").disabled = true;
    try {
      const queued = await postJson("/api/jobs/apply", { url, draft_mode: byId("draft-mode").checked });
      location.assign(`/tasks/${queued.task_id}`);
    } catch (problem) {
      refused(problem);
      refresh();
    }
    byId("apply-go").disabled = false;
  });
  const wanted = new URLSearchParams(location.search).get("url");
  if (wanted) byId("url").value = wanted;
}

if (begin(() => (whole ? 10 : 2), waiting)) {
  const refresh = watch();
  applying(refresh);
  byId("older").addEventListener("click", older);
  setInterval(show, 30_000);
  firstSteps(byId("steps"));
}
