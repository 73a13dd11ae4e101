"""Which questions a form of a kind asks, and in which words, order and manner: all drawn."""

from collections.abc import Callable
from typing import Final

from careers_site import wording
from careers_site.drawing import Draw
from careers_site.form import Field, Form, Option

LABELLINGS: Final = {"for": 50, "wrap": 18, "aria-labelledby": 20, "aria-label": 12}
MARKS: Final = {"attribute": 50, "aria": 25, "star": 25}
AUTOCOMPLETE: Final = {
    "given-name": "given-name", "family-name": "family-name", "email": "email", "tel": "tel", "country": "country",
    "address-level2": "address-level2", "street-address": "street-address", "postal-code": "postal-code",
}  # fmt: skip
ACCEPTS: Final = (".pdf,.doc,.docx", ".pdf, .doc, .docx, .txt, .rtf", "application/pdf,.doc,.docx")
KINDS_BY_TOKEN: Final = {
    "email": "email", "tel": "tel", "country": "select", "linkedin-url": "url", "portfolio-url": "url",
    "github-url": "url", "start-date": "date", "years-of-experience": "number", "graduation-date": "date",
    "referral-source": "select", "gender": "select", "veteran-status": "select", "disability-status": "select",
    "consent": "checkbox", "marketing-consent": "checkbox", "resume": "file", "cover-letter": "file",
}  # fmt: skip
VOLUNTARY: Final = ("gender", "veteran-status", "disability-status")
BIGFORM_FIELDS: Final = 60
DECOYS: Final = 3


