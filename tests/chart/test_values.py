"""The chart's values: refused with words where they are wrong, described, and understood by who reads them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobhunter_contracts.egress import parse_egress
from jobhunter_operator.settings import Settings

CHART = Path(__file__).resolve().parents[2] / "charts" / "jobhunter"


def test_helm_lint_finds_nothing(chart: Any, values: dict[str, Any]) -> None:
    said = chart.run("lint", "--strict", str(chart.folder), values=values)
    assert "0 chart(s) failed" in said
    assert "WARNING" not in said


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sesions": {}}, "'sesions' not allowed"),
        ({"sessions": {"maxx": 3}}, "'maxx' not allowed"),
        ({"sessions": {"max": -1}}, "/sessions/max"),
        ({"sessions": {"max": None}}, "missing property 'max'"),
        ({"sessions": {"maxPerUser": "three"}}, "/sessions/maxPerUser"),
        ({"sessions": {"maxPerSite": 0}}, "/sessions/maxPerSite"),
        ({"sessions": {"pauseScale": -0.5}}, "/sessions/pauseScale"),
        ({"sessions": {"podTemplate": {"permit": ["hostNetwork"]}}}, "/sessions/podTemplate/permit/0"),
        ({"sessions": {"browser": {"resources": {"limits": {"memory": "much"}}}}}, "/sessions/browser/resources"),
        ({"egress": {"allow": [{"ports": [80]}]}}, "missing property 'host'"),
        ({"egress": {"allow": [{"host": "http://a.b/"}]}}, "/egress/allow/0/host"),
        ({"egress": {"allow": [{"cidr": "10.0.0.0"}]}}, "/egress/allow/0/cidr"),
        ({"egress": {"allow": [{"cidr": "10.0.0.0/8", "ports": [70000]}]}}, "/egress/allow/0/ports/0"),
        ({"image": {"operator": ""}}, "/image/operator"),
        ({"seccomp": {"root": "kubelet/seccomp"}}, "/seccomp/root"),
        ({"nats": {"limits": {"maxFileStore": "lots"}}}, "/nats/limits/maxFileStore"),
        ({"operator": {"testHolds": "yes"}}, "/operator/testHolds"),
        ({"gateway": {"rates": {"writes": "often"}}}, "/gateway/rates/writes"),
        ({"gateway": {"replicas": "two"}}, "/gateway/replicas"),
        ({"gateway": {"replicas": None}}, "missing property 'replicas'"),
        ({"gateway": {"jwt": {"leewaySeconds": 3600}}}, "/gateway/jwt/leewaySeconds"),
        ({"gateway": {"qdrant": {"url": "qdrant:6333"}}}, "/gateway/qdrant/url"),
        ({"gateway": {"ingress": {"host": "https://a.b"}}}, "/gateway/ingress/host"),
        ({"gateway": {"ingressFrom": [{}]}}, "/gateway/ingressFrom/0"),
        ({"gateway": {"forwardedAllowIps": ["everybody"]}}, "/gateway/forwardedAllowIps/0"),
        ({"postgres": {"external": {"url": "postgresql://a"}}}, "'url' not allowed"),
        ({"postgres": {"storage": {"size": "big"}}}, "/postgres/storage/size"),
        ({"nats": {"streams": {"framesMaxBytes": 0}}}, "/nats/streams/framesMaxBytes"),
    ],
)
def test_a_wrong_value_is_refused_with_the_place_where_it_stands(
    chart: Any, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(Exception, match="values don't meet the specifications") as refused:
        chart.render(values)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"postgres": {"enabled": False}}, "postgres.external.ownerSecret"),
        ({"postgres": {"enabled": False, "external": {"ownerSecret": "a"}}}, "postgres.external.appSecret"),
        ({"gateway": {"ingress": {"enabled": True}}}, "gateway.ingress.host"),
        ({"sessions": {"namespace": "jobhunter"}}, "sessions.namespace is the release's"),
        ({"seccomp": {"namespace": "jobhunter-sessions"}}, "seccomp.namespace is sessions.namespace"),
        (
            {"gateway": {"autoscaling": {"enabled": True}, "resources": {"requests": {"cpu": None}}}},
            "set gateway.resources.requests.cpu",
        ),
        (
            {"gateway": {"autoscaling": {"enabled": True, "minReplicas": 4, "maxReplicas": 2}}},
            "maxReplicas is less than minReplicas",
        ),
    ],
)
def test_what_is_left_out_is_asked_for_by_its_name(chart: Any, values: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        chart.render(values)


def leaves(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every value that a person sets, by its path."""
    if "properties" in schema and schema.get("additionalProperties") is False:
        for name, child in schema["properties"].items():
            yield from leaves(child, f"{path}.{name}" if path else name)
    elif path != "global":
        yield path, schema


def test_every_value_is_described_and_stands_in_the_readme() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    readme = (CHART / "README.md").read_text("utf-8")
    defaults = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    paths = dict(leaves(schema))
    assert len(paths) > 50
    for path, node in paths.items():
        assert len(node["description"]) > 5, path
        value = defaults
        for key in path.split("."):
            value = value[key]
        shown = json.dumps(value)
        default = f"`{shown}`" if len(shown) <= 60 else "see values.yaml"
        assert f"| `{path}` | {default} | {node['description']} |" in readme, path


