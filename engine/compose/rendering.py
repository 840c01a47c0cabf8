"""From a text with Liquid in it to a text, or to the one error that says why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from liquid import BoundTemplate
from liquid.exceptions import (
    BlockNestingError,
    ContextDepthError,
    LiquidError,
    LiquidSyntaxError,
    LiquidValueError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    ResourceLimitError,
    TemplateNotFoundError,
    UnknownFilterError,
)

from engine.compose import budget
from engine.compose.environment import Context, MessageEnvironment, Output
from engine.compose.missing import MissingValueError
from engine.compose.quick import Quick, quick
from engine.errors import ComposeError, TextPlace

DEFAULT_HINT = 'give it a default, {{ … | default: "…" }}, or print it inside of {% if … %}'

_LIMITS: tuple[tuple[type[LiquidError], str, str], ...] = (
    (LoopIterationLimitError, "template.too-slow", f"loops run more than {budget.LOOPS:,} rounds"),
    (budget.TooSlowError, "template.too-slow", ""),
    (OutputStreamLimitError, "template.too-big", f"more than {budget.OUTPUT:,} characters come out"),
    (LocalNamespaceLimitError, "template.too-big", f"more than {budget.NAMESPACE:,} bytes are assigned"),
    (budget.TooBigError, "template.too-big", ""),
    (BlockNestingError, "template.too-deep", f"tags stand inside of tags more than {budget.DEPTH} deep"),
    (budget.TooDeepError, "template.too-deep", ""),
    (ContextDepthError, "template.too-deep", "scopes are nested too deep"),
    (ResourceLimitError, "template.too-big", ""),
)


class Compiled:
    """Parses each text once, and renders it as often as asked."""

    def __init__(self, environment: MessageEnvironment) -> None:
        self.environment = environment
        self._parsed: dict[str, BoundTemplate] = {}
        self._quick: dict[str, Quick | None] = {}
        self.timed: set[str] = set()
        """Texts whose renderings asked what time it is."""

    def parse(self, source: str) -> BoundTemplate:
        """Gives the parsed text. Raises ComposeError."""
        found = self._parsed.get(source)
        if found is None:
            try:
                found = self._parsed[source] = self.environment.from_string(source)
            except LiquidError as error:
                raise self._translated(error) from error
        return found

    def forget(self, source: str) -> None:
        """Drops what was made of a text that is done with: of ten thousand it fills the memory."""
        self._parsed.pop(source, None)
        self._quick.pop(source, None)

    def render(self, source: str, names: Mapping[str, object], now: datetime | None) -> str:
        """Gives what a text comes to. Raises ComposeError, never anything else."""
        if "{" not in source:
            return source
        template = self.parse(source)
        if source not in self._quick:
            self._quick[source] = quick(template)
        render = self._quick[source]
        text = render(names) if render is not None else None
        return text if text is not None else self._render(source, template, names, now)

    def _render(self, source: str, template: BoundTemplate, names: Mapping[str, object], now: datetime | None) -> str:
        buffer, context = Output(budget.OUTPUT), Context(template, globals=names, now=now)
        try:
            template.render_with_context(context, buffer)
        except LiquidError as error:
            raise self._translated(error) from error
        except Exception as error:  # whatever a filter makes of hostile data is this message's failure
            raise ComposeError("template.failed", f"it cannot be rendered: {type(error).__name__}: {error}") from error
        finally:
            if context.meter.asked_time:
                self.timed.add(source)
        return buffer.getvalue()

    def _translated(self, error: LiquidError) -> ComposeError:
        return translated(error, self.environment.snippets)


def translated(error: LiquidError, snippets: Mapping[str, str]) -> ComposeError:
    """Gives the error in our words."""
    reason, message, hint = _in_words(error)
    place = _place_of(error)
    return ComposeError(reason, message + _line_of(place, snippets), hint=hint, place=place)


def _in_words(error: LiquidError) -> tuple[str, str, str]:
    if isinstance(error, MissingValueError):
        return "template.missing-value", f"{error.path} is missing", DEFAULT_HINT
    for kind, reason, words in _LIMITS:
        if isinstance(error, kind):
            return reason, words or str(error.message), ""
    if isinstance(error, UnknownFilterError):
        return "template.unknown-filter", str(error.message), ""
    if isinstance(error, TemplateNotFoundError):
        return "template.unknown-snippet", f"there is no snippet {error.args[0]!r}", ""
    if isinstance(error, LiquidSyntaxError) and not isinstance(error, LiquidValueError):
        return "template.syntax", str(error.message), ""
    return "template.failed", str(error.message), ""


def _place_of(error: LiquidError) -> TextPlace | None:
    token = error.token
    if token is None or token.start_index < 0 or not token.source:
        return None
    return TextPlace(token.source, token.start_index, token.start_index + max(len(token.value), 1))


def _line_of(place: TextPlace | None, snippets: Mapping[str, str]) -> str:
    if place is None:
        return ""
    line = place.source.count("\n", 0, place.start) + 1
    snippet = next((name for name, source in snippets.items() if source is place.source), None)
    return f" (line {line})" if snippet is None else f" (line {line} of the snippet {snippet!r})"