class Composer:
    """Draws the fields of one job's form. `company` and `country` (ISO) go into the wording."""

    def __init__(self, draw: Draw, company: str, country: str) -> None:
        self.draw = draw
        self.company = company
        self.country = country
        self.names: set[str] = set()

    def form(self, kind: str) -> Form:
        place = self.draw.pick("place-question", ("country", "address-level2"))
        personal = [self.field(token, "personal", True) for token in ("given-name", "family-name", "email", "tel")]
        personal.append(self.field(place, "personal", True))
        availability = "start-date" if kind != "twelve" else self.draw.pick("when", ("start-date", "notice-period"))
        questions = [
            self.field("work-authorization", "questions", True),
            self.field("visa-sponsorship", "questions", True),
            self.field("salary-expectation", "questions", True),
            self.field(availability, "questions", True),
        ]
        files = [self.field("resume", "files", True)]
        links = [self.field("linkedin-url", "links", kind == "twelve" or self.draw.chance("linkedin-required", 0.4))]
        consents = [self.field("consent", "consents", True)]
        voluntary: list[Field] = []
        if kind != "twelve":
            files.append(self.field("cover-letter", "files", False))
            links.append(self.field("portfolio-url", "links", False))
            questions += [self.field("years-of-experience", "questions", False)]
            questions += [self.field("notice-period", "questions", False)]
            if self.draw.chance("asks-source", 0.5):
                questions.append(self.field("referral-source", "questions", False))
            voluntary = [self.field(token, "voluntary", False) for token in VOLUNTARY]
            consents.append(self.field("marketing-consent", "consents", False))
            questions += self.decoys(DECOYS)
        questions += self.unanswerable({"greenhouse-question": 1, "greenhouse-questions": 2}.get(kind, 0))
        middle = [self.draw.shuffled("order-files", files), self.draw.shuffled("order-links", links)]
        middle = self.draw.shuffled("order-middle", middle)
        if kind == "bigform":
            count = len(personal) + len(files) + len(links) + len(questions) + len(voluntary) + len(consents)
            middle.append(self.history(BIGFORM_FIELDS - count))
        chapters = [
            self._personal_order(personal),
            *middle,
            self.draw.shuffled("order-questions", questions),
            self.draw.shuffled("order-voluntary", voluntary),
            self.draw.shuffled("order-consents", consents),
        ]
        return Form(
            fields=tuple(each for chapter in chapters for each in chapter),
            csrf_name=self.draw.pick("csrf-name", wording.CSRF_NAMES),
            honeypot_name=self.draw.pick("honeypot-name", wording.HONEYPOT_NAMES),
            honeypot_label=self.draw.pick("honeypot-label", wording.HONEYPOT_LABELS),
            novalidate=self.draw.chance("novalidate", 0.4),
            custom_boxes=self.draw.chance("custom-boxes", 0.35),
        )

    def _personal_order(self, personal: list[Field]) -> list[Field]:
        given, family, *others = personal
        if self.draw.chance("family-first", 0.25):
            given, family = family, given
        return [given, family, *self.draw.shuffled("order-personal", others)]

    def field(self, token: str, group: str, required: bool, *, key: str = "", kind: str = "") -> Field:
        """The field for a token; `key` tells repeated ones apart (the second employer) and is then its token."""
        key = key or token
        draw = self.draw
        kind = kind or self._control(token)
        inverted = token == "visa-sponsorship" and draw.chance("inverted", 0.4)
        polarity = "without" if inverted else "needs"
        pool = wording.LABELS[f"{token}/{polarity}" if token == "visa-sponsorship" else token]
        place = draw.pick("country-wording", wording.COUNTRY_IN_TEXT[self.country])
        label = draw.pick(f"label/{key}", pool).format(country=place, company=self.company)
        return self.dressed(
            Field(
                token=key,
                kind=kind,
                label=label,
                name=self.unique_name(key),
                element_id="",
                group=group,
                required=required,
                options=self._options(token, kind),
                accept=draw.pick("accept", ACCEPTS) if kind == "file" else "",
                country=self.country if token in ("work-authorization", "visa-sponsorship") else "",
                inverted=inverted,
                autocomplete=AUTOCOMPLETE.get(token, "") if draw.chance(f"autocomplete/{key}", 0.4) else "",
                placeholder=self._placeholder(token, key),
            )
        )

    def dressed(self, bare: Field) -> Field:
        """The field with id, labelling and required mark drawn: the manner in which the page shows it."""
        draw, key = self.draw, bare.token
        mark = draw.weighted(f"mark/{key}", MARKS)
        labelling = draw.weighted(f"labelling/{key}", LABELLINGS)
        placeholder = bare.placeholder
        if bare.kind == "file":
            labelling = "attach" if draw.chance("attach", 0.25) else draw.pick(f"labelling/{key}", ("for", "wrap"))
        elif bare.kind in ("radio", "checkbox", "select") and labelling == "aria-label":
            labelling = "for"
        elif labelling == "aria-label":
            placeholder = bare.label
        return Field(
            **{
                **bare.__dict__,
                "element_id": draw.element_id(key, bare.name),
                "labelling": labelling,
                "mark": mark,
                "star_hidden": mark != "star" and draw.chance(f"star-hidden/{key}", 0.5),
                "placeholder": placeholder,
                "optional_note": not bare.required and draw.chance("optional-note", 0.3),
                "prompt": draw.pick("prompt", wording.SELECT_PROMPTS),
            }
        )

    def unique_name(self, key: str) -> str:
        name = self.draw.field_name(key)
        while name in self.names:
            name += "_2"
        self.names.add(name)
        return name

    def _control(self, token: str) -> str:
        draw = self.draw
        match token:
            case "work-authorization" | "visa-sponsorship":
                return draw.pick("yes-no-control", ("radio", "select"))
            case "salary-expectation":
                return draw.pick("salary-control", ("number", "text"))
            case "linkedin-url":
                return draw.pick("linkedin-control", ("url", "text"))
            case "cover-letter":
                return draw.pick("letter-control", ("file", "textarea"))
            case _:
                return KINDS_BY_TOKEN.get(token, "text")

    def _placeholder(self, token: str, key: str) -> str:
        pool = wording.PLACEHOLDERS.get(token)
        return self.draw.pick(f"placeholder/{key}", pool) if pool and self.draw.chance(f"holds/{key}", 0.3) else ""

    def _options(self, token: str, kind: str) -> tuple[Option, ...]:
        decline = self.draw.pick("decline", wording.DECLINES)
        makers: dict[str, Callable[[], list[tuple[str, str]]]] = {
            "country": self._countries,
            "work-authorization": lambda: [("Yes", "yes"), ("No", "no")],
            "visa-sponsorship": lambda: [("Yes", "yes"), ("No", "no")],
            "referral-source": lambda: [(source, source) for source in wording.SOURCES],
            "gender": lambda: [
                ("Female", "female"), ("Male", "male"), ("Non-binary", "non-binary"), (decline, "decline"),
            ],
            "veteran-status": lambda: [
                ("I am not a protected veteran", "no"),
                ("I identify as one or more of the classifications of a protected veteran", "yes"),
                (decline, "decline"),
            ],
            "disability-status": lambda: [
                ("Yes, I have a disability, or have had one in the past", "yes"),
                ("No, I do not have a disability and have not had one in the past", "no"),
                (decline, "decline"),
            ],
        }  # fmt: skip
        if kind not in ("select", "radio") or token not in makers:
            return ()
        return self.valued(token, makers[token]())

    def valued(self, token: str, choices: list[tuple[str, str]]) -> tuple[Option, ...]:
        """Options with drawn values: numbers, slugs, or the label itself, as sites have them."""
        style = self.draw.pick("option-values", ("number", "label", "index"))
        start = self.draw.number(f"option/{token}", 10_000, 999_999)
        options = []
        for n, (label, meaning) in enumerate(choices):
            value = {"number": str(start + n), "label": label, "index": str(n + 1)}[style]
            options.append(Option(value, label, meaning))
        return tuple(options)

    def _countries(self) -> list[tuple[str, str]]:
        spelling = {code: self.draw.pick(f"spelling/{code}", pool) for code, pool in wording.COUNTRY_SPELLINGS.items()}
        named = [(spelling.get(code, name), code) for code, name in wording.COUNTRIES.items()]
        return sorted(named)

    def unanswerable(self, count: int) -> list[Field]:
        """Required questions that stand in no profile, so that the person has to be asked."""
        drawn = self.draw.some("unanswerable", wording.UNANSWERABLE, count)
        return [
            self._worded(f"question-{n}", label, kind, wording.SHIFTS if kind == "select" else (), required=True)
            for n, (label, kind) in enumerate(drawn, start=1)
        ]

    def decoys(self, count: int) -> list[Field]:
        """Optional questions whose words are near those of a profile's fields: right is to leave them alone."""
        drawn = self.draw.some("decoys", wording.DECOYS, count)
        return [
            self._worded(f"decoy-{n}", label, kind, choices, required=False)
            for n, (label, kind, choices) in enumerate(drawn, start=1)
        ]

    def _worded(self, token: str, label: str, kind: str, choices: tuple[str, ...], *, required: bool) -> Field:
        place = self.draw.pick("country-wording", wording.COUNTRY_IN_TEXT[self.country])
        label = label.format(country=place, company=self.company)
        options = self.valued(token, [(choice, choice) for choice in choices])
        name = self.unique_name(token)
        return self.dressed(Field(token, kind, label, name, "", "questions", required=required, options=options))

    def history(self, count: int) -> list[Field]:
        """`count` optional fields about earlier employers, schools and places: what makes a form big."""
        once = ("street-address", "postal-code", "address-level1", "github-url")
        fields = [self.field(token, "history", False) for token in once]
        number = 1
        while len(fields) < count:
            for token in ("organization", "organization-title", "school", "highest-degree"):
                if len(fields) < count:
                    fields.append(self.field(token, "history", False, key=f"{token}-{number}"))
            number += 1
        return fields
