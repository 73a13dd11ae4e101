// The form over a profile. It holds the profile it was given, and changes in it what the person changed, nothing else.
import { element, fill } from "./element.js";
import { SECTIONS, at, put } from "./profile_fields.js";

let number = 0;

/** {draw(profile), profile(), faults(errors), check()}; changed(): called with each change; documents(): those uploaded. */
export function profileForm(place, changed, documents) {
  let profile = {};
  let controls = []; // {path, input, fault} in order; path: function giving the keys, for a list's items move

  const draw = (given) => {
    profile = structuredClone(given);
    controls = [];
    fill(place, SECTIONS.map((section) => element("fieldset", { class: "card" }, element("legend", { class: "unseen" }, section.title), element("h2", {}, section.title), body(section))));
  };

  const body = (section) => {
    if (section.list) return listOf(section);
    if (section.map) return mapOf(section);
    return element("div", { class: "fieldset" }, section.fields.map((field) => control(field, () => field.path.split("."), () => at(profile, field.path), (value) => put(profile, field.path, value))));
  };

  const listOf = (section) => {
    const holder = element("div");
    const items = () => at(profile, section.list) ?? [];
    const redraw = (focus) => {
      controls = controls.filter(({ input }) => !holder.contains(input));
      fill(holder, items().map((item, i) => element("div", { class: "item", role: "group", "aria-label": `${section.title}, ${i + 1}` },
        element("div", { class: "fieldset" }, section.fields.map((field) => control(field, () => [...section.list.split("."), String(items().indexOf(item)), field.path], () => item?.[field.path], (value) => put(item, [field.path], value)))),
        element("p", { class: "actions" }, element("button", { type: "button", class: "small", "aria-label": `Remove ${section.one} ${i + 1}`, on: { click: () => { items().splice(items().indexOf(item), 1); changed(); redraw(add); } } }, "Remove")))),
      element("p", {}, add));
      focus?.focus();
    };
    const add = element("button", { type: "button", class: "small", on: { click: () => {
      if (!Array.isArray(at(profile, section.list))) put(profile, section.list, []);
      items().push({});
      changed();
      redraw();
      holder.querySelector(".item:last-of-type input, .item:last-of-type textarea")?.focus();
    } } }, `Add ${section.one}`);
    redraw();
    return holder;
  };

  const mapOf = (section) => {
    const holder = element("div");
    let rows = Object.entries(at(profile, section.map) ?? {});
    const write = () => {
      const named = rows.filter(([key]) => key !== "");
      put(profile, section.map, named.length ? Object.fromEntries(named) : undefined);
    };
    const redraw = (focus) => {
      controls = controls.filter(({ input }) => !holder.contains(input));
      fill(holder, rows.map((row, i) => element("div", { class: "item", role: "group", "aria-label": `${section.title}, ${i + 1}` },
        element("div", { class: "fieldset" },
          control({ type: "text", ...section.key }, () => [...section.map.split("."), row[0], "[key]"], () => row[0], (value) => { row[0] = value ?? ""; write(); }),
          control({ type: "text", ...section.value }, () => [...section.map.split("."), row[0]], () => row[1], (value) => { row[1] = value ?? ""; write(); })),
        element("p", { class: "actions" }, element("button", { type: "button", class: "small", "aria-label": `Remove ${section.one} ${i + 1}`, on: { click: () => { rows = rows.filter((other) => other !== row); write(); changed(); redraw(add); } } }, "Remove")))),
      element("p", {}, add));
      focus?.focus();
    };
    const add = element("button", { type: "button", class: "small", on: { click: () => { rows.push(["", ""]); redraw(); holder.querySelector(".item:last-of-type input")?.focus(); } } }, `Add ${section.one}`);
    redraw();
    return holder;
  };

  const control = (field, path, get, set) => {
    const id = `field-${(number += 1)}`;
    const fault = element("p", { class: "fault", id: `${id}-fault` });
    const hint = field.hint && element("p", { class: "hint", id: `${id}-hint` }, field.hint);
    const { input, read } = widget(field, get(), documents());
    input.id = id;
    input.setAttribute("aria-describedby", field.hint ? `${id}-hint ${id}-fault` : `${id}-fault`);
    const made = { path, input, fault, field, label: field.label };
    input.addEventListener("input", () => {
      if (field.capitals) input.value = input.value.toUpperCase();
      mark(made, "");
      set(read());
      changed();
    });
    controls.push(made);
    const list = field.list && element("datalist", { id: `${id}-list` }, field.list.map((value) => element("option", { value })));
    if (list) input.setAttribute("list", list.id);
    return element("div", { class: field.type === "area" ? "wide" : null }, element("label", { for: id }, field.label), input, list, hint, fault);
  };

  const mark = (made, words) => {
    fill(made.fault, words);
    if (words) made.input.setAttribute("aria-invalid", "true");
    else made.input.removeAttribute("aria-invalid");
  };

  /** Shows the gateway's errors at their fields; returns [{control or null, message}]. */
  const faults = (errors) => {
    for (const made of controls) mark(made, "");
    return errors.map(({ path, message }) => {
      const keys = String(path).replace(/^\/|^(body|profile)[./]/g, "").split(/[./]/).filter((key) => key && key !== "profile" && key !== "body");
      const near = controls.map((made) => ({ made, own: made.path() })).filter(({ own }) => keys.every((key, i) => own[i] === key) || own.every((key, i) => keys[i] === key));
      const found = near.find(({ own }) => own.length === keys.length)?.made ?? near[0]?.made ?? null;
      if (found) mark(found, message);
      return { control: found, message: found ? `${found.label}: ${message}` : `${path}: ${message}` };
    });
  };

  /** What can be seen to be wrong here already, in the shape of the gateway's errors. */
  const check = () => controls.filter(({ input, field }) => (field.pattern && input.value && !field.pattern.test(input.value)) || !input.checkValidity()).map(({ path, input, field }) => ({ path: path().join("."), message: field.pattern ? `write it as ${field.hint}` : input.validationMessage }));

  return { draw, profile: () => profile, faults, check };
}

