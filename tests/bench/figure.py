"""A figure: what was measured, beside who does it best or the limit it must hold."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """ours: with its unit. holds: whether it is within the limit; None where there is no limit yet."""

    what: str
    ours: str
    limit: str
    peer: str
    holds: bool | None
    detail: str = ""

    def row(self) -> str:
        """A row of the Markdown table."""
        verdict = {True: "yes", False: "**no**", None: "recorded"}[self.holds]
        return f"| {self.what} | {self.ours} | {self.limit} | {verdict} | {self.peer} | {self.detail} |"


HEAD = "| figure | ours | limit | holds | peer (published unless said) | how |\n|---|---|---|---|---|---|"


def spread(values: Sequence[float], unit: str = "s") -> str:
    """Least, p50, p90 and greatest."""
    ordered = sorted(values)
    p90 = ordered[min(len(ordered) - 1, round(0.9 * (len(ordered) - 1)))]
    return (
        f"min {ordered[0]:.2f}, p50 {statistics.median(ordered):.2f}, p90 {p90:.2f}, max {ordered[-1]:.2f} {unit},"
        f" n={len(ordered)}"
    )
