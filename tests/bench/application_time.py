"""The 12-field application: form open to submitted, people's time taken out."""

from __future__ import annotations

import statistics

from figure import Figure, spread

from jobhunter_dev.applied_task import Field

LIMIT = 10.0
PEOPLE = "people"
APPLICATIONS = 5


def measure(field: Field, pause_scale: float, applications: int = APPLICATIONS) -> list[Figure]:
    """`field` runs at that pause scale: 0, or 1 as shipped. Seconds as the runner counts them, all stages but people's."""
    seconds = []
    for _ in range(applications):
        task = field.apply("twelve", user="bench-time")
        task.confirm()
        status = task.end()
        assert status["reason"] == "Submitted", status
        stages = status["result"]["secondsByStage"]
        seconds.append(sum(value for stage, value in stages.items() if stage != PEOPLE))
    p50 = statistics.median(seconds)
    at = "pauses at zero" if pause_scale == 0 else "at the shipped pauses"
    return [
        Figure(
            f"12-field application, form open to submitted, {at}, p50",
            f"{p50:.2f} s",
            f"{LIMIT:.0f} s" if pause_scale == 0 else "none: beside it",
            "Skyvern 240 to 300 s (6 fields)",
            p50 <= LIMIT if pause_scale == 0 else None,
            spread(seconds) + "; opening the page is counted too",
        )
    ]
