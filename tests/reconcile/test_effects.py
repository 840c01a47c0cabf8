from __future__ import annotations

from typing import Any

from engine.reconcile.changes import Plan
from engine.reconcile.effects import GONE, Rendering, RenderingEffect, with_effects
from engine.reconcile.plan import plan
from engine.reconcile.renderings import renderings

Objects = dict[str, dict[str, Any]]

BASE: Objects = {
    "acme/sender/support": {"number": "+14155550100"},
    "acme/snippet/footer": {"body": "Bye"},
    "acme/snippet/signed": {"body": "{%- render 'footer' -%} Acme"},
    "acme/template/plain": {"body": "Hi"},
    "acme/template/with": {"body": "Hi {% render 'signed' %}", "languages": {}},
    "acme/workspace": {"name": "Acme"},
    "brew/template/with": {"body": "Hi {% render 'footer' %}"},
    "engine": {"public_url": ""},
}


def effects_of(after: Objects, *, before: Objects = BASE, differ: bool = True) -> dict[str, list[tuple[str, str]]]:
    """Gives change → (template, sample) of its effects, where every message differs, or none does."""
    made: Plan = plan(before, after, base="1", environment=None, versions={}, sources={})
    found = renderings(
        [change.address for change in made.changes],
        objects_before=before,
        objects=after,
        samples=lambda template: ["ada", "grace"] if "plain" not in template else ["ada"],
        render_before=lambda template, sample: Rendering(body="before"),
        render=lambda template, sample: Rendering(body="after" if differ else "before"),
    )
    told = with_effects(made, found)
    assert told.digest == made.digest
    return {
        c.address: [(e.template, e.sample) for e in c.effects if isinstance(e, RenderingEffect)]
        for c in told.changes
        if c.effects
    }


def changed(address: str, **fields: Any) -> Objects:
    return {**BASE, address: {**BASE[address], **fields}}


def test_a_template_changes_its_own_messages_only() -> None:
    assert effects_of(changed("acme/template/with", body="Hello")) == {
        "acme/template/with": [("acme/template/with", "ada"), ("acme/template/with", "grace")]
    }


def test_a_snippet_changes_the_templates_of_its_workspace_that_render_it_through_others_too() -> None:
    assert effects_of(changed("acme/snippet/footer", body="Ciao")) == {
        "acme/snippet/footer": [("acme/template/with", "ada"), ("acme/template/with", "grace")]
    }


def test_a_workspace_or_a_sender_may_change_all_of_its_templates() -> None:
    for address, fields in (("acme/workspace", {"name": "Ac"}), ("acme/sender/support", {"number": "+14155550101"})):
        told = effects_of(changed(address, **fields))
        assert {template for template, _ in told[address]} == {"acme/template/plain", "acme/template/with"}
        assert set(told) == {address}


def test_the_public_address_may_change_every_template() -> None:
    told = effects_of(changed("engine", public_url="https://sms.acme.example"))
    assert {template for template, _ in told["engine"]} == {a for a in BASE if "/template/" in a}


def test_a_difference_is_told_once_at_the_template_itself() -> None:
    after = {**changed("acme/template/with", body="Hello"), "acme/workspace": {"name": "Ac"}}
    told = effects_of(after)
    assert {template for template, _ in told["acme/workspace"]} == {"acme/template/plain"}
    assert {template for template, _ in told["acme/template/with"]} == {"acme/template/with"}


def test_what_reads_the_same_has_no_effect() -> None:
    assert effects_of(changed("acme/template/with", description="x"), differ=False) == {}


def test_a_new_template_has_no_before() -> None:
    after = {**BASE, "acme/template/new": {"body": "New"}}
    made = plan(BASE, after, base="1", environment=None, versions={}, sources={})

    def never(template: str, sample: str) -> Rendering:
        raise AssertionError(template)

    found = renderings(
        [change.address for change in made.changes],
        objects_before=BASE,
        objects=after,
        samples=lambda template: ["ada"],
        render_before=never,
        render=lambda template, sample: Rendering(body="New", segments=1),
    )
    assert found == {
        "acme/template/new": [RenderingEffect("acme/template/new", "ada", None, Rendering(body="New", segments=1))]
    }


def test_the_messages_of_a_deleted_template_go_away() -> None:
    after = {a: o for a, o in BASE.items() if a != "acme/template/with"}
    made = plan(BASE, after, base="1", environment=None, versions={}, sources={})

    def never(template: str, sample: str) -> Rendering:
        raise AssertionError(template)

    before = Rendering(body="Old")
    found = renderings(
        [change.address for change in made.changes],
        objects_before=BASE,
        objects=after,
        samples=lambda template: ["ada"],
        render_before=lambda template, sample: before,
        render=never,
    )
    assert found == {"acme/template/with": [RenderingEffect("acme/template/with", "ada", before, GONE)]}
