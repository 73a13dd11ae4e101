"""The limits that whoever runs the cluster set, as `decide` needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobhunter_contracts.egress import EgressRule


@dataclass(frozen=True)
class Limits:
    """max_sessions_…: browser pods at once, in all, of a user, of a site (None: no limit).

    pod_template_permit: keys of spec.podTemplate that a task may use; pod_template_maxima: resource to greatest quantity.
    test_holds: whether the annotation that holds a runner between lease and press is honoured.
    """

    max_sessions: int = 20
    max_sessions_per_user: int = 3
    max_sessions_per_site: int | None = None
    pod_template_permit: frozenset[str] = frozenset({"resources"})
    pod_template_maxima: Mapping[str, str] = field(default_factory=lambda: {"cpu": "2", "memory": "4Gi"})
    egress_allow: tuple[EgressRule, ...] = ()
    test_holds: bool = False
