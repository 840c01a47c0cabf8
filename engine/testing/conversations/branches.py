"""Which branches of the Liquid are taken. A mark at the beginning of each notices when it is rendered, and prints
nothing; where an `if`, `unless` or `case` has no `else`, falling through it is a branch as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from liquid import Environment, Node, RenderContext, Token
from liquid.ast import BlockNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode

from engine.compose.environment import MessageEnvironment, MessageTemplate


@dataclass(slots=True)
class Branch:
    """One way through a text. `index` is where it stands in `text`, the whole source."""

    text: str
    index: int
    name: str  # "if customer.points", "else", "no else of: if customer.points"
    taken: bool = False


class Mark(Node):
    """Notices that a branch is taken."""

    __slots__ = ("branch",)

    def __init__(self, token: Token, branch: Branch) -> None:
        super().__init__(token)
        self.branch = branch

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Prints nothing."""
        del context, buffer
        self.branch.taken = True
        return 0


class Branches:
    """The branches of every text that was parsed in an environment that is watched."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, str], Branch] = {}

    def watch(self, environment: MessageEnvironment) -> None:
        """Marks the branches of each text that the environment parses from here on."""
        branches = self

        class Marked(MessageTemplate):
            def __init__(self, env: Environment, nodes: list[Node], **about: Any) -> None:
                branches.mark(nodes)
                super().__init__(env, nodes, **about)

        environment.template_class = Marked  # type: ignore[assignment]  # declared narrower than python-liquid has it

    def mark(self, nodes: Iterable[Node]) -> None:
        """Marks the branches below some nodes."""
        for node in nodes:
            self._node(node)

    def of(self, text: str) -> Sequence[Branch]:
        """Gives the branches of a text, in its order."""
        return sorted((found for found in self._found.values() if found.text == text), key=lambda found: found.index)

    def _node(self, node: Node) -> None:
        if isinstance(node, (IfNode, UnlessNode)):
            word = "if" if isinstance(node, IfNode) else "unless"
            name = f"{word} {node.condition}"
            self._block(node.consequence, node.token, name)
            for alternative in node.alternatives:
                self._block(alternative.block, alternative.expression.token, f"elsif {alternative.expression}")
            node.default = self._otherwise(node.default, node.token, name)
        elif isinstance(node, CaseNode):
            for part in node.blocks:
                if isinstance(part, MultiExpressionBlockNode):
                    self._block(part.block, part.token, f"when {part.expression}")
                else:
                    self._block(part, part.token, "else")
            if all(isinstance(part, MultiExpressionBlockNode) for part in node.blocks):
                node.blocks.append(self._otherwise(None, node.token, f"case {node.expression}"))
        elif isinstance(node, ForNode):
            self._block(node.block, node.token, f"for {node.expression}")
            if node.default is not None:
                self._block(node.default, node.default.token, "else")
        elif isinstance(node, BlockNode):
            self.mark(node.nodes)
        elif isinstance(inside := getattr(node, "block", None), BlockNode):
            self.mark(inside.nodes)

    def _otherwise(self, block: BlockNode | None, token: Token, name: str) -> BlockNode:
        if block is not None:
            self._block(block, block.token, "else")
            return block
        made = BlockNode(token, [])
        self._block(made, token, f"no else of: {name}")
        return made

    def _block(self, block: BlockNode, token: Token, name: str) -> None:
        self.mark(block.nodes)
        branch = Branch(token.source, token.start_index, name)
        branch = self._found.setdefault((branch.text, branch.index, branch.name), branch)
        block.nodes = [Mark(token, branch), *block.nodes]
