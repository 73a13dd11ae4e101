// The questions of a task, whoever told of them (the socket or the list of what is open), and what became of each.
import { Problem, postJson } from "./rest.js";

/** changed(question): called after each change of one. */
export class Questions {
  constructor(taskId, changed) {
    this.taskId = taskId;
    this.changed = changed;
    this.all = new Map();
  }

  /** A question that is open, as {id, kind, reason, question, context, options, suggestions, required, deadline}. */
  asked(question) {
    const known = this.all.get(question.id);
    if (known) {
      const more = ["suggestions", "fields"].filter((key) => question[key]?.length && !known[key]?.length);
      for (const key of more) known[key] = question[key];
      if (more.length && known.state === "open") this.changed(known);
      return;
    }
    const over = question.deadline && new Date(question.deadline) < Date.now();
    const made = { ...question, state: over ? "expired" : "open", supposed: over, note: "", mine: null };
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
    known.supposed = false; // the clock alone had said that it was over; this is what became of it
    known.state = state;
    known.note = note;
    this.changed(known);
  }

  open() {
    return [...this.all.values()].filter((question) => question.state === "open");
  }

  /** Sends an answer. Returns "" where it was taken or is no longer wanted (the question says why), else the fault in words. */
  async answer(id, response) {
    const known = this.all.get(id);
    try {
      known.mine = known.kind === "secret" ? "••••••" : response;
      await postJson("/api/hitl/resolve", { hitl_id: id, response, session_id: this.taskId });
      this.end(id, "answered");
      return "";
    } catch (problem) {
      known.mine = null;
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 409) {
        const late = problem.code === "expired" || (known.deadline && new Date(known.deadline) < Date.now());
        // The event of the answer that won may have come first: the words are said all the same.
        known.state = "open";
        this.end(id, late ? "expired" : "answered", late ? "Your answer came too late: the time had run out." : "Already answered in another window. Yours was not taken.");
        return "";
      }
      if (problem.status === 404) { this.end(id, "closed", "This question is no longer there."); return ""; }
      return problem.message;
    }
  }
}
