"""Check docs/cluster/raycluster.yaml against the published schema of KubeRay.

    python tools/check_kuberay.py ray.io_rayclusters.yaml

The argument is the custom resource definition from the repository of KubeRay, in the folder
`ray-operator/config/crd/bases`. Unknown keys are errors too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

FILE = Path(__file__).parents[1] / "docs/cluster/raycluster.yaml"


def main(definition: Path) -> int:
    """Print each violation; return 1 if there is one, else 0."""
    resource = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    group, _, version = resource["apiVersion"].partition("/")
    found = yaml.safe_load(definition.read_text(encoding="utf-8"))
    if (found["spec"]["group"], found["spec"]["names"]["kind"]) != (group, resource["kind"]):
        raise SystemExit(f"{definition}: this file does not define {group} {resource['kind']}")
    versions = {one["name"]: one["schema"]["openAPIV3Schema"] for one in found["spec"]["versions"]}
    schema = _strict(versions[version])
    schema["properties"]["metadata"] = {"type": "object"}  # its schema is that of Kubernetes
    errors = list(Draft202012Validator(schema).iter_errors(resource))
    for error in errors:
        print(f"{FILE}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    return 1 if errors else 0


def _strict(schema: Any) -> Any:
    """Return a copy of a schema that forbids unknown keys, as the server of Kubernetes does."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: _strict(value) for key, value in schema.items()}
    if (
        isinstance(copy.get("properties"), dict)
        and "x-kubernetes-preserve-unknown-fields" not in copy
    ):
        copy.setdefault("additionalProperties", False)
    return copy


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
