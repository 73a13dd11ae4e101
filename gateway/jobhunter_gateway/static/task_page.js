// One task: what is the case now, the browser live, the conversation, the draft and the end.
import { ringFor, titled } from "./bell.js";
import { since } from "./clock.js";
import { byId, element, fill, isWeb, say } from "./element.js";
import { conversation } from "./conversation.js";
import { closeReview, showReview } from "./draft_review.js";
import { liveView } from "./live_view.js";
import { showOutcome } from "./outcome.js";
import { begin, confirmed, notice } from "./page.js";
import { badge, callsForYou, ended, nameOf, standing, unsettled } from "./phase.js";
import { Questions } from "./questions.js";
import { Problem, call, getJson, poll, postJson, tryingAgain } from "./rest.js";
import { token } from "./session.js";
import { taskSocket } from "./task_socket.js";
import { timeline } from "./timeline.js";

const taskId = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const path = `/api/tasks/${encodeURIComponent(taskId)}`;
const LIFECYCLE = new Set(["applier:start", "hitl:request", "hitl:response", "draft:review", "draft:confirm", "draft:edit", "applier:complete"]);
const seen = new Set(); // ids of events
const said = { socket: "", poll: "" }; // what is wrong with either line, "" for nothing
let task = null, socket = null, live = null, talk = null, add = null, ask = null, soon = null, outcomeOf = "", past = true, over = false;

/** Asks what the case is now, a moment later: a burst of events makes one call. */
function refresh() {
  clearTimeout(soon);
  soon = setTimeout(() => ask?.(), 300);
}

const questions = new Questions(taskId, (question) => {
  talk?.question(question);
  if (question.kind === "review" && !past) reviewOrNot(question);
  title();
});

function title() {
  titled(task ? nameOf(task) : "Application", questions.open().length > 0 || Boolean(task && callsForYou(task)));
  if (task) ringFor({ ...task, pending_inputs: questions.open() });
}

function reviewOrNot(question) {
  if (question.state !== "open") closeReview(question);
  else if (byId("review").dataset.draft !== question.id) review(question);
}

/** The draft comes with its event; who opens the page later asks for it. */
async function review(question) {
  if (question.fields) return showReview(taskId, { ...question, hitl_id: question.id }, questions);
  try {
    const draft = await getJson(`${path}/draft`);
    if (questions.all.get(question.id)?.state === "open") await showReview(taskId, { ...question, ...draft, hitl_id: question.id }, questions);
  } catch (problem) {
    if (problem.status !== 404) notice(`The draft cannot be shown: ${problem.message}`, true); // 404: its event is on the way
  }
}

function receive(message) {
  if (message.type === "browser:screenshot") { live.frame(message.data); return; }
  const id = message.data?.event_id;
  if (id && seen.has(id)) return;
  if (id) seen.add(id);
  if (message.type === "chat:message") {
    if (message.data?.code && message.data?.hitl_id) notice(message.message, true); // a fault of an answer of ours
    else talk.message(message);
    return;
  }
  add(message);
  questions.event(message);
  if (!past && LIFECYCLE.has(message.type)) refresh();
  if (message.type === "applier:complete") {
    live.mood("ended");
    over = true; // the operator writes it down in a moment
    setTimeout(() => socket?.close(), 3000);
  }
}

function show(now) {
  task = now;
  const signature = JSON.stringify([now.phase, now.reason, now.message, now.result, now.settled]);
  byId("title").textContent = nameOf(now);
  byId("job").textContent = now.url ?? now.prompt ?? "";
  if (isWeb(now.url)) byId("job").href = now.url;
  const stands = standing(now);
  if (byId("phase").textContent !== stands[0]) fill(byId("phase"), badge(stands));
  byId("cancel").hidden = ended(now) || now.cancelled;
  byId("remove").hidden = !ended(now) || now.deleted || unsettled(now);
  byId("live-title").closest(".live").hidden = ended(now) && !byId("frame").src;
  why(now);
  for (const input of now.pending_inputs ?? []) questions.asked(input, true);
  if (ended(now)) {
    for (const question of questions.open()) questions.end(question.id, "closed");
    live.mood("ended");
    byId("review").hidden = true;
    if (socket) setTimeout(() => socket.close(), 10_000); // its last events are on the way
    if (outcomeOf !== signature) { outcomeOf = signature; showOutcome(now, refresh); earlier(now); }
  }
  title();
}

