// Calls of the gateway, with the person's token. A refusal becomes a Problem with words that can be shown.
import { heard } from "./clock.js";
import { token } from "./session.js";
import { signInAgain } from "./sign_in_again.js";

const PATIENCE = 20_000; // milliseconds that a poll waits for its answer
const UNSEEN = 10; // seconds between two polls of a hidden page, where it polls at all

export class Problem extends Error {
  constructor(status, body, headers) {
    super(body.detail || body.title || `That did not work (status ${status}).`);
    this.status = status;
    this.code = body.code ?? "";
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.body = body;
    this.retryAfter = Number(headers?.get("retry-after")) || null;
  }
}

/** The Response of a call, its body read; raises Problem for a refusal and where no whole answer comes. A token that is not taken leads to sign-in. */
export async function call(method, path, options = {}) {
  const answer = await ask(method, path, options);
  if (answer.status === 401) {
    await signInAgain();
    return call(method, path, options);
  }
  if (!answer.ok && answer.status !== 304) throw await problemOf(answer, method);
  return answer;
}

async function ask(method, path, { json, body, headers = {}, signal }) {
  const sent = { Accept: "application/json", ...headers, Authorization: `Bearer ${token()}` };
  if (json !== undefined) {
    sent["Content-Type"] = "application/json";
    body = JSON.stringify(json);
  }
  const begun = Date.now();
  try {
    const answer = await fetch(path, { method, headers: sent, body, signal, cache: "no-store", credentials: "omit" });
    heard(answer.headers.get("date"), begun, Date.now());
    const bytes = await answer.arrayBuffer(); // here, so that a body that breaks off is a Problem, too
    return new Response([204, 304].includes(answer.status) ? null : bytes, { status: answer.status, headers: answer.headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { code: "offline", detail: `JobHunter does not answer.${unknown(method)}` });
  }
}

/** What a lost answer leaves open. */
const unknown = (method) => (method === "GET" ? " Check that it runs." : " Whether this arrived is not known: look before you try again.");

async function problemOf(answer, method) {
  let body = {};
  try {
    body = await answer.json();
  } catch { /* no words of the gateway's own: the status must do */ }
  if (answer.status === 429) body.detail = `Too many requests. Try again in ${answer.headers.get("retry-after") ?? "a few"} seconds.`;
  if (answer.status >= 502 && answer.status <= 504 && !body.detail) body.detail = `JobHunter, or a part of it, does not answer now.${unknown(method)}`;
  return new Problem(answer.status, body, answer.headers);
}

function parsed(text, status) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(status, { code: "unreadable", detail: "JobHunter's answer cannot be read." });
  }
}

const bodyOf = async (answer) => parsed(await answer.text(), answer.status);
export const getJson = async (path, options) => bodyOf(await call("GET", path, options));
export const postJson = async (path, json) => bodyOf(await call("POST", path, { json }));

/** The words of a problem where the call is made again. */
export const tryingAgain = (problem) => `${problem.message} This page tries again by itself.`;

/**
 * Asks for `path` again and again, with the ETag of what it has: `use` gets what is new. Rests while the page is hidden, or asks
 * more slowly then where it is to go on unseen. Returns a function that asks at once.
 */
export function poll(path, seconds, use, failed = () => {}, unseen = false) {
  let etag = null, last = null, timer = null, asking = false, again = false, rest = 0;
  const turn = async () => {
    clearTimeout(timer);
    if (asking) { again = true; return; }
    asking = true;
    try {
      await once();
    } finally {
      asking = false;
      const pause = document.hidden ? (unseen ? UNSEEN : 0) : typeof seconds === "function" ? seconds() : seconds;
      if (again) { again = false; turn(); } else if (pause) timer = setTimeout(turn, Math.max(pause, rest) * 1000);
    }
  };
  const once = async () => {
    try {
      const answer = await call("GET", path, { headers: etag ? { "If-None-Match": etag } : {}, signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status !== 304) {
        const text = await answer.text();
        const body = parsed(text, answer.status);
        etag = answer.headers.get("etag");
        if (text !== last) { last = text; use(body); }
      }
      rest = 0;
      failed(null);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      rest = error.retryAfter ?? Math.min(rest * 2 + 1, 15);
      failed(error);
    }
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) turn(); });
  turn();
  return turn;
}
