// The person's documents: uploaded with a bar that moves, listed with what could be read of them.
import { dayOf } from "./clock.js";
import { byId, element, fill, icon, save } from "./element.js";
import { begin, confirmed, notice } from "./page.js";
import { call, getJson } from "./rest.js";
import { toSignIn, token } from "./session.js";

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
  const [words, sign, colour] = STATES[document.state] ?? [document.state, "dots", ""];
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
    element("td", {}, KINDS[document.kind] ?? document.kind),
    element("td", {}, element("span", { class: `badge ${colour}` }, icon(sign), words), document.note && element("p", { class: "hint" }, document.note), document.state === "ready" && element("p", { class: "hint" }, `${document.passages} passage${document.passages === 1 ? "" : "s"}`)),
    element("td", { class: "number" }, size(document.size)),
    element("td", {}, dayOf(document.created_at)),
    element("td", {}, element("div", { class: "actions" },
      element("button", { type: "button", class: "small", "aria-label": `Download ${document.filename}`, on: { click: download } }, "Download"),
      element("button", { type: "button", class: "small danger", "aria-label": `Delete ${document.filename}`, on: { click: remove } }, "Delete"))));
}

async function list() {
  try {
    const { documents } = await getJson("/api/documents");
    fill(byId("rows"), documents.map(row));
    byId("region").hidden = documents.length === 0;
    byId("empty").hidden = documents.length > 0;
    byId("loading").hidden = true;
  } catch (problem) {
    byId("loading").textContent = problem.message;
    byId("loading").hidden = false;
  }
}

function fault(words) {
  byId("upload-fault").textContent = words;
  byId("file").setAttribute("aria-invalid", String(words !== ""));
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
  let [status, body] = await send(file, kind, false);
  if (status === 409 && await confirmed("Replace the document of that name?", `There is a ${file.name} already. The one you chose takes its place.`, "Replace it")) [status, body] = await send(file, kind, true);
  byId("progress-line").hidden = true;
  byId("upload-go").disabled = false;
  if (status === 401) return toSignIn("expired");
  if (status !== 201) return fault(body.errors?.[0]?.message ?? body.detail ?? (status ? `The gateway answered ${status}.` : "The gateway does not answer. Check that it runs, then try again."));
  byId("upload").reset();
  notice(`${body.filename} is here.`);
  if (kind !== "other") fill(byId("hint"), element("p", { class: "note" }, `To have it sent with applications, choose it under “Documents to send” in `, element("a", { href: "/profile" }, "your profile"), "."));
  await list();
}

if (begin()) {
  byId("upload").addEventListener("submit", upload);
  byId("file").addEventListener("change", () => fault(""));
  list();
}
