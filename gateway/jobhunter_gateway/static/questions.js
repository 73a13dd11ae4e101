// The questions of a task, whoever told of them (the socket or the list of what is open), and what became of each.
import { left, now } from "./clock.js";
import { Problem, getJson, postJson } from "./rest.js";

const LOOK_AGAIN = 3000; // milliseconds between two looks whether a question is open still
const TRIED = "Answered, most likely by your own try: its reply was lost.";

/** changed(question): called after each change of one. */
export class Questions {
  constructor(taskId, changed) {
    this.taskId = taskId;
    this.changed = changed;
    this.all = new Map();
  }

  /** A question that is open, as {id, kind, reason, question, context, options, suggestions, required, deadline}. sure: the gateway says so now. */
  asked(question, sure = false) {
    const known = this.all.get(question.id);
    if (known) {
      const more = ["suggestions", "fields", "title"].filter((key) => question[key]?.length && !known[key]?.length);
      for (const key of more) known[key] = question[key];
      const revived = sure && known.supposed;
      if (revived) Object.assign(known, { state: "open", supposed: false });
      if (revived || (more.length && known.state === "open")) this.changed(known);
      return;
    }
    const over = !sure && Boolean(question.deadline) && Date.parse(question.deadline) < now();
    const made = { ...question, state: over ? "expired" : "open", supposed: over, note: "", mine: null, sending: false, unsure: false };
    this.all.set(made.id, made);
    this.changed(made);
  }

  /** An event: a question asked, or the end of one. */
  event({ type, message, data }) {
    if (type === "hitl:request") this.asked({ ...data, id: data.hitl_id, question: message });
    if (type === "draft:review") this.asked({ ...data, id: data.hitl_id, kind: "review", question: message });
    if (type === "hitl:response") this.end(data.hitl_id, data.state === "expired" ? "expired" : "answered");
    if (type === "draft:confirm" || type === "draft:edit") this.end(data.hitl_id, "answered");
    if (type === "applier:complete") for (const id of this.all.keys()) this.end(id, "closed");
  }

  end(id, state, note = "") {
    const known = this.all.get(id);
    if (!known || (known.state !== "open" && !known.supposed)) return;
    known.supposed = false; // time alone had said that it was over; this is what became of it
    known.state = state;
    known.note = note || (state === "answered" && known.unsure ? TRIED : "");
    this.changed(known);
  }

  open() {
    return [...this.all.values()].filter((question) => question.state === "open");
  }

  /** By our clock the time is over. The gateway's counts: it is asked until it says what is the case, or the clock was mended. */
  async timeIsOver(id, note) {
    const known = this.all.get(id);
    while (known?.state === "open" && left(known.deadline) === null) {
      try {
        const task = await getJson(`/api/tasks/${encodeURIComponent(this.taskId)}`);
        if (!task.pending_inputs.some((input) => input.id === id)) { this.end(id, "expired", note); known.supposed = true; }
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    }
  }

  /** Sends an answer. Returns "" where it was taken or is no longer wanted (the question says why), else the fault in words. */
  async answer(id, response) {
    const known = this.all.get(id);
    if (known.sending) return "";
    known.sending = true;
    try {
      known.mine = known.kind === "secret" ? "••••••" : response;
      await postJson("/api/hitl/resolve", { hitl_id: id, response, session_id: this.taskId });
      this.end(id, "answered");
      return "";
    } catch (problem) {
      known.mine = null;
      if (!(problem instanceof Problem)) throw problem;
      return this.refused(known, problem);
    } finally {
      known.sending = false;
    }
  }

  refused(known, problem) {
    if (problem.status === 0 || problem.status >= 500) known.unsure = true; // it may have arrived
    if (problem.status === 404) { this.end(known.id, "closed", "This question is no longer there."); return ""; }
    if (problem.status === 409) this.over(known, problem.code === "expired" ? "expired" : "answered");
    else if (known.state !== "open") this.over(known, known.state); // its event came while the reply was lost
    else return known.unsure ? "No reply came. Press again: an answer counts once, whichever try arrives." : problem.message;
    return "";
  }

  /** It is over, and the event that says so may have come first: the words are said all the same. */
  over(known, state) {
    const late = known.unsure ? "It can no longer be answered. Whether your first try came in time is not known." : "Your answer came too late: the time had run out.";
    const notes = { expired: late, answered: known.unsure ? TRIED : "Already answered in another window. Yours was not taken." };
    known.state = "open";
    this.end(known.id, state, notes[state]);
  }
}
