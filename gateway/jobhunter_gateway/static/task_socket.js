// The socket of a task: it comes back by itself, and goes on behind the last event that arrived.
import { token } from "./session.js";

const SHORTEST = 500, LONGEST = 15_000; // milliseconds between tries, doubled each time
const DENIED = 4003, MISSING = 4004;

/**
 * use(message): each message; the last ones may come again after a break. state(word, seconds): open, lost (tries again in seconds),
 * denied (token bad or task not yours), missing. Returns {close, open}; open(): a new token is there.
 */
export function taskSocket(taskId, after, use, state) {
  let socket = null, pause = SHORTEST, timer = null, closed = false;

  const connect = () => {
    clearTimeout(timer);
    if (closed || (socket && socket.readyState <= WebSocket.OPEN)) return;
    const address = new URL(`/ws/${encodeURIComponent(taskId)}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("token", token() ?? "");
    if (after) address.searchParams.set("after", after);
    const mine = (socket = new WebSocket(address));
    mine.addEventListener("open", () => { pause = SHORTEST; state("open"); });
    mine.addEventListener("message", ({ data }) => receive(data));
    mine.addEventListener("close", ({ code }) => { if (mine === socket) lost(code); });
  };

  const receive = (data) => {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return; // not of ours
    }
    if (message.data?.event_id && message.type !== "browser:screenshot") after = message.data.event_id;
    use(message);
  };

  const lost = (code) => {
    if (closed) return;
    if (code === DENIED || code === MISSING) { closed = true; state(code === DENIED ? "denied" : "missing"); return; }
    const wait = pause * (0.75 + Math.random() / 2);
    pause = Math.min(pause * 2, LONGEST);
    state("lost", Math.max(1, Math.round(wait / 1000)));
    timer = setTimeout(connect, wait);
  };

  addEventListener("online", connect);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) connect(); });
  connect();
  return {
    close() { closed = true; clearTimeout(timer); socket?.close(1000); },
    open() { closed = false; connect(); },
  };
}
