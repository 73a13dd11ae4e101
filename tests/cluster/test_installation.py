"""What `CLUSTER=current make demo` does to a release that is there: nothing, where it is somebody's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobhunter_dev import __main__ as command
from jobhunter_dev import ground
from jobhunter_dev.errors import DevError, StepFailed
from jobhunter_dev.home import Home
from jobhunter_dev.installation import CHART_IMAGES, REPLACE, Installation
from jobhunter_dev.kubectl import Kubectl
from jobhunter_dev.progress import Progress

Run = Callable[[], dict[str, Any]]
HELM = """#!/bin/sh
case "$1" in
  get) cat "{folder}/there" 2>/dev/null || {{ cat "{folder}/error" >&2; exit 1; }} ;;
  upgrade) cat > "{folder}/given" ;;
esac
"""


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """lay(): what helm is given when the demo is installed; `there` in the folder is what `helm get values` says."""
    (tmp_path / "helm").write_text(HELM.format(folder=tmp_path))
    (tmp_path / "kubectl").write_text("#!/bin/sh\necho '{\"items\": []}'\n")
    for program in ("helm", "kubectl"):
        (tmp_path / program).chmod(0o755)
    (tmp_path / "error").write_text("Error: release: not found\n")
    images = {name: f"here/{name}:1" for name in (*CHART_IMAGES, "site")}
    place = Installation(Kubectl(tmp_path, None), images)
    monkeypatch.setenv("CLUSTER", "current")
    monkeypatch.setenv("JOBHUNTER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(REPLACE, raising=False)
    monkeypatch.setattr(ground, "installation", lambda _home: place)

    def run() -> dict[str, Any]:
        ground.lay(Progress(), Home(tmp_path / "home"))
        return dict(json.loads((tmp_path / "given").read_text()))

    return run


def there(folder: Path, values: dict[str, Any] | None) -> None:
    (folder / "there").write_text(json.dumps(values))


def test_a_cluster_without_the_release_gets_it(lay: Run) -> None:
    assert set(lay()) == {"image", "egress"}


def test_an_installation_of_other_values_is_left_as_it_is(lay: Run, tmp_path: Path) -> None:
    there(tmp_path, {**lay(), "postgres": {"enabled": False, "external": {"ownerSecret": "s3cret"}}})
    (tmp_path / "given").unlink()
    with pytest.raises(DevError, match=rf"values of its own \(postgres\).*{REPLACE}=yes") as refused:
        lay()
    assert "s3cret" not in str(refused.value)
    assert not (tmp_path / "given").exists()


def test_an_installation_by_the_defaults_is_left_as_it_is(lay: Run, tmp_path: Path) -> None:
    there(tmp_path, None)
    with pytest.raises(DevError, match=r"\(egress\)"):
        lay()


def test_it_is_replaced_where_that_is_said(lay: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there(tmp_path, {"sessions": {"max": 3}})
    monkeypatch.setenv(REPLACE, "yes")
    assert "sessions" not in lay()


def test_the_demo_s_own_release_is_brought_up_to_date_and_its_seccomp_folder_kept(lay: Run, tmp_path: Path) -> None:
    given = lay()
    there(tmp_path, {**given, "image": {"operator": "of-before"}, "seccomp": {"root": "/data/kubelet/seccomp"}})
    assert lay() == {**given, "seccomp": {"root": "/data/kubelet/seccomp"}}


def test_make_install_builds_what_changed_before_it_installs(
    lay: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: Any) -> int:
        assert not (tmp_path / "given").exists()
        (tmp_path / "built").touch()
        return 0

    monkeypatch.setattr(command, "images", build)
    assert command.main(["install"]) == 0
    assert (tmp_path / "given").exists()
    assert not (tmp_path / "built").exists(), "the images of the kubeconfig's cluster are somebody's to bring"
    (tmp_path / "given").unlink()
    monkeypatch.setenv("CLUSTER", "local")
    assert command.main(["install"]) == 0
    assert (tmp_path / "built").exists()


def test_a_helm_that_cannot_look_stops_the_demo(lay: Run, tmp_path: Path) -> None:
    (tmp_path / "error").write_text("Error: Kubernetes cluster unreachable\n")
    with pytest.raises(StepFailed, match="could not look") as failed:
        lay()
    assert "unreachable" in failed.value.tail
