"""Which button of a page sends the application. Pure: it reads a PageView and presses nothing."""

from __future__ import annotations

import re
from collections import Counter

from jobhunter_runner.application_form import FormKey
from jobhunter_runner.form import Button, FieldKind, PageView

_SENDS = re.compile(
    r"\b(submit|send|apply|finish and send|complete application|absenden|abschicken|(ab|ver)senden|einreichen|bewerben"
    r"|bewerbung|soumettre|envoyer|postuler|candidater|valider|enviar|solicitar|presentar|postular|inscribirme|inviare?"
    r"|candidat[ia]|invia|candidatar|submeter|verzenden|verstuur|versturen|solliciteer|indienen|skicka|ansök|send inn|søk"
    r"|wyślij|aplikuj|odeslat|lähetä|elküld|gönder|başvur|trimite)\b|отправить|откликнуться|送信|応募|提交|发送|지원|제출",
    re.IGNORECASE,
)
STRONGLY = re.compile(
    r"\b(submit|send|absenden|abschicken|einreichen|envoyer|soumettre|enviar|inviare?|invia|verzenden|versturen|skicka"
    r"|wyślij)\b|отправить|送信|提交",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(save|draft|next|continue|back|previous|cancel|search|find|filter|subscribe|newsletter|alerts?|log ?in|sign ?in"
    r"|sign ?up|register|upload|attach|browse|choose|add|remove|delete|edit|preview|review|reset|clear|share|refer|invite|close"
    r"|accept|decline|agree|parse|import|autofill|resend|verify|send (me )?(a |the |an )?(code|link|copy|test|message|reminder)"
    r"|speichern|entwurf|weiter|zurück|abbrechen|suchen|anmelden|hochladen|hinzufügen|entfernen"
    r"|enregistrer|brouillon|suivant|continuer|précédent|annuler|rechercher|connexion|ajouter|supprimer|s'abonner|télécharger"
    r"|guardar|borrador|siguiente|continuar|anterior|atrás|cancelar|buscar|subir|añadir|eliminar|salva|bozza|avanti|indietro"
    r"|annulla|cerca|carica|aggiungi|próximo|voltar|anexar|adicionar|opslaan|concept|volgende|vorige|annuleren|zoeken|uploaden"
    r"|toevoegen|dalej|wstecz|anuluj|szukaj|nästa|tillbaka|avbryt|sök)\b|далее|назад|отмена|найти|сохранить|次へ|戻る|検索|保存"
    r"|下一步|上一步|搜索|\b(apply|submit|continue|bewerben|postuler)\b.*\b(with|using|via|mit|avec)\b"
    r".*\b(linkedin|indeed|google|facebook|seek|xing|apple|github|glassdoor)\b|\bapply (filters?|later|coupon|code)\b",
    re.IGNORECASE,
)
_LAST_STEP = re.compile(r"\b(submit|send|absenden|abschicken|envoyer|enviar|inviare?|verzenden)\b", re.IGNORECASE)
_NOT_FILLED = {FieldKind.PASSWORD}


def submit_button(view: PageView, form: FormKey | None = None) -> Button | None:
    """The button that sends `form`, None where no button is clearly it (a wizard's Next is not).

    form: the application's form; where it is not given, the one with most to fill in.
    """
    form = form or _fullest_form(view)
    if form is None:
        return None
    ranked = sorted(
        ((_rank(button, form, view), -position, button) for position, button in enumerate(view.buttons)),
        key=lambda r: (r[0], r[1]),
        reverse=True,
    )
    if ranked and ranked[0][0] > 0:
        return ranked[0][2]
    return None


def _fullest_form(view: PageView) -> FormKey | None:
    """The form with most to fill in, a résumé above all."""
    search = {(box.frame_index, box.index) for box in view.forms if box.search}
    weight: Counter[tuple[int, int]] = Counter()
    for field in view.fields:
        place = (field.frame_index, field.form_index)
        if place in search or field.kind in _NOT_FILLED or not (field.visible or field.kind is FieldKind.FILE):
            continue
        weight[place] += 10 if field.kind is FieldKind.FILE else 1
    return FormKey(*weight.most_common(1)[0][0]) if weight else None


def _rank(button: Button, form: FormKey, view: PageView) -> int:
    """0 for what is not it, more for what is more clearly it."""
    label = button.label.strip()
    in_form = form.owns(button)
    if not button.visible or button.frame_index != form.frame_index or _leads_away(button):
        return 0
    if not in_form and (button.form_index >= 0 or button.submits):
        return 0  # another form's: a search, a newsletter
    sends, other = bool(_SENDS.search(label)), bool(_OTHER.search(label))
    if other and not (
        _LAST_STEP.search(label) and re.search(r"review|agree|accept|next|continue|save", label, re.IGNORECASE)
    ):
        return 0
    if re.search(r"\bdraft\b|entwurf|brouillon|borrador|bozza", label, re.IGNORECASE):
        return 0
    if sends:
        rank = 50
    elif in_form and button.submits and _only_submit(button, form, view):
        rank = 10  # its words are not known, but nothing else in the form could send it
    else:
        return 0
    rank += 20 if in_form else 0
    rank += 15 if button.submits else 0
    rank += 10 if STRONGLY.search(label) else 0
    rank -= 5 if button.disabled else 0
    return rank


def _only_submit(button: Button, form: FormKey, view: PageView) -> bool:
    fellows = [b for b in view.buttons if b.submits and b.visible and form.owns(b) and b != button]
    return not fellows


def _leads_away(button: Button) -> bool:
    return bool(button.href) and not button.href.startswith("javascript:") and "#" not in button.href
