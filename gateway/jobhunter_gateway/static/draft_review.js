// The draft: the picture beside a table of all that will be sent, and the three ways to decide.
import { countDown } from "./clock.js";
import { byId, element, fill } from "./element.js";
import { confirmed } from "./page.js";
import { call } from "./rest.js";
import { jpeg } from "./live_view.js";

const sureness = (confidence) => (confidence >= 0.9 ? "sure" : confidence >= 0.7 ? "fairly sure" : "not sure");

/** The picture of the draft as a Blob: from the event where it holds one, else asked for; null where there is none. */
export async function draftPicture(taskId, screenshot) {
  if (screenshot) return jpeg(screenshot);
  try {
    return await (await call("GET", `/api/tasks/${taskId}/pictures/draft`, { headers: { Accept: "image/jpeg" } })).blob();
  } catch {
    return null;
  }
}

/** The table of a draft's fields; change(label): a row's button, absent where nothing can be changed any more. */
export function fieldTable(fields, change) {
  const head = ["Field", "Value", "From", "How sure", ...(change ? [""] : [])];
  return element("table", { class: "fields" },
    element("caption", { class: "unseen" }, "Every field of the form, and what will be sent"),
    element("thead", {}, element("tr", {}, head.map((words) => element("th", { scope: "col" }, words || element("span", { class: "unseen" }, "Change"))))),
    element("tbody", {}, fields.map((field) => row(field, change))));
}

/** Text that may be broken after its dots and underscores. */
const breakable = (text) => text.split(/(?<=[._/])/).flatMap((part, i) => (i ? [element("wbr"), part] : [part]));

function row(field, change) {
  const value = field.value === "" || field.value === null || field.value === undefined ? element("span", { class: "muted" }, "left empty") : element("span", { class: "value" }, field.value);
  return element("tr", { class: field.default ? "default" : null },
    element("th", { scope: "row" }, field.label || field.token || "A field without a label", field.required && element("span", { class: "muted" }, " (required)")),
    element("td", { "data-name": "Value" }, value),
    element("td", { "data-name": "From" }, field.default ? "left as the site had it" : breakable(field.source || "nobody")),
    element("td", { "data-name": "How sure" }, field.default || !field.value ? "" : element("span", { class: "sure" }, `${sureness(field.confidence ?? 1)} · ${Math.round((field.confidence ?? 1) * 100)} %`)),
    change && element("td", {}, element("button", { type: "button", class: "small", "aria-label": `Change ${field.label}`, on: { click: () => change(field.label) } }, "Change")));
}

/** A picture that opens large; words where there is none. */
export function pictureBox(blob, words) {
  if (!blob) return element("div", { class: "picture" }, element("p", { class: "muted" }, "There is no picture of it."));
  const address = URL.createObjectURL(blob);
  const large = () => {
    const dialog = element("dialog", { class: "big", "aria-label": words });
    fill(dialog, element("p", { class: "actions" }, element("button", { type: "button", on: { click: () => { dialog.close(); dialog.remove(); } } }, "Close")), element("img", { src: address, alt: words }));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  return element("div", {},
    element("div", { class: "picture", tabindex: 0, role: "region", "aria-label": "Picture of the filled form" }, element("img", { src: address, alt: words })),
    element("p", {}, element("button", { type: "button", class: "small", on: { click: large } }, "Show it large")));
}

/** Draws the review of `draft` ({hitl_id, fields, deadline, context, title, url}) into its section. questions: the Questions. */
export async function showReview(taskId, draft, questions) {
  const section = byId("review");
  section.dataset.draft = draft.hitl_id;
  section.hidden = false;
  const fault = element("p", { class: "fault", role: "alert", id: "edit-fault" });
  const rest = element("span", { class: "count" });
  const words = element("input", { id: "edit", autocomplete: "off", placeholder: "change Phone to +49 30 1234567", "aria-describedby": "edit-fault" });
  const buttons = () => [...section.querySelectorAll(".decide button")];
  const decide = async (response) => {
    for (const button of buttons()) button.disabled = true;
    fill(fault, await questions.answer(draft.hitl_id, response));
    for (const button of buttons()) button.disabled = false;
  };
  const change = (label) => {
    words.value = `change ${label} to `;
    words.focus();
    words.setSelectionRange(words.value.length, words.value.length);
    words.scrollIntoView({ block: "nearest" });
  };
  const edit = element("form", { novalidate: true, on: { submit: (event) => {
    event.preventDefault();
    if (words.value.trim()) decide(words.value.trim());
    else { fill(fault, "Say what to change, such as: change Phone to +49 30 1234567"); words.focus(); }
  } } }, element("div", { class: "grow" }, element("label", { for: "edit" }, "Change something, in words"), words), element("button", { type: "submit" }, "Change it"));
  const confirm = element("button", { type: "button", class: "primary", id: "confirm", on: { click: () => decide("confirm") } }, "Confirm and send");
  const reject = element("button", { type: "button", class: "danger", id: "reject", on: { click: async () => {
    if (await confirmed("Do not apply?", "The draft is thrown away and nothing is sent to the site.", "Reject the draft")) decide("reject");
  } } }, "Reject");
  const picture = element("div", {}, element("p", { class: "muted" }, "Loading the picture…"));
  const guessed = draft.fields.filter((field) => field.default).length;
  const table = fieldTable(draft.fields, change);
  for (const line of table.tBodies[0].rows) line.addEventListener("click", (event) => { if (!event.target.closest("button") && getSelection().isCollapsed) change(draft.fields[line.sectionRowIndex].label); });
  fill(section,
    element("div", { class: "title" }, element("h2", { id: "review-title", tabindex: -1 }, "Look it over: this will be sent"), rest),
    draft.context && element("p", { class: "note" }, draft.context),
    element("p", { class: "muted" }, `${draft.fields.length} fields.`, guessed ? ` ${guessed} left as the site had ${guessed === 1 ? "it" : "them"}.` : "", " Nothing is sent before you confirm."),
    element("div", { class: "draft" }, picture, element("div", { class: "scroll", role: "region", "aria-label": "Fields of the form", tabindex: 0 }, table)),
    element("div", { class: "decide" }, confirm, edit, reject), fault);
  if (draft.deadline) countDown(rest, draft.deadline, () => questions.end(draft.hitl_id, "expired", "The time for the review ran out; nothing was sent."));
  fill(picture, pictureBox(await draftPicture(taskId, draft.screenshot), "The form as it is filled in now"));
}

/** What became of the draft, where it can no longer be decided. */
export function closeReview(question) {
  const section = byId("review");
  if (section.hidden || section.dataset.draft !== question.id) return;
  const focused = section.contains(document.activeElement) || question.mine !== null;
  const done = { answered: "Your decision is on its way to the browser.", expired: "The time for the review ran out; nothing was sent.", closed: "This draft can no longer be decided." };
  const mine = question.mine === "confirm" ? "Confirmed. The form is being sent…" : question.mine === "reject" ? "Rejected. Nothing is sent." : question.mine ? "The change is being made. The new draft appears here." : null;
  fill(section, element("h2", { id: "review-title", tabindex: -1 }, "The draft"), element("p", { class: "note", role: "status" }, question.note || mine || done[question.state]));
  if (focused) section.querySelector("h2").focus();
}
