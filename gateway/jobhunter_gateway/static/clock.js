// Times as people read them, and what is left until a deadline: by the gateway's clock, for this computer's may be set wrong.

const TICK = 2500; // milliseconds: a Date header has whole seconds, and the gateway sets it anew once a second
let least = -Infinity, most = Infinity; // by how many milliseconds the gateway's clock is ahead of ours

/** What the Date header of an answer says of the two clocks. sent, had: when by ours it was asked for and had. */
export function heard(date, sent, had) {
  const at = Date.parse(date ?? "");
  if (Number.isNaN(at)) return;
  const [low, high] = [at - had, at + TICK - sent];
  [least, most] = [Math.max(least, low), Math.min(most, high)];
  if (least > most) [least, most] = [low, high]; // one of the clocks was set meanwhile
}

/** Now, in milliseconds since 1970: this computer's clock where it may be right. */
export const now = () => Date.now() + (least <= 0 && most >= 0 ? 0 : (least + most) / 2);

/** How long ago `at` was, in milliseconds; null where the clocks do not tell: it would lie ahead, or they differ by nobody knows what. */
export function since(at) {
  const known = (least <= 0 && most >= 0) || most - least <= TICK;
  const passed = now() - Date.parse(at ?? "");
  return known && passed >= 0 ? passed : null;
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export const dayOf = (at) => (at ? day.format(new Date(at)) : "");
export const momentOf = (at) => (at ? moment.format(new Date(at)) : "");
export const hourOf = (at) => (at ? hour.format(new Date(at)) : "");

/** "2 minutes ago". */
export function ago(at) {
  const seconds = (new Date(at) - now()) / 1000;
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

/** "4:05", with hours and days where there are any; null once it is over. */
export function left(deadline) {
  const seconds = Math.floor((new Date(deadline) - now()) / 1000);
  if (seconds < 0) return null;
  const pad = (number) => String(number).padStart(2, "0");
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)}:${pad(Math.floor((seconds % 3600) / 60))}:${pad(seconds % 60)}`;
  return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
}

/**
 * Counts down in `node` until it leaves the page; the last half minute shows so. A screen reader is not told each second.
 * over(): the time is over; back(): it is not, for the clock was mended.
 */
export function countDown(node, deadline, over = () => {}, back = () => {}) {
  let wasOver = false;
  const tick = () => {
    if (!node.isConnected && node.dataset.shown) { clearInterval(timer); return; }
    if (node.isConnected) node.dataset.shown = "yes";
    const rest = left(deadline);
    node.textContent = rest === null ? "Time is over" : `${rest} left`;
    node.classList.toggle("soon", new Date(deadline) - now() < 30_000);
    if ((rest === null) === wasOver) return;
    wasOver = !wasOver;
    (wasOver ? over : back)();
  };
  const timer = setInterval(tick, 500);
  tick();
}
