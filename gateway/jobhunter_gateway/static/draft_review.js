// The draft: the picture beside a table of all that will be sent, and the three ways to decide, which stay in sight.
import { countDown } from "./clock.js";
import { draftPicture, pictureBox } from "./draft_picture.js";
import { byId, counted, element, fill } from "./element.js";
import { doubtful, fieldTable, sitesOwn } from "./field_table.js";
import { confirmed } from "./page.js";
import { badge } from "./phase.js";

/** Draws the review of `draft` ({hitl_id, fields, deadline, context, title, url}) into its section. questions: the Questions. */
export async function showReview(taskId, draft, questions) {
  const section = byId("review");
  section.dataset.draft = draft.hitl_id;
  section.hidden = false;
  const fault = element("p", { class: "fault", role: "alert", id: "edit-fault" });
  const rest = element("span", { class: "count" });
  const words = element("input", { id: "edit", autocomplete: "off", placeholder: "change Phone to +49 30 1234567", "aria-describedby": "edit-fault" });
  const buttons = () => [...section.querySelectorAll(".decide button")];
  const allow = (yes) => { for (const button of buttons()) button.disabled = !yes; };
  const decide = async (response) => {
    allow(false);
    fill(fault, await questions.answer(draft.hitl_id, response));
    allow(true);
  };
  const change = (name) => {
    words.value = `change ${name} to `;
    words.focus();
    words.setSelectionRange(words.value.length, words.value.length);
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
  const check = draft.fields.filter(doubtful).length, left = draft.fields.filter(sitesOwn).length;
  fill(section,
    element("h2", { id: "review-title", tabindex: -1 }, "Look it over: this will be sent"),
    draft.title && element("p", {}, draft.title),
    draft.context && element("p", { class: "note" }, draft.context),
    element("p", {}, check > 0 && badge([`${check} to check`, "question", "warn"]), " ", element("span", { class: "muted" }, `${counted(draft.fields.length, "field")}.`, left ? ` ${left} left as the site had ${left === 1 ? "it" : "them"}.` : "", " Nothing is sent before you confirm.")),
    element("div", { class: "draft" }, picture, element("div", { class: "scroll", role: "region", "aria-label": "Fields of the form", tabindex: 0 }, fieldTable(draft.fields, change))),
    element("div", { class: "decide" }, confirm, edit, reject, rest, fault));
  if (draft.deadline) countDown(rest, draft.deadline, () => { allow(false); questions.timeIsOver(draft.hitl_id, "The time for the review ran out; nothing was sent."); }, () => allow(true));
  fill(picture, pictureBox(await draftPicture(taskId, draft.screenshot), "The form as it is filled in now"));
}

/** What became of the draft, where it can no longer be decided. */
export function closeReview(question) {
  const section = byId("review");
  if (section.hidden || section.dataset.draft !== question.id) return;
  const focused = section.contains(document.activeElement) || question.mine !== null;
  const done = { answered: "Your decision is on its way to the browser.", expired: "The time for the review ran out; nothing was sent.", closed: "This draft can no longer be decided." };
  const mine = question.mine === "confirm" ? "Confirmed. The form is being sent…" : question.mine === "reject" ? "Rejected. Nothing is sent." : question.mine ? "The change is being made. The new draft appears here." : null;
  const unsent = question.mine === null && byId("edit")?.value.trim();
  fill(section, element("h2", { id: "review-title", tabindex: -1 }, "The draft"), element("p", { class: "note", role: "status" }, question.note || mine || done[question.state]), unsent && element("p", {}, "What you had written: ", unsent));
  if (focused) section.querySelector("h2").focus();
}