/** Why it waits, where it does. */
function why(now) {
  const place = byId("why");
  const missing = now.reason === "ProfileMissing" && !ended(now);
  const words = ended(now) || now.pending_inputs?.length ? "" : now.message ?? "";
  place.className = missing ? "note warn" : "note";
  if (place.dataset.words === `${missing}${words}`) return;
  place.dataset.words = `${missing}${words}`;
  place.hidden = !words && !missing;
  fill(place, words, missing && !now.profile_secret && element("span", {}, " ", element("a", { href: "/profile" }, "Open your profile"), " or ", element("a", { href: "/documents" }, "your documents"), "; it goes on by itself."));
}

/** A duplicate's end names the earlier task: a link to it, where it is one of the person's that are known here. */
async function earlier(now) {
  if (now.reason !== "DuplicateApplication") return;
  const words = new Set((now.message ?? "").split(/[^a-z0-9.-]+/));
  try {
    const { tasks } = await getJson("/api/tasks?limit=200");
    const found = tasks.find((one) => one.task_id !== taskId && words.has(one.name));
    byId("earlier").hidden = !found;
    if (found) fill(byId("earlier"), element("a", { href: `/tasks/${encodeURIComponent(found.task_id)}` }, "See the earlier application"));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // its name is said
  }
}

function sayLine() {
  say(byId("line"), said.socket || said.poll);
}

async function line(word, seconds) {
  const lost = { lost: `The line to JobHunter is lost. Trying again in ${seconds} s; nothing is missed.`, missing: "This application is no longer there.", denied: "JobHunter does not show this application to you." };
  if (word === "open") {
    if (said.socket) notice("The line is back.");
    live.mood(task && ended(task) ? "ended" : "watching");
    refresh();
  } else if (word === "lost") {
    live.mood("lost");
  }
  said.socket = lost[word] ?? "";
  sayLine();
  if (word !== "denied") return;
  const before = token();
  await call("GET", "/api/me").catch(() => {}); // a token that is no longer taken leads to sign-in
  if (token() !== before) socket.open();
}

/** All that is stored of the task so far; the id of the last event. */
async function history() {
  let after = "";
  do {
    const page = await getJson(`${path}/events?limit=500${after ? `&after=${encodeURIComponent(after)}` : ""}`);
    page.events.forEach(receive);
    after = page.next ?? page.events.at(-1)?.data.event_id ?? after;
    if (!page.next) return after;
  } while (after);
  return after;
}

function actions() {
  byId("cancel").addEventListener("click", async () => {
    if (!(await confirmed("Cancel this application?", "The browser is stopped. What was not sent stays unsent; the record stays.", "Cancel it"))) return;
    try { await postJson(`${path}/cancel`, {}); notice("It is being cancelled."); } catch (problem) { notice(problem.message, true); }
    refresh();
  });
  byId("remove").addEventListener("click", async () => {
    if (!(await confirmed("Delete this task?", "The task goes, and its draft and pictures are deleted. What happened stays written down: an application that was sent stays sent.", "Delete it"))) return;
    try { await call("DELETE", path); location.assign("/"); } catch (problem) { notice(problem.message, true); }
  });
}

/** The task, asked for until the gateway answers; null where there is none. */
async function first() {
  for (;;) {
    try {
      return await getJson(path);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 404 || problem.status === 422) return null;
      said.poll = tryingAgain(problem);
      sayLine();
      await new Promise((resolve) => setTimeout(resolve, (problem.retryAfter ?? 3) * 1000));
    }
  }
}

async function open() {
  const now = await first();
  if (!now) {
    fill(byId("main"), element("h1", {}, "There is no such application"), element("p", {}, "It may have been deleted. ", element("a", { href: "/" }, "See your tasks"), "."));
    return;
  }
  live = liveView(taskId); // it keeps looking, and so begins where there is something to look at
  talk = conversation(questions, () => task?.url, () => byId("cancel").click());
  add = timeline();
  actions();
  said.poll = "";
  sayLine();
  show(now);
  let after = "";
  try { after = await history(); } catch (problem) { if (!(problem instanceof Problem)) throw problem; } // the socket brings all of it too
  past = false;
  for (const question of questions.open()) if (question.kind === "review") reviewOrNot(question);
  if (["#questions", "#review"].includes(location.hash)) byId(location.hash.slice(1)).scrollIntoView();
  const told = !ended(task) || seen.has(`${taskId}.complete`) || !task.completed_at || since(task.completed_at) > 60_000;
  if (!ended(task) || !told) socket = taskSocket(taskId, after, receive, line);
  ask = poll(path, () => (ended(task) ? 30 : over ? 1 : 5), show, (problem) => {
    said.poll = !problem ? "" : problem.status === 404 ? "This application is no longer there." : tryingAgain(problem);
    sayLine();
  });
}

if (begin()) open();
