// One task: what is the case now, the browser live, the conversation, the draft and the end.
import { byId, element, fill, isWeb, say } from "./element.js";
import { conversation } from "./conversation.js";
import { closeReview, showReview } from "./draft_review.js";
import { liveView } from "./live_view.js";
import { showOutcome } from "./outcome.js";
import { begin, confirmed, notice } from "./page.js";
import { badge, callsForYou, ended, nameOf, standing } from "./phase.js";
import { Questions } from "./questions.js";
import { Problem, call, getJson, poll, postJson } from "./rest.js";
import { taskSocket } from "./task_socket.js";
import { timeline } from "./timeline.js";

const taskId = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const path = `/api/tasks/${encodeURIComponent(taskId)}`;
const LIFECYCLE = new Set(["applier:start", "hitl:request", "hitl:response", "draft:review", "draft:confirm", "draft:edit", "applier:complete"]);
const seen = new Set(); // ids of events
let task = null, socket = null, live = null, talk = null, add = null, ask = null, soon = null, outcomeOf = "", past = true;

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
  const calls = questions.open().length > 0 || (task && callsForYou(task));
  document.title = `${calls ? "(!) " : ""}${task ? nameOf(task) : "Application"} · JobHunter`;
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
  byId("remove").hidden = !ended(now);
  byId("live-title").closest(".live").hidden = ended(now) && !byId("frame").src;
  why(now);
  for (const input of now.pending_inputs ?? []) questions.asked(input);
  if (ended(now)) {
    for (const question of questions.open()) questions.end(question.id, "closed");
    live.mood("ended");
    byId("review").hidden = true;
    if (socket) setTimeout(() => socket.close(), 10_000); // its last events are on the way
    if (outcomeOf !== signature) { outcomeOf = signature; showOutcome(now, refresh); }
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
  fill(place, words, missing && element("span", {}, " ", element("a", { href: "/profile" }, "Write your profile"), " and it goes on by itself."));
}

function line(word, seconds) {
  const lost = { lost: `The line to the gateway is lost. Trying again in ${seconds} s; nothing is missed.`, missing: "This application is no longer there." };
  if (word === "open") {
    if (!byId("line").hidden) notice("The line is back.");
    live.mood(task && ended(task) ? "ended" : "watching");
    refresh();
  } else if (word === "lost") {
    live.mood("lost");
  } else if (word === "denied") {
    call("GET", "/api/me").catch(() => {}); // a token that is no longer taken leads to the sign-in page
    say(byId("line"), "The gateway does not show this application to you.");
    return;
  }
  say(byId("line"), lost[word] ?? "");
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
    if (!(await confirmed("Delete the record?", "The task goes from the cluster, and its pictures with it. An application that was sent stays sent.", "Delete it"))) return;
    try { await call("DELETE", path); location.assign("/"); } catch (problem) { notice(problem.message, true); }
  });
}

async function open() {
  live = liveView(taskId);
  talk = conversation(questions);
  add = timeline();
  actions();
  try {
    show(await getJson(path));
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 404) { say(byId("line"), problem.message); setTimeout(() => location.reload(), 5000); return; }
    fill(byId("main"), element("h1", {}, "There is no such application"), element("p", {}, "It may have been deleted. ", element("a", { href: "/" }, "See your tasks"), "."));
    return;
  }
  let after = "";
  try { after = await history(); } catch (problem) { if (!(problem instanceof Problem)) throw problem; } // the socket brings all of it too
  past = false;
  for (const question of questions.open()) if (question.kind === "review") reviewOrNot(question);
  const told = !ended(task) || seen.has(`${taskId}.complete`) || Date.now() - Date.parse(task.completed_at ?? 0) > 60_000;
  if (!ended(task) || !told) socket = taskSocket(taskId, after, receive, line);
  ask = poll(path, () => (ended(task) ? 30 : 5), show, (problem) => { if (problem) say(byId("line"), problem.status === 404 ? "This application is no longer there." : problem.message); else if (!socket) say(byId("line"), ""); });
}

if (begin()) open();
