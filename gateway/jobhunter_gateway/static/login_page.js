// Sign-in: a pasted token, or one that the address brought in its fragment; it is out of the address before anything else.
import { byId } from "./element.js";
import { claims, forget, keep, token } from "./session.js";

const brought = new URLSearchParams(location.hash.slice(1)).get("token");
if (location.hash) history.replaceState(null, "", location.pathname + location.search);

const query = new URLSearchParams(location.search);
const WHY = {
  expired: "Your token is no longer taken: it has expired, or is of another installation. Get a new one and paste it here.",
  out: "You are signed out.",
};

function back() {
  const wanted = query.get("back") ?? "/";
  return wanted.startsWith("/") && !wanted.startsWith("//") && !wanted.includes("\\") ? wanted : "/";
}

function fault(words, bad = true) {
  byId("fault").textContent = words;
  byId("fault").className = bad ? "note bad" : "note";
  byId("fault").hidden = words === "";
  byId("token").setAttribute("aria-invalid", String(bad && words !== ""));
}

async function signIn(value, stay) {
  const said = claims(value);
  if (!said) return fault("That is not a token: it has three parts with dots between them. Copy all of it.");
  byId("go").disabled = true;
  try {
    const answer = await fetch("/api/me", { headers: { Authorization: `Bearer ${value}` }, credentials: "omit", cache: "no-store" });
    if (answer.ok) {
      keep(value, stay);
      location.replace(back());
      return;
    }
    fault(answer.status === 401 ? "JobHunter does not take this token: it has expired, or was made for another installation." : `That did not work (status ${answer.status}). Try again in a moment.`);
  } catch {
    fault("JobHunter does not answer. Check your connection, then try again.");
  }
  byId("go").disabled = false;
}

byId("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const value = byId("token").value.trim();
  if (!value) { fault("Paste your token first."); byId("token").focus(); return; }
  signIn(value, byId("stay").checked);
});
byId("token").addEventListener("keydown", (event) => {
  if (event.key === "Enter") { event.preventDefault(); byId("sign-in").requestSubmit(); }
});

if (brought) {
  forget();
  signIn(brought.trim(), false);
} else if (query.get("why") === "out" || query.get("why") === "expired") {
  forget();
  fault(WHY[query.get("why")], query.get("why") === "expired");
} else if (token()) {
  signIn(token(), localStorage.getItem("jobhunter-token") !== null);
}
byId("token").focus();
