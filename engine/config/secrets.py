"""Keeps secrets out of git: which fields hold them, and which texts look like one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from engine.config.explain import SECRET_HINT
from engine.config.text import place
from engine.config.yamlfile import Document
from engine.types import SecretRef

# How issuers mark their keys, from their documentation; the mark is looked for first because that costs nothing.
_MARKS = ("k_live_", "ghp_", "gho_", "github_pat_", "glpat-", "xox", "AKIA", "AIza", "SG.", "eyJ", "PRIVATE KEY")
_MARKED = re.compile(
    r"\b[sr]k_live_[0-9A-Za-z]{16,}"  # Stripe
    r"|\bgh[po]_[0-9A-Za-z]{36}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20}"  # GitHub, GitLab
    r"|\bxox[abprs]-[0-9A-Za-z-]{10,}"  # Slack
    r"|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{35}"  # AWS, Google
    r"|\bSG\.[\w-]{22}\.[\w-]{43}"  # SendGrid
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+"  # a signed JSON web token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_PASSWORD = re.compile(r"://[^\s/:@{}$]*:([^\s/@{}$]+)@")
# Twilio's auth tokens are 32 hexadecimal digits, its API secrets 32 letters and digits. Its identifiers (AC…, MG…,
# SK…) have 34 characters.
_BARE = re.compile(r"(?<![0-9A-Za-z_-])(?=[0-9A-Za-z]*[0-9])(?=[0-9A-Za-z]*[A-Za-z])[0-9A-Za-z]{32}(?![0-9A-Za-z_-])")


def secret_fields(model: type[BaseModel]) -> frozenset[str]:
    """Gives the keys of a plugin's options that hold secrets, as they are written."""
    return frozenset(
        field.alias or name for name, field in model.model_fields.items() if _holds_secret(field.annotation)
    )


def references(value: Any) -> Iterator[str]:
    """Gives the names of the variables that the value of a secret field refers to."""
    for item in value if isinstance(value, list) else [value]:
        try:
            yield SecretRef.parse(item).name
        except ValueError:
            continue


def check(text: str, document: Document, *, first_line: int = 1, bare: bool = False) -> None:
    """Reports every text that looks like a secret, at the value that holds it; `bare` looks for unmarked ones, too."""
    found: list[tuple[int, int]] = []
    for mark in _MARKS:
        if mark in text:
            found += [m.span() for m in _MARKED.finditer(text)]
            break
    if "@" in text and "://" in text:
        found += [m.span(1) for m in _PASSWORD.finditer(text)]
    if bare:
        found += [m.span() for m in _BARE.finditer(text)]
    for start, end in found:
        line, column = place(text, start)
        line += first_line - 1
        node = document.scalar_at(line, column)
        if node is not None:
            document.flag(node, "config.secret-literal", "this looks like a secret", SECRET_HINT)
        else:
            spot = {"line": line, "column": column, "end_line": line, "end_column": column + end - start}
            document.report.error(
                "config.secret-literal", "this looks like a secret", SECRET_HINT, file=document.file, **spot
            )


def _holds_secret(annotation: Any) -> bool:
    return annotation is SecretRef or any(_holds_secret(argument) for argument in get_args(annotation))
