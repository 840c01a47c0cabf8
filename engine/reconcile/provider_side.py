"""Compares what the config says of senders with what their providers' accounts have. Pure: nothing is asked here.

Three things are told apart: what the account lacks (findings), what the config wants set there (changes), and what
somebody else has set since Engine did (drift). Setting back what drifted is a change, too, with that reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from engine.config.addresses import is_local
from engine.config.endpoints import INBOUND_PATH, STATUS_PATH
from engine.config.models import Project, SenderConfig, Workspace
from engine.provider_steps import SenderKey
from engine.reconcile import diff
from engine.reconcile.addresses import PROVIDER
from engine.reconcile.capable import held, left_behind, shared, shortcomings, unsettable
from engine.reconcile.changes import Action, Change, Plan, Reason
from engine.reconcile.plan import digest
from engine.types import Finding, Json, RemoteChange, RemoteSender, SenderKind, SenderWebhook, Source

_ABOUT = ("provider", "sender")
"""Fields of a change that say what it is about; the others are webhooks."""


@dataclass(frozen=True, slots=True)
class ProviderSide:
    """What a plan holds of providers."""

    changes: tuple[Change, ...] = ()
    drift: tuple[Change, ...] = ()
    """What others changed: from what was set last to what is there. Only where the config does not want it so."""
    findings: tuple[Finding, ...] = ()
    requests: Mapping[str, RemoteChange] = field(default_factory=dict)  # address of a change → what makes it so
    senders: Mapping[str, SenderKey] = field(default_factory=dict)  # address of a change → whose it is
    agreed: Mapping[SenderKey, Mapping[str, str]] = field(default_factory=dict)
    """What is as it should be, and is not remembered so."""


@dataclass(frozen=True, slots=True)
class _Managed:
    """One sender whose webhooks are looked after."""

    address: str
    key: SenderKey
    remote: RemoteSender
    wanted: Mapping[SenderWebhook, str]
    account: str


def compare(
    project: Project,
    told: Mapping[str, Sequence[RemoteSender]],
    remembered: Mapping[SenderKey, Mapping[str, str]],
    sources: Mapping[str, Source],
) -> ProviderSide:
    """Gives what is to be done and known. `told` are the senders of each workspace's account, of those that could be
    asked; `remembered` what was last set."""
    findings: list[Finding] = []
    managed: list[_Managed] = []
    for name in sorted(told):
        workspace = project.workspaces[name]
        there = {sender.value: sender for sender in told[name]}
        for sender_name, sender in workspace.senders.items():
            if sender.sender_kind is SenderKind.ALPHANUMERIC:
                continue  # no account holds them, at any provider that we know
            address, remote = f"{name}/sender/{sender_name}", there.get(sender.value)
            findings += shortcomings(address, workspace, sender, remote, sources)
            if remote is not None:
                findings += unsettable(address, sender, remote, sources)
                managed.append(_managed(project, name, sender_name, remote, remembered))
        findings += _held(project, name, there, sources)
        findings += _left_behind(project, name, told[name], sources)
    managed, conflicts = _without_conflicts(managed, sources)
    side = ProviderSide(findings=(*findings, *conflicts))
    for one in managed:
        side = _with(side, one, remembered.get(one.key, {}), sources)
    return side


def with_provider(plan: Plan, side: ProviderSide) -> Plan:
    """Gives the plan with what is to be done at providers; its digest binds that, too."""
    changes = tuple(sorted((*plan.changes, *side.changes), key=lambda change: change.address))
    return replace(
        plan,
        digest=digest(base=plan.base, environment=plan.environment, versions=plan.versions, changes=changes),
        changes=changes,
        drift=side.drift,
        warnings=(*plan.warnings, *side.findings),
    )


def without_healing(side: ProviderSide) -> ProviderSide:
    """Gives what there is to do but for setting back what somebody else has changed: that is told as drift alone."""
    return replace(side, changes=tuple(change for change in side.changes if change.reason is not Reason.DRIFT))


def sets_of(change: Change) -> dict[str, str]:
    """Gives the webhook addresses that a change at a provider sets, by name."""
    return {name: value for name, value in (change.after or {}).items() if name not in _ABOUT}


def wanted_webhooks(project: Project, name: str, sender: SenderConfig) -> dict[SenderWebhook, str]:
    """Gives the addresses that the config wants; those that it leaves as they are, or says nothing of, are left out."""
    here = _here(project, name)
    found = {}
    for webhook in SenderWebhook:
        target: str | None = getattr(sender.webhooks, webhook)
        if target is None:
            continue
        if target == "none":
            found[webhook] = ""
        elif target == "engine":
            if here is not None:
                found[webhook] = here[webhook]
        elif target != "leave":
            found[webhook] = target
    return found


def same_account(project: Project, name: str) -> list[str]:
    """Gives the other workspaces that send through the account of one."""
    account = _account(project.workspaces[name])
    return [other for other, found in project.workspaces.items() if other != name and _account(found) == account]


def shown(url: str) -> str:
    """Gives an address that somebody else has set, without what may be a secret in it: user, password and query."""
    method, _, address = url.rpartition(" ")
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")
    except ValueError:
        return url
    if not parts.scheme or not (host[1] or parts.query):
        return url
    user, query = "***@" if host[1] else "", "?***" if parts.query else ""
    return f"{method} {parts.scheme}://{user}{host[2]}{parts.path}{query}".lstrip()


def _here(project: Project, name: str) -> Mapping[SenderWebhook, str] | None:
    """Gives where `engine serve` is called; None where no provider can reach it."""
    base = project.engine.public_url.rstrip("/")
    if not base or is_local(base):
        return None
    provider = project.workspaces[name].settings.delivery.provider
    inbound, status = (base + path.format(workspace=name, provider=provider) for path in (INBOUND_PATH, STATUS_PATH))
    return {SenderWebhook.INBOUND: inbound, SenderWebhook.FALLBACK: inbound, SenderWebhook.STATUS: status}


def _managed(
    project: Project,
    name: str,
    sender_name: str,
    remote: RemoteSender,
    remembered: Mapping[SenderKey, Mapping[str, str]],
) -> _Managed:
    workspace = project.workspaces[name]
    sender = workspace.senders[sender_name]
    key = SenderKey(name, workspace.settings.delivery.provider, remote.value)
    set_before = remembered.get(key, {})
    wanted = wanted_webhooks(project, name, sender)
    for webhook, there in remote.webhooks.items():
        if getattr(sender.webhooks, webhook) is None and there and there == set_before.get(webhook):
            wanted[webhook] = ""  # Engine has set it, and the config does not say so any more
    return _Managed(
        address=f"{name}/{PROVIDER}/{sender_name}",
        key=key,
        remote=remote,
        wanted={webhook: url for webhook, url in wanted.items() if webhook in remote.webhooks},
        account=_account(workspace),
    )


def _account(workspace: Workspace) -> str:
    return diff.canonical(workspace.settings.delivery.model_dump(mode="json"))


def _held(
    project: Project, name: str, there: Mapping[str, RemoteSender], sources: Mapping[str, Source]
) -> Iterator[Finding]:
    """Finds senders whose texts another one takes, which leads elsewhere and is nobody's sender here."""
    here, senders = _here(project, name), project.workspaces[name].senders
    ours = {s.value for one in (name, *same_account(project, name)) for s in project.workspaces[one].senders.values()}
    for sender_name, sender in senders.items():
        remote = there.get(sender.value)
        holder = there.get(remote.held_by) if remote is not None else None
        if here is None or holder is None or holder.value in ours or sender.webhooks.inbound != "engine":
            continue
        inbound = holder.webhooks.get(SenderWebhook.INBOUND, "")
        if inbound != here[SenderWebhook.INBOUND]:
            yield held(f"{name}/sender/{sender_name}", sender.value, holder.value, shown(inbound), sources)


