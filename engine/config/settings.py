"""Reads workspace.yaml with an environment over it: its values, its variables, and what it asks of plugins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.config.addresses import check_countries, check_time_zone, check_url, texts
from engine.config.enginefile import model_despite_unset, unset_of
from engine.config.explain import Checker, Path, did_you_mean
from engine.config.secrets import references, secret_fields
from engine.config.settings_models import WorkspaceConfig
from engine.config.variables import Substitution, Unset, Used
from engine.config.webhooks import check_webhooks, is_webhook_secret, webhook_secrets
from engine.config.yamlfile import Document
from engine.contracts import Provider
from engine.plugins import Plugins


@dataclass(slots=True)
class SettingsResult:
    """What workspace.yaml gave."""

    settings: WorkspaceConfig | None
    checker: Checker
    unset: list[Unset] = field(default_factory=list)
    used: list[Used] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    """Names of the variables that hold its secrets."""


class SettingsReader:
    """Validates the settings of workspaces against the loaded plugins."""

    def __init__(
        self, plugins: Plugins | None, *, all_plugins: bool, variables: Mapping[str, str], local_webhooks: bool = False
    ) -> None:
        self.plugins = plugins
        self.all_plugins = all_plugins
        self.variables = variables
        self.local_webhooks = local_webhooks

    def read(self, document: Document, workspace: str) -> SettingsResult:
        """Gives the settings that a document holds; reports everything that is wrong with them."""
        address, checker = f"{workspace}/workspace", Checker(document)
        data = document.data if document.data is not None else {}
        if not isinstance(data, dict):
            checker.at((), "config.type", "workspace.yaml must be a mapping of keys to values", address=address)
            return SettingsResult(None, checker)
        filling = Substitution(self.variables, checker, address)
        provider = self._provider(data, filling)
        secret_keys = secret_fields(provider.options_model) if provider is not None else frozenset()

        def is_secret(path: Path) -> bool:
            return is_webhook_secret(path) or (len(path) == 2 and path[0] == "delivery" and path[1] in secret_keys)

        filled = filling.fill(data, leave=is_secret)
        checker.unset = filling.unset
        code_of = lambda path: "config.secret-literal" if is_webhook_secret(path[:3]) else None  # noqa: E731 # one use
        settings = model_despite_unset(checker, WorkspaceConfig, filled, address, code_of)
        result = SettingsResult(settings, checker, unset_of(filling, document), filling.used)
        delivery = filled.get("delivery")
        if isinstance(delivery, dict):
            for key in secret_keys & delivery.keys():
                result.secrets.update(references(delivery[key]))
        result.secrets.update(webhook_secrets(filled))
        self._check_plugins(checker, filled, provider, secret_keys, address)
        if settings is not None:
            _check_prices(checker, settings, address)
        _check_values(checker, filled, address)
        check_webhooks(checker, address, filled.get("webhooks"), local=self.local_webhooks)
        return result

    def _provider(self, data: Mapping[str, Any], filling: Substitution) -> type[Provider[Any]] | None:
        delivery = data.get("delivery")
        name = delivery.get("provider", "sandbox") if isinstance(delivery, dict) else "sandbox"
        # A copy: this reference is counted when the whole file is filled.
        name = (
            Substitution(filling.variables, Checker(Document("", "", filling.checker.document.report)), "").fill(name)
            if isinstance(name, str) and "$" in name
            else name
        )
        return self.plugins.providers.get(name) if self.plugins is not None and isinstance(name, str) else None

    def _check_plugins(
        self,
        checker: Checker,
        data: Mapping[str, Any],
        provider: type[Provider[Any]] | None,
        secret_keys: frozenset[str],
        address: str,
    ) -> None:
        delivery = data.get("delivery", {})
        if provider is not None and isinstance(delivery, dict):
            options = {key: value for key, value in delivery.items() if key != "provider"}
            code_of = lambda path: "config.secret-literal" if path and path[0] in secret_keys else None  # noqa: E731 # one use
            checker.model(provider.options_model, options, at=("delivery",), address=address, code_of=code_of)
            check_url(checker, address, texts(data, "delivery", "api_url"), base=True)
        if self.plugins is None or not self.all_plugins:
            return
        if provider is None and isinstance(delivery, dict):
            name = delivery.get("provider", "sandbox")
            self._unknown(checker, "provider", ("delivery", "provider"), name, self.plugins.providers, address)
        for path, name in texts(data, "links", "shortener"):
            self._unknown(checker, "shortener", path, name, self.plugins.shorteners, address)
        chosen = texts(data, "numbers", "normaliser")
        for path, name in chosen:
            self._unknown(checker, "normaliser", path, name, self.plugins.normalisers, address)
        if not chosen:
            self._check_default_normaliser(checker, list(self.plugins.normalisers), address)

    @staticmethod
    def _unknown(
        checker: Checker, what: str, path: Path, name: Any, offered: Mapping[str, object], address: str
    ) -> None:
        if isinstance(name, str) and name not in offered and not checker.is_unset(path):
            hint = did_you_mean(name, offered, "on offer")
            hint += "" if hint.startswith("did") else "; plugins are named under `plugins:` in engine.yaml"
            message = f"no loaded plugin offers the {what} {name!r}"
            checker.at(path, f"ref.unknown-{what}", message, hint, address=address)

    @staticmethod
    def _check_default_normaliser(checker: Checker, names: list[str], address: str) -> None:
        if len(names) > 1:
            message = f"several number normalisers are loaded: {', '.join(names)}"
            hint = f"choose one: `numbers: {{normaliser: {names[0]}}}`"
            checker.at((), "numbers.ambiguous-normaliser", message, hint, address=address)
        elif not names:
            message = "no number normaliser is loaded: nothing can be sent"
            hint = "add phonenumbers to `plugins:` in engine.yaml"
            checker.at((), "numbers.no-normaliser", message, hint, address=address)


def _check_values(checker: Checker, data: Mapping[str, Any], address: str) -> None:
    for path in (("business", "country"), ("audience", "countries"), ("audience", "default_country")):
        check_countries(checker, address, texts(data, *path))
    for key in ("website", "privacy_policy", "terms"):
        check_url(checker, address, texts(data, "business", key))
    check_url(checker, address, texts(data, "links", "domain"), base=True)
    check_time_zone(checker, address, texts(data, "quiet_hours", "timezone"))


def _check_prices(checker: Checker, settings: WorkspaceConfig, address: str) -> None:
    """A limit on money counts what has no price as if it were the dearest, which may stop it early or late."""
    if settings.limits.spend is None:
        return
    # Few workspaces limit money, and the table of prices is a file to read.
    from engine.config.prices import unpriced

    missing = unpriced(settings)
    if missing:
        currency = settings.limits.spend.currency
        checker.at(
            ("limits", "spend"),
            "limits.price-unknown",
            f"texts to {', '.join(missing)} have no price in {currency}; the limit counts them as the dearest that has",
            f"say what you pay: `prices: {{{missing[0]}: {{sms: 0.05 {currency}}}}}`",
            address=address,
            warning=True,
        )