def test_every_default_is_in_the_schema() -> None:
    def walk(value: Any, schema: dict[str, Any], path: str) -> None:
        if isinstance(value, dict) and schema.get("additionalProperties") is False:
            for key, child in value.items():
                assert key in schema["properties"], f"{path}.{key}"
                walk(child, schema["properties"][key], f"{path}.{key}")

    walk(
        yaml.safe_load((CHART / "values.yaml").read_text("utf-8")),
        json.loads((CHART / "values.schema.json").read_text("utf-8")),
        "",
    )


def environment(objects: list[dict[str, Any]], release: str = "jobhunter") -> dict[str, str]:
    """The operator's variables; those that come from Secrets or fields as their key's name."""
    name = f"{release}-operator"
    (deployment,) = (i for i in objects if i["kind"] == "Deployment" and i["metadata"]["name"] == name)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry.get("value", "from-elsewhere") for entry in container["env"]}


def settings(objects: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the operator understands of them."""
    for name in list(os.environ):
        if name.startswith("JOBHUNTER_"):
            monkeypatch.delenv(name)
    for name, value in environment(objects).items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_the_operator_understands_its_environment(
    objects: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {f"JOBHUNTER_OPERATOR_{name.upper()}" for name in Settings.model_fields}
    assert set(environment(objects)) - {"HOME", "USER"} <= known
    understood = settings(objects, monkeypatch)
    assert understood.nats_url == "nats://jobhunter-nats.jobhunter.svc:4222"
    assert understood.browser_seccomp_profile.startswith("jobhunter/chromium-")


def test_the_operator_names_the_job_that_reseeds_as_the_release_has_it(chart: Any) -> None:
    objects = chart.render(release="another")
    (cron_job,) = (item["metadata"]["name"] for item in objects if item["kind"] == "CronJob")
    assert environment(objects, "another")["JOBHUNTER_OPERATOR_RESEED_CRON_JOB"] == cron_job


def test_what_is_set_reaches_the_operator(
    chart: Any, everything: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    understood = settings(chart.render(everything), monkeypatch)
    assert understood.max_sessions_per_site == 2
    assert understood.pause_scale == 0.5
    assert understood.pod_template_permit == ["resources", "nodeSelector"]
    assert understood.pod_template_maxima == {"cpu": "4", "memory": "4Gi"}
    assert understood.pod_runtime_class == "gvisor"
    assert understood.pod_node_selector == {"pool": "browsers"}
    assert understood.image_pull_secrets == ["mine"]
    assert understood.submission_max_bytes == 256 * 1024 * 1024
    assert understood.frames_max_bytes == 32 * 1024 * 1024
    assert understood.test_holds is False


def test_the_guard_gets_hosts_cidrs_and_ports_but_no_selectors(chart: Any, everything: dict[str, Any]) -> None:
    rules = parse_egress(environment(chart.render(everything))["JOBHUNTER_OPERATOR_EGRESS_ALLOW"])
    assert [(rule.host, rule.cidr, rule.ports) for rule in rules] == [
        ("careers.intranet.example.com", None, [443]),
        ("jobs.hr.svc.cluster.local", None, [80]),
        (None, "fd00:1::/64", []),
        ("*.public.example.com", None, []),
    ]


def test_the_notes_say_what_to_do_next(chart: Any) -> None:
    notes = chart.notes()
    for words in ("jobhunter-sessions", "create secret generic my-profile", "kind: ApplicationTask", "get apptask -w"):
        assert words in notes
    assert "port-forward service/jobhunter-gateway 8080:http" in notes
    assert "exec deployment/jobhunter-gateway -c gateway -- python -m jobhunter_gateway token" in notes
    assert "WARNING" not in notes


def test_what_the_notes_pipe_into_kubectl_is_a_task_when_it_is_pasted_into_a_shell(chart: Any) -> None:
    step = "kubectl apply" + chart.notes().split("kubectl apply", 1)[1].split("   Watch it", 1)[0]
    done = subprocess.run(
        ["bash", "-c", f'kubectl() {{ cat; }}\n{step}\necho "---"'], capture_output=True, text=True, check=True
    )
    assert not done.stderr, "a heredoc that never ends is told by bash alone"
    task, after = yaml.safe_load_all(done.stdout)
    assert task["spec"]["profileRef"] == {"name": "my-profile"}
    assert after is None


def test_the_notes_warn_of_what_is_left_to_a_person(chart: Any, everything: dict[str, Any]) -> None:
    assert "egress.allow *.public.example.com has neither cidr nor selector" in chart.notes(everything)
    assert "https://jobs.example.com/" in chart.notes(everything)
    assert "in the clear" in chart.notes({"gateway": {"ingress": {"enabled": True, "host": "jobs.example.com"}}})
    bare = chart.notes(
        {
            "networkPolicy": {"enabled": False},
            "seccomp": {"install": False},
            "nats": {"auth": {"create": False}},
            "operator": {"testHolds": True},
            "gateway": {"jwt": {"create": False}},
            "postgres": {"enabled": False, "external": {"ownerSecret": "our-owner", "appSecret": "our-app"}},
        }
    )
    for words in (
        "NetworkPolicies are off",
        "Bring the seccomp profile",
        "NATS credentials are yours to bring",
        "secret of people's tokens is yours to bring",
        "Postgres is yours to bring",
        "testHolds is on",
    ):
        assert words in bare


def test_nothing_of_the_chart_is_left_untracked() -> None:
    ignored = subprocess.run(
        ["git", "status", "--porcelain", "--ignored", "charts"],
        cwd=CHART.parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "!!" not in ignored, "a part of the chart is ignored by git and would be missing for others"
