"""Words of the questions that job forms add: equal opportunity, the right to work, documents, pay, dates."""

from __future__ import annotations

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.currencies import CURRENCY_WORDS
from jobhunter_runner.field_rule import ASKED, EITHER, FILES, LISTED, ONE_LINE, TYPED, Rule, rule
from jobhunter_runner.form import FieldKind as K

# What may stand in a question about the right to work without turning it into another.
_WORKING = (
    "do does am will would you can may now currently legally lawfully legal work working employment any"
    " employer company our job role position country where located location based applying applied apply be from"
    " continue accept take up hired by law and or as such order both"
)
_SPONSORED = (
    "need require requiring needing future later point visa visas permit work status immigration related sponsor sponsorship"
    " employer h 1b h1b 1 b tn opt etc type kind either authorization authorisation support case petition obtain extend"
    " maintain commence begin start upon"
)

# Beside a salary: whose it is, of which period and in which currency; choose.py sees whether these are the profile's.
_SALARY = (
    "annual annually annum yearly year yr per p pa month monthly mth m pm week weekly day daily hour hourly hr gross"
    " base basic brutto total desired expected expectation expectations requirement requirements range amount role"
    " position job be would have do jahr jahrlich jahresbrutto pro monat monatlich stunde annuelle annuelles annuel"
    " brut brute bruto par mois mensuel anual mensual por ano mes lordo annuo annua jaar maand currency"
)

