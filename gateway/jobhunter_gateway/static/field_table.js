// The table of a draft: every field with its value, where that came from, and how sure it is; what to check stands first.
import { element, icon } from "./element.js";
import { sourceWords } from "./source_words.js";

const SURE = 0.9, FAIRLY = 0.7;

/** Whether the site put the value there that will be sent. */
export const sitesOwn = (field) => field.default && field.source !== "left empty" && Boolean(field.value);

/** Whether somebody should look: a value that is not sure, or the site's own. */
export const doubtful = (field) => sitesOwn(field) || (!field.default && Boolean(field.value) && (field.confidence ?? 1) < SURE);

/** What to check first, else in the form's order. */
export const inOrder = (fields) => [...fields.filter(doubtful), ...fields.filter((field) => !doubtful(field))];

/** What the words of a change call the field; "" where nothing names it. */
const called = (field) => field.label || (field.token ?? "").replaceAll("-", " ");

/** change(name): by a row and its button, absent where nothing can be changed any more. */
export function fieldTable(fields, change) {
  const head = ["Field", "Value", "From", "How sure", ...(change ? [""] : [])];
  return element("table", { class: "fields" },
    element("caption", { class: "unseen" }, "Every field of the form, and what will be sent"),
    element("thead", {}, element("tr", {}, head.map((words) => element("th", { scope: "col" }, words || element("span", { class: "unseen" }, "Change"))))),
    element("tbody", {}, inOrder(fields).map((field) => row(field, change))));
}

function row(field, change) {
  const name = called(field);
  const press = change && name ? (event) => { if (event.target.closest("button") || getSelection().isCollapsed) change(name); } : null;
  return element("tr", { class: doubtful(field) ? "doubt" : field.default ? "default" : null, on: press ? { click: press } : {} },
    element("th", { scope: "row" }, doubtful(field) && [icon("question"), element("span", { class: "unseen" }, "To check: ")], name || "A field without a label", field.required && element("span", { class: "muted" }, " (required)")),
    element("td", { "data-name": "Value" }, field.value ? element("span", { class: "value" }, field.value) : element("span", { class: "muted" }, "left empty")),
    element("td", { "data-name": "From", title: field.source || null }, sourceWords(field.source)),
    element("td", { "data-name": "How sure" }, sureness(field)),
    change && element("td", {}, press && element("button", { type: "button", class: "small", "aria-label": `Change ${name}` }, "Change")));
}

function sureness({ confidence = 1, value, default: left }) {
  if (left || !value) return "";
  const words = confidence >= SURE ? "sure" : confidence >= FAIRLY ? "fairly sure" : "not sure";
  return element("span", { class: "sure" }, `${words} · ${Math.round(confidence * 100)} %`);
}
