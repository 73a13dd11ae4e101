// Words of the browser, questions and the person's answers, as a conversation; what is open stands below with its ways to answer.
import { countDown, hourOf } from "./clock.js";
import { byId, element, fill, icon, isWeb, outside } from "./element.js";

const FEW = 8; // options that are shown as buttons; more become a list
const STATES = { answered: "Answered", expired: "The time ran out", closed: "No longer asked" };
const TITLES = { Captcha: "The site wants a captcha solved", Login: "The site wants a login", TwoFactor: "A code is needed" };
const RETRY = "retry", APPLY_MYSELF = "apply myself"; // answers that the runner knows, where it cannot go on
const DONE = "done"; // any other answer to a manual question has it look again

/** {message(event), question(question)}. questions: the Questions; job(): the job's address; stop(): cancels the task, once confirmed. */
export function conversation(questions, job, stop) {
  const log = byId("chat");
  const cards = new Map();
  const bubbles = new Map();

  const add = (node) => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    log.append(node);
    if (atEnd) log.scrollTop = log.scrollHeight;
  };

  const bubble = (question, unsent) => {
    if (question.kind === "review" && question.state === "open") return;
    let holder = bubbles.get(question.id);
    if (!holder) {
      if (question.state === "open") return; // it stands below as a card
      bubbles.set(question.id, (holder = element("div")));
      add(holder);
    }
    const words = question.kind === "review" ? "The draft was shown for review." : question.question;
    fill(holder, element("div", { class: "bubble" }, words),
      question.mine !== null && element("div", { class: "bubble mine" }, question.mine),
      element("p", { class: "muted state" }, question.note || STATES[question.state]),
      unsent && element("div", { class: "bubble unsent" }, unsent, element("p", { class: "state" }, "What you had written")));
    log.scrollTop = log.scrollHeight;
  };

  const over = (question) => {
    const card = cards.get(question.id);
    const focused = card && (card.contains(document.activeElement) || question.mine !== null || question.sending);
    const unsent = question.mine === null && question.kind !== "secret" && card?.querySelector("textarea")?.value.trim();
    card?.remove();
    cards.delete(question.id);
    bubble(question, unsent);
    if (focused) (byId("questions").querySelector("input, textarea, select, button") ?? log).focus();
  };

  return {
    message({ message, data, timestamp }) {
      add(element("div", { class: "bubble" }, message, element("time", { datetime: data.at }, data.at ? hourOf(data.at) : timestamp)));
    },
    question(question) {
      if (question.state !== "open") { over(question); return; }
      if (question.kind === "review") return; // the draft has a place of its own
      const made = questionCard(question, questions, { job: job(), stop });
      const card = cards.get(question.id);
      if (card) replace(card, made); else byId("questions").append(made);
      bubbles.get(question.id)?.remove(); // it was held to be over
      bubbles.delete(question.id);
      cards.set(question.id, made);
    },
  };
}

/** A card drawn anew, as suggestions came: what is typed stays, and so does the focus. */
function replace(card, made) {
  const [before, after] = [card, made].map((one) => one.querySelector("input, textarea, select"));
  const focused = before && before === document.activeElement;
  if (before && after) after.value = before.value;
  card.replaceWith(made);
  if (focused) after?.focus();
}

function questionCard(question, questions, way) {
  const key = `answer-${question.id}`;
  const fault = element("p", { class: "fault", role: "alert", id: `${key}-fault` });
  const rest = element("span", { class: "count" });
  const card = element("div", { class: "question", role: "group", "aria-labelledby": `${key}-words`, "data-question": question.id });
  let timeIsOver = false;
  const allow = () => { for (const button of card.querySelectorAll("button")) button.disabled = question.sending || timeIsOver; };
  const send = async (response) => {
    if (question.sending) return;
    if (!response.trim()) { fill(fault, "Write an answer first."); card.querySelector("input, textarea, select")?.focus(); return; }
    const answered = questions.answer(question.id, response);
    allow();
    fill(fault, await answered);
    allow();
  };
  fill(card,
    element("div", { class: "title" }, element("strong", { class: "badge warn" }, icon("question"), TITLES[question.reason] ?? "Question"), rest),
    element("p", { class: "ask", id: `${key}-words` }, question.question),
    question.context && element("p", { class: "muted" }, question.context),
    question.required === false && element("p", { class: "hint" }, "The form can be sent without it."),
    ...waysToAnswer(question, key, send, way), fault);
  const turned = (over) => () => { timeIsOver = over; allow(); };
  if (question.deadline) countDown(rest, question.deadline, () => { turned(true)(); questions.timeIsOver(question.id, "The time ran out before an answer came."); }, turned(false));
  return card;
}

