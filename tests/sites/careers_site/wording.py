"""Pools of realistic phrasings from which a posting's words are drawn. Words only: no rule lives here."""

from typing import Final

COMPANIES: Final = (
    "Northwind Robotics", "Brightwater Health", "Larkspur Analytics", "Quillfeather", "Copperleaf Energy",
    "Meridian Freight", "Tidepool Software", "Halcyon Bank", "Juniper & Vale", "Orbital Dairy", "Stonebridge Labs",
    "Fernhill Insurance", "Papercrane Media", "Saltmarsh Games", "Ironwood Security", "Bluestem Foods",
)  # fmt: skip
TITLES: Final = (
    "Senior Backend Engineer", "Platform Engineer", "Data Analyst", "Product Designer", "Site Reliability Engineer",
    "Engineering Manager, Payments", "Machine Learning Engineer", "Technical Writer", "QA Engineer",
    "Customer Success Manager", "Frontend Developer", "Solutions Architect", "Research Scientist (Vision)",
)  # fmt: skip
DEPARTMENTS: Final = ("Engineering", "Product & Design", "Data", "Operations", "Infrastructure", "Research")
EMPLOYMENTS: Final = ("Full-time", "Full time, permanent", "Full-time · Hybrid", "Full-time · Remote friendly")
# City and ISO country of the job: only countries that a profile in the manner of CONTRACT.md answers for.
PLACES: Final = (
    ("Austin, TX", "US"), ("New York, NY", "US"), ("Seattle, WA", "US"), ("Denver, CO", "US"), ("Chicago, IL", "US"),
    ("Berlin", "DE"), ("Munich", "DE"),
)  # fmt: skip
COUNTRY_IN_TEXT: Final = {"US": ("the United States", "the U.S.", "the USA"), "DE": ("Germany",)}

ABOUT: Final = (
    "{company} builds tools that people rely on every day. We are a team of about {people} and growing carefully.",
    "At {company} we believe that good work comes from calm teams. Around {people} of us work across four time zones.",
    "Founded by practitioners, {company} now serves customers in thirty countries with a team of {people}.",
)
DUTIES: Final = (
    "Own projects from the first sketch to production", "Work closely with colleagues in product and support",
    "Write clear documents and review those of others", "Keep what we run observable, boring and fast",
    "Mentor colleagues and learn from them", "Take part in a humane on-call rotation",
    "Turn vague requests into small, shippable steps", "Present results to customers and to the whole company",
)  # fmt: skip
WANTS: Final = (
    "Several years in a comparable role", "Clear written English", "Curiosity about how things really work",
    "Experience with distributed teams", "A habit of measuring before optimising", "Care for accessibility",
    "Experience with cloud infrastructure", "Comfort with changing a decision when facts change",
)  # fmt: skip
FORM_HEADINGS: Final = ("Apply for this job", "Submit your application", "Your application", "Apply for this position")
APPLY_LINKS: Final = ("Apply for this job", "Apply now", "Apply", "I'm interested", "Apply for this role")
SUBMIT_BUTTONS: Final = ("Submit application", "Apply now", "Send application", "Submit Application", "Submit")

