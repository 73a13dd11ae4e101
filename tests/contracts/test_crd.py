"""The generated CustomResourceDefinition: fresh, and structural as the API server wants it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from jobhunter_contracts.application_task import (
    ApplicationTask,
    ApplicationTaskSpec,
    ApplicationTaskStatus,
    PodTemplate,
    Quantity,
)
from jobhunter_contracts.conditions import ConditionType, Phase
from jobhunter_contracts.crd import FILE, application_task_crd, main, render

ROOT = Path(__file__).parents[2]
COPIES = [ROOT / "crds" / FILE, ROOT / "charts" / "jobhunter" / "crds" / FILE]


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema node with its path."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from nodes(schema["additionalProperties"], f"{path}{{}}")


def schema() -> dict[str, Any]:
    node: dict[str, Any] = application_task_crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return node


@pytest.mark.parametrize("copy", COPIES, ids=lambda path: path.parent.parent.name)
def test_the_committed_file_is_what_the_types_say(copy: Path) -> None:
    assert copy.read_text() == render(), "stale: run make generate"


def test_the_generator_writes_into_each_folder_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert main([str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert (tmp_path / "a" / FILE).read_text() == (tmp_path / "b" / FILE).read_text() == render()


def test_every_node_has_a_type_and_every_field_a_description() -> None:
    for path, node in nodes(schema()):
        assert node["type"] in {"object", "array", "string", "integer", "number", "boolean"}, path
        if path.startswith((".spec", ".status")) and not path.endswith(("[]", "{}")):
            assert len(node["description"]) > 5, f"{path} has no description for kubectl explain"


def test_nothing_stands_in_it_that_a_structural_schema_forbids() -> None:
    forbidden = {"$ref", "anyOf", "oneOf", "allOf", "not", "title", "definitions", "$defs", "uniqueItems", "const"}
    for path, node in nodes(schema()):
        assert not forbidden & node.keys(), path
        assert not ({"properties", "additionalProperties"} <= node.keys()), path


def test_what_has_a_default_is_never_required() -> None:
    for path, node in nodes(schema()):
        for name in node.get("required", []):
            assert "default" not in node["properties"][name], f"{path}.{name}"


def test_every_list_and_map_has_a_bound_so_that_rules_have_a_known_cost() -> None:
    for path, node in nodes(schema()):
        if node["type"] == "array":
            assert "maxItems" in node, path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path


def test_every_text_in_the_spec_has_a_greatest_length() -> None:
    for path, node in nodes(schema()["properties"]["spec"], ".spec"):
        if node["type"] == "string" and "enum" not in node and "nodeSelector" not in path:
            assert "maxLength" in node, path


def test_printer_columns_short_name_and_selectable_fields() -> None:
    definition = application_task_crd()["spec"]
    columns = {column["name"]: column["priority"] for column in definition["versions"][0]["additionalPrinterColumns"]}
    assert [name for name, priority in columns.items() if priority == 0] == ["Phase", "Reason", "Site", "Age"]
    assert [name for name, priority in columns.items() if priority == 1] == ["Attempts", "Pod", "URL"]
    assert definition["names"]["shortNames"] == ["apptask"]
    assert definition["names"]["categories"] == ["jobhunter"]
    assert ".spec.userId" in [field["jsonPath"] for field in definition["versions"][0]["selectableFields"]]


def test_enums_are_those_of_the_contract() -> None:
    status = schema()["properties"]["status"]["properties"]
    assert status["phase"]["enum"] == [phase.value for phase in Phase]
    assert status["conditions"]["items"]["properties"]["type"]["enum"] == [kind.value for kind in ConditionType]


def test_defaults_are_those_of_the_design() -> None:
    spec = ApplicationTaskSpec(user_id="asha", url="https://example.com/1")
    assert spec.review == "Required"
    assert (spec.backoff_limit, spec.active_deadline_seconds, spec.soft_deadline_seconds) == (1, 900, 600)
    assert (spec.question_timeout_seconds, spec.review_timeout_seconds) == (120, 300)
    assert spec.ttl_seconds_after_finished is None
    properties = schema()["properties"]["spec"]["properties"]
    for name, field in ApplicationTaskSpec.model_fields.items():
        default = properties[str(field.alias)].get("default")
        assert default == (field.default if not field.is_required() else None), name


@pytest.mark.parametrize("text", ["1", "500m", "0.5", "1Gi", "512Mi", "64Ki", "2k", "1.5G", "3Ti", "1E"])
def test_quantities_that_kubernetes_knows_are_taken(text: str) -> None:
    assert TypeAdapter(Quantity).validate_python(text) == text


@pytest.mark.parametrize("text", ["", "-1", "1ki", "1mi", "1 Gi", "Gi", "1GB", "1e3x", ".5"])
def test_quantities_that_kubernetes_does_not_know_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Quantity).validate_python(text)


def test_a_task_as_the_api_server_gives_it_reads_and_writes_camel_case() -> None:
    body = {
        "apiVersion": "jobhunter.dev/v1alpha1",
        "kind": "ApplicationTask",
        "metadata": {"name": "a", "namespace": "b", "uid": "u", "resourceVersion": "7", "generation": 3},
        "spec": {"userId": "asha", "url": "https://example.com/1", "podTemplate": {"nodeSelector": {"a": "b"}}},
        "status": {
            "conditions": [
                {
                    "type": "Admitted",
                    "status": "False",
                    "reason": "UserLimit",
                    "message": "m",
                    "lastTransitionTime": "2026-01-31T09:30:00Z",
                }
            ],
            "pendingInputs": [{"id": "hitl_1", "kind": "text", "question": "?", "deadline": "2026-01-31T09:32:00Z"}],
        },
    }
    task = ApplicationTask.model_validate(body)
    assert (task.name, task.namespace, task.uid, task.resource_version, task.generation) == ("a", "b", "u", "7", 3)
    admitted = task.condition(ConditionType.ADMITTED)
    assert admitted is not None
    assert admitted.reason == "UserLimit"
    assert task.condition(ConditionType.SUCCEEDED) is None
    assert isinstance(task.spec.pod_template, PodTemplate)
    written = task.status.model_dump(by_alias=True, exclude_none=True, mode="json")
    assert written["pendingInputs"][0]["deadline"] == "2026-01-31T09:32:00Z"
    assert ApplicationTaskStatus.model_validate(written) == task.status


@pytest.mark.parametrize(
    "letter", [*" \t\n\v\f\r\x00\x1f\x7f\x85", *"\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"]
)
def test_the_operator_takes_no_user_id_that_the_api_server_refuses(letter: str) -> None:
    """test_crd_server.py has the API server's own words; one that only it takes is a task that no operator can read."""
    with pytest.raises(ValidationError):
        ApplicationTaskSpec(user_id=f"a{letter}b", url="https://example.com/1")


@pytest.mark.parametrize("user", ["asha", "åsa@example.org", "अशा", "auth0|5f7c", "\u200basha"])
def test_user_ids_of_all_scripts_are_taken(user: str) -> None:
    assert ApplicationTaskSpec(user_id=user, url="https://example.com/1").user_id == user
