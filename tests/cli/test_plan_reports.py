"""The reports of `engine plan`: one plan, in one run, in every form."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from plans import EVERYTHING

HERE = "config/workspaces/acme"
WELCOME = f"{HERE}/templates/club/welcome.liquid"
FILES = {"text": "plan.txt", "json": "plan.json", "markdown": "comment.md", "html": "plan.html"}


def closed(schema: Any) -> Any:
    """Gives a schema that refuses what it does not describe."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **inner} if "properties" in schema else inner


def reports(*forms: str) -> list[str]:
    """Gives the options for a report in each form."""
    return [word for form in forms for word in ("--report", f"{form}={FILES[form]}")]


def of(engine: Any, *words: str) -> Any:
    """Gives the JSON that a command prints without being asked for it."""
    return json.loads(engine.run(*words))


def test_every_report_is_of_the_plan_that_is_printed(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hi ", "Hi ☕ ")
    engine.change(f"{HERE}/workspace.yaml", "{country: US}", "{country: US, website: '${SITE}'}")
    printed = engine.call("plan", "--detailed-exitcode", *reports(*FILES))
    assert printed.exit_code == 2
    written = {form: (engine.folder / file).read_text(encoding="utf-8") for form, file in FILES.items()}
    plan = json.loads(written["json"])
    assert {change["address"] for change in plan["changes"]} == {"acme/template/club/welcome", "acme/workspace"}
    assert written["text"].endswith(printed.stdout)
    for text in written.values():
        assert text.count(plan["digest"]) == 1
        assert "HOT BEVERAGE" in text
        assert "config.unset-variable" in text
        assert "\x1b" not in text
    for form in ("json", "markdown", "html"):
        assert engine.run("plan", "--format", form) == written[form]


@pytest.mark.parametrize("asked", ["yaml=plan.yaml", "markdown", "html=", "=plan.md", ""])
def test_a_report_has_a_known_format_and_a_file(engine: Any, asked: str) -> None:
    engine.refused("plan", "--report", asked, code=64)


@pytest.mark.parametrize(
    "words", [("--report", "html=no/where.html"), (*reports("json"), "--report", "text=plan.json")]
)
def test_a_report_that_cannot_be_written_is_refused(engine: Any, words: tuple[str, ...]) -> None:
    engine.refused("plan", *words, code=64)


def test_the_schema_describes_every_field(engine: Any) -> None:
    schema = of(engine, "schema", "--kind", "plan")
    Draft202012Validator.check_schema(schema)
    strict = Draft202012Validator(closed(schema))
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hi ", "Hi ☕ ")
    for document in (engine.json("plan"), {"version": 1, **json.loads(json.dumps(EVERYTHING.as_json()))}):
        assert [error.message for error in strict.iter_errors(document)] == []
        assert list(Draft202012Validator(schema).iter_errors({**document, "added": 1})) == []
        for name in document:
            assert not strict.is_valid({key: value for key, value in document.items() if key != name})


def test_the_schema_is_written_with_the_others(engine: Any, tmp_path: Path) -> None:
    engine.run("schema", "--out", "schemas")
    assert json.loads((tmp_path / "schemas/plan.schema.json").read_text()) == of(engine, "schema", "--kind", "plan")
    assert of(engine, "schema")["plan"] == of(engine, "schema", "--kind", "plan")


@pytest.mark.parametrize(("columns", "beside"), [("120", True), ("50", False)])
def test_a_terminal_has_colour_and_bodies_side_by_side_where_they_fit(engine: Any, columns: str, beside: bool) -> None:
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hi ", "Hi ☕ ")
    shown = on_a_terminal(engine, "plan", COLUMNS=columns)
    assert "\x1b[31m" in shown
    assert "Hi ☕ Ada, welcome" in shown
    rows = [row for row in shown.splitlines() if "Hi Ada, welcome" in row]
    assert any("│" in row and "Hi ☕ Ada, welcome" in row for row in rows) == beside
    piped = engine.run("plan")
    assert "\x1b" not in piped
    assert "│" not in piped


def test_hostile_bodies_break_out_of_no_report(engine: Any) -> None:
    bad = "```\n</code></td></table><script>x</script>\n\n# Approved\n| a |\n@everyone \u202e"
    engine.change(f"{HERE}/people.yaml", "first_name: Ada", 'first_name: "Ada\\e[2K"')
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hi {{", f"{{% raw %}}{bad}{{% endraw %}} Hi {{{{")
    engine.run("plan", *reports(*FILES))
    written = {form: (engine.folder / file).read_text(encoding="utf-8") for form, file in FILES.items()}
    for form in ("text", "markdown", "html"):
        assert not any(char in written[form] for char in "\u202e\x1b")
    assert "<script>" not in written["html"]
    read = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(written["markdown"])
    kinds = {token.type for token in read}
    assert not any(kind in kinds for kind in ("table_open", "blockquote_open", "hr"))
    assert [token.tag for token in read if token.type == "heading_open"] == ["h3"]
    assert not any("script>x" in token.content for token in read if token.type in ("html_block", "inline"))
    assert json.loads(written["json"])["changes"][0]["effects"][0]["after"]["body"].startswith("```\n</code>")


def on_a_terminal(engine: Any, *words: str, **variables: str) -> str:
    """Gives what a command shows on a terminal."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine", *words],
            cwd=engine.folder,
            env={**os.environ, **engine.variables, **variables},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # Linux ends a terminal that nobody holds with EIO
            while part := os.read(ours, 65_536):
                shown += part
        assert process.wait(timeout=60) == 0
    finally:
        os.close(ours)
    return shown.decode()
