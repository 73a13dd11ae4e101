"""Decide what a field asks for: autocomplete first, then its words by the table of rules, then its type.

Pure. A field that cannot be recognised has token None: it is asked when it is required, and never guessed. So is one whose
visible words say more than is known: autocomplete, name and type support a label, and never outvote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from jobhunter_contracts.vocabulary import VOCABULARY, Token
from jobhunter_runner.account_form import settle_credentials
from jobhunter_runner.account_rules import ACCOUNTS
from jobhunter_runner.consent_rules import CONSENTS
from jobhunter_runner.countries import countries_named, country_code, without_countries
from jobhunter_runner.field_rule import OTHERS, Rule, telling_words
from jobhunter_runner.field_words import identifier_words, normal_words
from jobhunter_runner.form import Field, FieldKind, PageView
from jobhunter_runner.identity_rules import IDENTITY
from jobhunter_runner.meaning import UNKNOWN, Meaning
from jobhunter_runner.name_parts import settle_names
from jobhunter_runner.question_rules import QUESTIONS

RULES: tuple[Rule, ...] = (*CONSENTS, *QUESTIONS, *ACCOUNTS, *IDENTITY)

# A general word in a label, a narrower one in the name or id: the narrower is meant.
_NARROWER: dict[Token, frozenset[Token]] = {
    Token.NAME: frozenset(
        {Token.GIVEN_NAME, Token.FAMILY_NAME, Token.ADDITIONAL_NAME, Token.CC_NAME, Token.ORGANIZATION}
    ),
    Token.STREET_ADDRESS: frozenset({Token.ADDRESS_LINE1, Token.ADDRESS_LINE2, Token.ADDRESS_LINE3, Token.EMAIL}),
    Token.TEL: frozenset({Token.TEL_COUNTRY_CODE, Token.TEL_EXTENSION}),
    Token.BDAY: frozenset({Token.BDAY_DAY, Token.BDAY_MONTH, Token.BDAY_YEAR}),
    Token.CC_EXP: frozenset({Token.CC_EXP_MONTH, Token.CC_EXP_YEAR}),
}
# What is somebody's contact or place: not the applicant's where the words are about another person.
_PERSONAL = frozenset(
    {
        Token.NAME, Token.GIVEN_NAME, Token.FAMILY_NAME, Token.ADDITIONAL_NAME, Token.EMAIL, Token.TEL, Token.STREET_ADDRESS,
        Token.ADDRESS_LINE2, Token.ADDRESS_LEVEL1, Token.ADDRESS_LEVEL2, Token.POSTAL_CODE, Token.COUNTRY, Token.ORGANIZATION,
        Token.ORGANIZATION_TITLE, Token.URL, Token.LINKEDIN_URL, Token.BDAY,
    }
)  # fmt: skip
_TOKENS = {t.value: t for t in Token}
_TYPES = {FieldKind.EMAIL: Token.EMAIL, FieldKind.TEL: Token.TEL}
_CODES = frozenset({Token.ONE_TIME_CODE, Token.CC_CSC, Token.NATIONAL_ID})  # what a password widget may hide besides
_PASSWORD = re.compile(r"pass ?word|passwd|pwd|passwort|kennwort|contrasena|mot de passe|senha|парол|パスワード")
# Told by their place or in whole sentences: a file's words name the file, a consent's the purpose, a person's the person.
_IN_SENTENCES = frozenset(
    {
        Token.RESUME, Token.COVER_LETTER, Token.OTHER_DOCUMENT, Token.PHOTO, Token.CONSENT, Token.CONSENT_MARKETING,
        Token.CONSENT_TRUTH,
    }
)  # fmt: skip
_RIGHT_TO_WORK = frozenset({Token.WORK_AUTHORIZATION, Token.VISA_SPONSORSHIP})
_UNSURE = 0.4
# Of what one did for or with people of a trait, or does at present, not of the trait.
_NO_TRAIT = re.compile(
    r"(?<![a-z])(work(ed|ing)? with|experience|support(ing|ed)?|married|carer?|caring|caregiver|recruit\w*|teach\w*|taught"
    r"|active duty|serving)(?![a-z])"
)
# A yes or no is asked for, where only a link says yes by itself.
_YES_OR_NO = re.compile(r"^(is|are|do|does|did|can|could|will|would|have|has) (you|your|this|the|there|it|we)(?![a-z])")
_ANSWERED_BY_YES = _RIGHT_TO_WORK | {
    Token.RELOCATE, Token.LINKEDIN_URL, Token.GITHUB_URL, Token.TWITTER_URL, Token.PORTFOLIO_URL, Token.URL
}  # fmt: skip
_THEIR_EMPLOYERS = re.compile(r"(?<![a-z])(employers?|hr|human resources)(?![a-z])")
_EMPLOYERS = re.compile(r"(?<![a-z])(company|employer|business|billing contact)(?![a-z])")
_MONTHS = re.compile(r"(?<![a-z])(january|jan|januar|janvier|enero|gennaio)(?![a-z])")
_TITLES = re.compile(r"(?<![a-z])(mr|mrs|ms|herr|frau|mme|sr|sra)(?![a-z])")
_PART = {
    "day": re.compile(r"(?<![a-z])(day|dd|tag|jour|dia)(?![a-z])"),
    "month": re.compile(r"(?<![a-z])(month|mm|monat|mois|mes)(?![a-z])"),
    "year": re.compile(r"(?<![a-z])(year|yyyy|yy|jahr|annee|ano)(?![a-z])"),
}
_BIRTH = re.compile(r"birth|(?<![a-z])(dob|bday)(?![a-z])|geburt|naissance|nacimiento|nascita")
_EXPIRY = re.compile(r"(?<![a-z])(exp|expiry|expires|expiration|valid thru)(?![a-z])")
_DATED = frozenset({Token.START_DATE, Token.GRADUATION_DATE})
_REACHED = frozenset({Token.EMAIL, Token.TEL, Token.STREET_ADDRESS, Token.URL})
_OF_A_JOB = frozenset({Token.ORGANIZATION, Token.ORGANIZATION_TITLE})
_PRESENT = re.compile(r"(?<![a-z])(current|present|recent|latest|aktuell\w*|actuel|actual)(?![a-z])")
_HISTORY = re.compile(r"education|school|experience|employment|work history|ausbildung|berufserfahrung|formation")


@dataclass(frozen=True)
class _Text:
    words: str
    weight: float
    source: str


def recognise(field: Field) -> Meaning:
    """What one field asks for, without its neighbours; see recognise_form."""
    found = _meant(field)
    if found.sure and found.token and _says_more(field, found.token):
        return replace(found, confidence=_UNSURE)
    return found


def _says_more(field: Field, token: Token) -> bool:
    """Whether the words that a person reads hold some which nothing here knows: "Last employer" is no last name."""
    info = VOCABULARY[token]
    if not info.filled or info.voluntary or token in _IN_SENTENCES:
        return False
    text = next(iter(_texts(field)), None)
    if text is None or text.source not in ("label", "placeholder", "hint"):
        return False
    if token not in _ANSWERED_BY_YES and _YES_OR_NO.match(text.words):
        return True
    words = without_countries(text.words) if token in _RIGHT_TO_WORK else text.words
    rule = _first_rule(text.words, field.kind)
    return rule.says_more(words) if rule else bool(telling_words(words))


def _meant(field: Field) -> Meaning:
    """By autocomplete where it is stated and not contradicted, else by the words."""
    stated = _autocomplete(field)
    found = _by_words(field)
    if stated is None:
        return found
    if found.token and found.token != stated and _contradicts(stated, found, field):
        return replace(found, confidence=min(found.confidence, 0.75))
    same = found.token == stated
    token = found.token if found.token in _NARROWER.get(stated, frozenset()) else stated
    return replace(found if same else UNKNOWN, token=token, confidence=0.98, evidence="autocomplete")


def recognise_form(view: PageView) -> list[Meaning]:
    """The meaning of every field of a page, in the order of view.fields; neighbours help where one field's words do not."""
    job = normal_words(f"{view.job_title} {view.shared_title}")
    meanings = [recognise(_without_the_jobs_name(field, job)) for field in view.fields]
    settle_names(view, meanings)
    settle_credentials(view, meanings)
    return meanings