LABELS: Final[dict[str, tuple[str, ...]]] = {
    "given-name": ("First Name", "Given name", "Legal first name", "First name", "Given name(s)", "Your first name"),
    "family-name": ("Last Name", "Family name", "Legal last name", "Surname", "Last name", "Family name / Surname"),
    "email": ("Email", "E-mail address", "Email address", "Your email", "Contact email"),
    "tel": ("Phone", "Phone number", "Mobile phone", "Telephone", "Contact number", "Mobile number"),
    "country": ("Country", "Country of residence", "Which country do you live in?", "Country you are based in"),
    "address-level2": ("City", "Location (City)", "Current city", "Which city do you live in?", "Town / City"),
    "linkedin-url": ("LinkedIn Profile", "LinkedIn URL", "LinkedIn", "Link to your LinkedIn profile"),
    "portfolio-url": ("Website", "Portfolio URL", "Personal website", "Link to your portfolio", "Portfolio or website"),
    "resume": ("Resume/CV", "Résumé", "Upload your résumé", "CV / Resume", "Attach your CV", "Resume"),
    "cover-letter": ("Cover Letter", "Cover letter", "Add a cover letter"),
    "work-authorization": (
        "Are you legally authorized to work in {country}?",
        "Do you have the right to work in {country}?",
        "Are you currently eligible to work in {country}?",
        "Do you have legal authorization to work in {country}?",
    ),
    "visa-sponsorship/needs": (
        "Will you now or in the future require sponsorship for employment visa status?",
        "Do you require visa sponsorship to work in {country}?",
        "Would you need our company to sponsor a visa or work permit for you in {country}?",
        "Do you now, or will you in the future, need immigration sponsorship to work in {country}?",
    ),
    "visa-sponsorship/without": (
        "Can you work in {country} without visa sponsorship?",
        "Are you able to work in {country} without employer sponsorship, now and in the future?",
        "Can you take up this job in {country} without requiring sponsorship?",
    ),
    "salary-expectation": (
        "Salary expectation (per year)", "Desired annual salary", "What are your salary expectations? (gross, annual)",
        "Expected yearly salary", "Annual salary expectation",
    ),
    "start-date": ("Earliest start date", "When can you start?", "Available from", "Date available to start"),
    "notice-period": ("Notice period", "What is your notice period?", "Current notice period"),
    "years-of-experience": (
        "Years of experience", "How many years of professional experience do you have?",
        "Total years of work experience",
    ),
    "referral-source": ("How did you hear about us?", "How did you hear about this job?", "Where did you find us?"),
    "gender": ("Gender", "What is your gender?", "Gender identity"),
    "veteran-status": ("Veteran status", "Protected veteran status", "Are you a veteran?"),
    "disability-status": ("Disability status", "Do you have a disability?", "Disability self-identification"),
    "consent": (
        "I have read the privacy notice and agree to the processing of my data for this application",
        "I consent to {company} processing my personal data for recruitment purposes",
        "By ticking this box I agree to the applicant privacy policy of {company}",
        "I agree that {company} may store and process my personal data to consider my application",
    ),
    "marketing-consent": (
        "Keep me informed about news and events at {company} by email",
        "I would like to receive marketing emails from {company}",
        "Yes, send me {company}'s newsletter and offers",
    ),
    "organization": ("Employer", "Company name", "Previous employer"),
    "organization-title": ("Job title", "Position held", "Your role"),
    "school": ("School", "University or college", "Institution"),
    "highest-degree": ("Degree", "Degree obtained", "Qualification"),
    "github-url": ("GitHub", "GitHub URL", "GitHub profile"),
    "street-address": ("Street address", "Address", "Street and number"),
    "postal-code": ("Postal code", "ZIP / Postal code", "ZIP code"),
    "address-level1": ("State / Province", "State or region"),
}  # fmt: skip

# What sites with telling names call a field; others use numbers (drawing.py).
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "given-name": ("first_name", "firstName", "fname", "applicant_given", "candidate_forename"),
    "family-name": ("last_name", "lastName", "lname", "applicant_family", "candidate_surname"),
    "email": ("email", "emailAddress", "e_mail", "applicant_mail"),
    "tel": ("phone", "phoneNumber", "mobile", "applicant_tel"),
    "country": ("country", "countryCode", "residence_country"),
    "address-level2": ("city", "location", "candidate_city"),
    "linkedin-url": ("linkedin", "urls[LinkedIn]", "linkedInProfile"),
    "portfolio-url": ("website", "urls[Portfolio]", "personal_site"),
    "resume": ("resume", "cv", "resumeFile", "attachment_1"),
    "cover-letter": ("cover_letter", "coverLetter", "attachment_2"),
    "work-authorization": ("work_auth", "rightToWork", "screening_1"),
    "visa-sponsorship": ("sponsorship", "needsVisa", "screening_2"),
    "salary-expectation": ("salary", "expectedSalary", "compensation"),
    "start-date": ("start_date", "availableFrom", "availability"),
    "notice-period": ("notice", "noticePeriod"),
    "years-of-experience": ("experience", "yearsOfExperience", "yoe"),
    "referral-source": ("source", "heardFrom"),
    "gender": ("gender", "eeo[gender]"),
    "veteran-status": ("veteran", "eeo[veteran]"),
    "disability-status": ("disability", "eeo[disability]"),
    "consent": ("gdpr", "privacyAccepted", "consent[store]"),
    "marketing-consent": ("newsletter_opt_in", "marketing", "consent[marketing]"),
}

