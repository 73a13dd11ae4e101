"""What a page is, from what was read of it: a form to fill, a closed posting, a wall, a confirmation … Pure.

Each verdict comes with the words that gave it. Text on a page is data: it classifies, it never instructs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.application_form import FormKey, application_form
from jobhunter_runner.apply_link import apply_links, invites, link_of_posting
from jobhunter_runner.field_words import normal_words
from jobhunter_runner.form import Button, FieldKind, PageView
from jobhunter_runner.meaning import Meaning


class PageKind(StrEnum):
    APPLICATION_FORM = "application-form"
    ERRORS = "errors"  # the application form, with the site's complaints
    CONFIRMATION = "confirmation"
    POSTING_CLOSED = "posting-closed"
    LOGIN_WALL = "login-wall"
    CAPTCHA = "captcha"
    APPLY_LINK = "apply-link"  # no form, and a button or link that leads to one
    APPLY_UNCLEAR = "apply-unclear"  # links that lead to forms, and none of them is clearly the posting's
    BROKEN = "broken"  # the site's own failure: a 5xx, or a page that says so
    NO_FORM = "no-form"


@dataclass(frozen=True)
class Verdict:
    """evidence: the words that gave the kind. form: the application's form. apply: what to press to reach one."""

    kind: PageKind
    evidence: str = ""
    form: FormKey | None = None
    apply: Button | None = None


_THING = r"(position|job|role|vacancy|posting|opening|requisition|advert(isement)?)"
_CLOSED = re.compile(
    r"no longer (accepting|taking|open|available|active|exists?|posted|being filled)"
    rf"|\b{_THING}( (?!to|will|may|might|can|could|until|till)\w+){{0,4}} (has|have|is|was|are|were)"
    r"( been| already| now| currently| unfortunately| since| no longer)* "
    r"(filled|closed|expired|removed|withdrawn|unavailable|not available|no longer)\b"
    r"(?! (on a|as soon|within|once|when|until|in the (spring|summer|autumn|winter))\b)"
    r"|applications? (for this \w+ )?(are|is|have|has)( now| been)* closed|job not found"
    r"|(position|posting|page) (could )?not (be )?found|we are not( currently)? (accepting|taking)( new)? applications"
    r"|stelle ist (bereits |leider )*(nicht mehr|besetzt)|nicht mehr verfugbar|offre (n est|nest) plus"
    r"|ya no esta disponible"
)
_CLOSED_HEADING = re.compile(
    r"\b(job|position|role|vacancy|posting|opening|requisition|applications) (closed|expired|filled|unavailable)\b(?!-)"
    r"(?! (on|by|as|at|until|within)\b)",
    re.IGNORECASE,
)
"""As a heading says it, in the text as it stands: "Job: Closed-loop controls engineer" is another job."""
_ONE_DAY = re.compile(
    r"\b(until|till|if|when|once|unless|whether|after|before|as soon as|falls|sobald|wenn|bis)( \w+){0,2} ?$"
)
_CONFIRMED = re.compile(
    r"thank(s| you)( so much| very much)? for (applying|your application|submitting( your application)?"
    r"|your submission)|application (was |has been |is )?(now )?(successfully )?"
    r"(submitted|received|sent|complete(d)?)|(we|weve|we have|have) (have )?(successfully )?(received"
    r"|got) your application|successfully (applied|submitted)|your application (was|has been) (sent|received"
    r"|submitted)"
    r"|you(ve| have) (successfully |already )?applied|application confirmation|vielen dank fur (ihre|deine) bewerbung"
    r"|bewerbung (ist |wurde )?(erfolgreich )?(eingegangen|gesendet|ubermittelt|abgeschickt)"
    r"|merci (pour|d avoir) (votre candidature|postule)|candidature (a ete |a bien ete )?(envoyee|recue|enregistree)"
    r"|gracias por (aplicar|postularte|tu (solicitud|candidatura))"
    r"|solicitud (ha sido )?(enviada|recibida)|grazie per (la tua candidatura|esserti candidato)"
    r"|obrigado pela (sua )?candidatura|thanks for your interest in .{0,60}(sent|received|application)"
)
_NOT_YET = re.compile(
    r"(once|after|when|until|before|if) (your |the )?application (is|has been|was)"
    r"|review your application before"
)
_SIGN_IN = re.compile(
    r"sign in|log in|login|sign on|anmelden|einloggen|connexion|se connecter|iniciar sesion|accedi"
    r"|entrar|inloggen|войти|ログイン|create an account"
)
_CAPTCHA_FRAME = re.compile(
    r"google\.com/recaptcha|recaptcha\.net|hcaptcha\.com|challenges\.cloudflare\.com|arkoselabs\.com|funcaptcha"
    r"|captcha-delivery\.com|geetest"
)
_CAPTCHA_WORDS = re.compile(
    r"verify (that )?you(re| are) (a )?human|prove you(re| are) (a )?human|not a robot|checking (your browser"
    r"|if the site connection is secure)|complete the (security check|captcha)|press (and|&) hold"
    r"|unusual traffic|security verification|just a moment|are you a robot"
)
_BROKEN = re.compile(
    r"internal server error|bad gateway|service (temporarily )?unavailable|gateway time ?out|something went wrong"
    r"|unexpected error|our systems are having|please try again (later|in a few)"
)


