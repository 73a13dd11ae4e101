// The picture of the browser as it is now, with how fresh it is. A frame that comes while another is drawn replaces the one that waits.
import { since } from "./clock.js";
import { byId, save, say } from "./element.js";

const WINDOW = 4000; // milliseconds over which the frame rate is counted
const QUIET = 3000; // milliseconds without a frame until it is said

/** base64 text to a JPEG Blob. */
export function jpeg(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  return new Blob([bytes], { type: "image/jpeg" });
}

/** {frame(data), mood(word): "waiting", "watching", "lost" or "ended"}. */
export function liveView(taskId) {
  const [image, words, meter, pauseButton, download] = ["frame", "screen-words", "meter", "pause", "download-frame"].map(byId);
  words.dataset.keep = meter.dataset.keep = "";
  let arrivals = [], delay = null, shown = null, waiting = null, drawing = false, paused = false, mood = "waiting", last = 0;

  const draw = async () => {
    drawing = true;
    while (waiting) {
      const data = waiting;
      waiting = null;
      const before = image.src;
      let address = "";
      try {
        const blob = jpeg(data.screenshot);
        address = URL.createObjectURL(blob);
        const drawn = new Image();
        drawn.src = address;
        await drawn.decode();
        image.src = address;
        if (data.width) image.width = data.width;
        if (data.height) image.height = data.height;
        image.hidden = false;
        shown = { blob, at: data.at ?? new Date().toISOString() };
        delay = since(data.at);
        say(byId("page-title"), [data.title, data.url].filter(Boolean).join(" — "));
        if (before.startsWith("blob:")) URL.revokeObjectURL(before);
      } catch {
        URL.revokeObjectURL(address); // no picture: the one before stays
      }
    }
    drawing = false;
    tell();
  };

  const tell = () => {
    const now = performance.now();
    arrivals = arrivals.filter((at) => now - at < WINDOW);
    const quiet = now - last > QUIET;
    pauseButton.disabled = !shown || mood === "ended";
    download.disabled = !shown;
    byId("screen").classList.toggle("still", Boolean(shown) && (mood === "lost" || mood === "ended"));
    if (mood === "ended") say(words, shown ? "The browser has ended. This is its last picture." : "The browser has ended.");
    else if (mood === "lost") say(words, "The line is lost. The picture goes on when it is back.");
    else if (paused) say(words, "Paused. The browser works on.");
    else if (!shown) say(words, mood === "waiting" ? "No browser yet. Its picture appears here as soon as it works." : "Waits for the first picture…");
    else say(words, quiet ? `Quiet: no picture for ${Math.round((now - last) / 1000)} s.` : "");
    const rate = arrivals.length / (WINDOW / 1000);
    say(meter, mood === "watching" && shown && !paused && !quiet ? `${rate.toFixed(1)} frames/s${delay === null ? "" : ` · ${Math.round(delay)} ms behind`}` : "");
  };

  pauseButton.addEventListener("click", () => {
    paused = !paused;
    pauseButton.setAttribute("aria-pressed", String(paused));
    pauseButton.textContent = paused ? "Go on" : "Pause";
    tell();
  });
  download.addEventListener("click", () => { if (shown) save(shown.blob, `${taskId}-${shown.at.replaceAll(":", "-")}.jpg`); });
  setInterval(tell, 500);
  tell();

  return {
    frame(data) {
      const now = performance.now();
      const age = since(data.at) ?? 0;
      last = now - age; // who joins late gets the last frame, which may be old
      if (age < WINDOW) arrivals.push(now);
      if (paused || typeof data.screenshot !== "string") return;
      waiting = data;
      if (!drawing) draw();
    },
    mood(word) { mood = word; tell(); },
  };
}