def _left_behind(
    project: Project, name: str, account: Sequence[RemoteSender], sources: Mapping[str, Source]
) -> list[Finding]:
    here = _here(project, name)
    if here is None:
        return []
    ours = {s.value for one in (name, *same_account(project, name)) for s in project.workspaces[one].senders.values()}
    return [
        left_behind(name, sender.value, sources)
        for sender in account
        if sender.value not in ours and sender.webhooks.get(SenderWebhook.INBOUND) == here[SenderWebhook.INBOUND]
    ]


def _without_conflicts(
    managed: Sequence[_Managed], sources: Mapping[str, Source]
) -> tuple[list[_Managed], list[Finding]]:
    """Leaves out what two workspaces want otherwise of one sender of one account: each apply would undo the other."""
    wishes: dict[tuple[str, str, SenderWebhook], dict[str, str]] = {}
    for one in managed:
        for webhook, url in one.wanted.items():
            wishes.setdefault((one.account, one.remote.value, webhook), {})[one.address] = url
    torn = {key: who for key, who in wishes.items() if len(set(who.values())) > 1}
    kept = [
        replace(one, wanted={w: url for w, url in one.wanted.items() if (one.account, one.remote.value, w) not in torn})
        for one in managed
    ]
    return kept, [shared(value, webhook, sorted(who), sources) for (_, value, webhook), who in torn.items()]


