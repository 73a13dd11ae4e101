// What a newcomer does first: profile, résumé, an application. The list stays, ticked as it goes, until all three are done.
import { element, fill, icon } from "./element.js";
import { Problem, call, getJson } from "./rest.js";

const STEPS = [
  ["Write your profile", "/profile", "forms are filled from it, and an application waits until it is there", hasProfile],
  ["Upload your résumé", "/documents", "PDF or DOCX", async () => (await getJson("/api/documents")).documents.some(({ kind }) => kind === "resume")],
  ["Apply for a job", "/", "paste its address; you see a draft before anything is sent", async () => (await getJson("/api/tasks?limit=1")).tasks.length > 0],
];

/** Draws the list into `place`, which is hidden once all is done, and where nobody can say what is. */
export async function firstSteps(place) {
  let done;
  try {
    done = await Promise.all(STEPS.map(([, , , isDone]) => isDone()));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return;
  }
  const now = done.indexOf(false);
  place.hidden = now < 0;
  if (!place.hidden) fill(place, element("section", { class: "note", "aria-labelledby": "steps-title" },
    element("h2", { id: "steps-title" }, "Three steps to your first application"),
    element("ol", { class: "steps" }, STEPS.map(([words, path, why], i) => element("li", { class: done[i] ? "done" : null, "aria-current": i === now && "step" },
      done[i] && icon("tick"), done[i] && element("span", { class: "unseen" }, "Done: "),
      path === location.pathname ? words : element("a", { href: path }, words), !done[i] && `: ${why}`)))));
}

async function hasProfile() {
  try {
    await call("GET", "/api/profile");
    return true;
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    return false;
  }
}
