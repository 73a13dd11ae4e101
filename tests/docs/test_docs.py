"""What the documents name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md"), *ROOT.glob("charts/*/*.md")]
)
PACKAGES = {
    "jobhunter_contracts": ROOT / "crds" / "jobhunter_contracts",
    "jobhunter_connection": ROOT / "crds" / "jobhunter_connection",
    "jobhunter_operator": ROOT / "operator" / "jobhunter_operator",
    "jobhunter_runner": ROOT / "browser-runner" / "jobhunter_runner",
    "jobhunter_kubectl": ROOT / "operator" / "jobhunter_kubectl",
    "jobhunter_gateway": ROOT / "gateway" / "jobhunter_gateway",
}
UNNAMED = {"__init__", "settings", "metrics", "metrics_server"}
"""Modules that no task flows through."""


def architecture() -> str:
    return (ROOT / "docs" / "ARCHITECTURE.md").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", document.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-zA-Z_-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(
        r"`(?:CLUSTER=current )?make ([a-z-]+)`|^    make ([a-z-]+)", document.read_text(), re.MULTILINE
    ):
        assert "".join(target) in targets, f"{document.name}: make {''.join(target)}"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_architecture_names_what_is_there(package: str) -> None:
    words = set(re.findall(r"[a-z_]+", architecture()))
    modules = {path.stem for path in PACKAGES[package].glob("*.py")} - UNNAMED
    assert not (modules - words), "say in docs/ARCHITECTURE.md where these stand on a task's way"


def test_the_architecture_is_a_page() -> None:
    assert len(architecture().split()) < 1200
