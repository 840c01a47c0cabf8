"""The tags of python-liquid, with our comparisons, our way to print, and nothing that a text message cannot use."""

from __future__ import annotations

import json
from typing import NoReturn, TextIO

from liquid import Environment, Mode, Node, RenderContext, Tag, TokenStream
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.case_tag import CaseNode, CaseTag, MultiExpressionBlockNode
from liquid.builtin.tags.echo_tag import EchoNode, EchoTag
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.builtin.tags.if_tag import IfNode, IfTag
from liquid.builtin.tags.unless_tag import UnlessNode, UnlessTag
from liquid.exceptions import LiquidSyntaxError
from liquid.token import TOKEN_TAG

from engine.compose.expressions import AnyOf, bounded, with_our_rules
from engine.compose.missing import MissingValueError

REFUSED = {
    "include": "render the snippet instead: {% render 'name' %}; what it needs is handed to it by name",
    "tablerow": "it makes an HTML table; use for",
}
"""Tags of Liquid that are not offered, and what to do instead."""

INSTEAD = {
    "elseif": "it is called elsif",
    "elif": "it is called elsif",
    "elsif": "it stands between if and endif",
    "else": "it stands between if, unless, case or for and their end",
    "when": "it stands between case and endcase",
    "end": "each tag has an end of its own: endif, endfor, endcase, endunless, endcapture",
    "snippet": "write {% render 'name' %}",
    "set": "it is called assign",
    "foreach": "it is called for",
    "switch": "it is called case",
}
"""Tags that people write, and what to do instead."""


class PrintNode(OutputNode):
    """`{{ … }}`. Printing what is missing, or nothing at all, is an error: a gap is noticed only once it is sent."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        if isinstance(value, str):
            return buffer.write(value)
        if value is None:
            raise MissingValueError(str(self.expression), self.token)
        return buffer.write(printed(value))


class PrintingEchoNode(EchoNode):
    """`{% echo … %}`: the same."""

    render_to_output = PrintNode.render_to_output


class Print(Output):
    node_class = PrintNode


class Echo(EchoTag):
    node_class = PrintingEchoNode


class If(IfTag):
    mode = Mode.STRICT

    def parse(self, stream: TokenStream) -> Node:
        return _strict_condition(super().parse(stream))


class Unless(UnlessTag):
    mode = Mode.STRICT

    def parse(self, stream: TokenStream) -> Node:
        return _strict_condition(super().parse(stream))


class Case(CaseTag):
    def parse(self, stream: TokenStream) -> Node:
        node = super().parse(stream)
        if isinstance(node, CaseNode):
            for block in node.blocks:
                if isinstance(block, MultiExpressionBlockNode):
                    values = block.expression
                    block.expression = AnyOf(  # type: ignore[assignment]  # the node only evaluates it
                        values.token, values.left, values.expressions
                    )
        return node


class For(ForTag):
    def parse(self, stream: TokenStream) -> Node:
        node = super().parse(stream)
        if isinstance(node, ForNode):
            node.expression = bounded(node.expression)
        return node


class Refused(Tag):
    """A tag that is known and not offered."""

    block = False

    def __init__(self, env: Environment, name: str) -> None:
        super().__init__(env)
        self.name = name

    def parse(self, stream: TokenStream) -> NoReturn:
        token = stream.expect(TOKEN_TAG)
        if stream.peek.kind == "expression":
            next(stream)
        raise LiquidSyntaxError(f"unexpected tag '{self.name}'", token=token)


def register_tags(env: Environment) -> None:
    """Puts these tags in the place of python-liquid's."""
    for tag in (Print, Echo, If, Unless, Case, For):
        env.add_tag(tag)
    for name in REFUSED:
        env.tags[name] = Refused(env, name)


def printed(value: object) -> str:
    """Gives a value as a text: true and false in small letters, objects as JSON, items of a list one after another."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, range):
        return f"{value.start}..{value.stop - 1}"
    if isinstance(value, (list, tuple)):
        return "".join("" if item is None else printed(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _strict_condition(node: Node) -> Node:
    if isinstance(node, (IfNode, UnlessNode)):
        node.condition = with_our_rules(node.condition)
        for alternative in node.alternatives:
            alternative.expression = with_our_rules(alternative.expression)
    return node
