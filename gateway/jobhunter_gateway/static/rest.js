// Calls of the gateway, with the person's token. A refusal becomes a Problem with words that can be shown.
import { toSignIn, token } from "./session.js";

export class Problem extends Error {
  constructor(status, body, headers) {
    super(body.detail || body.title || `The gateway answered ${status}.`);
    this.status = status;
    this.code = body.code ?? "";
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.body = body;
    this.retryAfter = Number(headers?.get("retry-after")) || null;
  }
}

/** The Response of a call; raises Problem for a refusal and where nobody answers. A token that is not taken leads to sign-in. */
export async function call(method, path, { json, body, headers = {}, signal } = {}) {
  const sent = { Accept: "application/json", ...headers, Authorization: `Bearer ${token()}` };
  if (json !== undefined) {
    sent["Content-Type"] = "application/json";
    body = JSON.stringify(json);
  }
  let answer;
  try {
    answer = await fetch(path, { method, headers: sent, body, signal, cache: "no-store", credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { code: "offline", detail: "The gateway does not answer. Check that it runs; this page tries again." });
  }
  if (answer.status === 401) {
    toSignIn("expired");
    await new Promise(() => {}); // the page is left; nothing that follows may run
  }
  if (!answer.ok && answer.status !== 304) throw await problemOf(answer);
  return answer;
}

async function problemOf(answer) {
  let body = {};
  try {
    body = await answer.json();
  } catch { /* no words of the gateway's own: the status must do */ }
  if (answer.status === 429) body.detail = `Too many requests. Try again in ${answer.headers.get("retry-after") ?? "a few"} seconds.`;
  if (answer.status >= 502 && answer.status <= 504 && !body.detail) body.detail = "The gateway, or a part behind it, does not answer now. This page tries again.";
  return new Problem(answer.status, body, answer.headers);
}

export const getJson = async (path, options) => (await call("GET", path, options)).json();
export const postJson = async (path, json) => (await call("POST", path, { json })).json();

/** Asks for `path` again and again, with the ETag of what it has: `use` gets what is new. Returns a function that asks at once. */
export function poll(path, seconds, use, failed = () => {}) {
  let etag = null, last = null, timer = null, asking = null, again = false, rest = 0;
  const ask = async () => {
    clearTimeout(timer);
    if (asking) { again = true; return asking; }
    asking = once();
    await asking;
    asking = null;
    if (again) { again = false; return ask(); }
    const pause = typeof seconds === "function" ? seconds() : seconds;
    if (pause && !document.hidden) timer = setTimeout(ask, Math.max(pause, rest) * 1000);
  };
  const once = async () => {
    try {
      const answer = await call("GET", path, { headers: etag ? { "If-None-Match": etag } : {} });
      if (answer.status !== 304) {
        etag = answer.headers.get("etag");
        const text = await answer.text();
        if (text !== last) { last = text; use(JSON.parse(text)); }
      }
      rest = 0;
      failed(null);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      rest = error.retryAfter ?? Math.min(rest * 2 + 1, 15);
      failed(error);
    }
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  ask();
  return ask;
}
