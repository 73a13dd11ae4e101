// What was done, in order: a place for each page that was opened, fields set one after another folded into one line.
import { hourOf } from "./clock.js";
import { byId, counted, element, outside } from "./element.js";
import { sourceWords } from "./source_words.js";

const UNTOLD = new Set(["browser:screenshot", "chat:message"]); // the picture and the conversation show these

function size(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`;
}

/** The sentence of an event, as nodes. */
function sentence({ type, message, data }) {
  switch (type) {
    case "applier:start": return ["A browser took the application", data.attempt > 1 ? ` (attempt ${data.attempt})` : ""];
    case "applier:navigate": return ["Opened ", outside(data.url ?? "", data.url)];
    case "applier:click": return [`Pressed “${data.label || "a button"}”`];
    case "applier:upload": return [`Uploaded ${data.filename ?? "a file"}`, data.size ? ` (${size(data.size)})` : "", data.label ? ` for “${data.label}”` : ""];
    case "hitl:request": return [`Asked: ${message}`];
    case "hitl:response": return [data.state === "expired" ? "The question went unanswered" : "The answer arrived"];
    case "draft:review": return [`Showed the draft (${counted(data.fields?.length ?? 0, "field")})`];
    case "draft:confirm": return ["The draft was confirmed"];
    case "draft:edit": return [`A change was asked for${data.message ? `: ${data.message}` : ""}`];
    case "applier:complete": return [message || "Ended"];
    default: return [message || type];
  }
}

const setField = ({ data }) => element("li", {}, data.label || data.token || "A field", data.source ? element("span", { class: "muted", title: data.source }, ` — ${sourceWords(data.source)}`) : "");
const time = (event) => element("time", { datetime: event.data.at }, event.data.at ? hourOf(event.data.at) : event.timestamp);
const kind = ({ type, data }) => ({ "applier:navigate": "place", "applier:complete": data.outcome === "submitted" ? "end good" : "end" })[type];

/** A function that adds an event. */
export function timeline() {
  const list = byId("timeline");
  let fields = null; // {summary, items, count} of the run of fields that is last in the list
  return (event) => {
    if (UNTOLD.has(event.type)) return;
    byId("timeline-empty").hidden = true;
    if (event.type === "applier:type") {
      if (!fields) {
        fields = { summary: element("summary"), items: element("ul"), count: 0 };
        list.append(element("li", {}, element("details", {}, fields.summary, fields.items)));
      }
      fields.count += 1;
      fields.items.append(setField(event));
      fields.summary.replaceChildren(time(event), `Filled ${counted(fields.count, "field")}`);
      return;
    }
    fields = null;
    list.append(element("li", { class: kind(event) }, time(event), element("span", { class: "what" }, ...sentence(event))));
  };
}
