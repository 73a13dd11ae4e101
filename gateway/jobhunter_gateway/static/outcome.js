// How a task ended: the site's own words, what was sent, and the person's word where the end could not be seen.
import { draftPicture, imageOf, pictureBox } from "./draft_picture.js";
import { byId, counted, element, fill, outside } from "./element.js";
import { fieldTable } from "./field_table.js";
import { confirmed, notice } from "./page.js";
import { badge, standing, unsettled } from "./phase.js";
import { call, getJson, postJson } from "./rest.js";

/** Draws the end of `task`; again() is called after it was settled. */
export async function showOutcome(task, again) {
  const place = byId("outcome");
  const result = task.result ?? {};
  const good = task.phase === "Succeeded";
  const proof = element("div");
  const sent = element("div");
  fill(place, element("section", { class: "card outcome", "aria-labelledby": "outcome-title" },
    element("h2", { id: "outcome-title" }, good ? "Your application was submitted" : "How it ended"),
    element("p", {}, badge(standing(task))),
    task.message && element("p", {}, task.message),
    result.confirmation && element("blockquote", {}, result.confirmation),
    unsettled(task) && settle(task, again),
    task.reason === "ManualApplicationRequired" && element("p", {}, outside(task.url, "Open the job and apply yourself", { class: "button primary" })),
    facts(result),
    !good && !unsettled(task) && task.reason !== "DuplicateApplication" && element("p", {}, element("a", { href: `/?url=${encodeURIComponent(task.url ?? "")}` }, "Try this job again")),
    proof, sent));
  if (good) await confirmation(task, proof);
  await draft(task, sent, good);
}

function facts(result) {
  const seconds = result.seconds ?? Object.values(result.seconds_by_stage ?? {}).reduce((sum, part) => sum + part, 0);
  const rows = [["Fields filled", result.fields_filled], ["Seconds", seconds ? Number(seconds).toFixed(1) : null], ["System", result.ats]].filter(([, value]) => value !== null && value !== undefined && value !== "");
  return rows.length > 0 && element("dl", {}, rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))));
}

function settle(task, again) {
  const fault = element("p", { class: "fault", role: "alert" });
  const say = (sent) => async () => {
    const sure = sent
      ? await confirmed("It was sent?", "It is written down as submitted, and no other application for this job is made.", "Yes, it was sent")
      : await confirmed("It was not sent?", "It is written down as not sent, and you can apply for this job again.", "No, it was not sent");
    if (!sure) return;
    try {
      await postJson(`/api/tasks/${task.task_id}/settle`, { sent });
      notice("Thank you. It is written down.");
      again();
    } catch (problem) {
      fill(fault, problem.message);
    }
  };
  return element("div", { class: "note warn" }, element("h3", {}, "Was it sent? You decide"),
    element("p", {}, "The form was sent off, but the site's answer could not be seen. It is never sent twice by guess. Look into your mail or on the site, then say what you found."),
    element("p", { class: "actions" }, element("button", { type: "button", id: "was-sent", on: { click: say(true) } }, "It was sent"), element("button", { type: "button", id: "not-sent", on: { click: say(false) } }, "It was not sent")), fault);
}

async function confirmation(task, place) {
  try {
    const answer = await call("GET", `/api/tasks/${task.task_id}/pictures/confirmation`, { headers: { Accept: "image/jpeg" } });
    fill(place, imageOf(await answer.blob(), "The site's page after the application was sent"));
  } catch { /* no picture was kept: the words must do */ }
}

async function draft(task, place, good) {
  try {
    const found = await getJson(`/api/tasks/${task.task_id}/draft`);
    const details = element("details", {}, element("summary", {}, `${good ? "What was sent" : "The last draft"}: ${counted(found.fields.length, "field")}`));
    details.addEventListener("toggle", async () => {
      if (!details.open || details.children.length > 1) return;
      const picture = element("div");
      details.append(element("div", { class: "draft" }, picture, element("div", { class: "scroll", role: "region", "aria-label": "Fields of the form", tabindex: 0 }, fieldTable(found.fields, null))));
      fill(picture, pictureBox(await draftPicture(task.task_id, null), "The form as it was filled in"));
    });
    fill(place, details);
  } catch { /* it ended before there was a draft */ }
}