def _without_the_jobs_name(field: Field, job: str) -> Field:
    """A heading that is the posting's title says nothing of whose fields follow: "Account manager"."""
    section = normal_words(field.section)
    return replace(field, section="") if section and f" {section} " in f" {job} " else field


def _autocomplete(field: Field) -> Token | None:
    for word in reversed(field.attributes.get("autocomplete", "").lower().split()):
        if word == "webauthn":
            continue
        token = _TOKENS.get(word)
        if token in (Token.NEW_PASSWORD, Token.CURRENT_PASSWORD) and field.kind is not FieldKind.PASSWORD:
            return None  # sites put it on other fields to keep a browser from filling them
        return token
    return None


def _contradicts(stated: Token, found: Meaning, field: Field) -> bool:
    """Whether the words are so clearly another thing that autocomplete must be a copy and paste slip."""
    if found.token in _NARROWER.get(stated, frozenset()) or stated in _NARROWER.get(found.token or stated, frozenset()):
        return False
    kin = {Token.STREET_ADDRESS, Token.ADDRESS_LINE1}
    if {stated, found.token} <= kin or {stated, found.token} <= {Token.COUNTRY, Token.COUNTRY_NAME}:
        return False
    if stated in (Token.USERNAME, Token.EMAIL) and found.token in (Token.USERNAME, Token.EMAIL):
        return found.evidence.startswith("label") and stated is Token.USERNAME
    if stated in (Token.TEL_NATIONAL, Token.TEL_LOCAL) and found.token is Token.TEL:
        return False
    return found.evidence.startswith("label") and found.confidence >= 0.9


