"""Words of consents: what a tick gives, or refuses. Only the processing of the application is ever given by a profile."""

from __future__ import annotations

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.field_rule import ASKED, PICKED, TICKED, Rule, rule

# Purposes that nobody gives by agreeing to the processing of an application.
_OTHER_PURPOSES = (
    r"terms|conditions|third part(y|ies)|affiliate[sd]?|(partner|group|client|customer|other) (compan(y|ies)|organi[sz]ations?"
    r"|firms?)|(our|with|and|their) (partners|clients|customers|subsidiaries|agencies)"
    r"|background (check|screening|investigation|verification)\w*"
    r"|(credit|reference|criminal|drug) (check|report|record|test|screening)\w*|train\w* (\w+ ){0,4}(ai|models?|algorithms?)"
    r"|artificial intelligence|ai (models?|systems?|tools?)|(by|with|of|use) ai|machine learning|automated|automatic(ally)?"
    r"|profiling|transfer\w*|outside( of)?( the)? (eu|eea|european|country)|special categor(y|ies)"
    r"|health (data|information|records?|conditions?)|biometric\w*|genetic|sensitive|sell|sold|shar(e|ed|ing)|disclos\w+"
    r"|delet\w+|record(ed|ing|ings)|kept|retain\w*|retention|months?|years?|future|publish\w*|social media|cookies?|videos?"
    r"|photos?|weitergabe|weitergeben|drittland|dritte|monate\w*|jahre?"
)
_MARKETING = (
    r"newsletters?|marketing|promotion(s|al)?|(job|career) alerts?|special offers|offers|e ?mail updates"
    r"|(exciting )?news|talent (community|network)|keep me (informed|updated|posted)|send me|e ?mail me"
    r"|text me|whatsapp|sms|product updates|event invitations|subscribe|notify me|alert me|werbung|publicidad"
    r"|publicite|novedades|рассылк\w*"
)
_ABOUT_DATA = r"data|information|details|consent|agree|privacy|cookies|daten|donnees|datos"
_REFUSED = (
    r"(do|does|will|would|may|can|shall) not (wish|want|like|agree|consent|accept|allow|permit|authori[sz]e|give|share|sell"
    r"|send|contact|keep|store|retain|process|use)|dont|i cannot|i wont|would rather|object|opt(ing)? out|unsubscribe|refuse"
    r"|i (hereby )?(withdraw|revoke|decline)|widersprech\w*|nicht (einverstanden|einwillig\w*|zu)"
)

CONSENTS: tuple[Rule, ...] = (
    # A consent that is refused by a tick: the person's alone. A long text says "not" of many things.
    rule(
        Token.CONSENT_MARKETING,
        rf"({_REFUSED}|not|dont|never) (\w+ ){{0,9}}({_MARKETING})|({_MARKETING}) (\w+ ){{0,9}}({_REFUSED})",
        TICKED | PICKED,
        longest=40,
        polarity=False,
    ),
    rule(
        Token.CONSENT,
        rf"({_REFUSED}) (\w+ ){{0,9}}({_ABOUT_DATA})|({_ABOUT_DATA}) (\w+ ){{0,9}}({_REFUSED})|i ({_REFUSED})",
        TICKED | PICKED,
        longest=200,
        polarity=False,
    ),
    # Consents: the narrower meaning first; a box that joins marketing to anything is marketing.
    rule(
        Token.CONSENT_MARKETING,
        _MARKETING,
        TICKED | PICKED,
        longest=120,
    ),
    rule(
        Token.CONSENT,
        r"(future|other|further) (\w+ ){0,2}(opportunities|openings|positions|vacancies|roles|jobs)|talent pool"
        r"|(retain|keep|store|hold) my (\w+ ){0,4}(for|up to)",
        TICKED | PICKED,
        longest=200,
        detail="retention",
    ),
    rule(
        Token.CONSENT_TRUTH,
        r"(certify|declare|attest|affirm|confirm|acknowledge|warrant) (\w+ ){0,14}(true|accurate|correct|complete"
        r"|truthful)|(true|accurate|correct) (and|or) (\w+ ){0,2}(complete|accurate|correct|true)|richtigkeit"
        r"|wahrheitsgemass",
        ASKED,
        longest=200,
    ),
    rule(
        Token.CONSENT,
        r"privacy|data protection|gdpr|ccpa|(process|processing|use|collection|handling|storage|storing"
        r"|verarbeitung) (of )?(my |your |personal |the |application |candidate )*(data|information|details)"
        r"|personal data|datenschutz\w*|einwilligung|proteccion de datos|protection des donnees"
        r"|donnees personnelles|datos personales|dati personali|dados pessoais|персональн\w+ данн\w+|個人情報|プライバシー",
        TICKED | PICKED,
        longest=200,
        detail="data-processing",
        unless=_OTHER_PURPOSES,
    ),
    rule(
        Token.CONSENT,
        r"terms|conditions|i agree|i accept|i consent|i have read|agree to|acknowledge|user agreement|agb"
        r"|allgemeine\w*|condiciones|conditions generales|termini|利用規約",
        TICKED,
        longest=200,
        detail="terms",
    ),
    rule(
        Token.CONSENT,
        r"(you|we|they) may (share|disclose|transfer|forward|pass|contact|call|record|use|keep|store|retain)"
        r"|i (\w+ ){0,2}(allow|authori[sz]e|permit|give (my )?(permission|consent))|(share|disclose|transfer|forward|pass on)"
        r" (my|the) (\w+ ){0,3}(data|information|details|application|profile|resume|cv)|contact my|contact me|opt in"
        r"|(bin )?einverstanden|ich (stimme|willige|erlaube)|weitergeben|weitergabe|j ?autorise|j ?accepte|je consens"
        r"|autorizo|acepto|consiento|autorizzo|acconsento",
        TICKED,
        longest=200,
        detail="other",
    ),
)
