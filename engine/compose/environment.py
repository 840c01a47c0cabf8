"""The Liquid that templates are written in: python-liquid with our limits, our missing values and no way out.

Nothing is read from files: `render` finds the workspace's snippets and nothing else. Nothing reads a clock: `"now"` is
the moment that a message is composed at. Nothing is escaped: a text message is no HTML.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from liquid import BoundTemplate, Environment, Mode, RenderContext, Token
from liquid.exceptions import LiquidError, OutputStreamLimitError, TemplateNotFoundError
from liquid.undefined import UNDEFINED
from liquid.utils import ReadOnlyChainMap

from engine.compose.budget import DEPTH, LOOPS, NAMESPACE, OUTPUT, Meter, TooDeepError, check_built, check_taken
from engine.compose.filters import register_filters
from engine.compose.missing import Missing, path_of
from engine.compose.tags import register_tags


class Context(RenderContext):
    """One rendering: what names mean, what time it is, and what has been used up."""

    __slots__ = ("_now", "meter")

    def __init__(
        self,
        template: BoundTemplate,
        *,
        globals: Mapping[str, object] | None = None,  # noqa: A002 # python-liquid's name for it
        disabled_tags: list[str] | None = None,
        copy_depth: int = 0,
        parent_context: RenderContext | None = None,
        loop_iteration_carry: int = 1,
        local_namespace_size_carry: int = 0,
        now: datetime | None = None,
    ) -> None:
        super().__init__(
            template,
            globals=globals,
            disabled_tags=disabled_tags,
            copy_depth=copy_depth,
            parent_context=parent_context,
            loop_iteration_carry=loop_iteration_carry,
            local_namespace_size_carry=local_namespace_size_carry,
        )
        # python-liquid's own chain holds `now` and `today`, which read the machine's clock.
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)
        parent = parent_context if isinstance(parent_context, Context) else None
        self.meter: Meter = parent.meter if parent else Meter()
        self._now: datetime | None = parent._now if parent else now

    @property
    def now(self) -> datetime | None:
        """The moment of composing. Whoever asks gets another text another time."""
        self.meter.asked_time = True
        return self._now

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        self.meter.spend()
        try:
            value: object = self.scope[path[0]]  # type: ignore[index]  # a key that is no text is not found
            for key in path[1:]:
                value = self.get_item(value, key)
        except (KeyError, TypeError, IndexError):
            value = None
        # An attribute that is null is missing: importing a null removes an attribute, and both must read the same.
        if value is not None:
            return value
        return Missing(path_of(path), token=token) if default is UNDEFINED else default

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        self.meter.spend()
        function = super().filter(name, token)
        return function if name == "default" else partial(apply_filter, function)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.meter.spend(length)
        super().raise_for_loop_limit(length)

    def copy(self, *args: Any, **kwargs: Any) -> RenderContext:
        if self._copy_depth >= DEPTH:
            raise TooDeepError(f"snippets render snippets more than {DEPTH} deep", token=None)
        return super().copy(*args, **kwargs)

    def get_buffer(self, buf: object = None) -> io.StringIO:
        return Output(OUTPUT - (buf.size if isinstance(buf, Output) else 0))


def apply_filter(function: Callable[..., object], left: object, *args: object, **options: object) -> object:
    """Calls a filter within its limits; what is missing passes through it. Raises TooBigError."""
    for value in (left, *args, *options.values()):
        if type(value) is Missing:  # isinstance asks an abstract base class, which takes longer than the filter
            return value
        check_taken(value)
    built = function(left, *args, **options)
    check_built(built)
    return built


class Output(io.StringIO):
    """Where a message is written, up to a limit in characters."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.size = 0

    def write(self, text: str) -> int:
        self.size += len(text)
        if self.size > self.limit:
            raise OutputStreamLimitError("too much output", token=None)
        return super().write(text)


class MessageTemplate(BoundTemplate):
    """A parsed body, snippet, `to` or media address."""

    context_class = Context


class MessageEnvironment(Environment):
    """One workspace's Liquid."""

    block_nesting_limit = DEPTH
    context_depth_limit = 4 * DEPTH  # scopes within one snippet; how deep snippets go is counted in Context.copy
    loop_iteration_limit = LOOPS
    local_namespace_limit = NAMESPACE
    output_stream_limit = OUTPUT
    template_class = MessageTemplate

    def __init__(self, snippets: Mapping[str, str]) -> None:
        super().__init__(undefined=Missing, strict_filters=True, tolerance=Mode.STRICT)
        self.snippets = snippets
        self._parsed: dict[str, BoundTemplate] = {}
        self._problems: list[LiquidError] | None = None

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        register_tags(self)
        register_filters(self)

    def get_template(self, name: str, **_: object) -> BoundTemplate:
        """Gives the parsed snippet of that name. Raises TemplateNotFoundError."""
        found = self._parsed.get(name)
        if found is None:
            if name not in self.snippets:
                raise TemplateNotFoundError(name)
            found = self._parsed[name] = self.from_string(self.snippets[name], name=name, path=name)
        return found

    def problems_of(self, source: str) -> list[LiquidError]:
        """Gives everything that keeps a text from being parsed, not just the first thing."""
        self._problems = []
        try:
            self.from_string(source)
        except LiquidError as error:
            self._problems.append(error)
        problems, self._problems = self._problems, None
        return problems

    def error(
        self,
        exc: type[LiquidError] | LiquidError,
        msg: str | None = None,
        token: Token | None = None,
    ) -> None:
        if self._problems is None:
            super().error(exc, msg, token)
            return
        error = exc if isinstance(exc, LiquidError) else exc(msg, token=token)
        error.token = error.token or token
        if error not in self._problems:
            self._problems.append(error)
