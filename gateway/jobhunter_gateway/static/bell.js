// What waits for the person, told on every page: the number beside Tasks and in the title, one sentence with the time that is
// left, and a notification where they wish for one. A page that is hidden looks as well, if less often.
import { countDown, left, now } from "./clock.js";
import { byId, element, fill } from "./element.js";
import { callsForYou, ended, nameOf } from "./phase.js";
import { poll } from "./rest.js";

const LIMIT = 100;
const SOON = 30_000; // milliseconds before the end at which it is said once more
const WISH = "jobhunter-notify";
const plain = document.title.replace(/ · JobHunter$/, "");
const known = new Set(); // ids of questions that were told
let waiting = [], underWay = null, own = null, words = plain, urgent = false, toldOf = "", ask = null;

/** Begins to look, every `seconds` (or as a function says) while the page is seen. use(tasks): the tasks that wait. */
export function bell(seconds = 5, use = () => {}) {
  wishes();
  ask = poll(`/api/tasks?state=waiting&limit=${LIMIT}`, seconds, ({ tasks }) => { waiting = tasks; use(tasks); ring(); }, () => {}, true);
  setInterval(tell, 1000);
}

/** The task that this page shows, as it is known here: more is known, and earlier, than by looking. */
export function ringFor(task) {
  own = task;
  ring();
}

/** All tasks under way, where the page asks for them itself: they are not asked for twice. null: it does not know all. */
export function ringForAll(tasks) {
  underWay = tasks;
  ring();
}

/** Looks at once. */
export const look = () => ask?.();

/** The words of the title; calls: what this page shows waits for the person. */
export function titled(title, calls = false) {
  [words, urgent] = [title, calls];
  showTitle();
}

const all = () => (underWay ? [...underWay.filter(callsForYou), ...waiting.filter(ended)] : waiting);
const calling = () => [...all().filter((task) => task.task_id !== own?.task_id), ...(own && callsForYou(own) ? [own] : [])];

/** {task, question} of each task that asks something, with what ends first; in the order in which they end. */
function asked() {
  const end = ({ deadline }) => (deadline ? Date.parse(deadline) : Infinity);
  return calling().filter((task) => task.pending_inputs?.length > 0)
    .map((task) => ({ task, question: [...task.pending_inputs].sort((a, b) => end(a) - end(b))[0] }))
    .sort((a, b) => end(a.question) - end(b.question));
}

function showTitle() {
  const number = calling().length;
  document.title = `${urgent ? "(!) " : number ? `(${number}) ` : ""}${words} · JobHunter`;
}

function ring() {
  const number = calling().length;
  fill(byId("calls"), number > 0 && [String(number), element("span", { class: "unseen" }, " waiting")]);
  showTitle();
  tell();
  notify();
}

const wordsOf = (question) => (question.kind === "review" ? "A draft waits for your look" : "A question waits for you");
const place = (task, question) => `${task === own ? "" : `/tasks/${encodeURIComponent(task.task_id)}`}#${question.kind === "review" ? "review" : "questions"}`;

/** The sentence; said when it changes and once more shortly before the end, not each second. */
function tell() {
  const asks = asked();
  const { task, question } = asks[0] ?? {};
  const soon = question?.deadline && Date.parse(question.deadline) - now() < SOON;
  const sign = JSON.stringify([asks.map((one) => one.question.id), soon, task === own]);
  if (sign === toldOf) return;
  toldOf = sign;
  byId("bell").classList.toggle("rings", asks.length > 0);
  if (!asks.length) { fill(byId("bell-words")); fill(byId("bell-left")); return; }
  const what = asks.length > 1 ? `${asks.length} applications wait for you` : wordsOf(question);
  const rest = question.deadline && left(question.deadline);
  fill(byId("bell-words"), element("a", { href: place(task, question) }, what, rest && element("span", { class: "unseen" }, `, ${rest} left`)));
  const count = element("span", { class: "count" });
  if (question.deadline) countDown(count, question.deadline, () => ask?.());
  fill(byId("bell-left"), question.deadline && count);
}

function notify() {
  const news = asked().filter(({ question }) => !known.has(question.id));
  for (const { question } of news) known.add(question.id);
  if (!wished() || document.hasFocus()) return;
  for (const { task, question } of news) {
    const rest = question.deadline && left(question.deadline);
    const shown = new Notification(wordsOf(question), { body: `${nameOf(task)}${rest ? `, ${rest} left` : ""}`, tag: question.id });
    shown.addEventListener("click", () => { window.focus(); location.assign(place(task, question)); shown.close(); });
  }
}

const wished = () => "Notification" in window && Notification.permission === "granted" && localStorage.getItem(WISH) !== null;

/** The button by which notifications are wished for; the browser asks for its permission then, and never by itself. */
function wishes() {
  const button = byId("notify");
  const show = () => {
    button.hidden = !("Notification" in window) || Notification.permission === "denied";
    button.setAttribute("aria-pressed", String(wished()));
  };
  button.addEventListener("click", async () => {
    if (wished()) localStorage.removeItem(WISH);
    else if (await Notification.requestPermission() === "granted") localStorage.setItem(WISH, "yes");
    show();
  });
  show();
}
