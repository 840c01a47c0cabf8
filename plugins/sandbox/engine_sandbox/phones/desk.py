"""The workspaces whose messages go to the sandbox: their networks, their senders, and the way in for a text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine import SenderKind, Site, Taken, WorkspaceView
from engine_sandbox.network import Text
from engine_sandbox.options import SandboxOptions
from engine_sandbox.phones.shown import bubble
from engine_sandbox.provider import Sandbox
from engine_sandbox.refusals import MAX_CHARACTERS

_CODE = re.compile(r"[A-Za-z0-9]{1,64}")


class TextIn(BaseModel):
    """A text that somebody wrote on the page."""

    model_config = ConfigDict(extra="forbid", strict=True)

    workspace: str
    sender: str
    phone: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$")
    body: str = Field(min_length=1, max_length=MAX_CHARACTERS)


class WrongText(Exception):
    """A text that cannot be sent; says why."""


class Desk:
    """Knows the site's workspaces as they are at each look, since a release may change them while the page is open."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._phones: dict[str, Sandbox] = {}

    def look(self) -> Here:
        """Gives the workspaces on the sandbox as they are now."""
        views = {name: view for name, view in sorted(self._site.workspaces.items()) if view.provider == Sandbox.name}
        return Here(views, {name: SandboxOptions.model_validate(view.delivery) for name, view in views.items()})

    def networks(self) -> Mapping[str, Path]:
        """Gives each network's file, by name."""
        names = sorted({options.network for options in self.look().options.values()})
        return {name: self._site.context.state_folder / f"{name}.db" for name in names}

    async def receive(self, text: TextIn) -> Taken:
        """Records a text on its phone, and hands it in as a webhook would. Raises WrongText, StateUnavailable."""
        here = self.look()
        sender = here.views[text.workspace].senders.get(text.sender) if text.workspace in here.views else None
        if sender is None:
            raise WrongText(f"the workspace {text.workspace!r} has no sender {text.sender!r} on the sandbox")
        if sender.kind is SenderKind.ALPHANUMERIC:
            raise WrongText(f"the sender {text.sender!r} cannot be texted: alphanumeric IDs are one-way")
        phones = self._on(here.options[text.workspace])
        message = await asyncio.to_thread(phones.receive, text.phone, sender.value, text.body)
        return await self._site.receive(text.workspace, message)

    def _on(self, options: SandboxOptions) -> Sandbox:
        if options.network not in self._phones:
            self._phones[options.network] = Sandbox(options, self._site.context)
        return self._phones[options.network]


@dataclass(frozen=True, slots=True)
class Here:
    """The workspaces on the sandbox at one moment."""

    views: Mapping[str, WorkspaceView]
    options: Mapping[str, SandboxOptions]

    @property
    def anywhere(self) -> bool:
        """True where every workspace lets everybody look."""
        return bool(self.options) and all(options.phones == "anywhere" for options in self.options.values())

    def workspaces(self) -> list[dict[str, Any]]:
        """Gives what the page shows of each workspace, with the senders that can be texted."""
        return [
            {
                "name": name,
                "title": view.title,
                "network": self.options[name].network,
                "senders": [
                    {"name": sender.name, "value": sender.value}
                    for sender in view.senders.values()
                    if sender.kind is not SenderKind.ALPHANUMERIC
                ],
                "people": [{"name": person, "phone": number} for person, number in view.people.items()],
            }
            for name, view in self.views.items()
        ]

    def bubble(self, network: str, text: Text) -> dict[str, Any]:
        """Gives what the page shows of a text. One from a phone names no workspace: it is the first with its sender."""
        for name, view in self.views.items():
            if self.options[name].network == network and text.workspace in ("", name):
                for sender in view.senders.values():
                    if sender.value == text.sender:
                        return bubble(text, name, sender.name, self._tappable)
        return bubble(text, text.workspace or None, None, self._tappable)

    def _tappable(self, address: str) -> str:
        # This server answers for every workspace's short links, whatever name it is called by.
        for view in self.views.values():
            code = address.removeprefix(f"{view.links_domain}/") if view.links_domain else address
            if code != address and _CODE.fullmatch(code):
                return f"/{code}"
        return address
