// What all pages have: the person's name, signing out, notices and questions in a dialog.
import { bell } from "./bell.js";
import { byId, element, fill } from "./element.js";
import { claims, toSignIn, token } from "./session.js";

/** True where somebody is signed in; else the browser goes to the sign-in page. The rest is the bell's. */
export function begin(...ringing) {
  const held = token();
  const said = held && claims(held);
  if (!said) { toSignIn("missing"); return false; }
  byId("user").textContent = said.sub ?? "";
  byId("user").title = said.sub ?? "";
  byId("sign-out").addEventListener("click", () => toSignIn("out"));
  bell(...ringing);
  return true;
}

/** A sentence in the corner, for some seconds; a refusal stays longer. */
export function notice(words, bad = false) {
  const shown = element("p", bad ? { class: "bad" } : {}, words);
  byId("notices").append(shown);
  setTimeout(() => shown.remove(), bad ? 12_000 : 6_000);
}

/** Asks yes or no in a dialog; resolves to true for yes. The safe answer has the focus. */
export function confirmed(title, words, yes, no = "Go back") {
  return new Promise((resolve) => {
    const dialog = element("dialog", { "aria-labelledby": "dialog-title" });
    const close = (answer) => () => { dialog.close(); dialog.remove(); resolve(answer); };
    fill(
      dialog,
      element("h2", { id: "dialog-title" }, title),
      words && element("p", {}, words),
      element("p", { class: "actions" },
        element("button", { type: "button", autofocus: true, on: { click: close(false) } }, no),
        element("button", { type: "button", class: "primary", on: { click: close(true) } }, yes)),
    );
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(false)(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