def _texts(field: Field) -> Iterator[_Text]:
    question = field.attributes.get("data-jobhunter-question", "")
    if question:
        yield _Text(normal_words(question), 0.9, "label")
        return
    if field.label:
        yield _Text(normal_words(field.label), 0.95, "label")
    for hint in field.hints:
        if re.fullmatch(r"\S+@\S+\.\S+", hint.split(" ")[-1]):
            yield _Text("email", 0.8, "placeholder")
        yield _Text(normal_words(hint), 0.82, "hint")
    for source, weight in (("name", 0.8), ("id", 0.78), ("aria-label", 0.75)):
        value = field.attributes.get(source, "")
        if value:
            yield _Text(identifier_words(value), weight, source)
    for key, value in field.attributes.items():
        if key.startswith("data-") and not key.startswith("data-jobhunter"):
            yield _Text(identifier_words(value), 0.6, key)
    if field.kind is FieldKind.FILE and field.section:
        yield _Text(normal_words(field.section), 0.75, "section")


def _first_rule(words: str, kind: FieldKind) -> Rule | None:
    return next((rule for rule in RULES if rule.fits(words, kind)), None)


def _by_words(field: Field) -> Meaning:
    texts = list(_texts(field))
    if "captcha" in " ".join(t.words for t in texts if t.source in ("name", "id")):
        return UNKNOWN
    kind = field.kind
    hits = [(t, rule) for t in texts if (rule := _first_rule(t.words, kind))]
    section = normal_words(field.section)
    part = _date_part(field, texts)
    if part:
        return part
    if not hits:
        return _without_words(field)
    text, rule = hits[0]
    if rule.token is None:
        return UNKNOWN
    token, weight = rule.token, text.weight
    others = [r.token for t, r in hits[1:] if t.source in ("name", "id", "hint", "placeholder") and r.token is not None]
    narrower = next((o for o in others if o in _NARROWER.get(token, frozenset())), None)
    if narrower is not None:
        token, weight = narrower, 0.85
    elif token in others:
        weight = min(weight + 0.03, 0.98)
    elif field.attributes.get("data-jobhunter-label") and text.source == "label":
        named = [r.token for t, r in hits[1:] if t.source in ("name", "id")]
        if named and named[0] is not None:
            token, weight = named[0], 0.65  # words that only stand near, and a name that says another thing
    if _of_another(token, texts[0].words, section):
        weight = _UNSURE  # said, and never filled
    if token in _DATED and _HISTORY.search(normal_words(field.section)):
        return UNKNOWN
    if token in _OF_A_JOB and _HISTORY.search(normal_words(field.section)) and not _PRESENT.search(text.words):
        weight = 0.6  # a row of a work history: which job it is of is not said
    if field.kind is FieldKind.PASSWORD and (token not in _CODES or any(_PASSWORD.search(t.words) for t in texts)):
        return UNKNOWN
    if field.kind is FieldKind.EMAIL and token in (Token.NAME, Token.STREET_ADDRESS, Token.USERNAME):
        token, weight = Token.EMAIL, _UNSURE if text.source == "label" else weight
    return Meaning(
        token=token,
        confidence=weight,
        polarity=rule.polarity,
        detail=rule.detail,
        countries=tuple(countries_named(" ".join([field.attributes.get("data-jobhunter-question", ""), field.label]))),
        evidence=f"{text.source}: {text.words}"[:120],
    )