PLACEHOLDERS: Final[dict[str, tuple[str, ...]]] = {
    "given-name": ("Jane",), "family-name": ("Doe",), "email": ("you@example.com", "name@domain.com"),
    "tel": ("+1 555 000 0000", "(555) 000-0000"), "linkedin-url": ("https://www.linkedin.com/in/…",),
    "portfolio-url": ("https://",), "salary-expectation": ("e.g. 90000",), "notice-period": ("e.g. 1 month",),
    "address-level2": ("Start typing…",),
}  # fmt: skip
SELECT_PROMPTS: Final = ("Select…", "Please select", "-- Select --", "Choose an option", "")
UNANSWERABLE: Final = (
    ("Why do you want to work here?", "textarea"),
    ("What is your favourite test strategy?", "textarea"),
    ("Describe a bug that taught you something.", "textarea"),
    ("Which of our products would you improve first, and how?", "textarea"),
    ("What does a good code review look like to you?", "text"),
    ("Tell us about a decision you changed your mind on.", "textarea"),
    ("Which shift would suit you best?", "select"),
    ("In one sentence, what would your first week here look like?", "text"),
    ("Name of employee who referred you", "text"),
    ("When is a good time for a phone screen?", "text"),
    ("Last working day at your last employer", "text"),
)
# Near misses: words of a profile's fields in questions about another thing. Optional, so that whoever fills one is found out.
DECOYS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("Last employer", "text", ()), ("First language", "text", ()), ("If yes, please state", "text", ()),
    ("Name of employee who referred you", "text", ()), ("Who referred you? (name)", "text", ()), ("Agency name", "text", ()),
    ("Previous surname", "text", ()), ("Best time for a phone call", "text", ()), ("HR email", "text", ()),
    ("Email of a former colleague", "email", ()), ("Phone number of your referee", "tel", ()), ("Last working day", "date", ()),
    ("Start date at current employer", "date", ()), ("Preferred interview date", "date", ()),
    ("Python experience (in years)", "number", ()), ("Years of experience in management", "number", ()),
    ("Expected salary (C$)", "number", ()), ("Expected salary (in thousands)", "number", ()),
    ("Desired daily rate", "text", ()),
    ("Is your notice period negotiable?", "text", ()), ("Website where you saw this job", "url", ()),
    ("GitHub repo you are most proud of", "url", ()), ("Skills you want to learn", "textarea", ()),
    ("City you want to work in", "select", ("Austin", "Berlin", "Oakland")),
    ("Which country office are you applying to?", "select", ("Germany", "India", "United States")),
    ("Degree of your closest colleague", "select", ("Bachelor", "BSc", "MSc")),
    ("Have you ever been denied a work permit for {country}?", "radio", ("Yes", "No")),
    ("Is your right to work in {country} limited in time?", "radio", ("Yes", "No")),
    ("Would you need to relocate for this role?", "radio", ("Yes", "No")),
    ("Are you unwilling to relocate?", "radio", ("Yes", "No")),
    ("I do not consent to the processing of my personal data", "checkbox", ()),
    ("I consent to {company} training AI models with my personal data", "checkbox", ()),
    ("I am not authorized to work in {country}", "checkbox", ()),
)  # fmt: skip
SHIFTS: Final = ("Early (06:00 to 14:00)", "Day (09:00 to 17:00)", "Late (14:00 to 22:00)")
SOURCES: Final = ("Job board", "A friend or colleague", "Search engine", "Social media", "An event", "Other")
DECLINES: Final = ("Decline to self-identify", "I don't wish to answer", "Prefer not to say", "I do not want to answer")
NOTICES: Final = ("Available immediately", "1 week", "2 weeks", "4 weeks", "1 month", "2 months", "3 months")
EEO_HEADINGS: Final = (
    "Voluntary Self-Identification", "Equal opportunity information (voluntary)", "U.S. Equal Employment Opportunity",
)  # fmt: skip

