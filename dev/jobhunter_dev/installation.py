"""JobHunter and the careers site on a cluster: the chart by helm, the site by kubectl, as a person would install them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import DevError, StepFailed
from .kubectl import Kubectl

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "charts" / "jobhunter"
SITE_MANIFEST = REPOSITORY / "dev" / "demo" / "careers-site.yaml"
RELEASE = "jobhunter"
NAMESPACE = "jobhunter"
SESSIONS = "jobhunter-sessions"
SITE_NAMESPACE = "careers"
SITE = f"careers-site.{SITE_NAMESPACE}.svc.cluster.local:8080"
SITE_PROXY = f"/api/v1/namespaces/{SITE_NAMESPACE}/services/careers-site:8080/proxy"

REPLACE = "JOBHUNTER_REPLACE_RELEASE"
"""Says `yes` where a release of other values may be replaced by the demo's."""

CHART_IMAGES = ("operator", "runner", "browser", "nats", "gateway", "postgres")

SITE_EGRESS = {
    "host": SITE.split(":")[0],
    "ports": [8080],
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": SITE_NAMESPACE}},
    "podSelector": {"matchLabels": {"app": "careers-site"}},
}
"""The one private address that the demo's browsers may reach: a rule of the chart's egress.allow."""


@dataclass(frozen=True)
class Installation:
    """images: name to reference (CHART_IMAGES and site)."""

    kubectl: Kubectl
    images: Mapping[str, str]
    seccomp_root: str = ""

    def values(self) -> dict[str, Any]:
        """The chart's values for this cluster, beside its defaults."""
        values: dict[str, Any] = {
            "image": {name: self.images[name] for name in CHART_IMAGES},
            "egress": {"allow": [SITE_EGRESS]},
        }
        if self.seccomp_root:
            values["seccomp"] = {"root": self.seccomp_root}
        return values

    def install(self, *, overrides: Mapping[str, Any] | None = None, timeout: str = "180s") -> None:
        """helm upgrade --install, waiting until everything is ready. Raises StepFailed with helm's words."""
        values = merged(self.values(), overrides or {})
        done = subprocess.run(
            [
                self.kubectl.program("helm"),
                "upgrade",
                "--install",
                RELEASE,
                str(CHART),
                "--namespace",
                NAMESPACE,
                "--create-namespace",
                "--wait",
                "--timeout",
                timeout,
                "--values",
                "-",
            ],
            input=json.dumps(values),
            capture_output=True,
            text=True,
            env=self.kubectl.env(),
            check=False,
        )
        if done.returncode != 0:
            raise StepFailed(
                "helm could not install the chart.", "See its words below.", (done.stderr or done.stdout).strip()
            )

    def kept_of_another(self, *, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What `install` must keep of a release that is there already: where its nodes have the seccomp folder.

        Raises DevError where that release has other values than `install` would give it, its images apart: they are
        somebody's choice, a store of their own perhaps, and would be gone.
        """
        there, ours = self._values_there(), merged(self.values(), overrides or {})
        if there is None:
            return {}
        apart = ("image", "seccomp")
        other = [key for key in sorted({*there, *ours}) if key not in apart and there.get(key) != ours.get(key)]
        if other and os.environ.get(REPLACE) != "yes":
            raise DevError(
                f"The release {RELEASE} in the namespace {NAMESPACE} is there already, and has values of its own"
                f" ({', '.join(other)}), which the demo's would replace.",
                f"Use a cluster without it. If nobody needs it as it is, say {REPLACE}=yes.",
            )
        return {} if self.seccomp_root else {key: there[key] for key in ("seccomp",) if key in there}

    def _values_there(self) -> dict[str, Any] | None:
        """The values that the release was given by whoever installed it; None where there is none."""
        done = subprocess.run(
            [self.kubectl.program("helm"), "get", "values", RELEASE, "--namespace", NAMESPACE, "--output", "json"],
            capture_output=True,
            text=True,
            env=self.kubectl.env(),
            check=False,
        )
        if done.returncode == 0:
            return dict(json.loads(done.stdout) or {})
        if "release: not found" in done.stderr:
            return None
        raise StepFailed("helm could not look for the release.", "See its words below.", done.stderr.strip())

    def forget_interrupted(self) -> None:
        """Removes the record of a helm run that was killed in the middle, which helm would wait for for ever.

        The revision before it counts again; a helm that is at work now must be kept away by the caller's lock.
        """
        kept = self.kubectl.list("secrets", NAMESPACE, f"owner=helm,name={RELEASE}")
        for secret in kept:
            if secret["metadata"]["labels"].get("status", "").startswith("pending-"):
                self.kubectl.run("delete", "secret", secret["metadata"]["name"], "-n", NAMESPACE)

    def deploy_site(self, seed: int) -> None:
        """The careers site, drawn from `seed`, until it is ready."""
        text = SITE_MANIFEST.read_text().replace("SITE_IMAGE", self.images["site"]).replace("SITE_SEED", str(seed))
        self.kubectl.apply(text)
        self.kubectl.run(
            "rollout", "status", "deployment/careers-site", "-n", SITE_NAMESPACE, "--timeout=90s", timeout=100
        )

    def site_record(self, kind: str, job: str) -> list[dict[str, Any]]:
        """What the site received for a job: its own record of every post."""
        return list(json.loads(self.kubectl.raw(f"{SITE_PROXY}/_record?kind={kind}&job_id={job}")))

    def remove(self) -> None:
        """Removes the release and the site."""
        subprocess.run(
            [self.kubectl.program("helm"), "uninstall", RELEASE, "-n", NAMESPACE, "--wait", "--ignore-not-found"],
            capture_output=True,
            env=self.kubectl.env(),
            check=False,
        )
        self.kubectl.run("delete", "namespace", SITE_NAMESPACE, "--ignore-not-found", "--wait=false")


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `over` laid on it, mapping by mapping, as helm merges values."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return result


def site_url(kind: str, job: str) -> str:
    """Address of a job on the careers site, as the cluster's pods see it."""
    return f"http://{SITE}/{kind}/jobs/{job}"
