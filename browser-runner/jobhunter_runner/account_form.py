"""User names and passwords: what they are shows in the form around them (signing in, signing up, changing a password).

Recognised so that nothing of a profile is ever put there; never filled.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.field_words import identifier_words, normal_words
from jobhunter_runner.form import Field, FieldKind, PageView
from jobhunter_runner.meaning import Meaning


class AccountForm(StrEnum):
    SIGN_IN = "sign-in"
    SIGN_UP = "sign-up"
    CHANGE = "change-password"
    OTHER = "other"


_SIGN_UP = re.compile(
    r"sign ?up|regist(er|ration|rieren|rierung|rar\w*|ro)|registrati|create (an |your |my |new |a )*(\w+ )?(account"
    r"|profile|id|password)|join( now| us| free)?|new (account|user|customer)"
    r"|enrol\w*|inscri\w+|creer (un |mon )?compte|konto (erstellen|anlegen)|neues konto|crear (una )?cuenta"
    r"|criar conta|cadastr\w+|crea account|регистрац\w*|зарегистрир\w*"
    r"|会員登録|新規登録|회원가입|zarejestruj|get started|start (your )?free|account creation|become"
)
_SIGN_IN = re.compile(
    r"sign ?in|log ?in|log ?on|sign ?on|signin|anmeld\w*|einlogg\w*|connexion|se connecter|connect(ez)?"
    r"|iniciar sesion|acceder|accedi|accesso|entrar|acesse|inloggen|вход|войти|авториза\w*"
    r"|ログイン|로그인|giris|zaloguj|forgot|reset your password|remember me|keep me (signed|logged) in|auth|sso"
    r"|stay signed in"
)
_CHANGE = re.compile(
    r"(change|update|reset|new|set|create) (your |a |new |my )*password|password (change|reset"
    r"|update)|passwort andern|cambiar contrasena"
)
_OLD = re.compile(
    r"(?<![a-z])(current|old|existing|present|previous|aktuell\w*|alt\w*|actual|actuel|ancien|attuale"
    r"|vecchia|текущ\w*|стар\w*|現在)(?![a-z])"
)
_NEW = re.compile(
    r"(?<![a-z])(new|confirm\w*|confirmation|repeat|re ?type|re ?enter|again|verify|verification|second|2|neu\w*"
    r"|wiederhol\w*|bestatig\w*|nouveau|confirmez|repetir|nueva|nuova|conferma|ripeti"
    r"|create|choose|pick|set|повтор\w*|нов\w*|подтвержд\w*|確認|新しい|conf|pwd ?2|reg|register|signup|sign up"
    r"|registration)(?![a-z])"
)
_NOT_A_PASSWORD = re.compile(r"(?<![a-z])(pin|digit|security answer|ssn|cvv|cvc|otp|code|one time)(?![a-z])")
_PASSWORD = re.compile(r"pass ?word|passwd|pwd|passwort|пароль")
_STRENGTH = re.compile(
    r"at least \w+ (characters|digits|letters)|(contain|include)s? (at least )?\w* ?(characters"
    r"|lowercase|uppercase|letter|number|digit)|strong password"
)
_IDENTIFIER_KINDS = frozenset({FieldKind.TEXT, FieldKind.EMAIL, FieldKind.TEL, FieldKind.NUMBER, FieldKind.OTHER})


def settle_credentials(view: PageView, meanings: list[Meaning]) -> None:
    """Name the password fields and the user name beside them, in place, a form at a time."""
    groups: dict[tuple[int, int, str], list[int]] = {}
    for i, field in enumerate(view.fields):
        section = field.section if field.form_index < 0 else ""
        groups.setdefault((field.frame_index, field.form_index, section), []).append(i)
    for (frame, form, section), group in groups.items():
        passwords = [i for i in group if _is_password(view.fields[i], meanings[i])]
        sort = account_form(view, frame, form, section, [view.fields[i] for i in group])
        _name_passwords(view, meanings, passwords, sort)
        _name_identifier(view, meanings, group, passwords, sort)
        for i in group:
            if meanings[i].detail == "either" and sort is AccountForm.SIGN_UP:
                meanings[i] = replace(meanings[i], token=Token.EMAIL, confidence=0.75)


def _is_password(field: Field, meaning: Meaning) -> bool:
    if field.kind is not FieldKind.PASSWORD:
        words = normal_words(field.label)
        return meaning.token is None and field.kind is FieldKind.TEXT and words in ("password", "passwort", "пароль")
    if meaning.token in (Token.NEW_PASSWORD, Token.CURRENT_PASSWORD):
        return True
    words = _own_words(field)
    return meaning.token is None and (bool(_PASSWORD.search(words)) or not _NOT_A_PASSWORD.search(words))


def _own_words(field: Field) -> str:
    texts = [normal_words(field.label), *(normal_words(h) for h in field.hints if len(h) < 60)]
    texts += [identifier_words(field.attributes.get(a, "")) for a in ("name", "id", "placeholder")]
    return " ".join(texts)


def account_form(view: PageView, frame: int, form: int, section: str, fields: list[Field]) -> AccountForm:
    """What a group of fields is for, by its strongest words: its submit button, its heading, its own names, the page's."""
    passwords = [f for f in fields if f.kind is FieldKind.PASSWORD]
    box = next((b for b in view.forms if b.frame_index == frame and b.index == form), None)
    own = [b for b in view.buttons if b.frame_index == frame and b.form_index == form]
    submits = [b.label for b in own if b.submits] or [b.label for b in own if not b.href][:3]
    headings = [box.heading if box else "", *dict.fromkeys(f.section for f in fields)]
    score = 0.0  # positive: signing up, negative: signing in
    for text, weight in (
        (" ".join(submits) if form >= 0 else "", 3.0),
        (" ".join([*headings, section]), 2.0),
        (identifier_words(box.words) if box else "", 2.0),
        (
            " ".join(
                identifier_words(f.attributes.get("id", "") + " " + f.attributes.get("name", "")) for f in passwords
            ),
            1.0,
        ),
        (view.title, 1.5),
        (identifier_words(view.url.split("?")[0].rsplit("/", 2)[-1]), 1.0),
        (box.text[:600] if box else "", 0.5),
    ):
        words = normal_words(text)
        up, into = bool(_SIGN_UP.search(words)), bool(_SIGN_IN.search(words))
        score += weight * (up - into)
    visible_typed = [f for f in fields if f.kind in _IDENTIFIER_KINDS and f.visible]
    if any(_OLD.search(_own_words(f)) for f in passwords) and len(passwords) >= 2:
        return AccountForm.CHANGE
    if len(passwords) >= 2:
        score += 3.0
    elif passwords and len(visible_typed) >= 3:
        score += 2.0
    elif passwords and len(visible_typed) <= 1:
        score -= 1.0
    if _CHANGE.search(normal_words(" ".join([view.title, *headings, *submits]))) and len(visible_typed) == 0:
        return AccountForm.CHANGE
    if score > 0:
        return AccountForm.SIGN_UP
    return AccountForm.SIGN_IN if passwords or score < 0 else AccountForm.OTHER


