// Words of the browser, questions and the person's answers, as a conversation; what is open stands below with its ways to answer.
import { countDown, hourOf } from "./clock.js";
import { byId, element, fill, icon } from "./element.js";

const FEW = 8; // options that are shown as buttons; more become a list
const STATES = { answered: "Answered", expired: "The time ran out", closed: "No longer asked" };
const TITLES = { Captcha: "Please solve the captcha", Login: "Please sign in", TwoFactor: "A code is needed" };

/** {message(event), question(question)}; ask: the Questions. */
export function conversation(questions) {
  const log = byId("chat");
  const cards = new Map();
  const bubbles = new Map();

  const add = (node) => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    log.append(node);
    if (atEnd) log.scrollTop = log.scrollHeight;
  };

  const bubble = (question) => {
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
      element("p", { class: "muted state" }, question.note || STATES[question.state]));
    log.scrollTop = log.scrollHeight;
  };

  return {
    message({ message, data, timestamp }) {
      add(element("div", { class: "bubble" }, message, element("time", { datetime: data.at }, data.at ? hourOf(data.at) : timestamp)));
    },
    question(question) {
      const card = cards.get(question.id);
      if (question.state !== "open") {
        const focused = card && (card.contains(document.activeElement) || question.mine !== null);
        card?.remove();
        cards.delete(question.id);
        bubble(question);
        if (focused) (byId("questions").querySelector("input, textarea, select, button") ?? log).focus();
        return;
      }
      if (question.kind === "review") return; // the draft has a place of its own
      const made = questionCard(question, questions);
      if (card) card.replaceWith(made); else byId("questions").append(made);
      cards.set(question.id, made);
    },
  };
}

function questionCard(question, questions) {
  const key = `answer-${question.id}`;
  const fault = element("p", { class: "fault", role: "alert", id: `${key}-fault` });
  const rest = element("span", { class: "count" });
  if (question.deadline) countDown(rest, question.deadline, () => questions.end(question.id, "expired", "The time ran out before an answer came."));
  const card = element("div", { class: "question", role: "group", "aria-labelledby": `${key}-words`, "data-question": question.id });
  const send = async (response) => {
    if (!response.trim()) { fill(fault, "Write an answer first."); card.querySelector("input, textarea, select")?.focus(); return; }
    const buttons = [...card.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    fill(fault, await questions.answer(question.id, response));
    for (const button of buttons) button.disabled = false;
  };
  return fill(card,
    element("div", { class: "title" }, element("strong", { class: "badge warn" }, icon("question"), TITLES[question.reason] ?? "Question"), rest),
    element("p", { class: "ask", id: `${key}-words` }, question.question),
    question.context && element("p", { class: "muted" }, question.context),
    question.required === false && element("p", { class: "hint" }, "The form can be sent without it."),
    ...waysToAnswer(question, key, send), fault);
}

function waysToAnswer(question, key, send) {
  const described = { "aria-labelledby": `${key}-words`, "aria-describedby": `${key}-fault`, id: key };
  if (question.kind === "manual") {
    const options = question.options?.length ? question.options : ["done"];
    return [element("p", { class: "hint" }, "Do this yourself, then say so here."), choices(options, send, (word) => (word === "done" ? "Done" : word))];
  }
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

const choices = (options, send, words = (option) => option) =>
  element("div", { class: "choices" }, ...options.map((option) => element("button", { type: "button", on: { click: () => send(option) } }, words(option))));

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
