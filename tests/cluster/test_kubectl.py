"""kubectl as a subprocess, its program played by a script."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jobhunter_dev.kubectl import Kubectl, KubectlFailed, wait_until

TALKATIVE = """#!/usr/bin/env python3
print("Forwarding from 127.0.0.1:4321 -> 8080", flush=True)
for number in range(20_000):
    print("Handling connection for 4321", flush=True)
open("{said}", "w").close()
import time; time.sleep(60)
"""

SHORT_LIVED = """#!/bin/sh
echo "$@" >> {said}
[ $(wc -l < {said}) = 2 ] && exit 1
echo "Forwarding from 127.0.0.1:4321 -> 8080"
[ $(wc -l < {said}) = 1 ] || exec sleep 60
"""


def kubectl(folder: Path, program: str) -> Kubectl:
    (folder / "kubectl").write_text(program)
    (folder / "kubectl").chmod(0o755)
    return Kubectl(folder, None)


def test_a_forwarded_port_stays_open_however_many_connections_were_made(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with kubectl(tmp_path, TALKATIVE.format(said=said)).forwarded("a", "svc/b", 8080) as port:
        assert port == 4321
        wait_until("more lines than a pipe holds", said.exists, seconds=20)
        began = time.monotonic()
    assert time.monotonic() - began < 5


def test_a_port_forward_that_ends_is_begun_again_on_the_same_port(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with kubectl(tmp_path, SHORT_LIVED.format(said=said)).forwarded("a", "svc/b", 8080) as port:
        assert port == 4321
        wait_until("a third beginning", lambda: said.read_text().count("\n") == 3, seconds=20)
    first, *later = said.read_text().splitlines()
    assert first == "port-forward -n a svc/b :8080 --address 127.0.0.1"
    assert later == ["port-forward -n a svc/b 4321:8080 --address 127.0.0.1"] * 2


def test_a_port_that_cannot_be_forwarded_is_said_in_kubectl_s_words(tmp_path: Path) -> None:
    place = kubectl(tmp_path, '#!/bin/sh\necho "error: no such pod"; exit 1\n')
    with pytest.raises(KubectlFailed, match="no such pod"), place.forwarded("a", "pod/b", 8080):
        pass
