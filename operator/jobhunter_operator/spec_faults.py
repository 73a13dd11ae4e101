"""What is wrong with a spec that the API server could not see: the sentences of InvalidSpec."""

from __future__ import annotations

import re
from decimal import Decimal
from http import HTTPStatus
from urllib.parse import urlsplit

from jobhunter_contracts.application_task import ApplicationTaskSpec, PodTemplate
from jobhunter_contracts.egress import may_connect
from jobhunter_contracts.errors import InvalidUrl
from jobhunter_contracts.posting_url import literal_address, normal_posting_url
from jobhunter_operator.limits import Limits

_QUANTITY = re.compile(r"^([0-9]+(?:\.[0-9]+)?)(m|k|[MGTPE]|[KMGTPE]i)?$")
_NO_CLASS = re.compile("no PriorityClass with name|RuntimeClass .*not found")
_FACTORS: dict[str, Decimal] = {"": Decimal(1), "m": Decimal("0.001"), "k": Decimal(1000)}
_FACTORS |= {unit: Decimal(1000**power) for power, unit in enumerate("MGTPE", start=2)}
_FACTORS |= {f"{unit}i": Decimal(1024**power) for power, unit in enumerate("KMGTPE", start=1)}


def spec_fault(spec: ApplicationTaskSpec, limits: Limits) -> str:
    """What is wrong and what to do, empty where nothing is."""
    if spec.url is None:
        return "spec.prompt is not served by this version: create a task with the job's address as url."
    try:
        url = normal_posting_url(spec.url)
        address = literal_address(spec.url)
    except InvalidUrl as error:
        return str(error)
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if address is not None and not may_connect(parts.hostname or "", address, port, limits.egress_allow):
        return (
            f"spec.url: {address} is not a public address, and the browser may not go there. Give the posting's public"
            " address, or have whoever runs the cluster allow this one in the chart's egress.allow."
        )
    return _template_fault(spec.pod_template, limits) if spec.pod_template else ""


def _template_fault(template: PodTemplate, limits: Limits) -> str:
    given = template.model_dump(by_alias=True, exclude_none=True)
    refused = sorted(set(given) - limits.pod_template_permit)
    if refused:
        permitted = ", ".join(sorted(limits.pod_template_permit)) or "nothing"
        return (
            f"spec.podTemplate: {', '.join(refused)} is not permitted here (permitted: {permitted}). Leave it out, or have"
            " whoever runs the cluster permit it in the chart's sessions.podTemplate.permit."
        )
    for kind, amounts in given.get("resources", {}).items():
        for resource, amount in amounts.items():
            most = limits.pod_template_maxima.get(resource)
            place = f"spec.podTemplate.resources.{kind}.{resource}"
            if most is None:
                return (
                    f"{place} is not permitted here. Only {', '.join(sorted(limits.pod_template_maxima))} can be set."
                )
            if quantity(amount) > quantity(most):
                return f"{place}: {amount} is more than the {most} permitted here. Ask for {most} or less."
    return ""


def pod_template_fault(spec: ApplicationTaskSpec, status: int, words: str) -> str:
    """What is wrong with spec.podTemplate where the API server refused the pod with `words`, empty where it is not to blame.

    Without a podTemplate the pod is the chart's alone. A class that is not there is a 403 of admission, as a quota is.
    """
    template = spec.pod_template
    if template is None:
        return ""
    classes = [name for name in (template.priority_class_name, template.runtime_class_name) if name]
    lacks = status == HTTPStatus.FORBIDDEN and _NO_CLASS.search(words) and any(name in words for name in classes)
    if status != HTTPStatus.UNPROCESSABLE_ENTITY and not lacks:
        return ""
    return f"spec.podTemplate: the API server refuses a pod with it: {words}. Create the task again with a better one."


def quantity(text: str) -> Decimal:
    """A Kubernetes quantity as a number. Raises ValueError for what is none."""
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a quantity such as 500m or 1Gi")
    return Decimal(match.group(1)) * _FACTORS[match.group(2) or ""]
