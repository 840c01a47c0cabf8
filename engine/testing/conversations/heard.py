"""What tests have shown of a config: which rules won, and which of their answers arrived."""

from __future__ import annotations


class Heard:
    """Collects while conversations are played."""

    def __init__(self) -> None:
        self.rules: set[tuple[str, str]] = set()  # workspace, rule
        self.replies: set[tuple[str, str, str]] = set()  # workspace, rule, template of its answer that arrived

    def rule(self, workspace: str, rule: str) -> None:
        """A rule won a text."""
        self.rules.add((workspace, rule))

    def reply(self, workspace: str, rule: str, template: str) -> None:
        """A rule's answer, or what it started, reached a phone."""
        self.replies.add((workspace, rule, template))
