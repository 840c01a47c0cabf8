"""What the samples of a template provide: the names that are there, looked up without rendering."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from engine.compose.analysis import Any, Steps, shown
from engine.compose.names import MESSAGE, ROOTS, workspace_names
from engine.config.models import Sample, Template, TemplateText, Workspace
from engine.types import Json

Names = Mapping[str, Json]


def samples_of(workspace: Workspace, template: Template) -> list[Sample]:
    """Gives a template's samples: those it lists, or everybody in people.yaml."""
    if template.samples is not None:
        return template.samples
    return [Sample(name=name, person=name) for name in workspace.people]


def provided_by(workspace: Workspace, template: Template, text: TemplateText) -> list[Names]:
    """Gives what each sample offers, and what is always there: the number, too, where `to` does not choose another."""
    found: list[Names] = [
        {"customer": workspace.people.get(sample.person or "", {}), "trigger": sample.data, "event": {}}
        for sample in samples_of(workspace, template)
    ]
    always: dict[str, Json] = {
        "workspace": workspace_names(workspace.settings),
        "message": dict.fromkeys(MESSAGE, ""),
    }
    if text.to is None:
        always["customer"] = {workspace.settings.audience.phone_attribute: ""}
    return [*found, always]


def is_provided(steps: Steps, names: Sequence[Names]) -> bool:
    """True where some sample has the variable. Of a list that no sample has, nothing is known: its items pass."""
    if Any.ITEM in steps:
        before = steps[: steps.index(Any.ITEM)]
        if not any(_reaches(one, before) for one in names):
            return True
    return any(_reaches(one, steps) for one in names)


def nearest(steps: Steps, names: Sequence[Names]) -> str:
    """Gives a hint towards the variable that was meant, empty where none is near."""
    root = steps[0]
    if root in ROOTS:
        siblings = {key for one in names for key in _keys(one, steps[:-1])}
        close = difflib.get_close_matches(str(steps[-1]), sorted(siblings), n=1)
        return f"did you mean {shown((*steps[:-1], close[0]))}?" if close else ""
    known = {key: name for one in names for name in reversed(ROOTS) for key in _keys(one, (name,))}
    close = difflib.get_close_matches(str(root), sorted({*known, *ROOTS}), n=1)
    if not close:
        return f"names begin with {', '.join(ROOTS)}"
    meant = (close[0],) if close[0] in ROOTS else (known[close[0]], close[0])
    return f"did you mean {shown((*meant, *steps[1:]))}?"


def _reaches(value: Json, steps: Steps) -> bool:
    for index, step in enumerate(steps):
        if step is Any.ITEM:
            if not isinstance(value, list):
                return value is not None
            return not value or any(_reaches(item, steps[index + 1 :]) for item in value)
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif step == "size" and isinstance(value, (Mapping, list, str)):
            return True
        elif isinstance(value, list):
            place = {"first": 0, "last": -1}.get(step) if isinstance(step, str) else step
            if not isinstance(place, int) or not -len(value) <= place < len(value):
                return False
            value = value[place]
        else:
            return False
    return value is not None


def _keys(value: Json, steps: Steps) -> list[str]:
    for index, step in enumerate(steps):
        if step is Any.ITEM:
            items = value if isinstance(value, list) else []
            return [key for item in items for key in _keys(item, steps[index + 1 :])]
        indexed = isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value)
        if indexed or (isinstance(value, Mapping) and step in value):
            value = value[step]
        else:
            return []
    return [str(key) for key in value] if isinstance(value, Mapping) else []
