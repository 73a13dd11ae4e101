"""Words of accounts, codes, cards and birth dates: recognised so that nothing of a profile ever goes there by mistake."""

from __future__ import annotations

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.field_rule import EITHER, LISTED, ONE_LINE, TYPED, Rule, rule

ACCOUNTS: tuple[Rule, ...] = (
    rule(
        None,
        r"captcha|recaptcha|hcaptcha|honeypot|coupon|promo( code)?|gift card|discount|voucher|search|suche|suchen"
        r"|recherche|buscar|поиск|検索|referral( id| code)?|invite code|invitation code|security (question|answer)"
        r"|comments?|message|subject|betreff|feedback|quantity|qty|website ?url ?leave",
        TYPED,
        longest=14,
        unless=r"username|user name|e ?mail|password",
    ),
    rule(
        Token.ONE_TIME_CODE,
        r"one time (pass\w*|code|pin)|otp( code)?|totp|2 ?fa|mfa|two factor|authenticat(or|ion) code"
        r"|verification (code|pin)|verify code|sms code|(confirmation|security|access|login) code (sent|from|we"
        r"|that)|pass ?code|(enter|the) (\w+ )?code (we )?(sent|received|from)|code (we|you) (sent|received)"
        r"|код (из|подтверждения)|einmal\w*|bestatigungscode|auth code|6 digit code|認証コード",
        TYPED,
        longest=16,
        unless=r"card|cvv|cvc|postal|zip",
    ),
    rule(
        Token.CC_CSC,
        r"cvv ?2?|cvc ?2?|csc|cvn|cid|card (verification|security|code)( (code|number|value))?|security (code"
        r"|number)|verification (number|value)|sicherheitscode|cryptogramme|codigo de seguridad|card cvv|sec code"
        r"|prufnummer",
        TYPED,
        longest=14,
    ),
    rule(
        Token.CC_NAME,
        r"(name|holder|owner|cardholder)s? (\w+ ){0,6}(card|cc)|cardholders?( name)?|card ?holder( name)?|(cc|card"
        r"|credit card) (owner |holder )?(full )?name|karteninhaber|titulaire|titular|nome (sulla|no) carta",
        ONE_LINE,
        longest=10,
        unless=r"first|last|number",
    ),
    rule(Token.CC_TYPE, r"(credit |debit )?card (type|brand)|cc type|type of card|kartentyp", EITHER, longest=6),
    rule(
        Token.CC_EXP_MONTH,
        r"(exp(iry|iration|ires|ire|iring|ir|)|ablauf\w*|valid\w*|card|cc) (\w+ ){0,3}(month|mm|mon|mo|m|monat)"
        r"|month (exp\w*|expires?)|(month|mm) (of )?exp\w*",
        LISTED,
        longest=8,
        unless=r"year|yy|yyyy|year and",
    ),
    rule(
        Token.CC_EXP_YEAR,
        r"(exp(iry|iration|ires|ire|iring|ir|)|ablauf\w*|valid\w*|card|cc) (\w+ ){0,3}(year|yy|yyyy|yr|y|jahr)"
        r"|year (exp\w*|expires?)|(year|yy) (of )?exp\w*",
        LISTED,
        longest=8,
        unless=r"month|mm|mon",
    ),
    rule(
        Token.CC_EXP,
        r"exp(iry|iration|ires)?( date)?|expir\w*|mm yy(yy)?|valid (thru|through|until)|gultig bis|ablaufdatum"
        r"|date d ?expiration|caducidad|vencimiento|scadenza|validade|有効期限|срок действия",
        LISTED,
        longest=8,
        unless=r"visa|permit|passport|license|licence|experience|years|total|work",
    ),
    rule(
        Token.CC_NUMBER,
        r"(credit|debit|payment|bank)? ?(card|cc) ?(number|num|no|nr|n|account|pan)|card ?number|cc ?(num|number"
        r"|no|nbr|n)|credit card|debit card|card|ccnum\w*|kartennummer|kreditkartennummer|numero (de |della "
        r"|do )?(tarjeta|carte|carta|cartao)|номер карты|カード番号",
        ONE_LINE,
        longest=10,
        unless=r"loyalty|gift|library|member(ship)?|reward\w*|type|name|holder|exp\w*|cvv|cvc|security|zip|postal"
        r"|id",
    ),
    rule(
        Token.BDAY_DAY,
        r"(birth|bday|dob|geburt\w*|naissance|nacimiento|nascita|birthday|birthdate|birth date"
        r"|date of birth) (\w+ ){0,4}(day|dd|d|tag|jour|dia|giorno)|(day|dd|tag|jour|dia"
        r"|giorno) (\w+ ){0,2}(birth\w*|dob|geburt\w*|naissance|nacimiento|nascita)|birth ?day (day|dd)|geburtstag",
        LISTED,
        longest=10,
        unless=r"month|year|date of birth$|mm|yyyy|yy",
    ),
    rule(
        Token.BDAY_MONTH,
        r"(birth|bday|dob|geburt\w*|naissance|nacimiento|nascita|birthday|birthdate|birth date"
        r"|date of birth) (\w+ ){0,4}(month|mm|m|monat|mois|mes|mese)|(month|mm|monat|mois|mes"
        r"|mese) (\w+ ){0,2}(birth\w*|dob|geburt\w*|naissance|nacimiento|nascita)|birth ?month",
        LISTED,
        longest=10,
        unless=r"year|yyyy|yy|dd|day (?!month)",
    ),
    rule(
        Token.BDAY_YEAR,
        r"(birth|bday|dob|geburt\w*|naissance|nacimiento|nascita|birthday|birthdate|birth date"
        r"|date of birth) (\w+ ){0,4}(year|yyyy|yy|y|jahr|annee|ano|anno)|(year|yyyy|jahr|annee|ano"
        r"|anno) (\w+ ){0,2}(birth\w*|dob|geburt\w*|naissance|nacimiento|nascita)|birth ?year|geburtsjahr",
        LISTED,
        longest=10,
        unless=r"month|mm|dd",
    ),
    rule(
        Token.BDAY,
        r"birth ?(date|day)?|b ?day|dob|date of birth|geburtsdatum|geburtstag|date de naissance"
        r"|fecha de nacimiento|data di nascita|data de nascimento|geboortedatum|дата рождения|生年月日|birthdate"
        r"|birthday",
        LISTED,
        longest=10,
        unless=r"place|country|city|state|name",
    ),
    rule(
        Token.USERNAME,
        r"(user ?name|user ?id|login|log in|sign in|account) (\w+ ){0,2}(or|and|oder|ou|o|или) (\w+ ){0,2}(e ?mail"
        r"|phone|mobile)\w*|e ?mail (\w+ ){0,2}(or|oder|ou|o|или) (\w+ ){0,3}(user ?\w*|mobile|phone|login|id"
        r"|account|membership|member|benutzer\w*|handy\w*|telefon\w*|number|skype|логин)( \w+){0,3}|(phone|mobile"
        r"|telefon\w*|handy\w*|телефон) (\w+ ){0,2}(or|oder|ou|o|или|email) ?(\w+ ){0,3}(e ?mail"
        r"|user ?name)?( \w+)?",
        ONE_LINE,
        longest=12,
        unless=r"order|confirm",
        detail="either",
    ),
)