function waysToAnswer(question, key, send, way) {
  const described = { "aria-labelledby": `${key}-words`, "aria-describedby": `${key}-fault`, id: key };
  if (question.kind === "manual") return byHand(way.job, () => send(DONE), question.reason === "Captcha" ? () => send(APPLY_MYSELF) : way.stop);
  if (question.kind === "choice" && question.options?.length === 2 && [RETRY, APPLY_MYSELF].every((one) => question.options.includes(one))) return byHand(way.job, () => send(RETRY), () => send(APPLY_MYSELF));
  if (question.kind === "choice" && question.options?.length) {
    if (question.options.length <= FEW) return [choices(question.options, send)];
    const list = element("select", described, element("option", { value: "" }, "Choose…"), ...question.options.map((option) => element("option", { value: option }, option)));
    return [chips(question, (text) => { list.value = question.options.find((option) => option.toLowerCase() === text.trim().toLowerCase()) ?? list.value; list.focus(); }), form(list, () => send(list.value))];
  }
  if (question.kind === "secret") {
    const code = question.reason === "TwoFactor";
    const input = element("input", { ...described, type: "password", autocomplete: code ? "one-time-code" : "off", spellcheck: "false", autocapitalize: "off" });
    const show = element("button", { type: "button", "aria-pressed": "false", on: { click: () => {
      input.type = input.type === "password" ? "text" : "password";
      show.textContent = input.type === "password" ? "Show" : "Hide";
      show.setAttribute("aria-pressed", String(input.type === "text"));
    } } }, "Show");
    return [element("p", { class: "hint" }, "It is passed on once and kept nowhere."), form(input, () => send(input.value), show)];
  }
  const box = element("textarea", { ...described, rows: 2 });
  box.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send(box.value); } });
  return [chips(question, (text) => { box.value = text; box.rows = Math.min(10, 2 + Math.ceil(text.length / 60)); box.focus(); }), form(box, () => send(box.value))];
}

/** Where the browser cannot go on, and nobody can reach into it: what a person can do all the same. */
function byHand(job, retry, stop) {
  return [element("p", { class: "hint" }, "You cannot reach into the browser from here. Unanswered, it stops when the time is over."),
    element("div", { class: "choices" },
      isWeb(job) && outside(job, "Open the job and apply yourself", { class: "button" }),
      element("button", { type: "button", on: { click: retry } }, "Try again"),
      element("button", { type: "button", on: { click: stop } }, "Stop"))];
}

const choices = (options, send) =>
  element("div", { class: "choices" }, ...options.map((option) => element("button", { type: "button", on: { click: () => send(option) } }, option)));

function chips(question, take) {
  if (!question.suggestions?.length) return null;
  return element("div", { class: "chips", role: "group", "aria-label": "From your documents" },
    element("p", { class: "hint" }, "From your documents; press one to take it over and change it:"),
    ...question.suggestions.map(({ text, source }) => element("button", { type: "button", class: "chip", on: { click: () => take(text) } }, text, element("small", {}, source))));
}

function form(field, send, ...more) {
  return element("form", { novalidate: true, on: { submit: (event) => { event.preventDefault(); send(); } } },
    field, element("div", { class: "actions" }, element("button", { type: "submit", class: "primary" }, "Answer"), ...more));
}
