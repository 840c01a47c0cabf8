"""What a parsed text would print, and what it checks before it does: read off the syntax tree, nothing is rendered.

python-liquid's own analysis knows no guards and takes longer than parsing.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions.filtered import Filter, FilteredExpression
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import StringLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.cycle_tag import CycleNode
from liquid.builtin.tags.decrement_tag import DecrementNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.increment_tag import IncrementNode
from liquid.builtin.tags.render_tag import RenderNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression


class Any(Enum):
    """A step of a path that is known only when rendering: an item of a loop, or a key that is itself a variable."""

    ITEM = "*"


Step = str | int | Any
Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A variable that is printed with nothing to guard it; `index` is where its name stands in the text."""

    steps: Steps
    index: int


@dataclass(frozen=True, slots=True)
class Call:
    """A snippet that is rendered. What is handed to it: a variable where it is one, None for anything else."""

    name: str | None  # None where the tag names a variable
    index: int
    arguments: Mapping[str, Steps | None]
    guards: tuple[Steps, ...]


@dataclass(slots=True)
class Analysis:
    """Everything about one text that can be known without data."""

    uses: list[Use] = field(default_factory=list)
    tests: list[Use] = field(default_factory=list)  # variables that conditions and loops look at
    filters: list[Filter] = field(default_factory=list)  # unknown ones
    calls: list[Call] = field(default_factory=list)


def analyse(nodes: Sequence[Node], filters: Collection[str]) -> Analysis:
    """Gives the analysis of a parsed text; `filters` are the names that there are."""
    walk = _Walk(filters)
    walk.nodes(nodes, ())
    return walk.found


def guarded(steps: Steps, guards: Iterable[Steps]) -> bool:
    """True where a guard is about the variable, what holds it, or what it holds; a loop's says nothing of its items."""
    return any(
        (steps[: len(guard)] == guard and Any.ITEM not in steps[len(guard) :]) or guard[: len(steps)] == steps
        for guard in guards
    )


def shown(steps: Steps) -> str:
    """Gives a path as a template writes it."""
    return str(steps[0]) + "".join(map(_shown_step, steps[1:]))


def _shown_step(step: Step) -> str:
    if isinstance(step, str):
        return f".{step}"
    return "[…]" if step is Any.ITEM else f"[{step}]"


@dataclass(frozen=True, slots=True)
class _Known:
    """What a local name stands for: a variable, something made of one, or (None) anything."""

    steps: Steps | None
    derived: bool = False


