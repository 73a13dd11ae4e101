// What a task's phase and reason mean, in words with a sign beside them: colour alone says nothing.
import { element, icon } from "./element.js";

const PHASES = {
  Pending: ["Waits to start", "clock", ""], Queued: ["Queued", "clock", ""], Starting: ["Starting a browser", "turn", "info"], Running: ["Working", "turn", "info"],
  WaitingForInput: ["Waits for you", "question", "warn"], Suspended: ["On hold", "pause", ""], Succeeded: ["Submitted", "tick", "good"], Failed: ["Not submitted", "cross", "bad"],
};
const REASONS = {
  Rejected: ["You said no", "stop", ""], ReviewExpired: ["Review ran out", "clock", "bad"], DeadlineExceeded: ["Out of time", "clock", "bad"],
  BackoffLimitExceeded: ["Failed", "cross", "bad"], PostingClosed: ["Posting is closed", "stop", ""], ManualApplicationRequired: ["Apply yourself", "hand", "warn"],
  SubmissionUnconfirmed: ["Sent? Not certain", "question", "warn"], DuplicateApplication: ["Applied already", "copy", ""], Cancelled: ["Cancelled", "stop", ""], InvalidSpec: ["Not possible", "cross", "bad"],
  Deleted: ["Deleted", "stop", ""],
};
const WAITS = {
  ProfileMissing: ["Needs your profile", "hand", "warn"], UserLimit: ["Queued: your others go first", "clock", ""], SiteLimit: ["Queued: one at a time here", "clock", ""],
  ClusterLimit: ["Queued: all browsers busy", "clock", ""], QuotaExceeded: ["Queued: no room now", "clock", ""], LeaseUnavailable: ["Queued: waits for storage", "clock", ""],
  NameTaken: ["Queued: its name is taken", "hand", "warn"], Suspended: ["On hold", "pause", ""],
};
const ASKS = { DraftReview: "Draft to review", Captcha: "Captcha in the way", Login: "Sign-in needed", TwoFactor: "Code needed", Question: "Question for you" };

/** [words, icon, colour] of a task. */
export function standing(task) {
  if (task.phase === "Failed") return REASONS[task.reason] ?? PHASES.Failed;
  if (task.cancelled && !ended(task)) return ["Being cancelled", "stop", ""];
  const input = task.pending_inputs?.[0];
  if (input) return [ASKS[input.reason] ?? ASKS.Question, "question", "warn"];
  if (task.phase === "Queued" || task.phase === "Pending") return WAITS[task.reason] ?? PHASES[task.phase];
  return PHASES[task.phase] ?? [task.phase ?? "Waits to start", "dots", ""];
}

export const ended = (task) => task.phase === "Succeeded" || task.phase === "Failed";
export const unsettled = (task) => task.reason === "SubmissionUnconfirmed" && task.phase === "Failed" && !task.settled;
export const callsForYou = (task) => (!ended(task) && (task.pending_inputs?.length > 0 || task.reason === "ProfileMissing")) || unsettled(task);

export function badge([words, sign, colour]) {
  return element("span", { class: `badge ${colour}` }, icon(sign), words);
}

const OUTCOMES = { submitted: ["Submitted", "tick", "good"], unconfirmed: ["Not certain", "question", "warn"], "not-submitted": ["Not submitted", "stop", ""], "not-sent": ["Not sent, you said", "stop", ""], error: ["Failed", "cross", "bad"] };
/** [words, icon, colour] of an application's outcome, its reason said where there is one. */
export function outcomeStanding(outcome, reason) {
  return outcome !== "submitted" && REASONS[reason] ? REASONS[reason] : OUTCOMES[outcome] ?? [outcome ?? "Unknown", "dots", ""];
}

/** What people call the job: "Backend engineer · Northlight Parcels"; its address where the page's words are not known. */
export const nameOf = (job) => [job.title, job.company].filter(Boolean).join(" · ") || placeOf(job.url ?? job.canonical_url) || job.name || "An application";

/** "careers.example.com · jobs/12345". */
export function placeOf(address) {
  try {
    const url = new URL(address);
    const path = decodeURIComponent(url.pathname).replace(/^\/|\/$/g, "");
    return path ? `${url.host} · ${path}` : url.host;
  } catch {
    return address ?? "";
  }
}
