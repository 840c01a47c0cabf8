"""The JSON Schema (draft 2020-12) of a plan: what `engine plan --format json` prints, for programs that read it.

Version 1: fields may be added, so readers take no notice of those that they do not know; none goes away or changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.reconcile.changes import Action, Reason
from engine.types import Severity

Schema = dict[str, Any]


def plan_schema() -> Schema:
    """Gives the schema, without a dialect."""
    return {
        "title": "engine plan --format json",
        **_object(
            "What apply would change.",
            {
                "version": {"const": 1, "description": "Of this format."},
                "digest": _text("What `apply --digest` is given: SHA-256 of all that a reviewer relies on."),
                "base": _text("The release that the plan starts from, a commit with `--against`.", null=True),
                "summary": _object(
                    "How many objects.", {str(action): _count(f"How many: {action}.") for action in Action}
                ),
                "changes": _list("change", "Every change, sorted by address."),
                "blocked": _list("blocked", "What `apply` refuses unless it is told to."),
                "drift": _list("change", "What others changed at providers, since it was set last."),
                "warnings": _list("finding", "What a person should know."),
            },
        ),
        "$defs": _definitions(),
    }


def _definitions() -> Mapping[str, Schema]:
    return {
        "change": _object(
            "What happens to one object.",
            {
                "address": _text("Which object: `acme/template/club/welcome`."),
                "action": {"enum": [str(action) for action in Action], "description": "What happens to it."},
                "fields": {**_list("", "Dotted names of what an update changes."), "items": {"type": "string"}},
                "before": {"type": ["object", "null"], "description": "The object as it is; null for a create."},
                "after": {"type": ["object", "null"], "description": "The object as it will be; null for a delete."},
                "reason": {
                    "enum": [str(reason) for reason in Reason],
                    "description": "Why: its file was edited, what it is made of changed, the environment says so, "
                    "it was changed at the provider, another version of a plugin or the engine reads it otherwise.",
                },
                "source": {
                    **_or_null("source"),
                    "description": "Where to look: the first changed value, or the object.",
                },
                "effects": {
                    "type": "array",
                    "description": "What people notice of it.",
                    "items": {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in ("rendering", "queued", "route")]},
                },
            },
        ),
        "source": _object(
            "A place in the config.",
            {
                "file": _text("Relative to the folder that holds config/."),
                "line": _count("From 1."),
                "column": _count("In characters, from 1."),
            },
        ),
        "rendering": _object(
            "How one sample of one template reads. Links are stand-ins of the real length.",
            {
                "kind": {"const": "rendering", "description": "Which effect this is."},
                "template": _text("Its address."),
                "sample": _text("Its name."),
                "before": {**_or_null("message"), "description": "Null where the template is new."},
                "after": {
                    "$ref": "#/$defs/message",
                    "description": "Its `error` is `template.gone` where the template goes away.",
                },
            },
        ),
        "message": _object(
            "One message, or why there is none: then `error` alone says something.",
            {
                "to": _text("E.164.", null=True),
                "sender": _text("As the provider knows it.", null=True),
                "body": _text("The words.", null=True),
                "kind": {"enum": ["sms", "mms", None], "description": "How it goes."},
                "encoding": {"enum": ["GSM-7", "UCS-2", None], "description": "What its characters need."},
                "odd": {**_or_null("odd"), "description": "The first character that GSM-7 cannot say."},
                "characters": _count("In septets for GSM-7, in grapheme clusters for UCS-2.", null=True),
                "segments": _count("What is paid for; 1 for an MMS.", null=True),
                "cost": {**_or_null("cost"), "description": "An estimate; null where it is unknown."},
                "links": _list("link", "Its links, short or as they were written."),
                "media": {**_list("", "Addresses of its images."), "items": {"type": "string"}},
                "error": _text("A code: why there is no message.", null=True),
                "message": _text("The same in words.", null=True),
            },
        ),
        "odd": _object(
            "A character that makes a message UCS-2.",
            {
                "character": _text("Itself."),
                "codepoint": _text("As Unicode writes it: U+2615."),
                "name": _text("Its name in Unicode; empty where it has none."),
                "position": _count("In the body, in characters from 1."),
            },
        ),
        "cost": _object(
            "What a message costs, at list prices or the config's own.",
            {"amount": _text("A decimal number."), "currency": _text("ISO 4217.")},
        ),
        "link": _object("A link.", {"url": _text("Where it leads."), "short": _text("As it stands in the body.")}),
        "queued": _object(
            "What becomes of a template's messages that wait, never attempted.",
            {
                "kind": {"const": "queued", "description": "Which effect this is."},
                "template": _text("Its address."),
                "messages": _count("How many wait."),
                "on_change": {
                    "enum": ["pin", "migrate", "cancel"],
                    "description": "The workspace's `sending.on_change`, or pin where they cannot migrate.",
                },
            },
        ),
        "route": _object(
            "Texts that another keyword rule takes.",
            {
                "kind": {"const": "route", "description": "Which effect this is."},
                "workspace": _text("Where they come in."),
                "sender": _text("Name of the sender that they come to.", null=True),
                "text": _text("Null for real texts that one person alone wrote: those are counted.", null=True),
                "origin": {
                    "enum": ["tests", "inbound"],
                    "description": "The config's conversation tests, or texts that came in lately.",
                },
                "times": _count("How often it is there."),
                "before": _text("The rule that takes it today, as `engine route` names it.", null=True),
                "after": _text("The rule that would.", null=True),
            },
        ),
        "blocked": _object(
            "A safety rail in the way.",
            {
                "rail": _text("Its name."),
                "address": _text("What it protects."),
                "message": _text("Why."),
                "allow": _text("What `apply --allow` is given to pass it."),
            },
        ),
        "finding": _object(
            "A warning, as `engine validate` has it.",
            {
                "code": _text("Stable."),
                "severity": {"enum": [str(one) for one in Severity], "description": "How bad it is."},
                "message": _text("What is wrong."),
                "hint": _text("What to do; may be empty."),
                "file": _text("Relative to the folder that holds config/.", null=True),
                **{name: _count("From 1.", null=True) for name in ("line", "column", "end_line", "end_column")},
                "address": _text("Which object.", null=True),
            },
        ),
    }


def _object(description: str, properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "required": list(properties),
    }


def _text(description: str, *, null: bool = False) -> Schema:
    return {"type": ["string", "null"] if null else "string", "description": description}


def _count(description: str, *, null: bool = False) -> Schema:
    return {"type": ["integer", "null"] if null else "integer", "minimum": 0, "description": description}


def _list(name: str, description: str) -> Schema:
    return {"type": "array", "description": description, "items": {"$ref": f"#/$defs/{name}"}}


def _or_null(name: str) -> Schema:
    return {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}]}
