// Times as people read them, and what is left until a deadline.

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export const dayOf = (at) => (at ? day.format(new Date(at)) : "");
export const momentOf = (at) => (at ? moment.format(new Date(at)) : "");
export const hourOf = (at) => (at ? hour.format(new Date(at)) : "");

/** "2 minutes ago". */
export function ago(at) {
  const seconds = (new Date(at) - Date.now()) / 1000;
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

/** "4:05", with hours and days where there are any; null once it is over. */
export function left(deadline) {
  const seconds = Math.floor((new Date(deadline) - Date.now()) / 1000);
  if (seconds < 0) return null;
  const pad = (number) => String(number).padStart(2, "0");
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)}:${pad(Math.floor((seconds % 3600) / 60))}:${pad(seconds % 60)}`;
  return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
}

/** Counts down in `node` until it leaves the page; the last half minute shows so. A screen reader is not told each second. */
export function countDown(node, deadline, over = () => {}) {
  const tick = () => {
    if (!node.isConnected && node.dataset.shown) { clearInterval(timer); return; }
    if (node.isConnected) node.dataset.shown = "yes";
    const rest = left(deadline);
    node.textContent = rest === null ? "Time is over" : `${rest} left`;
    node.classList.toggle("soon", rest === null || new Date(deadline) - Date.now() < 30_000);
    if (rest === null) { clearInterval(timer); over(); }
  };
  const timer = setInterval(tick, 500);
  tick();
}
