"""Loads the plugins that the config names, and nothing else. The only place that touches `pluggy`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from engine import hookspecs
from engine.contracts import NumberNormaliser, Provider, Route, Shortener, Site
from engine.errors import ConfigError
from engine.names import did_you_mean
from engine.store import Store
from engine.types import ConfigView, Event, Finding, Media, OutboundMessage, Sender, Suppression

if TYPE_CHECKING:
    import click
    import liquid

logger = logging.getLogger("engine.plugins")
Named = TypeVar("Named")

BUILT_IN = ("sqlite",)
"""Plugins that come with the core: found and loaded like any other, and always there."""


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What `engine plugins` shows of one plugin."""

    name: str
    distribution: str
    version: str
    loaded: bool
    hooks: tuple[str, ...] = ()


class Plugins:
    """The loaded plugins, behind typed methods."""

    def __init__(self, loaded: Mapping[str, object]) -> None:
        self._names = tuple(loaded)
        self._manager = pluggy.PluginManager(hookspecs.GROUP)
        self._manager.add_hookspecs(hookspecs)
        for name, plugin in loaded.items():
            self._manager.register(plugin, name=name)
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise ConfigError(f"a plugin implements a hook that does not exist: {error}") from error
        hook = self._manager.hook
        self.providers = _by("name", "provider", _flat(hook.register_providers()))
        self.shorteners = _by("name", "shortener", _flat(hook.register_shorteners()))
        self.normalisers = _by("name", "number normaliser", _flat(hook.register_number_normalisers()))
        self.stores = _by("scheme", "store", _flat(hook.register_stores()))
        self._suppressing = self._implementations("suppress")

    @property
    def names(self) -> tuple[str, ...]:
        """The loaded plugins' names, as engine.yaml lists them."""
        return self._names

    @property
    def packages(self) -> frozenset[str]:
        """The top-level packages that the loaded plugins are imported from."""
        plugins = (self._manager.get_plugin(name) for name in self._names)
        modules = (getattr(one, "__module__", None) or getattr(one, "__name__", "") for one in plugins)
        return frozenset(str(module).partition(".")[0] for module in modules)

    def provider(self, name: str) -> type[Provider[Any]]:
        """Gives the provider of that name. Raises ConfigError, with what there is."""
        return _choose("provider", name, self.providers)

    def shortener(self, name: str) -> type[Shortener]:
        """Gives the shortener of that name. Raises ConfigError, with what there is."""
        return _choose("shortener", name, self.shorteners)

    def normaliser(self, name: str) -> type[NumberNormaliser]:
        """Gives the number normaliser of that name. Raises ConfigError, with what there is."""
        return _choose("number normaliser", name, self.normalisers)

    def store(self, scheme: str) -> type[Store]:
        """Gives the store for a URL scheme. Raises ConfigError, with what there is."""
        return _choose("store for the URL scheme", scheme, self.stores)

    def check_config(self, config: ConfigView) -> list[Finding]:
        """Gives every plugin's findings about the config."""
        return [finding for answer in self._manager.hook.check_config(config=config) for finding in answer or ()]

    def check_media(self, media: Media, message: OutboundMessage, sender: Sender) -> list[Finding]:
        """Gives every plugin's findings about one media item."""
        answers = self._manager.hook.check_media(media=media, message=message, sender=sender)
        return [finding for answer in answers for finding in answer or ()]

    def suppress(self, message: OutboundMessage, now: datetime) -> list[Suppression]:
        """Gives every plugin's reason not to send, sorted. Each is asked alone; raises PluginCrash."""
        found = [self._ask(impl, message=message, now=now) for impl in self._suppressing]
        return sorted((s for s in found if s is not None), key=lambda s: (s.reason, s.message))

    def observe(self, event: Event) -> None:
        """Tells every plugin what happened; one that crashes is logged, and the others are still told."""
        for impl in self._implementations("observe"):
            try:
                self._ask(impl, event=event)
            except PluginCrash as crash:
                logger.warning("%s", crash, exc_info=crash)

    def observed(self) -> bool:
        """True where any plugin wants events."""
        return bool(self._implementations("observe"))

    def prepare_liquid(self, environment: liquid.Environment) -> None:
        """Lets every plugin add its filters and tags."""
        self._manager.hook.prepare_liquid(environment=environment)

    def register_routes(self, site: Callable[[str], Site]) -> list[Route]:
        """Gives every plugin's routes; `site` makes what the plugin of a name is told. Raises ConfigError where two
        want one address, and for a plugin that crashes."""
        routes: dict[tuple[str, str], Route] = {}
        for impl in self._implementations("register_routes"):
            try:
                found = list(self._ask(impl, site=site(impl.plugin_name)))
            except PluginCrash as crash:
                raise ConfigError(str(crash)) from crash
            for route in found:
                for method in route.methods:
                    if routes.setdefault((route.path, method), route) is not route:
                        raise ConfigError(f"two plugins want to answer {method} {route.path}")
        return list(dict.fromkeys(routes.values()))

    def register_commands(self, cli: click.Group) -> None:
        """Lets every plugin add its commands."""
        self._manager.hook.register_commands(cli=cli)

    def hooks_of(self, name: str) -> tuple[str, ...]:
        """Gives the names of the hooks that a loaded plugin implements, sorted."""
        plugin = self._manager.get_plugin(name)
        callers = self._manager.get_hookcallers(plugin) or []
        return tuple(sorted(caller.name for caller in callers))

    def _implementations(self, hook: str) -> Sequence[Any]:
        caller = getattr(self._manager.hook, hook)
        return tuple(caller.get_hookimpls())

    @staticmethod
    def _ask(impl: Any, **arguments: Any) -> Any:
        try:
            return impl.function(*(arguments[name] for name in impl.argnames))
        except Exception as error:
            raise PluginCrash(f"the plugin {impl.plugin_name!r} failed: {type(error).__name__}: {error}") from error


