"""python -m jobhunter_gateway: tokens, faults of the environment in words, and a server that ends when it is told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from jobhunter_gateway.__main__ import main
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.tokens import signed_in
from real_cluster import kubeconfig, kubectl, root_kubectl
from running_gateway import SECRET, gateway_settings

__all__ = ["gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]


def test_it_prints_a_token(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JOBHUNTER_GATEWAY_JWT_SECRET", SECRET)
    assert main(["token", "asha", "--hours", "1"]) == 0
    who = signed_in(capsys.readouterr().out.strip(), Settings(_env_file=None))
    assert who.user_id == "asha"
    assert 3590 < who.expires_at.timestamp() - time.time() <= 3600
    for hours in ("0", "-1", "nan", "100000"):
        assert main(["token", "asha", "--hours", hours]) == 2


@pytest.mark.parametrize("user", ["Asha Rao", "", "x" * 129, "asha\n"])
def test_no_token_is_made_that_can_apply_for_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], user: str
) -> None:
    monkeypatch.setenv("JOBHUNTER_GATEWAY_JWT_SECRET", SECRET)
    assert main(["token", user]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "no spaces" in said.err


@pytest.mark.parametrize(
    ("variables", "command", "words"),
    [
        ({}, "token asha", "JOBHUNTER_GATEWAY_JWT_SECRET is not set"),
        ({}, "serve", "JOBHUNTER_GATEWAY_JWT_SECRET, JOBHUNTER_GATEWAY_DATABASE_URL is not set"),
        ({}, "migrate", "JOBHUNTER_GATEWAY_MIGRATION_DATABASE_URL is not set"),
        ({}, "reseed", "JOBHUNTER_GATEWAY_MIGRATION_DATABASE_URL is not set"),
        ({"JWT_SECRET": "short-and-secret"}, "token asha", "HS256 needs 32"),
        ({"RATE_WRITES": "often"}, "serve", "rate_writes"),
    ],
)
def test_a_wrong_environment_is_said_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    command: str,
    words: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"JOBHUNTER_GATEWAY_{name}", value)
    assert main(command.split()) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "short-and-secret" not in said


@pytest.mark.journey
def test_it_serves_until_it_is_told_to_end(gateway_settings: Settings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        port, metrics = int(one.getsockname()[1]), int(two.getsockname()[1])
    variables = {
        "NAMESPACE": gateway_settings.namespace,
        "NATS_URL": gateway_settings.nats_url,
        "DATABASE_URL": gateway_settings.database_url.get_secret_value(),
        "JWT_SECRET": SECRET,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "METRICS_PORT": str(metrics),
    }
    environment = os.environ | {f"JOBHUNTER_GATEWAY_{name}": value for name, value in variables.items()}
    log = tmp_path / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-m", "jobhunter_gateway", "serve"], env=environment, stderr=stream)
    try:
        _until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
        for place in (f"http://127.0.0.1:{metrics}/metrics", f"http://127.0.0.1:{port}/metrics"):
            assert "jobhunter_gateway_requests_total" in httpx.get(place, timeout=5).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text("utf-8")
    finally:
        process.kill()
        process.wait(10)
    assert "Traceback" not in log.read_text("utf-8")


def _until_ready(url: str, process: Any, log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text("utf-8")
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass  # it does not listen yet
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8"))