def _name_passwords(view: PageView, meanings: list[Meaning], passwords: list[int], sort: AccountForm) -> None:
    for place, i in enumerate(passwords):
        words, stated = _own_words(view.fields[i]), meanings[i].token
        if _OLD.search(words):
            token, sure = Token.CURRENT_PASSWORD, 0.95
        elif sort is AccountForm.CHANGE:
            first_of_three = place == 0 and len(passwords) >= 3 and not _NEW.search(words)
            token, sure = (Token.CURRENT_PASSWORD if first_of_three else Token.NEW_PASSWORD), 0.9
        elif sort is AccountForm.SIGN_UP or _asks_for_strength(view.fields[i]):
            token, sure = Token.NEW_PASSWORD, 0.9
        elif len(passwords) == 1 or not _NEW.search(words):
            token, sure = Token.CURRENT_PASSWORD, 0.9
        else:
            token, sure = Token.NEW_PASSWORD, 0.8
        clear = _OLD.search(words) or sort is AccountForm.SIGN_IN or _asks_for_strength(view.fields[i])
        if stated is not None and not clear:
            token = stated
        meanings[i] = Meaning(token, sure, evidence=f"{sort} form")


def _asks_for_strength(field: Field) -> bool:
    """Rules for a good password stand only where one is chosen."""
    return any(_STRENGTH.search(normal_words(h)) for h in (field.label, *field.hints))


def _name_identifier(
    view: PageView, meanings: list[Meaning], group: list[int], passwords: list[int], sort: AccountForm
) -> None:
    """The field that a sign-in form wants before its password is who one is there, whatever its words."""
    if sort is not AccountForm.SIGN_IN or not passwords:
        return
    before = [i for i in group if i < passwords[0] and view.fields[i].kind in _IDENTIFIER_KINDS]
    if not before:
        return
    if any(meanings[i].token in (Token.USERNAME, Token.EMAIL) for i in before):
        return
    last = before[-1]
    known = meanings[last].token
    if known is None or known in (
        Token.TEL,
        Token.NAME,
        Token.NATIONAL_ID,
        Token.CC_NUMBER,
        Token.POSTAL_CODE,
        Token.NICKNAME,
    ):
        meanings[last] = replace(meanings[last], token=Token.USERNAME, confidence=0.85, evidence=f"{sort} form")
