"""Every template of the example, with every sample, as its recipients would read it: one readable file a template.

A change of words shows up in review as a change of these files. `make snapshots` accepts it.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

ROOT = Path(__file__).parent.parent.parent
WORKSPACES = ROOT / "config/workspaces"
LANGUAGE = re.compile(r"\.[a-z]{2,3}(-[A-Za-z]+)?\.liquid$")


class Readable(SingleFileSnapshotExtension):
    """Text as it is, in files that open with a click."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


def templates() -> list[str]:
    """`workspace/template` of every template file."""
    found = []
    for path in sorted(WORKSPACES.glob("*/templates/**/*.liquid")):
        if not LANGUAGE.search(path.name):
            workspace, _, *rest = path.relative_to(WORKSPACES).with_suffix("").parts
            found.append("/".join([workspace, *rest]))
    return found


@pytest.fixture(scope="session")
def previews() -> dict[str, list[dict[str, Any]]]:
    """`engine preview` of everything, by template."""
    done = subprocess.run(
        ["engine", "preview", "--format", "json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    by_template: dict[str, list[dict[str, Any]]] = {}
    for preview in json.loads(done.stdout)["previews"]:
        by_template.setdefault(f"{preview['workspace']}/{preview['template']}", []).append(preview)
    return by_template


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.replace("/", "."))
def test_reads(template: str, previews: dict[str, list[dict[str, Any]]], snapshot: SnapshotAssertion) -> None:
    assert "\n".join(map(readable, previews[template])) == snapshot(extension_class=Readable)


def test_nothing_is_previewed_that_has_no_file(previews: dict[str, list[dict[str, Any]]]) -> None:
    assert sorted(previews) == templates()


def test_the_example_shows_what_there_is(previews: dict[str, list[dict[str, Any]]]) -> None:
    """Both kinds, both encodings, long and short, with and without links."""
    every = [preview for group in previews.values() for preview in group]
    assert {preview["kind"] for preview in every} == {"sms", "mms"}
    assert {preview["encoding"] for preview in every} == {"GSM-7", "UCS-2"}
    assert {1, 2} <= {preview["segments"] for preview in every}
    assert {bool(preview["links"]) for preview in every} == {True, False}


def readable(preview: dict[str, Any]) -> str:
    """A preview as a short page: what the phone shows below, what it costs above."""
    lines = [
        f"── {preview['sample']} " + "─" * (60 - len(preview["sample"])),
        f"to        {preview['to']}",
        f"from      {preview['sender']}",
        f"kind      {preview['kind']}, {preview['encoding']}",
        f"size      {preview['characters']} characters, {preview['segments']} segment{'s'[: preview['segments'] != 1]}",
    ]
    lines += [f"media     {url}" for url in preview["media"]]
    lines += [f"link      {link['short']} → {link['url']}" for link in preview["links"]]
    lines += [
        f"finding   {finding['severity']} {finding['code']}: {finding['message']}" for finding in preview["findings"]
    ]
    return "\n".join([*lines, "", preview["body"], ""])
