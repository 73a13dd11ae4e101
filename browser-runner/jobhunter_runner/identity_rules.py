"""Words for a person: contact, employer, name, account name, address; specific ones above general ones."""

from __future__ import annotations

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.field_rule import EITHER, LISTED, ONE_LINE, TEXTS, TYPED, Rule, rule
from jobhunter_runner.form import FieldKind as K

IDENTITY: tuple[Rule, ...] = (
    rule(
        Token.POSTAL_CODE,
        r"(zip|postal|post) ?(code|number|nr)?s?|zipcode|postcode|plz|postleitzahl|code ?postal|cp|(codigo"
        r"|cod) postal|cap|codice postale|cep|индекс|почтовый индекс|郵便番号|邮编|우편번호|pincode|pin code|zip 5"
        r"|eircode",
        LISTED,
        longest=10,
        unless=r"office|job|mailing list",
        beside="billing address area home current currently present permanent residential residence live living"
        " reside residing based located do where",
    ),
    rule(
        Token.EMAIL,
        r"(e ?|e )?mail( ?(address|adresse|id))?|e ?mails?|email ?address|emailadress\w*|mail adresse"
        r"|correo( electronico)?|courriel|adresse (e ?mail|mail|electronique)|posta elettronica|indirizzo e?mail"
        r"|endereco de e ?mail|e ?mailadres|электронн\w+ (почт\w+|адрес)|эл почта|почта|имейл|емейл|メール\w*"
        r"|eメール|邮箱"
        r"|이메일|epost|e ?posta|(\w+)?email(\w+)?",
        ONE_LINE,
        longest=12,
        unless=r"mailing|mail ?box|mail stop|me offers",
        beside="personal private primary main best valid contact preferred address confirm confirmation repeat"
        " re retype verify again where we can reach contact candidate applicant account",
    ),
    rule(
        Token.TEL_COUNTRY_CODE,
        r"(country|dial(ing|ling)?|phone|calling|area|intl|international) (calling |dial(ing)? )?(code|prefix)"
        r"|(tel|phone|mobile) country( code)?|landesvorwahl|landervorwahl|vorwahl|indicatif|prefijo|prefisso"
        r"|dial ?code|phone ?code",
        LISTED,
        longest=6,
        unless=r"zip|postal|residence|(including|include|incl|with) (\w+ ){0,2}(country|area|dial\w*)",
    ),
    rule(None, r"(phone|tel|mobile|device|address) (\w+ )?type|type of phone", EITHER, longest=5),
    rule(Token.TEL_EXTENSION, r"ext(ension)?|durchwahl|(phone|tel) ext(ension)?", ONE_LINE, longest=5),
    rule(
        Token.TEL,
        r"(tele)?phone ?(number|num|no)?|phone ?number|mobile ?(number|phone|no|num)?|mobilenumber"
        r"|cell ?(phone|number)?|cellphone|tel|telno|tel no|contact (number|no)|telefon(nummer)?|handy(nummer)?"
        r"|mobilnummer|rufnummer|mobiltelefon|(numero de )?telephone|portable|(numero de )?telefono|movil|celular"
        r"|cellulare|telefone|telemovel|telefoon(nummer)?|телефон|номер телефона|電話番号?|携帯\w*|电话|手机|전화"
        r"|daytime phone|whatsapp( number)?",
        ONE_LINE,
        longest=10,
        unless=r"case|model",
        beside="personal private primary main best contact preferred home daytime number including country area"
        " code international reach we can where candidate applicant mobile with landline",
    ),
    # Employer and title, before the bare words "name" and "title".
    rule(
        Token.ORGANIZATION,
        r"(current|present|most recent|latest)? ?(or )?(most recent|last|previous|latest)? ?(company|employer"
        r"|organi[sz]ation|workplace|firma|unternehmen|arbeitgeber|entreprise|employeur|empresa|azienda|bedrijf"
        r"|werkgever|организация|компания|会社名?|勤務先)( name)?|companyname|(name of )?(your )?(current|present"
        r"|latest"
        r"|most recent) (company|employer)|business name|org",
        ONE_LINE,
        longest=9,
        unless=r"(?<!or )(previous|last)|former|past|why|size|website|type|phone|email|address|city|country|zip"
        r"|worked|interviewed",
        beside="current present currently name most recent latest",
    ),
    rule(
        Token.ORGANIZATION_TITLE,
        r"(current|present|most recent|latest) (or most recent )?(job )?(title|position|role)|(job|professional|work) title"
        r"|(current|present) (job|occupation)|occupation|jobtitle|berufsbezeichnung"
        r"|aktuelle position|jobtitel|poste actuel|cargo( actual)?|puesto( actual)?|должность|役職|functietitel",
        ONE_LINE,
        longest=9,
        unless=r"apply\w*|applied|why|interested|desired",
        beside="current present currently your most recent latest or",
    ),
    # The person's name.
    rule(
        Token.NICKNAME,
        r"(preferred|chosen|known) (first |given |full )?(name|as)|goes by|nickname|rufname|prefered name"
        r"|name you (prefer|go by)|apodo|surnom",
        ONE_LINE,
        longest=12,
    ),
    rule(
        Token.ADDITIONAL_NAME,
        r"middle ?(name|initial|init)s?|mname|m i|mi|middle|second given name|additional name|zweiter vorname"
        r"|deuxieme prenom|segundo nombre|secondo nome|patronymic|отчество",
        ONE_LINE,
        longest=7,
    ),
    rule(
        Token.NAME,
        r"(first|given) (name )?(and|&|n|plus) (last|family|sur)( ?name)?|full ?name|complete name"
        r"|(full )?legal (full )?name|vor (und|u) (nach|zu)\w*|vorname (und|u|name|nachname)( nachname)?"
        r"|nombre completo|nombres? y apellidos?|nom complet|nom et prenoms?|prenom et nom|nome completo"
        r"|nome e cognome|volledige naam|voor en achternaam|фио|имя и фамилия|фамилия имя\w*( отчество)?|氏名|お名前"
        r"|姓名"
        r"|(?<!family )(?<!last )(?<!given )(?<!first )name surname|naam|imie i nazwisko",
        ONE_LINE,
        longest=9,
        unless=r"user|company|card",
        beside="name first last given family middle surname full legal complete candidate applicant as it"
        " appears appear shown per passport government issued official document documents english letters",
    ),
    rule(
        Token.FAMILY_NAME,
        r"(legal )?(last|family|sur) ?names?|lastname|surname|lname|l name|lastn|second name|nachname|familienname"
        r"|zuname|nom de famille|apellidos?|primer apellido|cognome|sobrenome|apelido|achternaam|фамилия|姓|せい|セイ"
        r"|nazwisko|efternamn|sukunimi|soyad|last|nachnamen",
        ONE_LINE,
        longest=9,
        unless=r"company|card|4|four|digits|maiden",
        beside="legal candidate applicant as it appears appear shown per passport government issued official"
        " document documents english letters",
    ),
    rule(
        Token.GIVEN_NAME,
        r"(legal )?(first|given|fore|christian) ?names?|firstname|givenname|forename|fname|f name|firstn|vorname"
        r"|prenoms?|primer nombre|nombres?(?= de pila)|nombre de pila|primeiro nome|voornaam|имя|名|めい|メイ|imie"
        r"|fornamn|etunimi|ad(?= soyad)|first|given",
        ONE_LINE,
        longest=9,
        unless=r"company|card|user|пользователя|time",
        beside="legal candidate applicant as it appears appear shown per passport government issued official"
        " document documents english letters",
    ),
    rule(
        Token.HONORIFIC_PREFIX,
        r"salutation|anrede|civilite|honorific( prefix)?|(name )?prefix|name title|tratamiento|titel"
        r"|courtesy title",
        EITHER,
        longest=4,
    ),
    rule(Token.HONORIFIC_SUFFIX, r"(name )?suffix|honorific suffix", LISTED, longest=4),
    # Accounts.
    rule(
        Token.USERNAME,
        r"(user|member|customer|account|login|client|screen|display|profile|sign ?in|logon|log in"
        r"|acct) ?(name|id|number|no|nr|identifier|names)|username\w*|userid|user|login|logon|usr|uname|user login"
        r"|^(your )?handle$|nick|benutzer(name|kennung|id)?|nutzername|kundennummer|zugangs\w*|anmeldename|kennung"
        r"|identifiant|nom d ?utilisateur|pseudo|(nombre de )?usuario|(nome )?utente|nome de usuario|utilizador"
        r"|gebruikersnaam|логин|имя пользователя|пользователь|никнейм|ユーザー\w*|ログイン\w*|会員\w*|ユーザ\w*"
        r"|用户名|帐号|账号|아이디"
        r"|kullanici adi|account|uid|loginid|accountname|(sign in|your) id|id",
        ONE_LINE,
        longest=6,
        unless=r"e ?mail|tax|apple pay|ssn|password|bank|sort",
    ),
    # Addresses, the parts before the whole.
    rule(
        Token.LOCATION,
        r"location( city)?|(current|your|home|present|candidate) (location|city (and )?(state|country))"
        r"|where (are you|do you) (currently |presently )*(located|based|live|living|reside|residing)|city (and "
        r"|or )?(state|country|province|region)( or region)?( country)?|place of residence"
        r"|town or city and country",
        LISTED,
        longest=16,
        unless=r"prefer\w*|office|job|desired|work from|which",
        beside="city state country region province town place address candidate home current currently present"
        " permanent residential residence live living reside residing based located do where",
    ),
    rule(
        Token.ADDRESS_LINE2,
        r"(address|addr|street|adresse|direccion|strasse|line|indirizzo)( address| line| ?line|zusatz"
        r"| complement)?s? ?(2|two|ii)|address ?line ?2|apt( number| no| suite)?|apartment|suite|unit|flat"
        r"|adresszusatz|complement( d ?adresse)?|complemento|apartamento|piso|квартира|建物名?|building|floor",
        ONE_LINE,
        longest=12,
        unless=r"street address (?!2|line 2)|house number|address 1|city",
        beside="address line number no street apt suite unit etc second leave blank none",
    ),
    rule(Token.ADDRESS_LINE3, r"(address|addr|street)( line| ?line)? ?(3|three)", ONE_LINE, longest=6),
    rule(
        Token.ADDRESS_LEVEL1,
        r"(state|province|prov|region|county|bundesland|kanton|provincia|estado|regione|provincie|область"
        r"|регион|край|都道府県|departement|state ?province|stateprovince|address ?level ?1|administrative area"
        r"|prefecture|stateorprovince|shi?pping state)( or province| or territory| province| region| code| name)?",
        LISTED,
        longest=8,
        unless=r"please state|identifier|united states|states of|statement|country|authori[sz]ed|marital",
        beside="territory name home current currently present permanent residential residence live living reside"
        " residing based located do where",
    ),
    rule(
        Token.ADDRESS_LEVEL2,
        r"(which|what) (city|town)( or (city|town))? (do you (currently )?(live|reside)"
        r"|are you (currently )?(based|located|living))( in)?|city (you|where you) (\w+ ){0,3}(live|reside"
        r"|based)( in)?|(city|town) you are (based|located|living) in",
        LISTED,
        longest=12,
        beside="name home current currently present permanent residential residence live living reside residing"
        " based located do where",
    ),
    rule(
        Token.ADDRESS_LEVEL2,
        r"(city|town|suburb|locality|municipality|ort|wohnort|stadt|ville|commune|ciudad|localidad"
        r"|poblacion|municipio|citta|comune|localita|cidade|plaats|woonplaats|stad|город|населенный пункт|市区町村"
        r"|address ?level ?2|城市|miasto)( name| or town| town| of residence| suburb)?",
        LISTED,
        longest=7,
        unless=r"country|birth|school|preferred|desired|which",
        beside="name home current currently present permanent residential residence live living reside residing"
        " based located do where",
    ),
    rule(
        Token.COUNTRY,
        r"(country|land|pays|pais|paese|nazione|страна|国|国・地域|nation|country ?(code|name|region|id)"
        r"|countryid|countrycode|country or region|country territory)( code| region| name| id)?( of residence)?"
        r"|country (\w+ )?(do you|are you) (\w+ ){0,2}(live|reside|based|located|residing)( in)?|which country"
        r"|wohnsitzland",
        LISTED,
        longest=12,
        unless=r"phone|dial|birth|citizen\w*|calling|authori[sz]ed|work|why",
        beside="name region territory current currently present permanent residential residence live living"
        " reside residing based located do where",
    ),
    rule(
        Token.STREET_ADDRESS,
        r"(address|addr|street|strasse|str|hausnummer|adresse|anschrift|direccion|domicilio|calle|rue|voie"
        r"|indirizzo|endereco|rua|logradouro|morada|straat|адрес|улица|住所|番地|丁目|주소|地址|address ?(line)? ?1?"
        r"|streetaddress|street ?(name|number|address)|line 1|address1|house number)( address| line)?( (1|one"
        r"|i))?( name| number)?",
        TYPED,
        longest=9,
        unless=r"e ?mail|ip|web|url|url|city|почт\w*|wallet|mac|same|website",
        beside="mailing postal street house number no line 1 contact name home current currently present"
        " permanent residential residence live living reside residing based located do where",
    ),
    rule(
        Token.LANGUAGE,
        r"(preferred |native )?language|sprache|langue|idioma|lingua|taal|язык|言語",
        EITHER,
        longest=4,
    ),
    rule(
        Token.SKILLS,
        r"(key |technical |top )?skills|kenntnisse|competences|habilidades",
        TEXTS,
        longest=6,
        beside="key technical top main core professional",
    ),
    rule(
        Token.SUMMARY,
        r"(professional |profile )?summary|about (me|you|yourself)|short bio|bio",
        frozenset({K.TEXTAREA}),
        longest=6,
        beside="brief short yourself little bit professional",
    ),
    rule(
        Token.NAME,
        r"(name|names|customer ?name|contactname|applicant|candidate|your ?name|namen?|nom|nome|nombre"
        r"|nombres|имя|名前|ваше имя|nazwa|navn|namn|nimi)",
        ONE_LINE,
        longest=6,
        unless=r"user|company|business|school|university|street|city|card|file|pet|domain|host|site|page|team"
        r"|group|event|product|brand|account|project|store|field|form",
        beside="name first last given family middle surname full legal complete candidate applicant as it"
        " appears appear shown per passport government issued official document documents english letters",
    ),
)
