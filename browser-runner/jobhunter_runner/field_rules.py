"""What words mean which token: the table that recognise.py reads from top to bottom; the first rule that fits a text wins.

A pattern is matched at word borders in text normalised by field_words. Specific rules stand above general ones ("email
address" above "address"). Each rule says which widgets it may name: a check box "E-mail me offers" is no e-mail field.
`longest` is the number of words beyond which the text is a question of its own and the rule's words prove nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.form import FieldKind as K

TYPED = frozenset({K.TEXT, K.EMAIL, K.TEL, K.URL, K.NUMBER, K.TEXTAREA, K.DATE, K.OTHER, K.PASSWORD})
PICKED = frozenset({K.SELECT, K.SELECT_MULTIPLE, K.RADIO})
TICKED = frozenset({K.CHECKBOX})
FILES = frozenset({K.FILE})
ASKED = TYPED | PICKED | TICKED
EITHER = TYPED | PICKED
LISTED = TYPED | frozenset({K.SELECT})
TEXTS = frozenset({K.TEXT, K.TEXTAREA})
ONE_LINE = TYPED - {K.TEXTAREA}


@dataclass(frozen=True)
class Rule:
    """token None: these words name something that has no token, and no rule below may claim them."""

    token: Token | None
    pattern: re.Pattern[str]
    kinds: frozenset[K]
    unless: re.Pattern[str] | None = None
    longest: int = 9
    detail: str = ""
    polarity: bool = True

    def fits(self, text: str, kind: K) -> bool:
        if kind not in self.kinds or not text or len(text.split()) > self.longest:
            return False
        return bool(self.pattern.search(text)) and not (self.unless and self.unless.search(text))


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])")


def _rule(
    token: Token | None,
    pattern: str,
    kinds: frozenset[K] = ONE_LINE,
    unless: str = "",
    longest: int = 9,
    detail: str = "",
    polarity: bool = True,
) -> Rule:
    return Rule(token, _words(pattern), kinds, _words(unless) if unless else None, longest, detail, polarity)


# Somebody other than the applicant: their name, e-mail or phone is not the person's.
OTHERS = _words(
    r"references?|referees?|emergency|managers?|supervisors?|recruiters?|referrers?|referred by|friends?|colleagues?|spouse"
    r"|parents?|guardian|mother|mothers|father|fathers|maiden|kin|beneficiary|witness|recipient|gift|notfall|urgence"
)

_QUESTIONS = [
    # Consents: the narrower meaning first; a box that joins marketing to anything is marketing.
    _rule(Token.CONSENT_MARKETING, r"newsletters?|marketing|promotion(s|al)?|(job|career) alerts?|special offers|offers|e ?mail updates"
          r"|(exciting )?news|talent (community|network)|keep me (informed|updated|posted)|send me|e ?mail me|text me|whatsapp|sms"
          r"|product updates|event invitations|werbung|publicidad|publicite|novedades|рассылк\w*", TICKED | PICKED, longest=120),
    _rule(Token.CONSENT, r"(future|other|further) (\w+ ){0,2}(opportunities|openings|positions|vacancies|roles|jobs)|talent pool"
          r"|(retain|keep|store|hold) my (\w+ ){0,4}(for|up to)", TICKED | PICKED, longest=200, detail="retention"),
    _rule(Token.CONSENT_TRUTH, r"(certify|declare|attest|affirm|confirm|acknowledge|warrant) (\w+ ){0,14}(true|accurate|correct|complete|truthful)"
          r"|(true|accurate|correct) (and|or) (\w+ ){0,2}(complete|accurate|correct|true)|richtigkeit|wahrheitsgemass", ASKED, longest=200),
    _rule(Token.CONSENT, r"privacy|data protection|gdpr|ccpa|(process|processing|use|collection|handling|storage|storing|verarbeitung) "
          r"(of )?(my |your |personal |the |application |candidate )*(data|information|details)|personal data|datenschutz\w*|einwilligung"
          r"|proteccion de datos|protection des donnees|donnees personnelles|datos personales|dati personali|dados pessoais|персональн\w+ данн\w+"
          r"|個人情報|プライバシー", TICKED | PICKED, longest=200, detail="data-processing",
          unless=r"terms|conditions"),
    _rule(Token.CONSENT, r"terms|conditions|i agree|i accept|i consent|i have read|agree to|acknowledge|user agreement|agb"
          r"|allgemeine\w*|condiciones|conditions generales|termini|利用規約", TICKED, longest=200, detail="terms"),
    # Equal opportunity: only ever from what the person gave.
    _rule(Token.VETERAN_STATUS, r"veterans?|military (service|status)|protected veteran|armed forces", ASKED, longest=200),
    _rule(Token.DISABILITY_STATUS, r"disabilit(y|ies)|disabled|schwerbehind\w*|behinderung|handicap\w*|discapacidad|disabilita|deficiencia",
          ASKED, longest=200, unless=r"accommodations?|adjustments?"),
    _rule(Token.PRONOUNS, r"pronouns?", ASKED, longest=25),
    _rule(Token.SEXUAL_ORIENTATION, r"sexual orientation|lgbt\w*|orientation sexuelle", ASKED, longest=60),
    _rule(Token.ETHNICITY, r"hispanic|latin(o|a|x|e)", ASKED, longest=60, detail="hispanic", unless=r"race|ethnic(ity)? (group|background)"),
    _rule(Token.ETHNICITY, r"rac(e|ial)|ethnic(ity|ities)?|ethnic (group|background|origin)", ASKED, longest=60),
    _rule(None, r"transgender|gender (reassignment|history)", ASKED, longest=60),
    _rule(Token.GENDER, r"gender( identity)?|sex|geschlecht|genre|sexe|genero|sexo|sesso|genere|geslacht|пол|性別", EITHER, longest=30),
    # May the person work here?
    _rule(Token.VISA_SPONSORSHIP, r"without (\w+ ){0,6}(sponsor\w*|visa|work permit)|(not|never) (need|require) (\w+ ){0,6}(sponsor\w*|visa)",
          ASKED, longest=80, polarity=False),
    _rule(Token.VISA_SPONSORSHIP, r"sponsor(ship|ed|ing)?|(need|require|requiring) (\w+ ){0,4}(visa|work permit|h 1 b)|visumsponsoring"
          r"|visa sponsoring", ASKED, longest=80),
    _rule(Token.WORK_AUTHORIZATION, r"(legally |currently |lawfully )*(authori[sz]ed|eligible|entitled|permitted|allowed|able) (\w+ ){0,4}to "
          r"(lawfully |legally )?(work|be employed|accept employment)|work (authori[sz]ation|permit|eligibility)|right to work|employment eligibility"
          r"|legal(ly)? (right|authori[sz]ation) to work|legally work|arbeitserlaubnis|autorisation de travail|permiso de trabajo"
          r"|permis de travail|work visa|visa status|immigration status", ASKED, longest=80),
    _rule(Token.RELOCATE, r"(willing|open|able|ready|happy|prepared|consider\w*) (\w+ ){0,3}(to )?(relocat\w+|moving|move)|would you (\w+ ){0,3}(relocate|move)"
          r"|relocate|umzugsbereit\w*", ASKED, longest=40, unless=r"assistance|support|package|help|budget|costs?|unless"),
    # Documents.
    _rule(None, r"profile (picture|image)|company logo", FILES),
    _rule(Token.PHOTO, r"photo(graph)?|picture|headshot|foto|bewerbungsfoto|avatar|顔写真", FILES),
    _rule(Token.COVER_LETTER, r"cover ?(letter|note)?|motivation(al)? ?letter|letter of motivation|motivation|anschreiben|motivationsschreiben"
          r"|lettre( de motivation)?|carta de (presentacion|motivacion)|lettera di presentazione|carta de apresentacao|motivatiebrief"
          r"|сопроводительное письмо", FILES | {K.TEXTAREA, K.TEXT}, longest=30, unless=r"resume|cv|why"),
    _rule(Token.RESUME, r"resume|cv|c v|curriculum( vitae)?|lebenslauf|curriculo|резюме|履歴書", FILES | {K.TEXTAREA}, longest=30,
          unless=r"(autofill|parse|import) (\w+ )*from"),
    _rule(Token.OTHER_DOCUMENT, r"transcripts?|certificates?|zeugnis\w*|diploma|work samples?|portfolio|other (documents?|files?)"
          r"|additional (documents?|files?|attachments?)|supporting documents?|references?|weitere (dokumente|unterlagen)|writing sample",
          FILES, longest=30),
    # Questions of job forms.
    _rule(Token.REFERRAL_SOURCE, r"how (did|have) you (first )?(hear|heard|find|found|learn|learned|come across|discover\w*|know)"
          r"|where (did|have) you (first )?(hear|heard|find|found|learn|see|seen)|referral source|source of (application|referral)"
          r"|how you (heard|found)|hear about|heard about|wie (hast du|haben sie) (\w+ ){0,4}(erfahren|aufmerksam)|comment avez vous"
          r"|como (nos conociste|te enteraste|ficou sabendo)|application source|candidate source|^source$", ASKED, longest=30),
    _rule(Token.NOTICE_PERIOD, r"notice period|period of notice|notice (do )?you (must|need|have|are required)|kundigungsfrist|preavis"
          r"|preaviso|periodo de aviso|opzegtermijn|preavviso|how much notice", EITHER, longest=30),
    _rule(Token.SALARY_CURRENT, r"(current|present|last|previous|latest|existing) (\w+ ){0,3}(salary|compensation|pay|ctc|remuneration|wage|package)"
          r"|aktuelles gehalt|salaire actuel|salario actual", EITHER, longest=20, unless=r"expect\w*|desired"),
    _rule(Token.SALARY_CURRENCY, r"salary currency|currency|wahrung|devise|moneda", LISTED, longest=6),
    _rule(Token.SALARY_PERIOD, r"(salary|pay|compensation|rate) (period|frequency|basis|interval|type)|pay frequency|per (hour or year|year or hour)",
          EITHER, longest=6),
    _rule(None, r"(is|does|would|are) (the|this|that|our) (\w+ ){0,6}(salary|compensation|range)", ASKED, longest=60),
    _rule(Token.SALARY_EXPECTATION, r"(salary|compensation|pay|wage|remuneration|ctc|rate) (\w+ ){0,2}(expect\w*|requirements?|desired|range|wish\w*|ask|aspiration\w*)"
          r"|(expected|desired|target|minimum|preferred|anticipated|expect\w*|wished|asking) (\w+ ){0,5}(salary|compensation|pay|wage|remuneration|ctc|rate)"
          r"|what (salary|compensation|pay) (\w+ ){0,4}(expect\w*|looking|seeking|want|like)"
          r"|salary( expectations?)?|gehaltsvorstellung(en)?|gehaltswunsch|wunschgehalt|jahresgehalt|pretentions? salariales?"
          r"|(pretension|expectativa|aspiracion)(es)? (salarial(es)?|de salario|economica)|pretensao salarial|salarisindicatie|gewenst salaris"
          r"|ral (desiderata|attesa)|зарплатн\w+ ожидани\w+|желаемая зарплата|希望年収", EITHER, longest=30),
    _rule(None, r"years? (of )?(\w+ ){0,4}experience (do you have |have you )?(with|in|using|as|on|of|working|managing|leading)|relevant (\w+ )?experience",
          EITHER, longest=60),
    _rule(Token.YEARS_OF_EXPERIENCE, r"(how many )?years of ((total|overall|full time|professional|work|working|job|industry) )*experience"
          r"|(total|overall) (years of )?(\w+ )?experience|experience in years|work experience years?|berufserfahrung( in jahren)?|jahre berufserfahrung"
          r"|annees d ?experience|anos de experiencia|anni di esperienza|years experience|years worked", EITHER, longest=12,
          unless=r"with|in (?!years|total)\w+|using|as an?|managing|leading"),
    _rule(Token.HIGHEST_DEGREE, r"(highest|level of|education|educational) (\w+ ){0,4}(degree|education|qualification|level|attain\w*|attained)"
          r"|degree( type| level| earned| obtained)?|hochster (bildungs)?abschluss|bildungsabschluss|abschluss|diplome|nivel (de )?(estudios|educacion)"
          r"|niveau d ?etudes|titolo di studio|highest education|education level|qualification", EITHER, longest=14,
          unless=r"subject|field|date|year|name of|where|when"),
    _rule(Token.FIELD_OF_STUDY, r"(field|area|course|subject) of (your )?(study|studies|degree)|major|discipline|studiengang|studienfach|fachrichtung"
          r"|domaine d ?etudes?|campo de estudio|specialization", LISTED, longest=10),
    _rule(Token.GRADUATION_DATE, r"graduat(ion|ed|e) (\w+ ){0,2}(date|year|month)|(date|year|month) of (\w+ )?graduation|when (did|will|do) you graduate"
          r"|expected graduation|graduation", LISTED, longest=14),
    _rule(Token.SCHOOL, r"(name of )?(your )?(school|university|college|alma mater|institution|educational institution|hochschule|universitat"
          r"|universite|ecole|universidad|universita|universidade|universiteit)( name| attended)?", LISTED, longest=9,
          unless=r"graduat\w+|date|year|address|city|state|country|email|high school"),
    _rule(Token.START_DATE, r"(earliest|possible|preferred|desired|available|availability|expected|target) (\w+ ){0,3}(start|date|starting|join\w*)( date)?"
          r"|when (can|could|would|are|will) you (\w+ ){0,6}(start|begin|available|join)|(available|availability) (from|date|to start)"
          r"|start(ing)? date|date available|date of availability|how soon (can|could) you (start|join|begin)|joining date|soonest"
          r"|eintrittsdatum|eintrittstermin|fruhestmoglich\w*( \w+)*|verfugbar (ab|seit)|startdatum|date de (debut|disponibilite)|disponible (a partir|desde)"
          r"|fecha de (inicio|incorporacion)|data di inizio|disponibilidade", EITHER, longest=24),
    _rule(None, r"linkedin (recruiter|jobs?|ad)", ASKED),
    _rule(Token.LINKEDIN_URL, r"linked ?in", ONE_LINE | {K.TEXTAREA}, longest=16),
    _rule(Token.GITHUB_URL, r"git ?hub", ONE_LINE | {K.TEXTAREA}, longest=16),
    _rule(Token.TWITTER_URL, r"twitter|x profile", ONE_LINE, longest=8),
    _rule(None, r"facebook|instagram|dribbble|behance|stack ?overflow|medium|tiktok|xing|youtube", TYPED),
    _rule(Token.PORTFOLIO_URL, r"portfolio", ONE_LINE, longest=14, unless=r"password"),
    _rule(None, r"(company|employer|business|organi[sz]ation)s? (website|url|site|phone|email|address|size|type|sector)", TYPED),
    _rule(Token.URL, r"(your |personal )?(web ?site|home ?page|web ?page|blog|personal (site|url|web)|webseite|site web|sitio web|sito web)( url| link| address)?",
          ONE_LINE, longest=8, unless=r"other|source|how|where"),
    _rule(Token.AGE, r"(at least|over|older than) (18|eighteen|16|21)|(18|21) years (of age|old|or older)|legal (working )?age|your age|^age$|alter|volljahrig"
          r"|edad|eta", ASKED, longest=40),
    _rule(Token.NATIONAL_ID, r"ssn|social security|national (id|identification|insurance)( number)?|tax(payer)? (id|identification|number)|passport( number| no)?"
          r"|aadhaar|cpf|dni|nif|nie|curp|identity (card|number)|steuer\w*nummer|codice fiscale|id number|driver s? ?licen[sc]e|license number",
          ONE_LINE, longest=14),
    _rule(Token.NATIONALITY, r"nationality|citizenship|country of citizenship|staatsangehorigkeit|nationalite|nacionalidad|nazionalita|国籍|гражданство",
          LISTED, longest=10),
]

_ACCOUNT = [
    _rule(None, r"captcha|recaptcha|hcaptcha|honeypot|coupon|promo( code)?|gift card|discount|voucher|search|suche|suchen|recherche|buscar|поиск|検索"
          r"|referral( id| code)?|invite code|invitation code|security (question|answer)|comments?|message|subject|betreff|feedback|quantity|qty|website ?url ?leave",
          TYPED, longest=14, unless=r"username|user name|e ?mail|password"),
    _rule(Token.ONE_TIME_CODE, r"one time (pass\w*|code|pin)|otp( code)?|totp|2 ?fa|mfa|two factor|authenticat(or|ion) code|verification (code|pin)|verify code|sms code"
          r"|(confirmation|security|access|login) code (sent|from|we|that)|pass ?code|(enter|the) (\w+ )?code (we )?(sent|received|from)|code (we|you) (sent|received)"
          r"|код (из|подтверждения)|einmal\w*|bestatigungscode|auth code|6 digit code|認証コード", TYPED, longest=16, unless=r"card|cvv|cvc|postal|zip"),
    _rule(Token.CC_CSC, r"cvv ?2?|cvc ?2?|csc|cvn|cid|card (verification|security|code)( (code|number|value))?|security (code|number)|verification (number|value)"
          r"|sicherheitscode|cryptogramme|codigo de seguridad|card cvv|sec code|prufnummer", TYPED, longest=14),
    _rule(Token.CC_NAME, r"(name|holder|owner|cardholder)s? (\w+ ){0,4}(card|cc)|cardholders?( name)?|card ?holder( name)?|(cc|card|credit card) (owner |holder )?(full )?name"
          r"|karteninhaber|titulaire|titular|nome (sulla|no) carta", ONE_LINE, longest=10, unless=r"first|last|number"),
    _rule(Token.CC_TYPE, r"(credit |debit )?card (type|brand)|cc type|type of card|kartentyp", EITHER, longest=6),
    _rule(Token.CC_EXP_MONTH, r"(exp(iry|iration|ires|ire|iring|ir|)|ablauf\w*|valid\w*|card|cc) (\w+ ){0,3}(month|mm|mon|mo|m|monat)|month (exp\w*|expires?)|(month|mm) (of )?exp\w*",
          LISTED, longest=8, unless=r"year|yy|yyyy|year and"),
    _rule(Token.CC_EXP_YEAR, r"(exp(iry|iration|ires|ire|iring|ir|)|ablauf\w*|valid\w*|card|cc) (\w+ ){0,3}(year|yy|yyyy|yr|y|jahr)|year (exp\w*|expires?)|(year|yy) (of )?exp\w*",
          LISTED, longest=8, unless=r"month|mm|mon"),
    _rule(Token.CC_EXP, r"exp(iry|iration|ires)?( date)?|expir\w*|mm yy(yy)?|valid (thru|through|until)|gultig bis|ablaufdatum|date d ?expiration|caducidad|vencimiento"
          r"|scadenza|validade|有効期限|срок действия", LISTED, longest=8, unless=r"visa|permit|passport|license|licence|experience"),
    _rule(Token.CC_NUMBER, r"(credit|debit|payment|bank)? ?(card|cc) ?(number|num|no|nr|n|account|pan)|card ?number|cc ?(num|number|no|nbr|n)|credit card|debit card|card|ccnum\w*"
          r"|kartennummer|kreditkartennummer|numero (de |della |do )?(tarjeta|carte|carta|cartao)|номер карты|カード番号", ONE_LINE, longest=10,
          unless=r"loyalty|gift|library|member(ship)?|reward\w*|type|name|holder|exp\w*|cvv|cvc|security|zip|postal|id"),
    _rule(Token.BDAY_DAY, r"(birth|bday|dob|geburt\w*|naissance|nacimiento|nascita|birthday|birthdate|birth date|date of birth) (\w+ ){0,4}(day|dd|d|tag|jour|dia|giorno)"
          r"|(day|dd|tag|jour|dia|giorno) (\w+ ){0,2}(birth\w*|dob|geburt\w*|naissance|nacimiento|nascita)|birth ?day (day|dd)|geburtstag",
          LISTED, longest=10, unless=r"month|year|date of birth$|mm|yyyy|yy"),
    _rule(Token.BDAY_MONTH, r"(birth|bday|dob|geburt\w*|naissance|nacimiento|nascita|birthday|birthdate|birth date|date of birth) (\w+ ){0,4}(month|mm|m|monat|mois|mes|mese)"
          r"|(month|mm|monat|mois|mes|mese) (\w+ ){0,2}(birth\w*|dob|geburt\w*|naissance|nacimiento|nascita)|birth ?month", LISTED, longest=10,
          unless=r"year|yyyy|yy|dd|day (?!month)"),
    _rule(Token.BDAY_YEAR, r"(birth|bday|dob|geburt\w*|naissance|nacimiento|nascita|birthday|birthdate|birth date|date of birth) (\w+ ){0,4}(year|yyyy|yy|y|jahr|annee|ano|anno)"
          r"|(year|yyyy|jahr|annee|ano|anno) (\w+ ){0,2}(birth\w*|dob|geburt\w*|naissance|nacimiento|nascita)|birth ?year|geburtsjahr", LISTED, longest=10,
          unless=r"month|mm|dd"),
    _rule(Token.BDAY, r"birth ?(date|day)?|b ?day|dob|date of birth|geburtsdatum|geburtstag|date de naissance|fecha de nacimiento|data di nascita|data de nascimento"
          r"|geboortedatum|дата рождения|生年月日|birthdate|birthday", LISTED, longest=10, unless=r"place|country|city|state|name"),
    _rule(Token.USERNAME, r"(user ?name|user ?id|login|log in|sign in|account) (\w+ ){0,2}(or|and|oder|ou|o|или) (\w+ ){0,2}(e ?mail|phone|mobile)\w*"
          r"|e ?mail (\w+ ){0,2}(or|oder|ou|o|или) (\w+ ){0,3}(user ?\w*|mobile|phone|login|id|account|membership|member|benutzer\w*|handy\w*|telefon\w*|number|skype|логин)( \w+){0,3}"
          r"|(phone|mobile|telefon\w*|handy\w*|телефон) (\w+ ){0,2}(or|oder|ou|o|или|email) ?(\w+ ){0,3}(e ?mail|user ?name)?( \w+)?",
          ONE_LINE, longest=12, unless=r"order|confirm"),
]

_IDENTITY = [
    _rule(Token.EMAIL, r"(e ?|e )?mail( ?(address|adresse|id))?|e ?mails?|email ?address|emailadress\w*|mail adresse|correo( electronico)?|courriel|adresse (e ?mail|mail|electronique)"
          r"|posta elettronica|indirizzo e?mail|endereco de e ?mail|e ?mailadres|электронн\w+ (почт\w+|адрес)|эл почта|почта|имейл|емейл|メール\w*|eメール|邮箱|이메일|epost|e ?posta"
          r"|(\w+)?email(\w+)?", ONE_LINE, longest=12, unless=r"mailing|mail ?box|mail stop|me offers"),
    _rule(Token.TEL_COUNTRY_CODE, r"(country|dial(ing|ling)?|phone|calling|area|intl|international) (calling |dial(ing)? )?(code|prefix)|(tel|phone|mobile) country( code)?"
          r"|landesvorwahl|landervorwahl|vorwahl|indicatif|prefijo|prefisso|dial ?code|phone ?code", LISTED, longest=6, unless=r"zip|postal|residence"),
    _rule(None, r"(phone|tel|mobile|device|address) (\w+ )?type|type of phone", EITHER, longest=5),
    _rule(Token.TEL_EXTENSION, r"ext(ension)?|durchwahl|(phone|tel) ext(ension)?", ONE_LINE, longest=5),
    _rule(Token.TEL, r"(\w+ )?(tele)?phone ?(number|num|no)?|phone ?number|mobile ?(number|phone|no|num)?|mobilenumber|cell ?(phone|number)?|cellphone|tel|telno|tel no|contact (number|no)"
          r"|telefon(nummer)?|handy(nummer)?|mobilnummer|rufnummer|mobiltelefon|(numero de )?telephone|portable|(numero de )?telefono|movil|celular|cellulare|telefone|telemovel|telefoon(nummer)?"
          r"|телефон|номер телефона|電話番号?|携帯\w*|电话|手机|전화|daytime phone|whatsapp( number)?", ONE_LINE, longest=10, unless=r"case|model"),
    # Employer and title, before the bare words "name" and "title".
    _rule(Token.ORGANIZATION, r"(current|present|most recent|latest|last|previous)? ?(or )?(most recent|last|previous|latest)? ?(company|employer|organi[sz]ation|workplace|firma|unternehmen|arbeitgeber|entreprise"
          r"|employeur|empresa|azienda|bedrijf|werkgever|организация|компания|会社名?|勤務先)( name)?|companyname|(name of )?(your )?(current|present|latest|most recent) (company|employer)|business name|org",
          ONE_LINE, longest=9, unless=r"why|size|website|type|phone|email|address|city|country|zip|worked|interviewed"),
    _rule(Token.ORGANIZATION_TITLE, r"(job|current|present|position|professional|work|most recent|latest) (or most recent )?(job )?(title|position|role)|(current|present) (job|occupation)|occupation|jobtitle"
          r"|position title|berufsbezeichnung|aktuelle position|jobtitel|poste actuel|cargo( actual)?|puesto( actual)?|должность|役職|functietitel",
          ONE_LINE, longest=9, unless=r"apply\w*|applied|why|interested|desired"),
    # The person's name.
    _rule(Token.NICKNAME, r"(preferred|chosen|known) (first |given |full )?(name|as)|goes by|nickname|rufname|prefered name|name you (prefer|go by)|apodo|surnom", ONE_LINE, longest=12),
    _rule(Token.ADDITIONAL_NAME, r"middle ?(name|initial|init)s?|mname|m i|mi|middle|second given name|additional name|zweiter vorname|deuxieme prenom|segundo nombre"
          r"|secondo nome|patronymic|отчество", ONE_LINE, longest=7),
    _rule(Token.NAME, r"(first|given) (name )?(and|&|n|plus) (last|family|sur)( ?name)?|full ?name|complete name|(full )?legal (full )?name|vor (und|u) (nach|zu)\w*|vorname (und|u|name|nachname)( nachname)?"
          r"|nombre completo|nombres? y apellidos?|nom complet|nom et prenoms?|prenom et nom|nome completo|nome e cognome|volledige naam|voor en achternaam|фио|имя и фамилия|фамилия имя\w*( отчество)?"
          r"|氏名|お名前|姓名|name surname|naam|imie i nazwisko", ONE_LINE, longest=9, unless=r"user|company|card"),
    _rule(Token.FAMILY_NAME, r"(legal )?(last|family|sur) ?names?|lastname|surname|lname|l name|lastn|second name|nachname|familienname|zuname|nom de famille|apellidos?|primer apellido|cognome|sobrenome|apelido|achternaam"
          r"|фамилия|姓|せい|セイ|nazwisko|efternamn|sukunimi|soyad|last|nachnamen", ONE_LINE, longest=7, unless=r"company|card|4|four|digits|maiden"),
    _rule(Token.GIVEN_NAME, r"(legal )?(first|given|fore|christian) ?names?|firstname|givenname|forename|fname|f name|firstn|vorname|prenoms?|primer nombre|nombres?(?= de pila)|nombre de pila|primeiro nome|voornaam|имя|名|めい|メイ|imie"
          r"|fornamn|etunimi|ad(?= soyad)|first|given", ONE_LINE, longest=7, unless=r"company|card|user|пользователя|time"),
    _rule(Token.HONORIFIC_PREFIX, r"salutation|anrede|civilite|honorific( prefix)?|(name )?prefix|name title|tratamiento|titel|courtesy title", EITHER, longest=4),
    _rule(Token.HONORIFIC_SUFFIX, r"(name )?suffix|honorific suffix", LISTED, longest=4),
    # Accounts.
    _rule(Token.USERNAME, r"(\w+ )?(user|member|customer|account|login|client|screen|display|profile|sign ?in|logon|log in|acct) ?(name|id|number|no|nr|identifier|names)|username|userid|user|login|logon|usr|uname|user login|handle|nick"
          r"|benutzer(name|kennung|id)?|nutzername|kundennummer|zugangs\w*|anmeldename|kennung|identifiant|nom d ?utilisateur|pseudo|(nombre de )?usuario|(nome )?utente|nome de usuario|utilizador|gebruikersnaam"
          r"|логин|имя пользователя|пользователь|никнейм|ユーザー\w*|ログイン\w*|会員\w*|ユーザ\w*|用户名|帐号|账号|아이디|kullanici adi|account|uid|loginid|accountname|(sign in|your) id|id", ONE_LINE, longest=6,
          unless=r"e ?mail|tax|apple pay|ssn|password|bank|sort"),
    # Addresses, the parts before the whole.
    _rule(Token.POSTAL_CODE, r"(zip|postal|post) ?(code|number|nr)?s?|zipcode|postcode|plz|postleitzahl|code ?postal|cp|(codigo|cod) postal|cap|codice postale|cep|индекс|почтовый индекс|郵便番号|邮编|우편번호|pincode|pin code|zip 5|eircode",
          LISTED, longest=10, unless=r"office|job|mailing list"),
    _rule(Token.LOCATION, r"location( city)?|(current|your|home|present|candidate) (location|city (and )?(state|country))|where (are you|do you) (currently |presently )*(located|based|live|living|reside|residing)"
          r"|city (and |or )?(state|country|province|region)( or region)?( country)?|place of residence|town or city and country", LISTED, longest=16, unless=r"prefer\w*|office|job|desired|work from|which"),
    _rule(Token.ADDRESS_LINE2, r"(address|addr|street|adresse|direccion|strasse|line|indirizzo)( address| line| ?line|zusatz| complement)?s? ?(2|two|ii)|address ?line ?2|apt( number| no| suite)?|apartment|suite|unit|flat|adresszusatz|complement( d ?adresse)?"
          r"|complemento|apartamento|piso|квартира|建物名?|building|floor", ONE_LINE, longest=12, unless=r"street address (?!2|line 2)|house number|address 1|city"),
    _rule(Token.ADDRESS_LINE3, r"(address|addr|street)( line| ?line)? ?(3|three)", ONE_LINE, longest=6),
    _rule(Token.ADDRESS_LEVEL1, r"(\w+ )?(state|province|prov|region|county|bundesland|kanton|provincia|estado|regione|provincie|область|регион|край|都道府県|departement|state ?province|stateprovince|address ?level ?1|administrative area"
          r"|prefecture|stateorprovince|shi?pping state)( or province| or territory| province| region| code| name)?", LISTED, longest=8,
          unless=r"united states|states of|statement|country|authori[sz]ed|marital"),
    _rule(Token.ADDRESS_LEVEL2, r"(\w+ )?(city|town|suburb|locality|municipality|ort|wohnort|stadt|ville|commune|ciudad|localidad|poblacion|municipio|citta|comune|localita|cidade|plaats|woonplaats|stad|город|населенный пункт|市区町村|address ?level ?2|城市|miasto)( name| or town| town| of residence| suburb)?",
          LISTED, longest=7, unless=r"country|birth|school|preferred|desired|which"),
    _rule(Token.COUNTRY, r"(\w+ )?(country|land|pays|pais|paese|nazione|страна|国|国・地域|nation|country ?(code|name|region|id)|countryid|countrycode|country or region|country territory)( code| region| name| id)?( of residence)?"
          r"|country (\w+ )?(do you|are you) (\w+ ){0,2}(live|reside|based|located|residing)( in)?|which country|wohnsitzland", LISTED, longest=12,
          unless=r"phone|dial|birth|citizen\w*|calling|authori[sz]ed|work|why"),
    _rule(Token.STREET_ADDRESS, r"(\w+ )?(address|addr|street|strasse|str|hausnummer|adresse|anschrift|direccion|domicilio|calle|rue|voie|indirizzo|endereco|rua|logradouro|morada|straat|адрес|улица|住所|番地|丁目|주소|地址|address ?(line)? ?1?|streetaddress|street ?(name|number|address)|line 1|address1|house number)"
          r"( address| line)?( (1|one|i))?( name| number)?", TYPED, longest=9, unless=r"e ?mail|ip|web|url|url|city|почт\w*|wallet|mac|same|website"),
    _rule(Token.LANGUAGE, r"(preferred |native )?language|sprache|langue|idioma|lingua|taal|язык|言語", EITHER, longest=4),
    _rule(Token.SKILLS, r"(key |technical |top )?skills|kenntnisse|competences|habilidades", TEXTS, longest=6),
    _rule(Token.SUMMARY, r"(professional |profile )?summary|about (me|you|yourself)|short bio|bio", frozenset({K.TEXTAREA}), longest=6),
    _rule(Token.NAME, r"(\w+ )?(name|names|customer ?name|contact ?name|applicant|candidate|your ?name|namen?|nom|nome|nombre|nombres|имя|名前|ваше имя|nazwa|navn|namn|nimi)", ONE_LINE, longest=6,
          unless=r"user|company|business|school|university|street|city|card|file|pet|domain|host|site|page|team|group|event|product|brand|account|project|store|field|form"),
]

RULES: tuple[Rule, ...] = (*_QUESTIONS, *_ACCOUNT, *_IDENTITY)