CONFIRMATIONS: Final = (
    ("Thank you for applying!", "Your application has been received. Our team will review it and be in touch."),
    ("Application submitted", "Thanks for your interest in {company}. We have sent you a confirmation by email."),
    ("Thanks for your application", "We have received your application for {title} and will get back to you soon."),
    ("We've got your application", "Thank you for applying to {company}. You will hear from us within two weeks."),
    ("Your application was submitted successfully", "Thank you for your interest in the {title} position."),
)
CONFIRMATION_PATHS: Final = ("confirmation", "thank-you", "thanks", "application-received", "submitted")
POST_PATHS: Final = ("", "applications", "submit", "apply")
CLOSED: Final = (
    ("This job is no longer available", "The position has been filled. Thank you for your interest in {company}."),
    ("This posting is closed", "We are no longer accepting applications for {title}."),
    ("Job closed", "Sorry, this position is no longer open. Have a look at our other openings."),
    ("No longer accepting applications", "The job you are looking for has been closed by {company}."),
    ("Position filled", "This job posting has expired and applications are closed."),
)
REFUSALS: Final = (
    "Please correct the errors below and submit again.", "There was a problem with your application.",
    "Some fields need your attention.", "Your application could not be submitted. Check the fields marked below.",
)  # fmt: skip
BREAKDOWNS: Final = (
    ("Something went wrong", "An unexpected error occurred while we were processing your request."),
    ("500 Internal Server Error", "The server could not complete your request. Please try again later."),
    ("We're sorry", "Our systems are having a moment. Please try again in a few minutes."),
)
COOKIE_TEXTS: Final = (
    ("We value your privacy", "We use cookies to improve our site and to measure how it is used."),
    ("Cookies on this site", "We and our partners use cookies. You can accept them or decline those not necessary."),
    ("This website uses cookies", "Some cookies are necessary, others help us to understand our visitors."),
)
COOKIE_ACCEPTS: Final = ("Accept all", "Accept all cookies", "Allow all", "Accept", "I agree")
COOKIE_DECLINES: Final = (
    "Decline", "Reject all", "Decline all", "Only necessary cookies", "Necessary only", "Reject non-essential",
)  # fmt: skip
TALENT_HEADINGS: Final = ("Join our talent community", "Join our talent network", "Not ready to apply? Stay in touch")
TALENT_DECLINES: Final = ("No thanks", "No, thank you", "Maybe later", "Not now")
HONEYPOT_LABELS: Final = ("Leave this field empty", "Fax number", "Company website", "Your middle initial twice")
HONEYPOT_NAMES: Final = ("hp_fax", "url_confirm", "contact_me_by_fax", "website_2", "_gotcha")
CSRF_NAMES: Final = ("authenticity_token", "csrf_token", "_csrf", "__RequestVerificationToken", "csrfmiddlewaretoken")

COUNTRIES: Final = {
    "AR": "Argentina", "AU": "Australia", "AT": "Austria", "BD": "Bangladesh", "BE": "Belgium", "BR": "Brazil",
    "BG": "Bulgaria", "CA": "Canada", "CL": "Chile", "CN": "China", "CO": "Colombia", "HR": "Croatia", "CZ": "Czechia",
    "DK": "Denmark", "EG": "Egypt", "EE": "Estonia", "FI": "Finland", "FR": "France", "DE": "Germany", "GH": "Ghana",
    "GR": "Greece", "HU": "Hungary", "IS": "Iceland", "IN": "India", "ID": "Indonesia", "IE": "Ireland", "IL": "Israel",
    "IT": "Italy", "JP": "Japan", "KE": "Kenya", "LV": "Latvia", "LT": "Lithuania", "LU": "Luxembourg",
    "MY": "Malaysia", "MX": "Mexico", "MA": "Morocco", "NL": "Netherlands", "NZ": "New Zealand", "NG": "Nigeria",
    "NO": "Norway", "PK": "Pakistan", "PH": "Philippines", "PL": "Poland", "PT": "Portugal", "RO": "Romania",
    "SG": "Singapore", "SK": "Slovakia", "SI": "Slovenia", "ZA": "South Africa", "KR": "South Korea", "ES": "Spain",
    "SE": "Sweden", "CH": "Switzerland", "TW": "Taiwan", "TH": "Thailand", "TR": "Turkey", "UA": "Ukraine",
    "AE": "United Arab Emirates", "GB": "United Kingdom", "US": "United States", "VN": "Vietnam",
}  # fmt: skip
COUNTRY_SPELLINGS: Final = {
    "US": ("United States", "United States of America", "USA"),
    "GB": ("United Kingdom", "UK", "Great Britain"),
}
