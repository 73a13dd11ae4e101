// The picture of a filled form: beside its table, and large in a dialog when it is pressed.
import { element, fill } from "./element.js";
import { jpeg } from "./live_view.js";
import { call } from "./rest.js";

/** The picture of the draft as a Blob: from the event where it holds one, else asked for; null where there is none. */
export async function draftPicture(taskId, screenshot) {
  if (screenshot) return jpeg(screenshot);
  try {
    return await (await call("GET", `/api/tasks/${taskId}/pictures/draft`, { headers: { Accept: "image/jpeg" } })).blob();
  } catch {
    return null;
  }
}

/** An image of the Blob; its address is given back as soon as it is drawn. */
export function imageOf(blob, words) {
  const address = URL.createObjectURL(blob);
  const done = () => URL.revokeObjectURL(address);
  return element("img", { src: address, alt: words, on: { load: done, error: done } });
}

/** A picture that is pressed to see it large; words where there is none. */
export function pictureBox(blob, words) {
  if (!blob) return element("div", { class: "picture" }, element("p", { class: "muted" }, "There is no picture of it."));
  const large = () => {
    const dialog = element("dialog", { class: "big", "aria-label": words });
    fill(dialog, element("p", { class: "actions" }, element("button", { type: "button", on: { click: () => dialog.close() } }, "Close")), imageOf(blob, words));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  return element("div", { class: "picture" }, element("button", { type: "button", "aria-label": `${words}. Show it large`, on: { click: large } }, imageOf(blob, ""), element("span", { class: "enlarge" }, "Show it large")));
}
