"""What a careers site must have received from a profile, in the words of its judge: token to value."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from .installation import SITE_PROXY
from .kubectl import Kubectl

WORK_WORDS = {"citizen": "yes", "permanent-resident": "yes", "authorized": "yes", "needs-sponsorship": "no"}


def expected_answers(profile: dict[str, Any], resume: Path) -> dict[str, Any]:
    """Expected values by token from a profile as in examples/profile.yaml; a token that is not here must stay empty."""
    basics, ours = profile["basics"], profile["application"]
    location = basics["location"]
    networks = {item["network"].lower(): item["url"] for item in basics.get("profiles", [])}
    works = {country: WORK_WORDS[word] for country, word in ours["work_authorization"].items()}
    data = resume.read_bytes()
    answers = {
        "given-name": ours["given_name"],
        "family-name": ours["family_name"],
        "email": basics["email"],
        "tel": basics["phone"],
        "country": location["countryCode"],
        "address-level2": location["city"],
        "linkedin-url": networks.get("linkedin"),
        "portfolio-url": basics.get("url"),
        "resume": {"sha256": hashlib.sha256(data).hexdigest(), "filename": resume.name, "size": len(data)},
        "work-authorization": works,
        "visa-sponsorship": {country: {"yes": "no", "no": "yes"}[word] for country, word in works.items()},
        "salary-expectation": f"{ours['salary_expectation']['amount']:g}",
        "start-date": str(ours["start_date"]),
        "notice-period": ours["notice_period"],
        "consent": bool(ours["consents"]["data_processing"]),
        "marketing-consent": bool(ours["consents"]["marketing"]),
    }
    for ours_name, token in (("gender", "gender"), ("veteran", "veteran-status"), ("disability", "disability-status")):
        answers[token] = ours["voluntary"].get(ours_name)
    return {token: value for token, value in answers.items() if value is not None}


def differences(kubectl: Kubectl, kind: str, job: str, expected: dict[str, Any]) -> list[dict[str, Any]]:
    """The site's own verdict on the last accepted post of a job: what differs from `expected`; [] where nothing does."""
    said = kubectl.run(
        "create",
        "--raw",
        f"{SITE_PROXY}/_judge?kind={kind}&job_id={job}",
        "-f",
        "-",
        stdin=json.dumps(expected),
    )
    return list(json.loads(said))