def page_kind(view: PageView, meanings: Sequence[Meaning], pressed: bool = False, asked_url: str = "") -> Verdict:
    """Classify a page. `pressed`: the application was sent just now, so a form with complaints is the site's refusal.

    asked_url: the posting's address as the person gave it, where the page is what it led to.
    """
    form = application_form(view, meanings)
    words = normal_words(view.text)
    head = normal_words(" ".join([view.title, view.text[:1500]]))
    if view.status in (404, 410) and form is None:
        return Verdict(PageKind.POSTING_CLOSED, f"the site answered {view.status}")
    if view.status is not None and view.status >= 500:
        return Verdict(PageKind.BROKEN, f"the site answered {view.status}")
    if form is not None:
        complaints = form_complaints(view, form)
        if complaints:
            return Verdict(PageKind.ERRORS, " · ".join(complaints)[:500], form)
        confirmed = _CONFIRMED.search(words) if pressed else None
        if confirmed and not _NOT_YET.search(words) and _in_alerts(view, confirmed[0]):
            return Verdict(PageKind.CONFIRMATION, confirmed[0])
        return Verdict(PageKind.APPLICATION_FORM, "", form)
    confirmed = _CONFIRMED.search(head)
    if confirmed and not _NOT_YET.search(head):
        return Verdict(PageKind.CONFIRMATION, confirmed[0])
    captcha = captcha_on(view)
    if captcha and len(view.text) < 1500:
        return Verdict(PageKind.CAPTCHA, captcha)
    links = apply_links(view)
    closed = closed_words(f"{view.title}. {view.text[:1500]}")
    if closed and not any(invites(link) for link in links):
        return Verdict(PageKind.POSTING_CLOSED, _sentence_with(view, closed))
    wall = _login_wall(view, meanings, words)
    if wall:
        return Verdict(PageKind.LOGIN_WALL, wall)
    if links:
        apply = link_of_posting(links, view.url, asked_url)
        if apply is None:
            return Verdict(PageKind.APPLY_UNCLEAR, _sentence_with(view, closed) if closed else view.title)
        return Verdict(PageKind.APPLY_LINK, apply.label, apply=apply)
    broken = _BROKEN.search(head)
    if broken:
        return Verdict(PageKind.BROKEN, broken[0])
    return Verdict(PageKind.NO_FORM, view.title or view.text[:100])


def captcha_on(view: PageView) -> str:
    """The evidence of a CAPTCHA that a person can see, "" without one. A form may hold one beside its fields."""
    frame = next((u for u in view.frame_urls if _CAPTCHA_FRAME.search(u) and "size=invisible" not in u), "")
    if frame:
        return f"a frame of {frame.split('?')[0][:100]}"
    found = _CAPTCHA_WORDS.search(normal_words(" ".join([view.title, view.text])))
    return found[0] if found else ""


def form_complaints(view: PageView, form: FormKey) -> list[str]:
    """What the site says is wrong: texts at the form's fields, and alerts that speak of errors."""
    at_fields = [
        f"{f.label}: {f.error}" if f.label else f.error for f in view.fields if form.owns(f) and f.error and f.visible
    ]
    speaks = re.compile(
        r"error|problem|correct|invalid|required|missing|attention|could not be|must|please (fill"
        r"|check|enter|provide)|fehler|pflicht|erreur|requis|obligatorio"
    )
    general = [a for a in view.alerts if speaks.search(a.lower()) and len(a) < 300]
    said = [*general, *at_fields]
    return list(dict.fromkeys(said)) if at_fields or general else []


def closed_words(text: str) -> str:
    """The words that say that the posting is closed, "" where none do: not what will be, may be, or is closed one day."""
    words = normal_words(text)
    for match in _CLOSED.finditer(words):
        if not _ONE_DAY.search(words[: match.start()]):
            return match[0]
    bare = _CLOSED_HEADING.search(" ".join(text.split()))
    return normal_words(bare[0]) if bare else ""


def _login_wall(view: PageView, meanings: Sequence[Meaning], words: str) -> str:
    tokens = {m.token for f, m in zip(view.fields, meanings, strict=True) if f.visible}
    password = tokens & {Token.CURRENT_PASSWORD, Token.NEW_PASSWORD} or any(
        f.kind is FieldKind.PASSWORD and f.visible for f in view.fields
    )
    said = _SIGN_IN.search(words) or _SIGN_IN.search(normal_words(" ".join(b.label for b in view.buttons)))
    if password and said:
        return said[0]
    must = re.search(
        r"(sign|log) ?in to (apply|continue)|you (must|need to) (be )?(signed|logged|sign|log) ?in"
        r"|create an account to (apply|continue)",
        words,
    )
    return must[0] if must else ""


def _sentence_with(view: PageView, words: str) -> str:
    """The page's own sentence in which `words` stand, or they themselves where it has none."""
    sentences = [view.title, *re.split(r"(?<=[.!?])\s", view.text[:1500])]
    found = next((s.strip().rstrip(".") for s in sentences if words in normal_words(s)), "")
    return f"“{found}”" if 0 < len(found) <= 200 else words


def _in_alerts(view: PageView, words: str) -> bool:
    return any(words in normal_words(alert) for alert in view.alerts)
