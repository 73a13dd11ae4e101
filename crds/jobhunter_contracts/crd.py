"""Writes the CustomResourceDefinitions from the types: `python -m jobhunter_contracts.crd FOLDER...`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from jobhunter_contracts import names
from jobhunter_contracts.application_task import ApplicationTaskSpec, ApplicationTaskStatus

FILE = f"{names.GROUP}_{names.PLURAL}.yaml"
_KEEP = ("description", "enum", "pattern", "format", "default", "minLength", "maxLength", "minimum", "maximum")
_DESCRIPTION = (
    "One application for one job, on behalf of one person, made by a browser pod of its own."
    " Watch it with kubectl get apptask -w; answer its questions with kubectl jobhunter answer."
)


def _node(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema node of pydantic's as a structural schema node: references inlined, "or null" and titles gone."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            target = definitions[schema["$ref"].rsplit("/", 1)[1]]
            schema = {**target, **{k: v for k, v in schema.items() if k != "$ref"}}
        else:
            (only,) = (option for option in schema["anyOf"] if option.get("type") != "null")
            schema = {**only, **{k: v for k, v in schema.items() if k != "anyOf"}}
    node: dict[str, Any] = {"type": schema.get("type", "string")}
    node |= {key: schema[key] for key in _KEEP if key in schema and schema[key] is not None}
    node |= {key: value for key, value in schema.items() if key.startswith("x-kubernetes-")}
    if "description" in node:
        node["description"] = " ".join(node["description"].split())
    if node["type"] == "object":
        if "properties" in schema:
            node["properties"] = {name: _node(child, definitions) for name, child in schema["properties"].items()}
            if required := schema.get("required"):
                node["required"] = required
        else:
            node["additionalProperties"] = _node(schema["additionalProperties"], definitions)
            if "maxProperties" in schema:
                node["maxProperties"] = schema["maxProperties"]
    if node["type"] == "array":
        node["items"] = _node(schema["items"], definitions)
        if "maxItems" in schema:
            node["maxItems"] = schema["maxItems"]
    return node


def _schema(model: type[ApplicationTaskSpec | ApplicationTaskStatus]) -> dict[str, Any]:
    raw = model.model_json_schema(by_alias=True)
    return _node(raw, raw.get("$defs", {}))


def application_task_crd() -> dict[str, Any]:
    """The CustomResourceDefinition of ApplicationTask."""
    columns = [
        ("Phase", "string", ".status.phase", 0, ""),
        ("Reason", "string", ".status.reason", 0, ""),
        ("Site", "string", ".status.site", 0, ""),
        ("Age", "date", ".metadata.creationTimestamp", 0, ""),
        ("Attempts", "integer", ".status.attempts", 1, ""),
        ("Pod", "string", ".status.podName", 1, ""),
        ("URL", "string", ".spec.url", 1, ""),
    ]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names.PLURAL}.{names.GROUP}"},
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": names.KIND,
                "listKind": f"{names.KIND}List",
                "plural": names.PLURAL,
                "singular": names.SINGULAR,
                "shortNames": [names.SHORT_NAME],
                "categories": [names.CATEGORY],
            },
            "versions": [
                {
                    "name": names.VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "selectableFields": [
                        {"jsonPath": path}
                        for path in (".spec.userId", ".status.phase", ".status.reason", ".status.site")
                    ],
                    "additionalPrinterColumns": [
                        {"name": name, "type": kind, "jsonPath": path, "priority": priority}
                        for name, kind, path, priority, _ in columns
                    ],
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "description": _DESCRIPTION,
                            "required": ["spec"],
                            "properties": {
                                "apiVersion": {"type": "string"},
                                "kind": {"type": "string"},
                                "metadata": {"type": "object"},
                                "spec": _schema(ApplicationTaskSpec),
                                "status": _schema(ApplicationTaskStatus),
                            },
                        }
                    },
                }
            ],
        },
    }


def render() -> str:
    """The YAML file, as committed."""
    head = "# Generated by python -m jobhunter_contracts.crd; change the types, not this file.\n"
    return head + yaml.safe_dump(application_task_crd(), sort_keys=False, width=120, allow_unicode=True)


def main(folders: list[str]) -> int:
    for folder in folders:
        (Path(folder) / FILE).write_text(render())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
