// Where a value came from, as people say it: a path of the profile by the words of its form.
import { SECTIONS } from "./profile_fields.js";

const PATH = /\b(?:basics|work|education|skills|application)(?:\.\w+|\[\d+\])+/g;
const WORDS = { person: "you", "left empty": "not filled in", "site default": "left as the site had it" };

/** "profile: work[0].name" is "Profile: Work 1, Employer"; what is of no known shape stays as it is. */
export function sourceWords(source) {
  if (!source) return "nobody";
  if (WORDS[source]) return WORDS[source];
  const [, kind, rest] = source.match(/^(profile|rule): (.*)$/s) ?? [];
  if (kind === "profile") return `Profile: ${rest.split(" and ").map(named).join(" and ")}`;
  return kind === "rule" ? `Rule: ${rest.replace(PATH, named)}` : source;
}

function named(path) {
  const plain = path.replace(/\[\d+\]/g, "");
  const number = path.match(/\[(\d+)\]/)?.[1];
  for (const { title, list, map, fields = [] } of SECTIONS) {
    if (map === plain) return title;
    if (list && (plain === list || plain.startsWith(`${list}.`))) {
      const label = fields.find((field) => `${list}.${field.path}` === plain)?.label;
      return `${title}${number ? ` ${Number(number) + 1}` : ""}${label ? `, ${label}` : ""}`;
    }
    if (list || map) continue;
    const under = fields.filter((field) => field.path === plain || field.path.startsWith(`${plain}.`));
    if (under.length) return under.length === fields.length ? title : under[0].label;
  }
  return path;
}
