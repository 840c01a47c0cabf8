"""The sample people of a config by themselves, for pages that offer them without reading everything else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config.text import Report, read
from engine.config.yamlfile import Document

People = Mapping[str, Mapping[str, Any]]
"""Attributes by person."""


def sample_people(config: Path) -> dict[str, People]:
    """Gives the people of each workspace's people.yaml. What is wrong there is left out: `engine validate` tells it."""
    report = Report()
    found: dict[str, People] = {}
    for path in sorted(config.glob("workspaces/*/people.yaml")):
        text = read(path, path.name, report)
        data = Document(text, path.name, report).data if text is not None else None
        people = data.get("people") if isinstance(data, dict) else None
        if isinstance(people, dict):
            found[path.parent.name] = {
                str(name): attributes for name, attributes in people.items() if isinstance(attributes, dict)
            }
    return found
