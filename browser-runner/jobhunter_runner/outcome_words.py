"""The words by which sites say that an application arrived, was refused, or that they broke down. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

CONFIRMED = re.compile(
    r"""
    \bthank(s|\ you)(\ (very|so)\ much|\ a\ lot)?\ for\ (applying|(submitting\ )?your\ (job\ )?(application|submission))
    |\b(your|the|this)?\ ?application\ (form\ )?(has\ been|was|is|has)?\ ?(now\ |been\ )?(successfully\ )?
       (submitted|received|sent|completed|complete)\b(?!\s+(by\b|before|after|until|within|in\ english|with|\d+\ ?%))
    |\bwe(\ have|'ve|’ve)?(\ successfully)?(\ just)?\ (received|got)\ your\ application
    |\byou(\ have|'ve|’ve)\ (successfully\ )?(applied|submitted)(?!\s+(to|for)\s+(a\ job|jobs|positions)\ )
    |\bsuccessfully\ (applied|submitted\ your|sent\ your)
    |\bsubmission\ (was\ )?(received|successful|complete)
    |(vielen\ )?dank\ für\ (ihre|deine|die)\ (online-?)?bewerbung
    |\b((ihre|deine)\ )?bewerbung\ (wurde|ist|haben\ wir)\ (bei\ uns\ )?(erfolgreich\ )?
       (übermittelt|gesendet|versendet|eingegangen|erhalten|abgeschickt|abgesendet)
    |merci\ (pour|de|d'avoir|d’avoir)\ (votre\ candidature|ta\ candidature|postulé|envoyé)
    |\bcandidature\ (a\ |est\ )?(bien\ )?(été\ )?(bien\ )?(envoyée|reçue|transmise|enregistrée)
    |gracias\ por\ (tu|su|enviar|presentar|haber)\ ?(tu|su)?\ ?(solicitud|candidatura|postulación|aplicado)
    |\b(solicitud|candidatura|postulación)\ (ha\ sido\ |fue\ )?(correctamente\ )?(enviada|recibida)
    |grazie\ per\ (la\ tua|la\ sua|esserti|aver)\ ?(candidatura|candidat[oa]|inviato)
    |\bcandidatura\ (è\ stata\ )?(inviata|ricevuta)
    |obrigad[oa]\ (por|pela)\ (sua|tua|se)\ (candidat|inscri)
    |\bcandidatura\ (foi\ )?(enviada|recebida)
    |bedankt\ voor\ (je|jouw|uw)\ sollicitatie
    |\bsollicitatie\ (is\ )?(goed\ )?(verzonden|verstuurd|ontvangen)
    |dziękujemy\ za\ (aplikację|zgłoszenie|przesłanie)
    |tack\ för\ din\ ansökan|takk\ for\ (din\ )?søknad|tak\ for\ din\ ansøgning
    |(спасибо|благодарим)\ (вас\ )?за\ (ваш[ау]?\ )?(отклик|заявку|резюме)|(отклик|заявка)\ (успешно\ )?отправлен
    |(ご)?応募(いただき)?[、,]?(誠に)?ありがとうございま|応募(が|を)?(完了|受け付け)
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Clear enough to be believed while the form still stands there."""

THANKS = re.compile(
    r"\b(thank you|thanks|received|successful(ly)?|submitted|(be|get) (back )?in touch|hear from us|confirmation"
    r"|danke|eingegangen|erfolgreich|merci|reçue?|gracias|recibid[oa]|grazie|ricevut[oa]|obrigad[oa]|recebid[oa]|bedankt"
    r"|ontvangen"
    r"|dziękujemy|tack|takk|tak)\b|спасибо|ありがとうございま|完了",
    re.IGNORECASE,
)
"""Enough where the form went away and the address changed."""

THANKS_ADDRESS = re.compile(
    r"thank|confirm|success|submitted|applied|received|complete|danke|bestaetig|erfolg|merci|gracias|grazie|obrigad|bedankt",
    re.IGNORECASE,
)

NOT_CONFIRMED = re.compile(
    r"\b(could|can|was|were|has|have|is|been|did|will)?\s?(not|n't|n’t)\s+(yet\s+)?(been\s+|be\s+)?"
    r"(submitted|received|sent|processed|complete|successful)"
    r"|nicht\s+\w*\s?(gesendet|übermittelt|abgeschickt)|n'a pas (pu|été)|no (se )?(pudo|ha sido|ha podido)|non è stat"
    r"|não (foi|pôde)|niet (verzonden|verstuurd)",
    re.IGNORECASE,
)

ERROR = re.compile(
    r"\b(errors?|required|invalid|not valid|missing|must|can(no|')t be (blank|empty)|correct the|needs? your attention|problem"
    r"|please (enter|select|fill|correct|provide|check|choose|complete|upload|answer|review)|too (long|short|large|big)"
    r"|could( not|n't) be|check (the|your)"
    r"|failed|unable|already exists"
    r"|fehler|pflichtfeld|bitte|ungültig|erforderlich|erreur|obligatoire|veuillez|invalide|obligatorio|inválid|por favor|errore"
    r"|obbligatorio|non valido|erro|obrigatório|verplicht|fout|ongeldig|wymagane|błąd|obligatoriskt|fel)\b"
    r"|ошибк|обязательн|заполните|エラー|必須|入力してください",
    re.IGNORECASE,
)

THANKED = re.compile(
    r"^\W*success\b|\b(thank you|thanks|(vielen )?danke?|merci|(muchas )?gracias|grazie|obrigad[oa]|bedankt|dank u"
    r"|dziękujemy|tack|takk|tak)\b|спасибо|ありがとうございま",
    re.IGNORECASE,
)
"""In an alert that appears after a press: no fault, though it asks to check one's inbox."""

ALREADY_APPLIED = re.compile(
    r"\b(you(\ have|'ve|’ve)?\ already\ (applied|submitted|sent)|already\ applied\ (for|to)\ (this|the)"
    r"|application\ (for\ this\ \w+\ )?((was|has|been)\ )+(received|submitted)\ (before|already|earlier)"
    r"|application\ (for\ this\ \w+\ )?already\ exists"
    r"|(bereits|schon)\ (auf\ diese\ stelle\ |für\ diese\ stelle\ )?beworben|déjà\ (postulé|candidaté)"
    r"|ya\ (te\ )?(has|ha)\ (aplicado|postulado|solicitado|inscrito)|già\ (candidat[oa]|inviato\ la)|já\ se\ candidat(ou|aste)"
    r"|al\ gesolliciteerd)\b",
    re.IGNORECASE | re.VERBOSE,
)
"""The site has an application of this person for the posting, and takes no second one."""

BROKEN_DOWN = re.compile(
    r"something went wrong|broke the connection off"
    r"|unexpected error|internal (server )?error|server error|try again later|try again in a"
    r"|temporarily unavailable|service unavailable|bad gateway|gateway time-?out|network error|failed to fetch"
    r"|technical (problem|difficult|issue)"
    r"|ein fehler ist aufgetreten|später (noch ?einmal|erneut)|erreur est survenue|réessay|ha ocurrido un error|inténtelo"
    r"|error inesperado|si è verificato un errore|riprova|ocorreu um erro|er is iets misgegaan|probeer het later"
    r"|coś poszło nie tak|что-то пошло не так",
    re.IGNORECASE,
)

_PROMISE = re.compile(
    r"\b(if|whether|not|cannot|unable|once|when|until|after|before|wenn|sobald|si|quand|cuando)\b[^.!?]{0,40}$",
    re.IGNORECASE,
)
"""Before the words: "whether" or "once your application has been received …" confirms nothing."""

_SUPPOSED = re.compile(r"\b(if|whether|in case|jobs|roles|wenn|falls|ob|si|se)\b[^.!?]{0,30}$", re.IGNORECASE)

_STILL_TO_SEND = re.compile(
    r"\b(press|click|hit|tap)( on)?( the)? [\"“'‘«]?(submit|send)\b|\bready to (be )?(submit|send|sent)\b"
    r"|([.!?:;,–—-]|\bplease) (review|check) (it|your (application|answers)),? (and|before|then) (submit|send)"
    r"|\bsubmit (it|your application)\b",
    re.IGNORECASE,
)
"""After the words: a form that is only filled."""


def confirmation(text: str, before: str) -> str:
    """The site's words of confirmation in `text` that were not in `before`: the sentence they stand in, "" where none are."""
    for match in _said_anew(CONFIRMED, text, before):
        around = text[_sentence_start(text, match.start(), 100) : match.end() + 20]
        if NOT_CONFIRMED.search(around) or _STILL_TO_SEND.search(text[match.end() : match.end() + 120]):
            continue
        # A capital begins a sentence of its own: what stands before it is another block's ("… before optimising").
        if not match.group().lstrip()[0].isupper() and _PROMISE.search(text[: match.start()][-60:]):
            continue
        return sentence_at(text, match.start(), match.end())
    return ""


def already_applied(text: str, before: str) -> str:
    """The site's words, that were not in `before`, that one has applied already: their sentence, "" where none are."""
    for match in _said_anew(ALREADY_APPLIED, text, before):
        if not _SUPPOSED.search(text[: match.start()][-40:]):
            return sentence_at(text, match.start(), match.end())
    return ""


def _said_anew(words: re.Pattern[str], text: str, before: str) -> Iterator[re.Match[str]]:
    known = {" ".join(match.group().casefold().split()) for match in words.finditer(before)}
    return (match for match in words.finditer(text) if " ".join(match.group().casefold().split()) not in known)


def sentence_at(text: str, start: int, end: int, most: int = 300) -> str:
    """The words of `text` at start..end to their sentence's end, and the next sentence where there is room.

    Begins with the sentence only where its beginning is near: a heading has no full stop, the menu before it is no part of it.
    """
    near = _sentence_start(text, start, 40)
    begin = near if near and text[near - 2] in ".!?。" else start
    rest = text[end : begin + most]
    ends = [m.end() for m in re.finditer(r"[.!?。](?=\s|$)", rest)]
    stop = end + (ends[1] if len(ends) > 1 else ends[0] if ends else len(rest))
    return text[begin:stop].strip()


def _sentence_start(text: str, start: int, most: int) -> int:
    """Where the sentence around `start` begins, at most `most` characters before it."""
    floor = max(0, start - most)
    marks = [m.end() for m in re.finditer(r"[.!?。]\s", text[floor:start])]
    return floor + marks[-1] if marks else floor
