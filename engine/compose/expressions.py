"""Comparisons that know what is missing, and numbers that arrive as texts.

In python-liquid a missing value equals `nil` alone, and a text does not compare with a number. Here a missing value
equals `blank`, `empty` and `nil`; `nil` and `false` equal `blank`, as in LiquidJS; and a text that holds a number
compares as that number with `<`, `<=`, `>` and `>=`, since an import from a spreadsheet gives nothing but texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from liquid import RenderContext
from liquid.builtin.expressions.logical import (
    BooleanExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.loop import LoopExpression
from liquid.builtin.expressions.primitive import Blank, Empty
from liquid.exceptions import LiquidTypeError, LiquidValueError, LoopIterationLimitError
from liquid.expression import Expression
from liquid.token import Token

from engine.compose.budget import LOOPS
from engine.compose.missing import Missing

Compare = Callable[[Any, Any], bool]
LONGEST_SOURCE = 10 * LOOPS
"""Items of what a loop may run over: `limit` and `offset` pick from it, and picking far down walks all the way."""


def equal(left: object, right: object) -> bool:
    """True where two values are equal, by the rules above."""
    if isinstance(left, (Blank, Empty)):
        left, right = right, left
    if isinstance(right, Blank):
        return left is None or left is False or isinstance(left, Missing) or right == left
    if isinstance(right, Empty):
        return isinstance(left, Missing) or right == left
    if isinstance(left, Missing) or isinstance(right, Missing):
        return _is_nothing(left) and _is_nothing(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


class Equality(Expression):
    """`==` and `!=`."""

    __slots__ = ("left", "negated", "right")

    def __init__(self, token: Token, left: Expression, right: Expression, *, negated: bool) -> None:
        super().__init__(token)
        self.left, self.right, self.negated = left, right, negated

    def __str__(self) -> str:
        return f"{self.left} {'!=' if self.negated else '=='} {self.right}"

    def evaluate(self, context: RenderContext) -> bool:
        return equal(self.left.evaluate(context), self.right.evaluate(context)) is not self.negated

    def children(self) -> list[Expression]:
        return [self.left, self.right]


class Ordering(Expression):
    """`<`, `<=`, `>` and `>=`: false where either side is nothing."""

    __slots__ = ("compare", "left", "right", "sign")

    def __init__(self, token: Token, left: Expression, right: Expression, sign: str, compare: Compare) -> None:
        super().__init__(token)
        self.left, self.right, self.sign, self.compare = left, right, sign, compare

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"

    def evaluate(self, context: RenderContext) -> bool:
        return self.holds(self.left.evaluate(context), self.right.evaluate(context))

    def holds(self, left: object, right: object) -> bool:
        """True where two values are in this order. Raises LiquidTypeError for what has none."""
        if _is_nothing(left) or _is_nothing(right):
            return False
        if isinstance(left, str) and isinstance(right, str):
            return self.compare(left, right)
        first, second = _number(left), _number(right)
        if first is None or second is None:
            raise LiquidTypeError(f"{self}: {_kind(left)} cannot be compared with {_kind(right)}", token=self.token)
        return self.compare(first, second)

    def children(self) -> list[Expression]:
        return [self.left, self.right]


class AnyOf(Expression):
    """The values of one `when`."""

    __slots__ = ("expressions", "left")

    def __init__(self, token: Token, left: Expression, expressions: list[Expression]) -> None:
        super().__init__(token)
        self.left, self.expressions = left, expressions

    def __str__(self) -> str:
        return ", ".join(str(expression) for expression in self.expressions)

    def evaluate(self, context: RenderContext) -> list[bool]:
        left = self.left.evaluate(context)
        return [True] if any(equal(left, one.evaluate(context)) for one in self.expressions) else []

    def children(self) -> list[Expression]:
        return self.expressions


class BoundedLoop(LoopExpression):
    """What a `for` runs over, never so long that skipping through it takes forever."""

    __slots__ = ()

    def _to_iter(self, obj: object, context: RenderContext) -> tuple[Iterator[Any], int]:
        try:
            iterator, length = super()._to_iter(obj, context)
        except LiquidValueError as error:  # a range too long for a machine's whole number
            raise LoopIterationLimitError("a loop without end", token=self.token) from error
        if length > LONGEST_SOURCE:
            raise LoopIterationLimitError(f"a loop over {length:,} items", token=self.token)
        return iterator, length


def bounded(loop: LoopExpression) -> BoundedLoop:
    """Gives the loop with a bound."""
    return BoundedLoop(
        loop.token,
        loop.identifier,
        loop.iterable,
        limit=loop.limit,
        offset=loop.offset,
        reversed_=loop.reversed,
        cols=loop.cols,
    )


def with_our_rules(expression: Expression) -> Expression:
    """Gives a condition with its comparisons replaced by those above."""
    match expression:
        case BooleanExpression():
            return BooleanExpression(expression.token, with_our_rules(expression.expression))
        case LogicalAndExpression():
            left, right = with_our_rules(expression.left), with_our_rules(expression.right)
            return LogicalAndExpression(expression.token, left, right)
        case LogicalOrExpression():
            left, right = with_our_rules(expression.left), with_our_rules(expression.right)
            return LogicalOrExpression(expression.token, left, right)
        case EqExpression():
            return Equality(expression.token, expression.left, expression.right, negated=False)
        case NeExpression():
            return Equality(expression.token, expression.left, expression.right, negated=True)
        case LtExpression():
            return Ordering(expression.token, expression.left, expression.right, "<", lambda a, b: bool(a < b))
        case LeExpression():
            return Ordering(expression.token, expression.left, expression.right, "<=", lambda a, b: bool(a <= b))
        case GtExpression():
            return Ordering(expression.token, expression.left, expression.right, ">", lambda a, b: bool(a > b))
        case GeExpression():
            return Ordering(expression.token, expression.left, expression.right, ">=", lambda a, b: bool(a >= b))
        case _:
            return expression


def _is_nothing(value: object) -> bool:
    return value is None or isinstance(value, Missing)


def _number(value: object) -> Decimal | int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float, Decimal)):
        return value
    if isinstance(value, str) and len(value) <= 40:
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    return None


def _kind(value: object) -> str:
    names = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "this")