class PluginCrash(Exception):
    """A plugin raised where it should not have. The message names it."""


def load(names: Iterable[str]) -> Plugins:
    """Loads the plugins of these names, and the built-in ones.

    Raises ConfigError where one is not installed, cannot be imported, or offers a name that another has taken.
    """
    available = _available()
    loaded: dict[str, object] = {}
    for name in dict.fromkeys((*BUILT_IN, *names)):
        if name not in available:
            raise ConfigError(f"the plugin {name!r} is not installed", hint=did_you_mean(name, available))
        entry = available[name]
        try:
            loaded[name] = entry.load()
        except Exception as error:
            raise ConfigError(f"the plugin {name!r} cannot be loaded: {type(error).__name__}: {error}") from error
    return Plugins(loaded)


def installed(loaded: Plugins | None = None) -> list[PluginInfo]:
    """Gives every installed plugin, sorted by name; nothing is imported for it."""
    found = []
    for name, entry in sorted(_available().items()):
        is_loaded = loaded is not None and name in loaded.names
        distribution = entry.dist
        found.append(
            PluginInfo(
                name=name,
                distribution=distribution.name if distribution else "",
                version=distribution.version if distribution else "",
                loaded=is_loaded,
                hooks=loaded.hooks_of(name) if loaded is not None and is_loaded else (),
            )
        )
    return found


def names_installed() -> list[str]:
    """Gives the names of every installed plugin, sorted."""
    return sorted(_available())


def _available() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=hookspecs.GROUP)}


def _flat(answers: Iterable[Iterable[Named]]) -> list[Named]:
    return [item for answer in answers for item in answer]


def _by(attribute: str, what: str, classes: Iterable[type[Named]]) -> dict[str, type[Named]]:
    named: dict[str, type[Named]] = {}
    for cls in classes:
        name = getattr(cls, attribute)
        if name in named:
            raise ConfigError(
                f"two plugins offer a {what} named {name!r}: {_where(named[name])} and {_where(cls)}",
                hint="take one of them out of `plugins:` in engine.yaml",
            )
        named[name] = cls
    return dict(sorted(named.items()))


def _choose(what: str, name: str, offered: Mapping[str, Named]) -> Named:
    if name not in offered:
        raise ConfigError(f"no loaded plugin offers the {what} {name!r}", hint=did_you_mean(name, offered))
    return offered[name]


def _where(cls: Callable[..., object] | type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
