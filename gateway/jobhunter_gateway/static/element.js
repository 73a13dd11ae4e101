// The only way to markup here: elements made one by one, every string a text node or an attribute of a known name.

const SVG = "http://www.w3.org/2000/svg";

/** An element. properties: attributes; on: listeners by event; children: nodes and strings (false, null and undefined left out). */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (name === "value") made.value = value;
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  fill(made, ...children);
  return made;
}

/** Replaces what `parent` holds. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return parent;
}

/** "1 field", "2 fields". */
export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

export const byId = (id) => document.getElementById(id);

/** Text where it differs only, so that a screen reader hears changes alone. */
export function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
  if (node.dataset.keep === undefined) node.hidden = words === "";
}

const PATHS = {
  tick: "M5 12.5l4.5 4.5L19 7.5", cross: "M6 6l12 12M18 6L6 18", dots: "M5 12h.01M12 12h.01M19 12h.01", clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18",
  turn: "M12 3a9 9 0 1 0 9 9", hand: "M12 8v5M12 16.5h.01M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18", pause: "M9 6v12M15 6v12", question: "M9 9.5a3 3 0 1 1 4 2.8c-.8.3-1 .9-1 1.7M12 17.5h.01M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18",
  stop: "M7 7h10v10H7z", copy: "M9 9h10v10H9zM5 15V5h10",
};

/** A drawn sign beside words; it says nothing to a screen reader. */
export function icon(name) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", "0 0 24 24");
  made.setAttribute("class", name === "turn" ? "icon turning" : "icon");
  made.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  made.append(path);
  return made;
}

/** A link only where the address is http or https; else its text. */
export function outside(address, words = address, properties = {}) {
  if (!isWeb(address)) return element("span", {}, words);
  return element("a", { href: address, rel: "noopener noreferrer", target: "_blank", ...properties }, words);
}

export function isWeb(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

/** Hands a file to the person. */
export function save(blob, filename) {
  const address = URL.createObjectURL(blob);
  const link = element("a", { href: address, download: filename });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
