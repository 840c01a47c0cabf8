"""Runs this repository's own workflows and action on this machine, as GitHub's runner does.

Steps that are commands run as they stand in the YAML. Of the actions by others, the one that checks out clones, those
that keep and fetch artifacts do so in a folder, and Python is set up already. What `${{ … }}` means is documented at
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PYTHON = "actions/setup-python@"
CHECKOUT = "actions/checkout@"
INSTALL = "Install Engine"
"""The one step that needs the network; Engine is installed."""
_TOKEN = re.compile(r"\s*(?:(?P<text>'[^']*')|(?P<name>[\w.*-]+)|(?P<sign>&&|\|\||==|!=|!|\(|\)))")
_STATUS = re.compile(r"\b(always|cancelled|failure|success)\(\)")


def read(path: str) -> dict[str, Any]:
    """Gives a workflow or an action of this repository."""
    document: dict[str, Any] = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return document


class Expression:
    """A value of `${{ … }}`: names, texts, comparisons, `&&`, `||` and `!`, by their precedence."""

    def __init__(self, text: str, known: Mapping[str, Any], *, failed: bool) -> None:
        self._tokens = [(found.lastgroup, found[found.lastgroup or 0]) for found in _TOKEN.finditer(text)]
        self._known, self._failed = known, failed

    def value(self) -> Any:
        """Gives what it comes to."""
        found = self._or()
        assert not self._tokens, self._tokens
        return found

    def _take(self, *signs: str) -> str | None:
        if self._tokens and self._tokens[0][1] in signs and self._tokens[0][0] == "sign":
            return self._tokens.pop(0)[1]
        return None

    def _or(self) -> Any:
        found = self._and()
        while self._take("||"):
            other = self._and()
            found = found or other
        return found

    def _and(self) -> Any:
        found = self._compared()
        while self._take("&&"):
            other = self._compared()
            found = found and other
        return found

    def _compared(self) -> Any:
        found = self._one()
        if sign := self._take("==", "!="):
            return (found == self._one()) is (sign == "==")
        return found

    def _one(self) -> Any:
        if self._take("!"):
            return not self._one()
        if self._take("("):
            found = self._or()
            assert self._take(")")
            return found
        kind, text = self._tokens.pop(0)
        if kind == "text":
            return text[1:-1]
        if self._take("("):
            assert self._take(")")
            return {"cancelled": False, "success": not self._failed, "failure": self._failed, "always": True}[text]
        return self._named(text)

    def _named(self, name: str) -> Any:
        found: Any = self._known
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return "" if found is None else found


@dataclass
class Runner:
    """One machine: a repository, a checkout of it to work in, what was kept as artifacts, and what GitHub says."""

    repository: Path
    checkout: Path
    temp: Path
    artifacts: Path
    github: dict[str, Any]
    variables: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def job(self, workflow: str, job: str, **known: Any) -> tuple[bool, dict[str, str]]:
        """Runs the steps of a job; True where none failed. Gives its outputs."""
        steps: dict[str, Any] = {}
        context = {"github": self.github, "steps": steps, **known}
        about = read(workflow)["jobs"][job]
        for step in about["steps"]:
            if step["uses"].startswith(CHECKOUT):
                self._check_out(step["with"])
                continue
            assert step["uses"] == "./", step
            given = {name: self._filled(value, context) for name, value in step.get("with", {}).items()}
            env = {name: self._filled(value, context) for name, value in step.get("env", {}).items()}
            fine, outputs = self.action(given, env)
            steps[step.get("id", "")] = {"outputs": outputs}
            if not fine:
                return False, {}
        return True, {name: self._filled(value, context) for name, value in about.get("outputs", {}).items()}

    def event(self, event: Mapping[str, Any]) -> None:
        """Says what has happened, to expressions and to commands."""
        file = self.temp / "event.json"
        file.write_text(json.dumps(event), encoding="utf-8")
        self.github["event"] = event
        self.variables["GITHUB_EVENT_PATH"] = str(file)

    def action(self, given: Mapping[str, str], env: Mapping[str, str]) -> tuple[bool, dict[str, str]]:
        """Runs the action with inputs; True where no step failed. Gives its outputs."""
        action = read("action.yml")
        assert set(given) <= set(action["inputs"]), given
        inputs = {name: given.get(name, about.get("default", "")) for name, about in action["inputs"].items()}
        steps: dict[str, Any] = {}
        runner = {"temp": str(self.temp)}
        context = {"github": self.github, "inputs": inputs, "steps": steps, "runner": runner}
        failed = False
        for step in action["runs"]["steps"]:
            condition = str(step.get("if", "success()")).removeprefix("${{").removesuffix("}}")
            if not _STATUS.search(condition):
                condition = f"success() && ({condition})"
            if step["name"] == INSTALL or not Expression(condition, context, failed=failed).value():
                steps[step.get("id", "")] = {"outcome": "skipped", "outputs": {}}
                continue
            fine, outputs = self._step(step, context, env)
            steps[step.get("id", "")] = {"outcome": "success" if fine else "failure", "outputs": outputs}
            failed = failed or not fine
        outputs = {name: self._filled(about["value"], context) for name, about in action["outputs"].items()}
        return not failed, outputs

    def _step(self, step: Mapping[str, Any], context: Mapping[str, Any], env: Mapping[str, str]) -> tuple[bool, Any]:
        if "run" in step:
            own = {name: self._filled(value, context) for name, value in step.get("env", {}).items()}
            return self._run(step["run"], {**env, **own})
        given = {name: self._filled(value, context) for name, value in step["with"].items()}
        if step["uses"].startswith("actions/upload-artifact@"):
            return self._keep(given)
        if step["uses"].startswith("actions/download-artifact@"):
            shutil.copytree(self.artifacts / given["name"], given["path"], dirs_exist_ok=True)
            return True, {}
        assert step["uses"].startswith(PYTHON), step
        return True, {}

    def _check_out(self, given: Mapping[str, Any]) -> None:
        assert given["persist-credentials"] is False
        shutil.rmtree(self.checkout, ignore_errors=True)
        depth = str(given.get("fetch-depth", 1))
        words = ("git", "clone", "-q", "--depth", depth, f"file://{self.repository}", str(self.checkout))
        subprocess.run(words, check=True, capture_output=True)

    def _keep(self, given: Mapping[str, str]) -> tuple[bool, Any]:
        files = [Path(line) for line in given["path"].splitlines() if Path(line).exists()]
        if not files:
            return given["if-no-files-found"] == "ignore", {}
        for file in files:
            (self.artifacts / given["name"]).mkdir(exist_ok=True)
            shutil.copy(file, self.artifacts / given["name"])
        return True, {"artifact-url": f"https://github.example/acme/messages/actions/runs/11/artifacts/{given['name']}"}

    def _run(self, script: str, env: Mapping[str, str]) -> tuple[bool, dict[str, str]]:
        """Runs a script with the shell and the options that GitHub gives `shell: bash`."""
        assert "${{" not in script, "what stands in a script must not come from an expression"
        output, summary = self.temp / "output", self.temp / "summary"
        output.write_text("")
        variables = {"RUNNER_TEMP": str(self.temp), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.checkout,
            env={**os.environ, "GITHUB_ACTIONS": "true", **self.variables, **env, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.log.append(f"{done.stdout}{done.stderr}exit {done.returncode}")
        return done.returncode == 0, dict(line.split("=", 1) for line in output.read_text().splitlines())

    def _filled(self, value: Any, context: Mapping[str, Any]) -> str:
        def one(found: re.Match[str]) -> str:
            return str(Expression(found[1], context, failed=False).value())

        return re.sub(r"\$\{\{(.*?)\}\}", one, str(value))
