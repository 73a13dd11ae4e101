// Reads one frame's form controls, buttons and words in one go; evaluated by form_reader.py, which says what comes back.
// It only reads: nothing on the page is changed, and layout is computed once.
(limits) => {
  const fold = (s) => (s || "").replace(/[\s\u00a0\u200b]+/g, " ").trim();
  const CONTROL = "input,select,textarea";
  const WIDGET = "[contenteditable=''],[contenteditable=true],[role=combobox],[role=listbox],[role=checkbox]," +
    "[role=switch],[role=radiogroup],[role=textbox],[role=spinbutton]";
  const SILENT = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "SELECT", "TEXTAREA", "BUTTON", "INPUT", "SVG", "svg", "OPTION"]);
  const NOT_FIELDS = new Set(["hidden", "submit", "button", "image", "reset"]);
  const REQUIRED = /[*✱＊]|[(\[](required|mandatory|erforderlich|pflichtfeld|obligatoire|requis|obligatorio|requerido|obbligatorio|obrigatório|verplicht|обязательно|必須)[)\]]|(^|\s)(required|pflichtfeld|必須)$/i;
  const OPTIONAL = /\b(optional|freiwillig|facultatif|opcional|facoltativo|optioneel)\b/i;
  const COMPLAINT = /(^|[-_\s])(error|errors|invalid)([-_\s]|$|message|text)/i; // the site's words about a value, not a label
  const MARKS = /^\s*[*✱＊]\s*|\s*[*✱＊]\s*(required|mandatory)\s*$|\s*[*✱＊]+\s*:?\s*$|\s*[(\[](required|mandatory|erforderlich|pflichtfeld|obligatoire|requis|obligatorio|requerido|obbligatorio|obrigatório|verplicht|обязательно|必須)[)\]]\s*/gi;

  // Every tree that can be reached: the document and each open shadow root.
  const roots = [document];
  for (let i = 0; i < roots.length; i++)
    for (const e of roots[i].querySelectorAll("*")) if (e.shadowRoot) roots.push(e.shadowRoot);
  const all = (css) => roots.flatMap((r) => [...r.querySelectorAll(css)]);
  const forms = all("form");
  const formIndex = new Map(forms.map((f, i) => [f, i]));
  const ownerOf = (e) => {
    let form = e.form || e.closest("form");
    for (let host = e; !form && host.getRootNode() instanceof ShadowRoot; ) {
      host = host.getRootNode().host;
      form = host.closest("form");
    }
    return form ? formIndex.get(form) ?? -1 : -1;
  };

  // --- words ---
  const words = (node, skipFields = true) => {
    if (!node) return "";
    const parts = [];
    const walk = (n) => {
      for (const c of n.childNodes) {
        if (c.nodeType === 3) parts.push(c.data);
        else if (c.nodeType === 1) {
          if (skipFields && SILENT.has(c.tagName)) continue;
          if (c.hidden || c.style?.display === "none" || COMPLAINT.test(c.getAttribute("class") || "")) continue;
          if (c.tagName === "IMG") parts.push(c.alt || "");
          if (c.tagName === "SLOT") for (const a of c.assignedNodes()) parts.push(a.textContent);
          parts.push(" ");
          walk(c);
          parts.push(" ");
        }
      }
    };
    walk(node);
    return fold(parts.join(""));
  };
  const byIds = (e, attribute) =>
    (e.getAttribute(attribute) || "").split(/\s+/).filter(Boolean)
      .map((id) => e.getRootNode().getElementById?.(id) || document.getElementById(id)).filter(Boolean);
  const textOf = (elements) => fold(elements.map((x) => words(x)).join(" "));
  const bare = (s) => fold(s.replace(MARKS, " ").replace(/[(\[]\s*(optional|freiwillig|facultatif|opcional|facoltativo|optioneel)\s*[)\]]/gi, " ")).replace(/\s*:$/, "");

  // --- visibility: can a person see (and so mean to fill) it? ---
  const once = (test) => {
    const known = new Map();
    return (e) => {
      if (!known.has(e)) known.set(e, test(e));
      return known.get(e);
    };
  };
  const clips = once((p) => {
    const style = getComputedStyle(p);
    return /^rect\((0|1)px,? (0|1)px,? (0|1)px,? (0|1)px\)$/.test(style.clip) || /inset\((50|100)%/.test(style.clipPath);
  });
  const swallows = once((p) => {
    const style = getComputedStyle(p);
    if (style.overflow === "visible" || style.display === "inline" || style.display === "contents") return false;
    const around = p.getBoundingClientRect();
    return around.width <= 1 || around.height <= 1;
  });
  const look = (e) => {
    if (!e.isConnected || !e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
    const box = e.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) return false;
    if (box.right + scrollX <= 0 || box.bottom + scrollY <= 0) return false;
    if (box.left + scrollX > Math.max(document.documentElement.scrollWidth, innerWidth) + 500) return false;
    for (let p = e; p && p !== document.body; p = p.parentElement || p.getRootNode().host) {
      if (clips(p) || (p !== e && swallows(p))) return false;
      if (p.getAttribute("aria-hidden") === "true" && e.tabIndex < 0) return false;
    }
    return true;
  };
  const visible = once(look);
  const shown = (e, type) => {
    if (visible(e)) return true;
    if (e.getAttribute("aria-hidden") === "true" && e.tabIndex < 0 && type !== "file") return false;
    if (type !== "radio" && type !== "checkbox" && type !== "file") return false;
    // Styled pickers: the real input is hidden, its label or button stands for it.
    if ([...(e.labels || []), ...byIds(e, "aria-labelledby")].some((l) => visible(l) && words(l, false))) return true;
    if (type !== "file") return false;
    let box = e.parentElement;
    for (let up = 0; box && up < 3; up++, box = box.parentElement) {
      if (box.querySelectorAll("input:not([type=hidden]),select,textarea").length > 1) break;
      for (const b of box.querySelectorAll("button,a,label,[role=button],[class*=drop],[class*=upload]"))
        if (visible(b) && fold(b.innerText)) return true;
    }
    return false;
  };

  // --- selectors: plain CSS, unique over every tree of the frame ---
  const quote = (s) => '"' + s.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\a ") + '"';
  const count = (css) => {
    let n = 0;
    for (const r of roots) n += r.querySelectorAll(css).length;
    return n;
  };
  const inRoot = (e) => {
    const root = e.getRootNode();
    const tag = e.localName.replace(/[^\w-]/g, "\\$&");
    if (e.id && count("#" + CSS.escape(e.id)) === 1) return "#" + CSS.escape(e.id);
    const name = e.getAttribute("name");
    if (name) {
      const css = `${tag}[name=${quote(name)}]`;
      if (count(css) === 1) return css;
      const value = e.getAttribute("value");
      if ((e.type === "radio" || e.type === "checkbox") && value !== null && count(`${css}[value=${quote(value)}]`) === 1)
        return `${css}[value=${quote(value)}]`;
    }
    const steps = [];
    for (let n = e; n; n = n.parentElement) {
      const id = n.getAttribute("id"); // not n.id: a form may have a control of that name
      if (n !== e && id && root.querySelectorAll("#" + CSS.escape(id)).length === 1) {
        steps.unshift("#" + CSS.escape(id));
        break;
      }
      let nth = 1;
      for (let s = n.previousElementSibling; s; s = s.previousElementSibling) if (s.localName === n.localName) nth++;
      const local = n.localName.replace(/[^\w-]/g, "\\$&");
      steps.unshift(n.parentElement || root instanceof ShadowRoot ? `${local}:nth-of-type(${nth})` : local);
    }
    return steps.join(" > ");
  };
  const selectorOf = (e) => {
    const root = e.getRootNode();
    const own = inRoot(e);
    return root instanceof ShadowRoot ? `${selectorOf(root.host)} ${own}` : own;
  };

  // --- which controls ---
  const usable = (e) => e.tagName !== "INPUT" || !NOT_FIELDS.has(e.type);
  const natives = all(CONTROL).filter(usable);
  const isNative = new Set(natives);
  const widgets = all(WIDGET).filter(
    (e) => !e.matches(CONTROL) && !e.querySelector("input:not([type=hidden]),select,textarea") && !e.parentElement?.closest(WIDGET));
  const order = new Map();
  const headings = new Map(); // control -> nearest heading above it
  const marks = "h1,h2,h3,h4,h5,h6,[role=heading],legend";
  const wanted = new Set([...natives, ...widgets]);
  let position = 0;
  for (const root of roots) {
    const open = []; // headings met, each with the box it heads: the smallest around it that holds controls
    for (const e of root.querySelectorAll(`${marks},${CONTROL},${WIDGET}`)) {
      if (e.matches(marks)) {
        const text = bare(words(e));
        let scope = e.parentElement;
        while (scope && !scope.querySelector(CONTROL)) scope = scope.parentElement;
        if (text) open.push([text, scope || root]);
      }
      if (wanted.has(e)) {
        while (open.length && !open[open.length - 1][1].contains(e)) open.pop();
        headings.set(e, open.length ? open[open.length - 1][0] : "");
        order.set(e, position++);
      }
    }
  }

  // The largest box around the control(s) that holds no other control.
  const boxOf = (group) => {
    const mine = new Set(group);
    let box = group[0];
    for (let p = box.parentElement; p && p !== document.body && p.tagName !== "FORM" && p.tagName !== "BODY"; p = p.parentElement) {
      const inside = [...p.querySelectorAll(CONTROL)].filter((c) => isNative.has(c) && c.type !== "hidden");
      if (inside.some((c) => !mine.has(c) && visible(c))) break;
      box = p;
    }
    return box;
  };
  const textBefore = (first, stop) => {
    // Text in reading order between the previous control (or the start of `stop`) and this one.
    const parts = [];
    const walker = document.createTreeWalker(stop, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, {
      acceptNode: (n) => {
        if (n.nodeType === 1 && n !== first && SILENT.has(n.tagName) && !isNative.has(n)) return NodeFilter.FILTER_REJECT;
        if (n.nodeType === 1 && (n.hidden || n.style?.display === "none") && !n.contains(first)) return NodeFilter.FILTER_REJECT;
        return NodeFilter.FILTER_ACCEPT;
      },
    });
    for (let n = walker.nextNode(); n; n = walker.nextNode()) {
      if (n === first) break;
      if (n.nodeType === 3) parts.push(n.data);
      else if (isNative.has(n) && visible(n)) parts.length = 0;
      else parts.push(" ");
    }
    return fold(parts.join(""));
  };
  const textAfter = (last) => {
    const parts = [];
    for (let n = last.nextSibling; n; n = n.nextSibling) {
      if (n.nodeType === 1 && (n.matches(CONTROL) || n.querySelector?.(CONTROL) || n.tagName === "BR")) break;
      parts.push(n.nodeType === 3 ? n.data : n.nodeType === 1 && !SILENT.has(n.tagName) ? words(n) : " ");
    }
    return fold(parts.join(" "));
  };
  const shortEnough = (s) => s && s.length <= 400 ? s : "";

  // A table's words for a control: the cell before it in the row, else its column's header.
  const cellWords = (e) => {
    const cell = e.closest("td,th,dd");
    if (!cell || (cell.tagName === "DD" ? false : cell.closest("table")?.getAttribute("role") === "none")) return "";
    if (cell.tagName === "DD") {
      let dt = cell.previousElementSibling;
      while (dt && dt.tagName !== "DT") dt = dt.previousElementSibling;
      return shortEnough(words(dt));
    }
    for (let c = cell.previousElementSibling; c; c = c.previousElementSibling) {
      if (c.querySelector(CONTROL)) break;
      const text = shortEnough(words(c));
      if (text) return text;
    }
    const rows = cell.closest("table")?.rows;
    if (!rows || !rows.length) return "";
    const row = cell.parentElement;
    const above = rows[row.rowIndex - 1]?.cells[cell.cellIndex];
    if (above && !above.querySelector(CONTROL) && rows[row.rowIndex - 1].cells.length === row.cells.length && words(above))
      return shortEnough(words(above));
    const head = rows[0].cells[cell.cellIndex];
    return head && head.tagName === "TH" && head !== cell ? shortEnough(words(head)) : "";
  };

  const afterMark = (label) => {
    for (const pseudo of ["::after", "::before"]) if (/[*✱＊]/.test(getComputedStyle(label, pseudo).content)) return true;
    return /(^|\s)(required|is-required|mandatory)(\s|$)/.test(label.className?.baseVal ?? label.className ?? "");
  };
  const ownLabels = (e) => {
    const found = [...(e.labels || [])];
    if (!found.length && e.id) found.push(...e.getRootNode().querySelectorAll(`label[for=${quote(e.id)}]`));
    if (!found.length) {
      // <label>Words</label><input>: a label that belongs to nobody, directly before the control.
      const l = e.previousElementSibling;
      const after = e.nextElementSibling; // a label that floats over its control stands behind it
      if (l && l.tagName === "LABEL" && !l.htmlFor && !l.querySelector(CONTROL)) found.push(l);
      else if (after && after.tagName === "LABEL" && !after.htmlFor && !after.querySelector(CONTROL)) found.push(after);
    }
    return found;
  };
  const legendOf = (e, group) => {
    const set = e.closest("fieldset,[role=radiogroup],[role=group]");
    if (!set) return { text: "", element: null };
    const others = [...set.querySelectorAll(CONTROL)].filter((c) => isNative.has(c) && !group.includes(c) && visible(c));
    const legend = set.querySelector(":scope > legend");
    const text = textOf(byIds(set, "aria-labelledby")) || fold(set.getAttribute("aria-label")) || words(legend);
    return { text, element: set, legend, alone: others.length === 0 };
  };

  const errorOf = (group, box) => {
    const texts = [];
    const invalid = group.some((e) => e.getAttribute("aria-invalid") === "true");
    const add = (x) => {
      const text = x && !x.querySelector(CONTROL) && visible(x) ? fold(x.innerText) : "";
      if (text && text.length <= 300 && !texts.includes(text)) texts.push(text);
    };
    const set = group[0].type === "radio" ? group[0].closest("fieldset,[role=radiogroup]") : null;
    for (const e of set ? [...group, set] : group) {
      byIds(e, "aria-errormessage").forEach(add);
      for (const d of byIds(e, "aria-describedby"))
        if (invalid || /error|invalid/i.test(d.id + " " + d.className + " " + (d.getAttribute("role") || ""))) add(d);
    }
    const near = box === group[0] ? [] : [box];
    for (const n of near)
      for (const x of n.querySelectorAll("[class*=error],[class*=Error],[class*=invalid],[role=alert]"))
        if (!x.matches("label,legend") || !x.contains(group[0])) {
          if (!/has-error|is-invalid/.test(x.className) && !x.matches("label")) add(x);
        }
    const next = group[group.length - 1].nextElementSibling;
    if (next && /(^|[-_\s])(error|errors|invalid)/i.test(next.className || "")) add(next);
    // A wrapping message that repeats an inner one says nothing more.
    return texts.filter((t, i) => !texts.some((u, j) => j !== i && t.includes(u) && (t.length > u.length || j < i))).join(" ");
  };

  const KEPT = ["name", "id", "autocomplete", "type", "inputmode", "pattern", "min", "max", "step", "minlength", "maxlength",
    "accept", "placeholder", "title", "role", "aria-haspopup", "aria-autocomplete", "multiple", "value", "class",
    "data-type", "aria-label", "list"];
  const attributesOf = (e) => {
    const kept = {};
    for (const a of KEPT) {
      const v = e.getAttribute(a);
      if (v !== null && (a !== "value" || e.type === "radio" || e.type === "checkbox")) kept[a] = v.slice(0, 300);
    }
    for (const a of e.attributes)
      if (/^data-(field|name|test|qa|automation|cy|testid|input|e2e|ui|bind)/.test(a.name) && a.value.length <= 80) kept[a.name] = a.value;
    return kept;
  };

  const kindOf = (e) => {
    if (e.tagName === "TEXTAREA") return "textarea";
    if (e.tagName === "SELECT") return e.multiple ? "select-multiple" : "select";
    if (e.tagName !== "INPUT") return "other";
    if (["radio", "checkbox", "file", "email", "tel", "url", "number", "password", "date"].includes(e.type)) return e.type;
    if (["month", "week", "time", "datetime-local", "range", "color"].includes(e.type)) return "other";
    // A combobox wants an option to be picked from a list of its own: typing alone sets nothing.
    if (e.getAttribute("role") === "combobox" && (e.getAttribute("aria-haspopup") || e.getAttribute("aria-autocomplete") === "list" || e.readOnly))
      return "other";
    return "text";
  };

  const describe = (group, kind) => {
    const e = group[0];
    const box = boxOf(group);
    const legend = legendOf(e, group);
    const labels = kind === "radio" && group.length > 1 ? [] : ownLabels(e);
    const pieces = []; // [source, text], strongest first
    const add = (source, text, limit = 1000) => {
      const t = bare(fold(text));
      if (t && t.length <= limit && !pieces.some((p) => p[1] === t)) pieces.push([source, t]);
    };
    let raw = "";
    if (kind === "radio") {
      raw = legend.alone || group.length > 1 ? legend.text : "";
      if (legend.element?.tagName === "FIELDSET" && !legend.alone && group.length > 1) raw = "";
      add("legend", raw);
    }
    raw += " " + textOf(labels);
    // A file's own label is often its button's word: then the group's words say what it is.
    const presses = kind === "file" && labels.every((l) => /^(attach|upload|choose|browse|select|add|drop|pick|datei|hochladen)?( an?| your| or drag| files?| documents?| here| auswählen| from \S+)*$/i.test(bare(words(l))));
    if (presses && legend.alone) add("legend", legend.text);
    if (presses && !pieces.length) add("before", shortEnough(textBefore(labels[0] && box.contains(labels[0]) ? labels[0] : e, box === e ? e.parentElement : box)));
    if (presses) raw += " " + (pieces[0]?.[1] || "") + " " + legend.text;
    for (const l of labels) add("label", words(l));
    const labelled = textOf(byIds(e, "aria-labelledby"));
    raw += " " + labelled;
    if (!(kind === "radio" && group.length > 1)) {
      add("labelledby", labelled);
      add("aria-label", e.getAttribute("aria-label"));
      raw += " " + (e.getAttribute("aria-label") || "");
    }
    const tick = kind === "checkbox" || (kind === "radio" && group.length === 1);
    if (!pieces.length && tick) {
      const after = textAfter(group[group.length - 1]) || textAfter(e.parentElement || e);
      raw += " " + after;
      add("after", after, 600);
    }
    if (!pieces.length && kind !== "checkbox") {
      const cell = cellWords(e);
      raw += " " + cell;
      add("cell", cell);
    }
    if (!pieces.length) {
      const before = shortEnough(textBefore(e, box === e ? e.parentElement : box));
      raw += " " + before;
      add("before", before, 400);
    }
    add("placeholder", e.getAttribute("placeholder"));
    add("title", e.getAttribute("title"));
    if (!pieces.length) {
      // The text between the previous control and this one, wherever it lies in the form.
      const before = textBefore(e, e.closest("form,table,section,fieldset") || document.body);
      if (before.length <= 120) {
        raw += " " + before;
        add("before", before);
      }
    }
    add("describedby", textOf(byIds(e, "aria-describedby")), 400);
    if (kind !== "radio" && legend.text) add("legend", legend.text);
    if (e.tagName === "SELECT" && e.options.length && !e.options[0].value) add("first option", e.options[0].text, 80);
    const starred = [...labels, ...(legend.legend && (kind === "radio" || legend.alone) ? [legend.legend] : []),
      ...byIds(e, "aria-labelledby"), ...(legend.element && kind === "radio" ? byIds(legend.element, "aria-labelledby") : [])].some(afterMark);
    const radioRequired = legend.element?.getAttribute("aria-required") === "true" && kind === "radio";
    const required = group.some((x) => x.required || x.getAttribute("aria-required") === "true") || radioRequired ||
      ((REQUIRED.test(fold(raw)) || REQUIRED.test(e.placeholder || "") || starred) && !OPTIONAL.test(raw));
    return { label: pieces[0]?.[1] || "", source: pieces[0]?.[0] || "", hints: pieces.slice(1).map((p) => p[1]), required, box, legend };
  };

  const optionOf = (r) => ({
    label: bare(textOf(ownLabels(r)) || textOf(byIds(r, "aria-labelledby")) || fold(r.getAttribute("aria-label")) || textAfter(r) || r.value),
    value: r.value, selector: selectorOf(r), selected: r.checked, disabled: r.disabled,
  });
  const optionsOf = (e, group) => {
    if (e.type === "radio") return group.map(optionOf);
    const list = e.tagName === "SELECT" ? [...e.options] : e.list ? [...e.list.options] : [];
    return list.slice(0, limits.options).map((o) => ({
      label: fold(o.label || o.text), value: o.value, selector: "", selected: e.tagName === "SELECT" && o.selected,
      disabled: o.disabled || o.parentElement?.disabled === true,
    }));
  };
  const valueOf = (e, group) => {
    if (e.type === "radio") return group.find((r) => r.checked)?.value || "";
    if (e.type === "checkbox") return String(e.checked);
    if (e.type === "file") return [...e.files].map((f) => f.name).join(", ");
    if (e.tagName === "SELECT" && e.multiple) return [...e.selectedOptions].map((o) => o.value).join(", ");
    return e.value ?? fold(e.innerText);
  };

  const groups = [];
  const radios = new Map();
  for (const e of [...natives, ...widgets]) {
    if (e.type !== "radio" || e.tagName !== "INPUT") {
      groups.push([e]);
      continue;
    }
    const around = e.name ? e.form || e.getRootNode() : e.closest("fieldset,[role=radiogroup]") || e;
    if (!radios.has(around)) radios.set(around, new Map());
    const byName = radios.get(around);
    if (byName.has(e.name)) byName.get(e.name).push(e);
    else groups.push((byName.set(e.name, [e]), byName.get(e.name)));
  }
  groups.sort((a, b) => order.get(a[0]) - order.get(b[0]));

  const boxes = groups.map((g) => g[0]).filter((e) => e.type === "checkbox");
  const fields = groups.slice(0, limits.fields).map((group) => {
    const e = group[0];
    const kind = kindOf(e);
    const d = describe(group, kind);
    const attributes = attributesOf(e);
    if (d.source === "before" || d.source === "cell") attributes["data-jobhunter-label"] = "near"; // by its place alone
    if (kind === "checkbox" && (e.name || d.legend.element)) {
      // Boxes of one question: the same name, or one fieldset that holds nothing else.
      const peers = boxes.filter((b) => b.form === e.form && ((e.name && b.name === e.name) ||
        (d.legend.element && d.legend.element === b.closest("fieldset,[role=radiogroup],[role=group]") && d.legend.text)));
      if (peers.length > 1) {
        attributes["data-jobhunter-group"] = selectorOf(peers[0]);
        attributes["data-jobhunter-question"] = bare(d.legend.text || shortEnough(textBefore(peers[0], boxOf(peers))));
        if (REQUIRED.test(d.legend.text) || (d.legend.legend && afterMark(d.legend.legend)) ||
            d.legend.element?.getAttribute("aria-required") === "true")
          attributes["data-jobhunter-group-required"] = "true";
      } else if (REQUIRED.test(d.legend.text) && d.legend.alone) d.required = true;
    }
    return {
      selector: selectorOf(e), kind, label: d.label, required: d.required,
      visible: group.some((x) => shown(x, x.type)), hints: d.hints, section: headings.get(e) || "",
      options: optionsOf(e, group), attributes, value: valueOf(e, group), error: errorOf(group, d.box),
      disabled: group.every((x) => x.matches(":disabled") || x.getAttribute("aria-disabled") === "true"),
      readonly: e.readOnly === true || e.getAttribute("aria-readonly") === "true", form: ownerOf(e),
    };
  });

  // --- buttons ---
  const APPLY = /\b(apply|bewerben|bewerbung|postuler|candidater|candidatar|inscribirme|aplicar|candidati|solliciteer|sollicit|interested|start (your )?application)\b|応募|откликнуться/i;
  const pressables = all("button,input[type=submit],input[type=button],input[type=image],a[role=button],[role=button],a[href]")
    .filter((b) => b.tagName !== "A" || b.getAttribute("role") === "button" || (b.textContent.length < 80 && APPLY.test(b.textContent)));
  const buttons = pressables.slice(0, limits.buttons).map((b) => ({
    selector: selectorOf(b),
    label: fold(b.tagName === "INPUT" ? b.value || b.alt || b.title || (b.type === "submit" ? "Submit" : "")
      : words(b, false) || b.getAttribute("aria-label") || b.title).slice(0, 200) || fold(b.getAttribute("aria-label")),
    submits: (b.type === "submit" || b.type === "image") && (b.form != null) && (b.tagName === "INPUT" || b.tagName === "BUTTON"),
    visible: visible(b), disabled: b.disabled === true || b.getAttribute("aria-disabled") === "true",
    form: ownerOf(b), href: b.tagName === "A" ? b.href : "",
  }));

  // --- the page's words ---
  const body = document.body;
  const text = fold([body ? body.innerText : "", ...roots.slice(1).map((r) => [...r.children].map((c) => c.innerText || "").join(" "))].join(" "));
  const alerts = [];
  for (const a of all("[role=alert],[role=status],[aria-live=assertive],[aria-live=polite],[class*=error],[class*=Error],.alert,.flash,.validation-summary-errors")) {
    if (a.matches(CONTROL) || a.querySelector(CONTROL) || a.matches("body,form,label") || !visible(a)) continue;
    const said = fold(a.innerText).slice(0, 500);
    if (said && /\p{L}/u.test(said) && !alerts.some((x) => x.includes(said))) alerts.push(said);
    if (alerts.length >= 30) break;
  }
  // schema.org's JobPosting says which job it is, whose, and in which country.
  const locations = new Set();
  const said = (value) => (typeof value === "string" ? fold(value).slice(0, 300) : "");
  let [jobTitle, jobCompany] = ["", ""];
  const visit = (node) => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!node || typeof node !== "object") return;
    if (node["@graph"]) visit(node["@graph"]);
    if (node["@type"] !== "JobPosting") return;
    jobTitle ||= said(node.title) || said(node.name);
    jobCompany ||= said(node.hiringOrganization?.name) || said(node.hiringOrganization);
    for (const place of [node.jobLocation].flat()) {
      const country = place?.address?.addressCountry;
      const name = typeof country === "object" ? country?.name : country;
      if (typeof name === "string") locations.add(name.slice(0, 100));
    }
  };
  for (const s of document.querySelectorAll("script[type='application/ld+json']"))
    try {
      visit(JSON.parse(s.textContent));
    } catch {
      continue; // not JSON: it says nothing
    }
  const link = document.querySelector("link[rel~=canonical][href]");
  const shared = (name) => said(document.querySelector(`meta[property="${name}"]`)?.content);
  return {
    fields, buttons, text: text.slice(0, limits.text), alerts, title: document.title,
    canonical: link ? link.href : "", job_location: [...locations].join("; "),
    job_title: jobTitle, job_company: jobCompany, shared_title: shared("og:title"), site_name: shared("og:site_name"),
    forms: forms.map((f) => ({
      words: fold([f.getAttribute("id"), f.getAttribute("name"), f.getAttribute("class"), f.getAttribute("action"), f.getAttribute("aria-label")].join(" ")).slice(0, 300),
      heading: fold([...f.querySelectorAll("h1,h2,h3,h4,legend,[role=heading]")].slice(0, 3).map((h) => words(h)).join(" · ")).slice(0, 200),
      search: f.getAttribute("role") === "search", method: f.method, text: fold(f.innerText).slice(0, 2000),
      action: typeof f.action === "string" ? f.action : f.getAttribute("action") || "",
    })),
  };
}