def _with(
    side: ProviderSide, one: _Managed, remembered: Mapping[str, str], sources: Mapping[str, Source]
) -> ProviderSide:
    there = one.remote.webhooks
    differs = {webhook: url for webhook, url in one.wanted.items() if there[webhook] != url}
    agreed = {str(w): url for w, url in one.wanted.items() if w not in differs and remembered.get(w) != url}
    if agreed:
        side = replace(side, agreed={**side.agreed, one.key: agreed})
    if not differs:
        return side
    drifted = {w: remembered[w] for w in differs if w in remembered and remembered[w] != there[w]}
    only_drift = all(remembered.get(webhook) == url for webhook, url in differs.items())
    was = {webhook: _safe(there[webhook], remembered.values()) for webhook in differs}
    source = _source(one.address, differs, sources)
    change = _change(one, was, differs, source, Reason.DRIFT if only_drift else Reason.EDITED)
    drift = _change(one, drifted, {w: was[w] for w in drifted}, source, Reason.DRIFT)
    return replace(
        side,
        changes=(*side.changes, change),
        drift=(*side.drift, drift) if drifted else side.drift,
        requests={**side.requests, one.address: RemoteChange(one.remote, differs)},
        senders={**side.senders, one.address: one.key},
    )


def _safe(url: str, ours: Collection[str]) -> str:
    """Gives an address as it may be shown: what Engine has set holds no secret."""
    return url if url in ours else shown(url)


def _source(address: str, webhooks: Mapping[SenderWebhook, str], sources: Mapping[str, Source]) -> Source | None:
    sender = address.replace(f"/{PROVIDER}/", "/sender/", 1)
    places = (sources.get(f"{sender}#webhooks.{webhook}") for webhook in webhooks)
    return next((place for place in places if place is not None), sources.get(sender))


def _change(
    one: _Managed,
    before: Mapping[SenderWebhook, str],
    after: Mapping[SenderWebhook, str],
    source: Source | None,
    reason: Reason,
) -> Change:
    about: dict[str, Json] = {"provider": one.key.provider, "sender": one.key.value}
    return Change(
        address=one.address,
        action=Action.UPDATE,
        fields=tuple(sorted(map(str, after))),
        before={**about, **{str(webhook): url for webhook, url in before.items()}},
        after={**about, **{str(webhook): url for webhook, url in after.items()}},
        source=source,
        reason=reason,
    )