/** {input, read(): the value for the profile, undefined for none} of a field. */
function widget(field, value, documents) {
  const shown = value === null || value === undefined ? "" : String(value);
  const plain = (input) => ({ input, read: () => (input.value === "" ? (field.required ? "" : undefined) : input.value) });
  switch (field.type) {
    case "area": return plain(element("textarea", { rows: 3, value: shown }));
    case "number": {
      const input = element("input", { type: "number", min: 0, step: "any", inputmode: "decimal", value: shown });
      return { input, read: () => (input.value === "" ? undefined : Number(input.value)) };
    }
    case "words": {
      const input = element("input", { value: Array.isArray(value) ? value.join(", ") : shown, autocomplete: "off" });
      return { input, read: () => { const words = input.value.split(",").map((word) => word.trim()).filter(Boolean); return words.length ? words : undefined; } };
    }
    case "yesno": {
      const input = element("select", {}, [["", "not said"], ["true", "yes"], ["false", "no"]].map(([key, words]) => element("option", { value: key }, words)));
      input.value = shown;
      return { input, read: () => (input.value === "" ? undefined : input.value === "true") };
    }
    case "choice":
    case "document": {
      const options = field.type === "choice" ? [...field.options] : [["", field.nothing], ...documents.filter((one) => one.sendable).map(({ filename }) => [filename, filename])];
      if (!options.some(([key]) => key === shown)) options.push([shown, field.type === "choice" ? shown : `${shown} (${documents.some(({ filename }) => filename === shown) ? "forms do not take it" : "not uploaded"})`]);
      const input = element("select", {}, options.map(([key, words]) => element("option", { value: key }, words)));
      input.value = shown;
      return plain(input);
    }
    default: return plain(element("input", { type: field.type, value: shown, autocomplete: field.autocomplete ?? "off" }));
  }
}
