"""What the operator counts, for Prometheus."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_FAST = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_START = (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 20, 40, 80)


class Metrics:
    """One registry with everything in it; names begin with jobhunter_operator_."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        prefix = "jobhunter_operator_"
        r = self.registry
        self.tasks = Gauge(f"{prefix}tasks", "Tasks by phase.", ["phase"], registry=r)
        self.reconciles = Counter(f"{prefix}reconciles", "Reconciles by how they went.", ["result"], registry=r)
        self.reconcile_seconds = Histogram(
            f"{prefix}reconcile_seconds", "Time of one reconcile.", buckets=_FAST, registry=r
        )
        self.api_writes = Counter(f"{prefix}api_writes", "Writes to the API server.", ["verb", "resource"], registry=r)
        self.queue_depth = Gauge(f"{prefix}queue_depth", "Keys that wait for a worker.", registry=r)
        self.events = Counter(f"{prefix}events", "Lifecycle events by what became of them.", ["result"], registry=r)
        self.asks = Counter(f"{prefix}asks", "Requests of runners, by kind and result.", ["what", "result"], registry=r)
        self.pods = Counter(f"{prefix}pods_created", "Browser pods created.", registry=r)
        self.ended = Counter(f"{prefix}tasks_ended", "Tasks ended, by reason.", ["reason"], registry=r)
        self.create_to_ready = Histogram(
            f"{prefix}create_to_ready_seconds",
            "Task created (to the second) to browser ready, first attempts.",
            buckets=_START,
            registry=r,
        )
        self.nats_connected = Gauge(f"{prefix}nats_connected", "1 while connected to NATS.", registry=r)
        self.admission_shut = Gauge(
            f"{prefix}admission_shut",
            "1 while nothing is admitted: the submission records were lost, or cannot be reached.",
            registry=r,
        )
        self.nats_errors = Counter(f"{prefix}nats_errors", "Errors that the NATS client reported.", registry=r)
        self.watch_events = Counter(f"{prefix}watch_events", "Watch events.", ["resource"], registry=r)
        self.swept = Counter(f"{prefix}swept", "Objects that the sweep found gone.", ["resource"], registry=r)

    def phases(self, phases: Iterable[str]) -> None:
        """How many tasks are in each phase now."""
        self.tasks.clear()
        for phase, count in Tally(phases).items():
            self.tasks.labels(phase=phase).set(count)

    def render(self) -> bytes:
        """The text format."""
        return generate_latest(self.registry)
