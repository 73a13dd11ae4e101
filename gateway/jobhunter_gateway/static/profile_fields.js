// What the profile's form knows: the common keys of JSON Resume and those of the application block. All else stays as it is.

const text = (path, label, more = {}) => ({ path, label, type: "text", ...more });
const DAY = { hint: "2021, 2021-03 or 2021-03-01", pattern: /^\d{4}(-\d{2}(-\d{2})?)?$/ };
const DECLINE = { list: ["decline"], hint: "Given only where it is here; “decline” chooses the option that declines." };

/** Sections in the order they are shown. A list's fields are relative to its item. */
export const SECTIONS = [
  {
    title: "You", fields: [
      text("basics.name", "Full name", { autocomplete: "name" }), text("application.given_name", "Given name", { autocomplete: "given-name" }),
      text("application.family_name", "Family name", { autocomplete: "family-name" }), text("basics.label", "Headline", { hint: "Such as: Backend engineer" }),
      text("basics.email", "E-mail", { type: "email", autocomplete: "email" }), text("basics.phone", "Phone", { type: "tel", autocomplete: "tel" }),
      text("basics.url", "Website", { type: "url", autocomplete: "url" }), text("basics.summary", "Summary", { type: "area" }),
    ],
  },
  {
    title: "Address", fields: [
      text("basics.location.address", "Street and number", { autocomplete: "street-address" }), text("basics.location.postalCode", "Postal code", { autocomplete: "postal-code" }),
      text("basics.location.city", "City", { autocomplete: "address-level2" }), text("basics.location.region", "State or region", { autocomplete: "address-level1" }),
      text("basics.location.countryCode", "Country", { hint: "Two letters, such as DE", capitals: true, pattern: /^[A-Z]{2}$/, autocomplete: "country" }),
    ],
  },
  { title: "Profiles on the web", list: "basics.profiles", one: "profile", fields: [text("network", "Network", { list: ["LinkedIn", "GitHub"] }), text("username", "User name"), text("url", "Address", { type: "url" })] },
  {
    title: "Work", list: "work", one: "position", fields: [
      text("name", "Employer"), text("position", "Position"), text("startDate", "From", DAY), text("endDate", "Until", { ...DAY, hint: `${DAY.hint}; empty: today` }), text("summary", "What you did", { type: "area" }),
    ],
  },
  {
    title: "Education", list: "education", one: "education", fields: [
      text("institution", "School"), text("studyType", "Degree", { hint: "Such as MSc" }), text("area", "Subject"), text("startDate", "From", DAY), text("endDate", "Until", DAY),
    ],
  },
  { title: "Skills", list: "skills", one: "skill", fields: [text("name", "Skill"), text("level", "Level", { list: ["expert", "advanced", "intermediate", "beginner"] }), text("keywords", "Keywords", { type: "words", hint: "With commas between them" })] },
  {
    title: "Work authorization", map: "application.work_authorization", one: "country", key: { label: "Country", hint: "Two capitals, such as US", capitals: true, pattern: /^[A-Z]{2}$/ },
    value: { label: "You are", list: ["citizen", "permanent-resident", "authorized", "needs-sponsorship"] },
  },
  {
    title: "Conditions", fields: [
      text("application.notice_period", "Notice period", { hint: "Such as: 4 weeks" }), text("application.start_date", "Earliest start", { type: "date" }),
      text("application.salary_expectation.amount", "Salary", { type: "number" }), text("application.salary_expectation.currency", "Currency", { list: ["EUR", "USD", "GBP", "CHF", "INR"], hint: "Three capitals", capitals: true, pattern: /^[A-Z]{3}$/ }),
      text("application.salary_expectation.period", "For each", { type: "choice", options: [["", "—"], ["year", "year"], ["month", "month"], ["day", "day"], ["hour", "hour"]] }),
      text("application.relocate", "Would you move?", { type: "yesno" }),
    ],
  },
  { title: "Consents", fields: [text("application.consents.data_processing", "Process my data for this application", { type: "yesno", hint: "Boxes stay unticked unless it is yes." }), text("application.consents.marketing", "Send me news", { type: "yesno" })] },
  { title: "Voluntary", fields: ["gender", "ethnicity", "veteran", "disability"].map((key) => text(`application.voluntary.${key}`, { gender: "Gender", ethnicity: "Ethnicity", veteran: "Veteran", disability: "Disability" }[key], DECLINE)) },
  {
    title: "Documents to send", fields: [
      text("application.documents.resume", "Résumé", { type: "document", nothing: "not chosen", hint: "Not chosen: the only résumé that you uploaded is sent; of several, none." }),
      text("application.documents.cover_letter", "Cover letter", { type: "document", nothing: "none" }),
    ],
  },
  {
    title: "Your answers", list: "application.answers", one: "answer", fields: [
      text("question", "Question", { type: "area" }), text("answer", "Answer", { type: "area", required: true }),
      text("scope", "Use it", { type: "choice", options: [["", "—"], ["always", "always"], ["employer", "for one employer"], ["posting", "for one posting"], ["never", "never"]] }),
      text("employer", "Employer"), text("posting", "Address of the posting"),
    ],
  },
];

const steps = (path) => (Array.isArray(path) ? path : path.split("."));

export const at = (holder, path) => steps(path).reduce((value, key) => value?.[key], holder);

/** Sets what lies at `path`; undefined takes the key away, and with it every holder that it leaves empty. */
export function put(holder, path, value) {
  const [key, ...rest] = steps(path);
  if (rest.length) {
    if (holder[key] === null || typeof holder[key] !== "object") {
      if (value === undefined) return;
      holder[key] = {};
    }
    put(holder[key], rest, value);
    if (value === undefined && Object.keys(holder[key]).length === 0) delete holder[key];
  } else if (value === undefined) delete holder[key];
  else holder[key] = value;
}