def _of_another(token: Token, words: str, section: str) -> bool:
    """Whether a contact, a place or a trait is not the applicant's, by the field's words and the heading above it."""
    if VOCABULARY[token].voluntary:
        return bool(OTHERS.search(words) or _NO_TRAIT.search(words))
    if token not in _PERSONAL:
        return False
    theirs = token not in _OF_A_JOB and _THEIR_EMPLOYERS.search(section)
    return bool(OTHERS.search(f"{words} {section}") or theirs or (token in _REACHED and _EMPLOYERS.search(words)))


def _date_part(field: Field, texts: list[_Text]) -> Meaning | None:
    """Day, month and year of a birth or an expiry, where the date's name stands at the group or in the name."""
    every = " ".join([*(t.words for t in texts), normal_words(field.section)])
    birth, expiry = _BIRTH.search(every), _EXPIRY.search(every)
    if not (birth or expiry) or field.kind in (FieldKind.CHECKBOX, FieldKind.RADIO, FieldKind.FILE, FieldKind.DATE):
        return None
    for text in texts:
        parts = [name for name, pattern in _PART.items() if pattern.search(text.words)]
        if birth and len(parts) == 1 and (parts != ["day"] or "birth day" not in text.words):
            token = {"day": Token.BDAY_DAY, "month": Token.BDAY_MONTH, "year": Token.BDAY_YEAR}[parts[0]]
            return Meaning(token, 0.85, evidence=f"{text.source}: {text.words}"[:120])
        if expiry and len(parts) == 1 and parts != ["day"] and _CARD.search(every):
            token = {"month": Token.CC_EXP_MONTH, "year": Token.CC_EXP_YEAR}[parts[0]]
            return Meaning(token, 0.85, evidence=f"{text.source}: {text.words}"[:120])
    return None


_CARD = re.compile(r"(?<![a-z])(cards?|cc|credit|debit|cvv|payment|visa)(?![a-z])")


def _without_words(field: Field) -> Meaning:
    """By the options of a select, else by the widget's type."""
    labels = [o.label for o in field.options]
    if field.kind is FieldKind.SELECT and labels and not field.label:
        if sum(country_code(label) is not None and len(label) > 3 for label in labels) >= max(8, len(labels) // 2):
            return Meaning(Token.COUNTRY, 0.8, evidence="options")
        if _TITLES.search(normal_words(" ".join(labels))) and len(labels) < 15:
            return Meaning(Token.HONORIFIC_PREFIX, 0.75, evidence="options")
    token = _TYPES.get(field.kind)
    about = " ".join([field.label, field.section])
    if token is None or OTHERS.search(normal_words(about)):
        return UNKNOWN
    return Meaning(token, 0.85 if token is Token.EMAIL else 0.75, evidence=f"type={field.kind}")
