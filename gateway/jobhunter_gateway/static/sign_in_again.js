// A token that is no longer taken. Where nothing is typed the browser goes to the sign-in page; else a new one is pasted in
// place, and what was written stays.
import { element, fill } from "./element.js";
import { claims, keep, stays, toSignIn, token } from "./session.js";

const touched = new Set(); // fields that the person typed in
let asking = null;

document.addEventListener("input", ({ target }) => touched.add(target));
const typed = () => [...touched].some((field) => field.isConnected && field.value !== "");

/** Returns once a new token of the same person is there. */
export function signInAgain() {
  if (!typed()) {
    toSignIn("expired");
    return new Promise(() => {}); // the page is left; nothing that follows may run
  }
  asking ??= pasted().finally(() => { asking = null; });
  return asking;
}

function pasted() {
  return new Promise((resolve) => {
    const field = element("textarea", { id: "new-token", rows: 4, spellcheck: "false", autocomplete: "off", autocapitalize: "off", "aria-describedby": "new-token-fault" });
    const fault = element("p", { class: "fault", role: "alert", id: "new-token-fault" });
    const dialog = element("dialog", { "aria-labelledby": "new-token-title" });
    const take = async (event) => {
      event.preventDefault();
      fill(fault, await refusal(field.value.trim()));
      if (fault.textContent) { field.focus(); return; }
      keep(field.value.trim(), stays());
      dialog.close();
      dialog.remove();
      resolve();
    };
    fill(dialog, element("form", { novalidate: true, on: { submit: take } },
      element("h2", { id: "new-token-title" }, "Sign in again"),
      element("p", {}, "Your token is no longer taken. Paste a new one; what you have written stays."),
      element("label", { for: "new-token" }, "Token"), field, fault,
      element("p", { class: "actions" },
        element("button", { type: "button", on: { click: () => toSignIn("expired") } }, "Leave this page"),
        element("button", { type: "submit", class: "primary" }, "Sign in"))));
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}

/** Why a token cannot be taken here, "" where it can. */
async function refusal(value) {
  const said = claims(value);
  if (!said) return "That is not a token: it has three parts with dots between them. Copy all of it.";
  if (said.sub !== claims(token() ?? "")?.sub) return "That is another person's token. Leave this page to sign in as somebody else.";
  try {
    const answer = await fetch("/api/me", { headers: { Authorization: `Bearer ${value}` }, credentials: "omit", cache: "no-store" });
    return answer.ok ? "" : answer.status === 401 ? "JobHunter does not take this token either." : `That did not work (status ${answer.status}). Try again in a moment.`;
  } catch {
    return "JobHunter does not answer. Check your connection, then try again.";
  }
}
