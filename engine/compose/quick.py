"""The quick way to render plain texts: words, variables, filters on them, `if` and `unless`.

python-liquid walks a tree of nodes, asks a chain of scopes for every name, and writes to a counted buffer, which takes
ten times as long as such texts need. Here the same tree is walked once and made into functions. They decide nothing of
their own: what a value prints and equals comes from the code that the nodes call, too. Where a text is more than
plain, or a rendering meets anything that could be an error or a limit, the answer is None, and python-liquid renders
it from the start: rendering changes nothing, so both ways give the same text or the same error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from liquid import BoundTemplate
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import BooleanExpression, FilteredExpression, Nil, Path, StringLiteral
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.logical import LogicalAndExpression, LogicalOrExpression, is_truthy
from liquid.builtin.expressions.primitive import Blank, Empty, FalseLiteral, FloatLiteral, IntegerLiteral, TrueLiteral
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression

from engine.compose.budget import OUTPUT
from engine.compose.environment import apply_filter
from engine.compose.expressions import Equality, Ordering, equal
from engine.compose.missing import Missing, path_of
from engine.compose.names import ROOTS
from engine.compose.tags import PrintNode, printed

Names = Mapping[str, Any]
Value = Callable[[Names], Any]
Write = Callable[[Names], str]
Quick = Callable[[Names], str | None]

MOST = 1_000
"""Expressions and filters of a plain text: so few never use up the budget of steps, so none is counted here."""

_LITERALS = (StringLiteral, IntegerLiteral, FloatLiteral, TrueLiteral, FalseLiteral)
_SPECIAL_KEYS = ("size", "first", "last")


class _NotPlainError(Exception):
    """The text needs python-liquid."""


def quick(template: BoundTemplate) -> Quick | None:
    """Gives what renders a parsed text; None where it is not plain. The answer of a rendering is None, too, where only
    python-liquid can tell what comes out."""
    try:
        write = _Walk(template.env.filters).sequence(template.nodes)
    except _NotPlainError:
        return None

    def render(names: Names) -> str | None:
        try:
            text = write(names)
        except Exception:  # noqa: BLE001 # whatever it is, python-liquid meets it again, and says what and where
            return None
        return text if len(text) <= OUTPUT else None

    return render


class _Walk:
    def __init__(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        self._filters = filters
        self._spent = 0

    def sequence(self, nodes: Sequence[Node]) -> Write:
        """Gives what writes nodes one after another."""
        shape = ["" if not isinstance(node, ContentNode) else node.text for node in nodes]
        holes = [(place, self._node(node)) for place, node in enumerate(nodes) if not isinstance(node, ContentNode)]

        def write(names: Names) -> str:
            pieces = shape.copy()
            for place, hole in holes:
                pieces[place] = hole(names)
            return "".join(pieces)

        return write

    def _node(self, node: Node) -> Write:
        if type(node) is PrintNode:
            return self._output(self._value(node.expression))
        if type(node) is IfNode or type(node) is UnlessNode:
            return self._condition(node, negated=type(node) is UnlessNode)
        raise _NotPlainError

    def _output(self, value: Value) -> Write:
        def write(names: Names) -> str:
            found = value(names)
            if found is None:
                raise _NotPlainError
            return found if type(found) is str else printed(found)

        return write

    def _condition(self, node: IfNode | UnlessNode, *, negated: bool) -> Write:
        first, then = self._value(node.condition), self._block(node.consequence)
        others = [(self._value(one.expression), self._block(one.block)) for one in node.alternatives]
        default = self._block(node.default) if node.default is not None else None

        def write(names: Names) -> str:
            if bool(first(names)) is not negated:
                return then(names)
            for condition, block in others:
                if condition(names):
                    return block(names)
            return default(names) if default is not None else ""

        return write

    def _block(self, block: BlockNode) -> Write:
        if not block.blank:
            return self.sequence(block.nodes)
        # python-liquid writes nothing of a block that holds nothing but white space.
        if not all(isinstance(node, ContentNode) for node in block.nodes):
            raise _NotPlainError
        return lambda _: ""

    def _value(self, expression: Expression) -> Value:
        self._spend()
        kind = type(expression)
        if isinstance(expression, _LITERALS):
            return _constant(expression.value)
        if kind in (Nil, Empty, Blank):
            return _constant(None if kind is Nil else expression)
        read = _READERS.get(kind)
        if read is None:
            raise _NotPlainError
        return read(self, expression)

    def _spend(self) -> None:
        self._spent += 1
        if self._spent > MOST:
            raise _NotPlainError

    def path(self, path: Path) -> Value:
        root, *keys = path.path
        if not isinstance(root, str) or root not in ROOTS:
            raise _NotPlainError
        if not all(isinstance(key, str) and key not in _SPECIAL_KEYS for key in keys):
            raise _NotPlainError
        missing = Missing(path_of([*path.path]), token=path.token)

        def read(names: Names) -> object:
            try:
                value = names[root]
                for key in keys:
                    value = value[key]
            except (KeyError, TypeError, IndexError):
                return missing
            return value if value is not None else missing

        return read

    def filtered(self, expression: FilteredExpression) -> Value:
        value = self._value(expression.left)
        for one in expression.filters or ():
            value = self._filter(one, value)
        return value

    def _filter(self, called: Filter, left: Value) -> Value:
        self._spend()
        function = self._filters.get(called.name)
        if function is None or getattr(function, "with_context", False) or getattr(function, "with_environment", False):
            raise _NotPlainError
        if any(hasattr(argument, "name") for argument in called.args):
            raise _NotPlainError
        arguments = [self._value(argument.value) for argument in called.args]
        if called.name == "default":
            return lambda names: function(left(names), *[argument(names) for argument in arguments])
        return lambda names: apply_filter(function, left(names), *[argument(names) for argument in arguments])

    def truth(self, expression: BooleanExpression) -> Value:
        inner = self._value(expression.expression)
        return lambda names: is_truthy(inner(names))

    def both(self, expression: LogicalAndExpression) -> Value:
        left, right = self._value(expression.left), self._value(expression.right)
        return lambda names: is_truthy(left(names)) and is_truthy(right(names))

    def either(self, expression: LogicalOrExpression) -> Value:
        left, right = self._value(expression.left), self._value(expression.right)
        return lambda names: is_truthy(left(names)) or is_truthy(right(names))

    def equality(self, expression: Equality) -> Value:
        left, right = self._value(expression.left), self._value(expression.right)
        return lambda names: equal(left(names), right(names)) is not expression.negated

    def ordering(self, expression: Ordering) -> Value:
        left, right = self._value(expression.left), self._value(expression.right)
        return lambda names: expression.holds(left(names), right(names))


_READERS: Mapping[type[Expression], Callable[[_Walk, Any], Value]] = {
    Path: _Walk.path,
    FilteredExpression: _Walk.filtered,
    BooleanExpression: _Walk.truth,
    LogicalAndExpression: _Walk.both,
    LogicalOrExpression: _Walk.either,
    Equality: _Walk.equality,
    Ordering: _Walk.ordering,
}


def _constant(value: object) -> Value:
    return lambda _: value