class _Walk:
    def __init__(self, filters: Collection[str]) -> None:
        self.found = Analysis()
        self._filters = filters
        self._known: dict[str, _Known] = {}

    def nodes(self, nodes: Iterable[Node], guards: tuple[Steps, ...]) -> None:
        for node in nodes:
            self._node(node, guards)

    def _node(self, node: Node, guards: tuple[Steps, ...]) -> None:
        kind = type(node)
        read = _READERS.get(kind) or next(
            (reader for known, reader in _READERS.items() if issubclass(kind, known)), None
        )
        if read is not None:
            read(self, node, guards)
            return
        for expression in node.expressions():
            self._check_filters(expression)
        inside = node if isinstance(node, BlockNode) else getattr(node, "block", None)
        if isinstance(inside, BlockNode):
            self.nodes(inside.nodes, guards)

    def text(self, node: Node, guards: tuple[Steps, ...]) -> None:
        """Plain words say nothing."""

    def output(self, node: OutputNode, guards: tuple[Steps, ...]) -> None:
        self._printed(node.expression, guards)

    def condition(self, node: IfNode | UnlessNode, guards: tuple[Steps, ...]) -> None:
        inner = self._guards([node.condition, *(one.expression for one in node.alternatives)], guards)
        for part in (node.consequence, *(one.block for one in node.alternatives), node.default):
            self.nodes(part.nodes if part else (), inner)

    def case(self, node: CaseNode, guards: tuple[Steps, ...]) -> None:
        inner = self._guards([node.expression, *map(_values_of, node.blocks)], guards)
        for branch in node.blocks:
            block = branch if isinstance(branch, BlockNode) else branch.block
            self.nodes(block.nodes, inner)

    def capture(self, node: CaptureNode, guards: tuple[Steps, ...]) -> None:
        self.nodes(node.block.nodes, guards)
        self._known[node.name] = _Known(None)

    def cycle(self, node: CycleNode, guards: tuple[Steps, ...]) -> None:
        for expression in node.args:
            self._printed(expression, guards)

    def counter(self, node: IncrementNode | DecrementNode, _: tuple[Steps, ...]) -> None:
        self._known[node.name] = _Known(None)

    def _printed(self, expression: Expression, guards: tuple[Steps, ...]) -> None:
        filters = self._check_filters(expression)
        if any(one.name == "default" for one in filters):
            return
        left = expression.left if isinstance(expression, FilteredExpression) else expression
        arguments = [argument.value for one in filters for argument in one.args]
        for printed in (left, *arguments):
            if isinstance(printed, Path):
                self._use(printed, guards)

    def _use(self, path: Path, guards: tuple[Steps, ...]) -> None:
        steps = self._steps(path)
        if steps is not None and not guarded(steps, guards):
            self.found.uses.append(Use(steps, path.token.start_index))

    def _guards(self, conditions: Iterable[Expression | None], guards: tuple[Steps, ...]) -> tuple[Steps, ...]:
        found = list(guards)
        for condition in conditions:
            for path in _paths(condition) if condition is not None else ():
                steps = self._steps(path)
                if steps is not None:
                    self.found.tests.append(Use(steps, path.token.start_index))
                    found.append(steps[:-1] if len(steps) > 1 and steps[-1] in ("size", "first", "last") else steps)
        return tuple(found)

    def loop(self, node: ForNode, guards: tuple[Steps, ...]) -> None:
        iterable, inner = node.expression.iterable, guards
        steps = self._steps(iterable) if isinstance(iterable, Path) else None
        if steps is not None:
            self.found.tests.append(Use(steps, iterable.token.start_index))
            inner = (*guards, steps)
        outer = dict(self._known)
        self._known[node.expression.identifier] = _Known((*steps, Any.ITEM) if steps is not None else None)
        self._known["forloop"] = _Known(None)
        self.nodes(node.block.nodes, inner)
        for name in (node.expression.identifier, "forloop"):
            if name in outer:
                self._known[name] = outer[name]
            else:
                del self._known[name]
        if node.default:
            self.nodes(node.default.nodes, guards)

    def assign(self, node: AssignNode, _: tuple[Steps, ...]) -> None:
        filters = self._check_filters(node.expression)
        left = node.expression.left if isinstance(node.expression, FilteredExpression) else node.expression
        steps = None
        if isinstance(left, Path) and not any(one.name == "default" for one in filters):
            steps = self._steps(left)
        now = _Known(steps, derived=bool(filters))
        before = self._known.get(node.name)
        # Set in one branch and in another: which one holds is known only when rendering.
        self._known[node.name] = now if before is None or before == now else _Known(None)

    def render(self, node: RenderNode, guards: tuple[Steps, ...]) -> None:
        arguments: dict[str, Steps | None] = {}
        for argument in node.args:
            self._check_filters(argument.value)
            arguments[argument.name] = self._steps(argument.value) if isinstance(argument.value, Path) else None
        name = node.name.value if isinstance(node.name, StringLiteral) else None
        if node.var is not None:
            steps = self._steps(node.var) if isinstance(node.var, Path) else None
            key = node.alias or (name or "").partition(".")[0]
            arguments[key] = (*steps, Any.ITEM) if node.loop and steps is not None else steps
            if node.loop:
                arguments["forloop"] = None
        token = node.name.token
        self.found.calls.append(Call(name, token.start_index, arguments, guards))

    def _check_filters(self, expression: Expression) -> list[Filter]:
        filters = list(expression.filters or ()) if isinstance(expression, FilteredExpression) else []
        self.found.filters += [one for one in filters if one.name not in self._filters]
        return filters

    def _steps(self, path: Path) -> Steps | None:
        """The variable behind a path, None where it is something that is certainly there."""
        steps = tuple(step if isinstance(step, (str, int)) else Any.ITEM for step in path.path)
        known = self._known.get(steps[0]) if isinstance(steps[0], str) else None
        if known is None:
            return steps
        if known.steps is None:
            return None
        return known.steps if known.derived else (*known.steps, *steps[1:])


_READERS: Mapping[type[Node], Callable[[_Walk, typing.Any, tuple[Steps, ...]], None]] = {
    ContentNode: _Walk.text,
    OutputNode: _Walk.output,
    IfNode: _Walk.condition,
    UnlessNode: _Walk.condition,
    CaseNode: _Walk.case,
    ForNode: _Walk.loop,
    AssignNode: _Walk.assign,
    CaptureNode: _Walk.capture,
    RenderNode: _Walk.render,
    CycleNode: _Walk.cycle,
    IncrementNode: _Walk.counter,
    DecrementNode: _Walk.counter,
}


def _values_of(branch: BlockNode | MultiExpressionBlockNode) -> Expression | None:
    return branch.expression if isinstance(branch, MultiExpressionBlockNode) else None


def _paths(expression: Expression) -> Iterator[Path]:
    if isinstance(expression, Path):
        yield expression
    for child in expression.children():
        yield from _paths(child)
