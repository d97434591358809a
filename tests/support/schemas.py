"""The published schemas in `tests/schemas`, as validators."""

import json
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_FOLDER = Path(__file__).parents[1] / "schemas"


def problems(value: object, schema: str) -> list[str]:
    """Return what a schema says against a value that went through JSON; ``folder/file.json`` names the schema."""
    path = _FOLDER / schema
    registry: Registry[Any] = Registry()
    for sibling in sorted(path.parent.glob("*.json")):
        content = _load(sibling)
        if "id" in content:
            resource = Resource.from_contents(content, default_specification=DRAFT4)
            registry = registry.with_resource(content["id"].rstrip("#"), resource)
    validator = jsonschema.Draft4Validator(_load(path), registry=registry)
    told = json.loads(json.dumps(value))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(told)]


def _load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