QUESTIONS: tuple[Rule, ...] = (
    # A trap for programs that says so: whoever reads its words leaves it empty.
    rule(
        None,
        r"leave (this|the|it) (\w+ )?(blank|empty)(?! (if|unless|when))|leave (blank|empty)(?! (if|unless|when))"
        r"|(do not|dont) fill (this|it|in this|out this)|(nicht|bitte nicht) ausfullen|(frei|leer) lassen"
        r"|(if|wenn) you are (a )?(human|robot)|ne pas remplir|no (rellenar|completar) este",
        TYPED,
        longest=30,
    ),
    # Equal opportunity: only ever from what the person gave.
    rule(
        Token.VETERAN_STATUS,
        r"veterans?|military (service|status)|protected veteran|armed forces",
        ASKED,
        longest=200,
    ),
    rule(
        Token.DISABILITY_STATUS,
        r"disabilit(y|ies)|disabled|schwerbehind\w*|behinderung|handicap\w*|discapacidad|disabilita|deficiencia",
        ASKED,
        longest=200,
        unless=r"accommodations?|adjustments?",
    ),
    rule(Token.PRONOUNS, r"pronouns?", ASKED, longest=25),
    rule(Token.SEXUAL_ORIENTATION, r"sexual orientation|lgbt\w*|orientation sexuelle", ASKED, longest=60),
    rule(
        Token.ETHNICITY,
        r"hispanic|latin(o|a|x|e)",
        ASKED,
        longest=60,
        detail="hispanic",
        unless=r"race|ethnic(ity)? (group|background)",
    ),
    rule(Token.ETHNICITY, r"rac(e|ial)|ethnic(ity|ities)?|ethnic (group|background|origin)", ASKED, longest=60),
    rule(None, r"transgender|gender (reassignment|history)", ASKED, longest=60),
    rule(
        Token.GENDER,
        r"gender( identity)?|sex|geschlecht|genre|sexe|genero|sexo|sesso|genere|geslacht|пол|性別",
        EITHER,
        longest=30,
    ),
    # May the person work here? Two questions in one are answered by neither's answer.
    rule(
        Token.VISA_SPONSORSHIP,
        r"without (\w+ ){0,6}(sponsor\w*|visa|work permit)"
        r"|i (do|will|would|shall) not (\w+ ){0,6}(need|require) (\w+ ){0,6}(sponsor\w*|visa)",
        ASKED,
        longest=80,
        polarity=False,
        unless=r"or (do|are|can|will|would|could|have|is) (you|i)|you (\w+ ){0,4}(need|require)",
        beside=f"{_WORKING} {_SPONSORED} able authorized authorised eligible entitled permitted allowed right",
    ),
    rule(
        Token.VISA_SPONSORSHIP,
        r"sponsor(ship|ed|ing)?|(need|require|requiring) (\w+ ){0,4}(visa|work permit|h 1 b)|visumsponsoring"
        r"|visa sponsoring",
        ASKED,
        longest=80,
        beside=f"{_WORKING} {_SPONSORED}",
    ),
    rule(
        Token.WORK_AUTHORIZATION,
        r"(legally |currently |lawfully )*(authori[sz]ed|eligible|entitled|permitted|allowed) (\w+ ){0,4}to (lawfully "
        r"|legally )?(work|be employed|accept employment)|(legally|lawfully) able to work|able to (legally|lawfully) work"
        r"|work (authori[sz]ation|permit|eligibility)|right to work|employment eligibility|legally work|arbeitserlaubnis"
        r"|legal(ly)? (right|authori[sz]ation) to work|autorisation de travail|permiso de trabajo|permis de travail",
        ASKED,
        longest=80,
        unless=r"or (do|are|can|will|would|could|have|is) (you|i)",
        beside=f"{_WORKING} have valid any right legal authorization authorisation haben gultige avez tiene",
    ),
    rule(None, r"work (visa|permit)s?|visa (status|type|expir\w*)|immigration status", ASKED, longest=80),
    rule(
        Token.RELOCATE,
        r"(willing|open|able|ready|happy|prepared|willingness|consider\w*) (\w+ ){0,3}(to )?(move|moving"
        r"|relocat\w+( to [\w ]{2,40}$)?)|would you (\w+ ){0,3}(move|relocate( to [\w ]{2,40}$)?)"
        r"|relocat(e|ion)( to [\w ]{2,40}$)?|umzugsbereit\w*",
        ASKED,
        longest=40,
        unless=r"assistance|support|package|help|budget|costs?|unless|without|only|not|never|un(willing|able)|cannot|cant"
        r"|need|require (us|relocat\w*)|have to|must|did|ever|own|expense|within|before|temporar\w*|or would"
        r"|or (do|are|can|will|could|have|is) (you|i)",
        beside="be would will currently role position job if needed am can consider considering able willing open happy"
        " prepared ready company our office new another we",
    ),
    rule(None, r"profile (picture|image)|company logo", FILES),
    # Documents.
    rule(Token.PHOTO, r"photo(graph)?|picture|headshot|foto|bewerbungsfoto|avatar|顔写真", FILES),
    rule(
        Token.COVER_LETTER,
        r"cover ?(letter|note)?|motivation(al)? ?letter|letter of motivation|motivation|anschreiben"
        r"|motivationsschreiben|lettre( de motivation)?|carta de (presentacion|motivacion)"
        r"|lettera di presentazione|carta de apresentacao|motivatiebrief|сопроводительное письмо",
        FILES | {K.TEXTAREA, K.TEXT},
        longest=30,
        unless=r"resume|cv|why",
    ),
    rule(
        Token.RESUME,
        r"resume|cv|c v|curriculum( vitae)?|lebenslauf|curriculo|резюме|履歴書",
        FILES | {K.TEXTAREA},
        longest=30,
        unless=r"(autofill|parse|import) (\w+ )*from",
    ),
    rule(
        Token.OTHER_DOCUMENT,
        r"transcripts?|certificates?|zeugnis\w*|diploma|work samples?|portfolio|other (documents?|files?)"
        r"|additional (documents?|files?|attachments?)|supporting documents?|references?|weitere (dokumente"
        r"|unterlagen)|writing sample",
        FILES,
        longest=30,
    ),
    # Questions of job forms.
    rule(
        Token.REFERRAL_SOURCE,
        r"how (did|have) you (first )?(hear|heard|find|found|learn|learned|come across|discover\w*|know)"
        r"|where (did|have) you (first )?(hear|heard|find|found|learn|see|seen)|referral source"
        r"|source of (application|referral)|how you (heard|found)|hear about|heard about|wie (hast du"
        r"|haben sie) (\w+ ){0,4}(erfahren|aufmerksam)|comment avez vous|como (nos conociste|te enteraste"
        r"|ficou sabendo)|application source|candidate source|^source$",
        ASKED,
        longest=30,
        beside="about job role position vacancy opening opportunity company first find",
    ),
    rule(
        Token.NOTICE_PERIOD,
        r"notice period|period of notice|notice (do )?you (must|need|have|are required)|kundigungsfrist|preavis"
        r"|preaviso|periodo de aviso|opzegtermijn|preavviso|how much notice",
        EITHER,
        longest=30,
        beside="current present employer with how long much do have give need weeks week months month days day"
        " duration length contractual job",
    ),
    rule(
        Token.SALARY_CURRENT,
        r"(current|present|last|previous|latest|existing) (\w+ ){0,3}(salary|compensation|pay|ctc|remuneration"
        r"|wage|package)|aktuelles gehalt|salaire actuel|salario actual",
        EITHER,
        longest=20,
        unless=r"expect\w*|desired",
    ),
    rule(Token.SALARY_CURRENCY, r"salary currency|currency|wahrung|devise|moneda", LISTED, longest=6),
    rule(
        Token.SALARY_PERIOD,
        r"(salary|pay|compensation|rate) (period|frequency|basis|interval|type)|pay frequency|per (hour or year"
        r"|year or hour)",
        EITHER,
        longest=6,
    ),
    rule(None, r"(is|does|would|are) (the|this|that|our) (\w+ ){0,6}(salary|compensation|range)", ASKED, longest=60),
    rule(
        Token.SALARY_EXPECTATION,
        r"(salary|compensation|pay|wage|remuneration|ctc|rate) (\w+ ){0,2}(expect\w*|requirements?|desired|range"
        r"|wish\w*|ask|aspiration\w*)|(expected|desired|target|minimum|preferred|anticipated|expect\w*|wished"
        r"|asking) (\w+ ){0,5}(salary|compensation|pay|wage|remuneration|ctc|rate)|what (salary|compensation"
        r"|pay) (\w+ ){0,4}(expect\w*|looking|seeking|want|like)|salary( expectations?)?|gehaltsvorstellung(en)?"
        r"|gehaltswunsch|wunschgehalt|jahresgehalt|pretentions? salariales?|(pretension|expectativa"
        r"|aspiracion)(es)? (salarial(es)?|de salario|economica)|pretensao salarial|salarisindicatie"
        r"|gewenst salaris|ral (desiderata|attesa)|зарплатн\w+ ожидани\w+|желаемая зарплата|希望年収",
        EITHER,
        longest=30,
        beside=f"{_SALARY} {CURRENCY_WORDS}",
    ),
    rule(
        None,
        r"years? (of )?(\w+ ){0,4}experience (do you have |have you )?(with|in|using|as|on|of|working|managing"
        r"|leading)|relevant (\w+ )?experience",
        EITHER,
        longest=60,
    ),
    rule(
        Token.YEARS_OF_EXPERIENCE,
        r"(how many )?years of ((total|overall|full time|professional|work|working|job|industry) )*experience"
        r"|(total|overall) (years of )?(\w+ )?experience|experience in years|work experience years?"
        r"|berufserfahrung( in jahren)?|jahre berufserfahrung|annees d ?experience|anos de experiencia"
        r"|anni di esperienza|years experience|years worked",
        EITHER,
        longest=12,
        unless=r"with|in (?!years|total)\w+|using|as an?|managing|leading",
        beside="how many total overall in number years year experience do have professional work working",
    ),
    rule(
        Token.HIGHEST_DEGREE,
        r"(highest|level of|education|educational) (\w+ ){0,4}(degree|education|qualification|level|attain\w*"
        r"|attained)|degree( type| level| earned| obtained)?|hochster (bildungs)?abschluss|bildungsabschluss"
        r"|abschluss|diplome|nivel (de )?(estudios|educacion)|niveau d ?etudes|titolo di studio|highest education"
        r"|education level|qualification",
        EITHER,
        longest=14,
        unless=r"subject|field|date|year|name of|where|when",
        beside="your have you do hold held completed obtained earned attained achieved received highest level"
        " education title name degree",
    ),
    rule(
        Token.FIELD_OF_STUDY,
        r"(field|area|course|subject) of (your )?(study|studies|degree)|major|discipline|studiengang|studienfach"
        r"|fachrichtung|domaine d ?etudes?|campo de estudio|specialization",
        LISTED,
        longest=10,
        beside="degree main university college",
    ),
    rule(
        Token.GRADUATION_DATE,
        r"graduat(ion|ed|e) (\w+ ){0,2}(date|year|month)|(date|year|month) of (\w+ )?graduation|when (did|will"
        r"|do) you graduate|expected graduation|graduation",
        LISTED,
        longest=14,
        beside="expected anticipated year month date university college school did will graduate when",
    ),
    rule(
        Token.SCHOOL,
        r"(name of )?(your )?(school|university|college|alma mater|institution|educational institution|hochschule"
        r"|universitat|universite|ecole|universidad|universita|universidade|universiteit)( name| attended)?",
        LISTED,
        longest=9,
        unless=r"graduat\w+|date|year|address|city|state|country|email|high school",
        beside="most recent latest last highest attended attend did do you name degree",
    ),
    rule(
        Token.START_DATE,
        r"(earliest|possible|preferred|desired|available|availability|expected|target) (\w+ ){0,3}(start|date"
        r"|starting|join\w*)( date)?|when (can|could|would|are|will) you (\w+ ){0,6}(start|begin|available|join)"
        r"|(available|availability) (from|date|to start)|start(ing)? date|date available|date of availability"
        r"|how soon (can|could) you (start|join|begin)|joining date|soonest|eintrittsdatum|eintrittstermin"
        r"|fruhestmoglich\w*( \w+)*|verfugbar (ab|seit)|startdatum|date de (debut|disponibilite)"
        r"|disponible (a partir|desde)|fecha de (inicio|incorporacion)|data di inizio|disponibilidade",
        EITHER,
        longest=24,
        beside="possible earliest available availability desired preferred expected date start work working be"
        " able ready begin join joining new us our with company day month year immediately if hired"
        " selected offered when can could would will would soonest",
    ),
    rule(None, r"linkedin (recruiter|jobs?|ad)", ASKED),
    rule(
        Token.LINKEDIN_URL,
        r"linked ?in",
        ONE_LINE | {K.TEXTAREA},
        longest=16,
        beside="profile url link links available address page account public personal https http www com candidate do have"
        " one professional",
    ),
    rule(
        Token.GITHUB_URL,
        r"git ?hub",
        ONE_LINE | {K.TEXTAREA},
        longest=16,
        beside="profile url link links available address page account public personal https http www com candidate do have"
        " one professional gitlab bitbucket",
    ),
    rule(
        Token.TWITTER_URL,
        r"twitter|x profile",
        ONE_LINE,
        longest=8,
        beside="profile url link links available address page account public personal https http www com candidate do have"
        " one professional",
    ),
    rule(None, r"facebook|instagram|dribbble|behance|stack ?overflow|medium|tiktok|xing|youtube", TYPED),
    rule(
        Token.PORTFOLIO_URL,
        r"portfolio",
        ONE_LINE,
        longest=14,
        unless=r"password",
        beside="profile url link links available address page account public personal https http www com candidate do have"
        " one professional website websites site web online blog work",
    ),
    rule(None, r"(company|employer|business|organi[sz]ation)s? (website|url|site|address|size|type|sector)", TYPED),
    rule(
        Token.URL,
        r"(your |personal )?(web ?site|home ?page|web ?page|blog|personal (site|url|web)|webseite|site web"
        r"|sitio web|sito web)( url| link| address)?",
        ONE_LINE,
        longest=8,
        unless=r"other|source|how|where",
        beside="profile url link links available address page account public personal https http www com candidate do have"
        " one professional own portfolio blog website site web online",
    ),
    rule(
        Token.AGE,
        r"(at least|over|older than) (18|eighteen|16|21)|(18|21) years (of age|old|or older)|legal (working )?age"
        r"|your age|^age$|alter|volljahrig|edad|eta",
        ASKED,
        longest=40,
    ),
    rule(
        Token.NATIONAL_ID,
        r"ssn|social security|national (id|identification|insurance)( number)?|tax(payer)? (id|identification"
        r"|number)|passport( number| no)?|aadhaar|cpf|dni|nif|nie|curp|identity (card|number)|steuer\w*nummer"
        r"|codice fiscale|id number|driver s? ?licen[sc]e|license number",
        ONE_LINE,
        longest=14,
        unless=r"names?",
    ),
    rule(
        Token.NATIONALITY,
        r"nationality|citizenship|country of citizenship|staatsangehorigkeit|nationalite|nacionalidad|nazionalita"
        r"|国籍|гражданство",
        LISTED,
        longest=10,
    ),
)
