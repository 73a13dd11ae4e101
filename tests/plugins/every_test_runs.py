"""pytest's hooks by which a skipped test counts as failed where JOBHUNTER_JOURNEY=required, as `make test` has it.

../shared/forms-dev alone may be absent: the tests in test_forms_dev.py skip then, and say so.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any, TypeVar

import pytest

MAY_SKIP = "test_forms_dev.py"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _judged((yield))


def _judged(report: Report) -> Report:
    file = report.nodeid.split("::", 1)[0]
    if not report.skipped or os.environ.get("JOBHUNTER_JOURNEY") != "required" or file.endswith(MAY_SKIP):
        return report
    report.outcome = "failed"
    report.longrepr = f"{_why(report.longrepr)} (in `make test` a test that is skipped counts as failed)"
    return report


def _why(longrepr: Any) -> str:
    """A skip's words: pytest has (file, line, words)."""
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
