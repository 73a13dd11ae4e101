"""Brings the cluster's CustomResourceDefinition to this version: `python -m jobhunter_operator.crd_upgrade`.

Helm installs a chart's crds/ folder once and never upgrades it. The chart runs this module as a hook before each install and
upgrade instead. The definition is made from the types, so that no copy of it has to travel in a ConfigMap.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from jobhunter_contracts.crd import application_task_crd
from jobhunter_contracts.errors import JobHunterError

FIELD_MANAGER = "helm"
"""Helm applies crds/ under this name at an installation, without force: fields of another manager would be a conflict then."""

TRIES = 5
PAUSE_SECONDS = 2.0
ESTABLISHED_SECONDS = 30.0


class CrdNotApplied(JobHunterError):
    """The API server did not take the CustomResourceDefinition, or does not serve it."""

    code = "crd-not-applied"


def apply(api: Any, definition: dict[str, Any]) -> None:
    """Server-side apply. An API server that cannot answer is asked again; raises CrdNotApplied with its words."""
    name = definition["metadata"]["name"]
    for left in reversed(range(TRIES)):
        try:
            api.patch_custom_resource_definition(
                name,
                definition,
                field_manager=FIELD_MANAGER,
                force=True,  # a copy applied by hand with kubectl becomes the chart's
                _content_type="application/apply-patch+yaml",
                _request_timeout=15,
            )
            return
        except (ApiException, HTTPError) as error:
            status = error.status if isinstance(error, ApiException) else None
            if left and (status is None or status >= 500 or status in (409, 429)):
                time.sleep(PAUSE_SECONDS)
                continue
            words = error.body if isinstance(error, ApiException) and error.body else error
            raise CrdNotApplied(
                f"the API server refused it: {words}",
                where=f"CustomResourceDefinition {name}",
                remedy="Where it speaks of storedVersions or immutable fields, the change is not one that can be made in place",
            ) from error


def wait_established(api: Any, name: str) -> None:
    """Until the API server serves the resource; raises CrdNotApplied after ESTABLISHED_SECONDS."""
    deadline = time.monotonic() + ESTABLISHED_SECONDS
    words = "it has no condition yet"
    while time.monotonic() < deadline:
        try:
            status = api.read_custom_resource_definition(name, _request_timeout=15).status
        except (ApiException, HTTPError) as error:
            words = str(error)
        else:
            conditions = {c.type: c for c in (status.conditions or [])} if status else {}
            if (established := conditions.get("Established")) and established.status == "True":
                return
            words = "; ".join(f"{c.type}={c.status} {c.message}" for c in conditions.values()) or words
        time.sleep(0.2)
    raise CrdNotApplied(
        f"not served after {ESTABLISHED_SECONDS:g} s: {words}",
        where=f"CustomResourceDefinition {name}",
        remedy="Read the conditions of the CustomResourceDefinition",
    )


def main() -> int:
    """0 when the definition is applied and served; 1 with words on standard error."""
    try:
        config.load_incluster_config()
    except config.ConfigException:
        config.load_kube_config()
    api = client.ApiextensionsV1Api()
    definition = application_task_crd()
    try:
        apply(api, definition)
        wait_established(api, definition["metadata"]["name"])
    except CrdNotApplied as error:
        print(error, file=sys.stderr)
        return 1
    print(f"CustomResourceDefinition {definition['metadata']['name']} is applied and served.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
