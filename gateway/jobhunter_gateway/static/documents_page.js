// The person's documents: uploaded with a bar that moves, listed with what could be read of them.
import { dayOf } from "./clock.js";
import { byId, counted, element, fill, save } from "./element.js";
import { firstSteps } from "./first_steps.js";
import { begin, confirmed, notice } from "./page.js";
import { badge } from "./phase.js";
import { Problem, call, getJson } from "./rest.js";
import { token } from "./session.js";
import { signInAgain } from "./sign_in_again.js";

const LIMIT = 5 * 1024 * 1024;
const NAMES = /\.(pdf|docx|md|markdown|txt)$/i;
const KINDS = { resume: "résumé", cover_letter: "cover letter", other: "something else" };
const STATES = {
  ready: ["Read", "tick", "good"], "no-text": ["No text in it", "hand", "warn"], encrypted: ["Encrypted", "hand", "warn"], unreadable: ["Cannot be read", "cross", "bad"],
};

function size(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`;
}

function row(document) {
  const download = async () => {
    try {
      save(await (await call("GET", `/api/documents/${document.id}`, { headers: { Accept: "*/*" } })).blob(), document.filename);
    } catch (problem) { notice(problem.message, true); }
  };
  const remove = async () => {
    if (!(await confirmed("Delete this document?", `${document.filename} can then no longer be sent, and nothing is suggested from it.`, "Delete it"))) return;
    try { await call("DELETE", `/api/documents/${document.id}`); notice("It is deleted."); } catch (problem) { notice(problem.message, true); }
    await list();
    byId("file").focus();
  };
  return element("tr", {},
    element("th", { scope: "row" }, document.filename),
    element("td", {}, KINDS[document.kind] ?? document.kind, document.sent_as.length > 0 && element("p", {}, badge(["used for applications", "tick", "good"]))),
    element("td", {}, badge(STATES[document.state] ?? [document.state, "dots", ""]), document.note && element("p", { class: "hint" }, document.note), document.state === "ready" && element("p", { class: "hint" }, counted(document.passages, "passage"))),
    element("td", { class: "number" }, size(document.size)),
    element("td", {}, dayOf(document.created_at)),
    element("td", {}, element("div", { class: "actions" },
      element("button", { type: "button", class: "small", "aria-label": `Download ${document.filename}`, on: { click: download } }, "Download"),
      element("button", { type: "button", class: "small danger", "aria-label": `Delete ${document.filename}`, on: { click: remove } }, "Delete"))));
}

/** What applications go without, though it is uploaded. */
function notes(documents) {
  const unsent = (kind) => (documents.some((one) => one.sent_as.includes(kind)) ? [] : documents.filter((one) => one.kind === kind));
  const resumes = unsent("resume"), letters = unsent("cover_letter");
  const several = `You have ${resumes.length} résumés, and applications go without: which one to send is not said.`;
  return [
    resumes.length > 0 && note("note warn", resumes, resumes.length > 1 ? several : "Applications go without your résumé: your profile names another one."),
    letters.length > 0 && note("note", letters, "No cover letter is sent with applications yet."),
  ];
}

/** The words, and what to do about it. */
function note(look, unsent, words) {
  if (!unsent.some((one) => one.sendable)) return element("p", { class: look }, `${unsent[0].filename} is not sent with applications: forms take PDF and DOCX without a password.`);
  return element("p", { class: look }, words, " Choose it under “Documents to send” in ", element("a", { href: "/profile" }, "your profile"), ".");
}

async function list() {
  firstSteps(byId("steps"));
  try {
    const { documents } = await getJson("/api/documents");
    fill(byId("rows"), documents.map(row));
    fill(byId("hint"), notes(documents));
    byId("region").hidden = documents.length === 0;
    byId("empty").hidden = documents.length > 0;
    byId("loading").hidden = true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    byId("loading").textContent = problem.message;
    byId("loading").hidden = false;
  }
}

function fault(words) {
  byId("upload-fault").textContent = words;
  byId("file").setAttribute("aria-invalid", String(words !== ""));
}

/** As rest.js' calls do it: a token that is not taken leads to sign-in, and what was chosen is sent after it. */
async function sent(...upload) {
  const answer = await send(...upload);
  if (answer[0] !== 401) return answer;
  await signInAgain();
  return sent(...upload);
}

/** Sends the file, by XMLHttpRequest for it alone tells how far it is. Resolves to [status, body]. */
function send(file, kind, replace) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("kind", kind);
    body.append("replace", String(replace));
    body.append("file", file);
    request.open("POST", "/api/documents");
    request.setRequestHeader("Authorization", `Bearer ${token()}`);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) byId("progress").value = event.loaded / event.total; });
    request.addEventListener("loadend", () => {
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* no words: the status must do */ }
      resolve([request.status, said]);
    });
    request.send(body);
  });
}

async function upload(event) {
  event.preventDefault();
  const file = byId("file").files[0];
  if (!file) { fault("Choose a file first."); byId("file").focus(); return; }
  if (!NAMES.test(file.name)) return fault(`“${file.name}” is neither PDF, DOCX, Markdown nor text.`);
  if (file.size === 0) return fault(`“${file.name}” is empty. Export it again.`);
  if (file.size > LIMIT) return fault(`“${file.name}” has ${size(file.size)}, more than 5 MB. Export a smaller one.`);
  fault("");
  byId("upload-go").disabled = true;
  byId("progress").value = 0;
  byId("progress-line").hidden = false;
  const kind = byId("kind").value;
  let [status, body] = await sent(file, kind, false);
  if (body.code === "conflict" && await confirmed("Replace the document of that name?", `There is a ${file.name} already. The one you chose takes its place.`, "Replace it")) [status, body] = await sent(file, kind, true);
  byId("progress-line").hidden = true;
  byId("upload-go").disabled = false;
  if (status !== 201) return fault(body.errors?.[0]?.message ?? body.detail ?? (status ? `It was not taken (status ${status}). Try again.` : "JobHunter does not answer. Check your connection, then try again."));
  byId("upload").reset();
  notice(`${body.filename} is here.`);
  await list();
}

if (begin()) {
  byId("upload").addEventListener("submit", upload);
  byId("file").addEventListener("change", () => fault(""));
  list();
}
