"""What pydantic finds, in the words of the config and at the position of the value."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.config.yaml_nodes import find
from engine.config.yamlfile import Document

Path = tuple[str | int, ...]

_EXPECTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "bool_parsing": "true or false",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "url_type": "a text",
    "none_required": "nothing",
}


_NEVER_A_TEXT = frozenset(kind for kind in _EXPECTED if kind.endswith("_type")) - {"string_type"}
"""What pydantic finds where no text would do, whichever one a variable gives."""

SECRET_HINT = "put it into a variable and write ${NAME}; a secret that was in git must be replaced"  # noqa: S105 # advice, no secret
NAME_RULE = "lower-case letters, digits, - and _, at most 63 of them, beginning with a letter or digit"


class Checker:
    """Validates the parts of one document and reports at its positions."""

    def __init__(self, document: Document, *, unset: Mapping[Path, str] | None = None) -> None:
        self.document = document
        self.unset = unset or {}
        """Values that hang on a variable that is not set, by path: nothing can be said of them."""
        self.hidden: set[Path] = set()
        """Those of them that a model would not take as they stand."""

    def model(
        self,
        model: type[BaseModel],
        data: Any,
        *,
        at: Path = (),
        address: str | None = None,
        code_of: Callable[[Path], str | None] | None = None,
        ignore: Collection[str | int] = (),
        adapter: TypeAdapter[Any] | None = None,
    ) -> Any:
        """Gives the model of `data`, which stands at a path; None where it is not valid. Reports everything.

        `adapter` is for what is not the model itself, like a list of it.
        """
        try:
            return model.model_validate(data) if adapter is None else adapter.validate_python(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=True):
                path = (*at, *detail["loc"])
                if detail["loc"] and detail["loc"][0] in ignore:
                    continue
                hidden = next((known for known in self.unset if path[: len(known)] == known), None)
                if hidden is not None and (hidden != path or detail["type"] not in _NEVER_A_TEXT):
                    self.hidden.add(hidden)
                    continue
                self._report(model, detail, path, len(at), address, code_of(path[len(at) :]) if code_of else None)
        return None

    def at(
        self,
        path: Path,
        code: str,
        message: str,
        hint: str = "",
        *,
        address: str | None = None,
        key: bool = False,
        warning: bool = False,
    ) -> None:
        """Reports a finding at the value of a path, or at its key; a second one at the same value is dropped."""
        node = self._node(path, key=key)
        if warning:
            self.document.report.warning(code, message, hint, address=address, **self.document.place(node))
        elif node is not None:
            self.document.flag(node, code, message, hint, address=address)
        else:
            self.document.report.error(code, message, hint, address=address, **self.document.place(None))

    def is_unset(self, path: Path) -> bool:
        """True where the value hangs on a variable that is not set."""
        return path in self.unset

    def _node(self, path: Path, *, key: bool) -> Node | None:
        node, key_node = find(self.document.root, path)
        if key and key_node is not None:
            return key_node
        if node is not None and node is self.document.root:
            return None
        if node is not None and key_node is not None and _has_no_width(node):
            return key_node
        return node

    def _report(
        self,
        model: type[BaseModel],
        detail: Any,
        path: Path,
        depth: int,
        address: str | None,
        code: str | None,
    ) -> None:
        kind, key = detail["type"], path[-1] if path else ""
        if kind == "missing":
            self._missing(str(key), path[:-1], code or "config.missing", address)
        elif kind == "extra_forbidden":
            known = keys_of(_model_at(model, path[depth:-1]))
            hint = did_you_mean(str(key), known, "possible here")
            self.at(path, code or "config.unknown-key", f"unknown key {key!r}", hint, address=address, key=True)
        elif key == "[key]":
            message = f"{path[-2]!r} is no name: {NAME_RULE}"
            self.at(path[:-1], code or "config.name", message, "rename it", address=address, key=True)
        elif code == "config.secret-literal":
            # What stands there may be the secret: it is not repeated.
            message = "a secret must be a reference to a variable, never the value itself"
            self.at(path, code, message, SECRET_HINT, address=address)
        elif kind in _EXPECTED:
            self._wrong_type(_EXPECTED[kind], detail["input"], path, code or "config.type", address)
        else:
            node, _ = find(self.document.root, path)
            # A value that came from a variable is shown as it is written.
            shown = node.value if isinstance(node, ScalarNode) else detail["input"]
            message, hint = _value(kind, detail, shown)
            self.at(path, code or "config.value", message, hint, address=address)

    def _missing(self, key: str, parent: Path, code: str, address: str | None) -> None:
        node, key_node = find(self.document.root, parent)
        at_root = node is None or node is self.document.root
        where = None if at_root else (key_node or node)
        hint = f"add `{key}:`"
        message = f"{key!r} is missing" if at_root or key_node is None else f"{key!r} is missing in {key_node.value!r}"
        place = self.document.place(where)
        self.document.report.error(code, message, hint, address=address, **place)

    def _wrong_type(self, expected: str, value: Any, path: Path, code: str, address: str | None) -> None:
        node, _ = find(self.document.root, path)
        hint = ""
        if expected != "a text" and isinstance(node, ScalarNode) and "${" in node.value:
            hint = "a variable gives a text; write the value itself"
        elif expected == "a text" and isinstance(node, ScalarNode) and value is not None:
            hint = f'quote it: "{node.value}"'
        elif value is None and expected in ("a list", "a mapping of keys to values"):
            hint = f"write {'[]' if expected == 'a list' else '{}'} for none, or take the key out"
        elif value is None:
            hint = "give it a value, or take the key out"
        self.at(path, code, f"{_described(node, value)}, where {expected} is expected", hint, address=address)


def did_you_mean(name: str, known: Iterable[str], adjective: str = "there are") -> str:
    """Gives the hint for a name that means nothing: the nearest that does, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1) or difflib.get_close_matches(name.lower(), names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    if not names:
        return "there is none"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"{adjective}: {shown}"


def keys_of(model: type[BaseModel]) -> list[str]:
    """Gives the keys that a model takes, as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    current = model
    for step in path:
        models = _models_in(current, step)
        if models:
            current = models[0]
    return current


def _models_in(model: type[BaseModel], step: str | int) -> list[type[BaseModel]]:
    for name, field in model.model_fields.items():
        if step in (name, field.alias):
            return list(_models_of(field.annotation))
    return []


def _models_of(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_of(argument)


def _has_no_width(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.start_mark.index == node.end_mark.index


def _described(node: Node | None, value: Any) -> str:
    if isinstance(value, dict) or isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(value, list) or isinstance(node, SequenceNode):
        return "a list"
    if value is None:
        return "nothing"
    written = node.value if isinstance(node, ScalarNode) else str(value)
    written = written if len(written) <= 40 else written[:40] + "…"
    if isinstance(value, bool):
        return f"{written} (true or false)"
    if isinstance(value, int | float):
        return f"{written} (a number)"
    return f"the text {written!r}"


def _value(kind: str, detail: Any, value: Any) -> tuple[str, str]:
    context = detail.get("ctx", {})
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:60] + "…"
    if kind in ("enum", "literal_error"):
        written = str(context.get("expected", ""))
        expected = written.replace("'", "").replace(" or ", ", ")
        if "," not in expected:
            quoted = str(value) == expected and "'" not in written
            return f"{shown} is not {expected}", "write it without quotes" if quoted else ""
        close = difflib.get_close_matches(str(value), expected.split(", "), n=1)
        return f"{shown} is none of {expected}", f"did you mean {close[0]!r}?" if close else ""
    if kind == "string_pattern_mismatch":
        return f"{shown} does not look right: it must match {context.get('pattern')}", ""
    if kind in ("value_error", "assertion_error"):
        return f"{shown}: {context.get('error', detail['msg'])}", ""
    words = detail["msg"].replace("Input should be", "must be").replace("String should have", "must have")
    return f"{shown}: {words[0].lower()}{words[1:]}", ""
