"""What an operator may name: workspaces, senders and templates to pause, messages to cancel."""

from __future__ import annotations

from engine.delivery.queueing import Applied
from engine.errors import UsageError
from engine.names import did_you_mean
from engine.stops import Which, scopes
from engine.store import Store


def must_know(store: Store, scope: str) -> None:
    """Raises UsageError for a scope that no release has and that no message belongs to, with what there is."""
    release = store.live_release()
    known = scopes(release) | {pause.scope for pause in store.pauses()}
    if scope in known:
        return
    workspace, _, rest = scope.partition("/")
    kind, _, name = rest.partition("/")
    # Messages keep the words of their own release: what a later one has deleted may still wait.
    if kind == "template" and store.sent_template(workspace, name):
        return
    lanes = set(store.count_lanes())
    if scope in lanes or scope in {lane.partition("/")[0] for lane in lanes}:
        return
    if release is None:
        raise UsageError("nothing has been applied yet", hint="run `engine apply` first")
    raise UsageError(f"there is no workspace, sender or template {scope!r}", hint=did_you_mean(scope, known))


def meant(store: Store, which: Which) -> Which:
    """Gives back what is to be cancelled. Raises UsageError for a message, workspace or template that is not there."""
    for message_id in which.ids:
        if store.message(message_id) is None:
            raise UsageError(f"there is no message {message_id!r}", hint="list them with `engine messages`")
    if which.workspace is not None and which.template is not None:
        if not store.sent_template(which.workspace, which.template):
            Applied.of(store).template(which.workspace, which.template)
    elif which.workspace is not None:
        must_know(store, which.workspace)
    return which
