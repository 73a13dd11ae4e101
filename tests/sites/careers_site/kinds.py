"""The kinds of sites: how each behaves. The kind is the first part of a posting's path."""

from typing import Final

FORM_KINDS: Final = {
    "greenhouse": "a plain form with voluntary questions, consents and optional fields",
    "twelve": "exactly twelve fields, all required, all answerable from a full profile",
    "greenhouse-question": "one required question that no profile answers",
    "greenhouse-questions": "two required questions that no profile answers",
    "flaky": "the first submit of each job answers 500, the next works",
    "strict": "the first submit comes back with an error at the phone number; the next goes through",
    "strict-phone": "comes back until the phone number is digits only",
    "embedded": "the form is in an iframe of the same origin",
    "apply-button": "a description whose link leads to the form on another path",
    "cookies": "always a cookie banner",
    "talent": "always a dialog that asks to join a talent community",
    "hidden-confirmation": "the submit answers with a page that shows neither a confirmation nor errors",
    "slow-submit": "the submit is recorded at once and answered ten seconds later",
    "js-submit": "submits by fetch() and shows the confirmation in the page",
    "bigform": "sixty fields",
}
OTHER_KINDS: Final = {
    "closed": "the posting is closed (200)",
    "gone": "there is no such posting (404)",
    "login": "a login wall",
    "noform": "a description without a form",
    "slow": "never finishes loading (hangs for at most two minutes)",
    "redirect": "302 to the same job under /greenhouse/",
}
KINDS: Final = FORM_KINDS | OTHER_KINDS
