"""What `engine plan` says of a change beside its fields: why it changes, and what people notice."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import Any

import pytest

from engine.state.sqlite import SqliteStore

HERE = "config/workspaces/acme"
WELCOME = f"{HERE}/templates/club/welcome.liquid"
ADDRESS = "acme/template/club/welcome"
KEYWORDS = "keywords:\n  join: {words: [JOIN], reply: club/welcome}\n  rest: {match: any, set: {wrote: true}}\n"
ORDER = (
    "---\npurpose: transactional\nsender: support\nsamples: [{person: ada, data: {order: A-1}}]\n---\n"
    "{{ trigger.order }} is ready\n"
)
HOURS = KEYWORDS.replace("  rest", "  hours: {words: [OPEN], reply: club/welcome}\n  rest")


def commit(engine: Any) -> None:
    who = ("-c", "user.name=Ada Example", "-c", "user.email=ada@acme.example")
    for words in (("init", "-q", "-b", "main"), ("add", "config"), ("commit", "-q", "-m", "A commit")):
        subprocess.run(["git", *who, *words], cwd=engine.folder, check=True, capture_output=True)


def reasons(engine: Any, *words: str, **variables: str) -> dict[str, str]:
    return {change["address"]: change["reason"] for change in engine.json(*words, **variables)["changes"]}


def effects(engine: Any, kind: str, *words: str) -> list[dict[str, Any]]:
    """Gives the effects of a kind, each with the address of its change."""
    changes = engine.json("plan", *words)["changes"]
    return [{"at": c["address"], **e} for c in changes for e in c["effects"] if e["kind"] == kind]


class TestReasons:
    def test_what_somebody_edited(self, engine: Any) -> None:
        commit(engine)
        engine.run("apply", "--yes")
        engine.change(WELCOME, "Hi ", "Hello ")
        engine.write(f"{HERE}/keywords.yaml", KEYWORDS)
        found = reasons(engine, "plan")
        assert found[ADDRESS] == "edited"
        assert found["acme/keyword/join"] == "edited"

    def test_a_variable_and_an_overlay_are_the_environments(self, engine: Any) -> None:
        engine.change(f"{HERE}/workspace.yaml", "name: Acme Coffee", "name: ${SHOP:-Acme Coffee}")
        commit(engine)
        engine.run("apply", "--yes")
        assert reasons(engine, "plan") == {}
        assert reasons(engine, "plan", SHOP="Acme Tea") == {"acme/workspace": "environment"}

    def test_an_overlay_that_comes_and_goes(self, engine: Any) -> None:
        engine.write("config/environments/staging.yaml", "workspaces: {acme: {smart_encoding: true}}\n")
        commit(engine)
        engine.run("--env", "staging", "apply", "--yes")
        engine.write("config/environments/staging.yaml", "workspaces: {acme: {name: Acme Tea}}\n")
        change = next(iter(engine.json("--env", "staging", "plan")["changes"]))
        assert (change["fields"], change["reason"]) == (["name", "smart_encoding"], "environment")

    def test_another_version_of_a_plugin(self, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        from engine.config import snapshot

        commit(engine)
        engine.run("apply", "--yes")
        ours = snapshot.snapshot

        def newer(project: Any) -> Any:
            found = {address: dict(body) for address, body in ours(project).items()}
            found[ADDRESS]["description"] = "As the newer version has it"
            return found

        monkeypatch.setattr(snapshot, "snapshot", newer)
        assert reasons(engine, "plan") == {ADDRESS: "dependency"}
        monkeypatch.setattr("engine.cli.planning.versions", lambda plugins: {"engine-sms": "99"})
        assert reasons(engine, "plan") == {ADDRESS: "plugin"}

    def test_a_release_of_another_version_that_cannot_be_read(self, engine: Any) -> None:
        engine.run("apply", "--yes")
        store = SqliteStore.open("sqlite:///state/engine.db", folder=engine.folder, read_only=False)
        live = store.live_release()
        assert live is not None
        other = {address: {**body, "of_another": 1} for address, body in live.objects.items()}
        store.put_release(replace(live, id="0" * 16, base=live.id, objects=other))
        store.close()
        plan = engine.json("plan")
        assert {change["action"] for change in plan["changes"]} == {"update"}
        assert [warning["code"] for warning in plan["warnings"]] == ["plan.base-unreadable"]

    def test_against_a_revision(self, engine: Any) -> None:
        commit(engine)
        engine.change(WELCOME, "Hi ", "Hello ")
        assert reasons(engine, "plan", "--against", "HEAD") == {ADDRESS: "edited"}

    def test_without_git_everything_was_edited(self, engine: Any) -> None:
        engine.run("apply", "--yes")
        engine.change(f"{HERE}/workspace.yaml", "name: Acme Coffee", "name: Acme Tea")
        assert reasons(engine, "plan") == {"acme/workspace": "edited"}


class TestMessages:
    def test_the_character_that_turns_a_message_to_ucs_2_and_what_that_costs(self, engine: Any) -> None:
        engine.run("apply", "--yes")
        engine.change(WELCOME, "Hi ", "☕ Hi ")
        engine.change(WELCOME, "{{ workspace.name }}!", "{{ workspace.name }}!" + " Come in." * 5)
        (effect,) = effects(engine, "rendering")
        assert effect["before"]["odd"] is None
        assert effect["after"]["odd"] == {
            "character": "☕",
            "codepoint": "U+2615",
            "name": "HOT BEVERAGE",
            "position": 1,
        }
        assert (effect["before"]["segments"], effect["after"]["segments"]) == (1, 2)
        costs = [effect[side]["cost"]["amount"] for side in ("before", "after")]
        assert 2 * float(costs[0]) == pytest.approx(float(costs[1]))

    def test_links_and_media_that_come_and_go(self, engine: Any) -> None:
        engine.change(
            f"{HERE}/workspace.yaml", "{country: US}", "{country: US}\nlinks: {domain: https://go.acme.example}"
        )
        engine.change(f"{HERE}/senders.yaml", "[US]", "[US]\n    mms: true")
        engine.change(WELCOME, "Hi ", "https://acme.example/old Hi ")
        engine.run("apply", "--yes")
        engine.change(WELCOME, "https://acme.example/old", "https://acme.example/new")
        engine.change(WELCOME, "sender: support", "sender: support\nmedia: [https://cdn.acme.example/cup.png]")
        (effect,) = effects(engine, "rendering")
        assert [link["url"] for link in effect["before"]["links"]] == ["https://acme.example/old"]
        assert [link["url"] for link in effect["after"]["links"]] == ["https://acme.example/new"]
        assert effect["after"]["links"][0]["short"] in effect["after"]["body"]
        assert (effect["before"]["media"], effect["after"]["media"]) == ([], ["https://cdn.acme.example/cup.png"])
        said = engine.run("plan")
        assert "link gone: https://acme.example/old, link added: https://acme.example/new" in said
        assert "sms → mms" in said
        assert "media added: https://cdn.acme.example/cup.png" in said

    def test_messages_of_a_template_that_goes_away(self, engine: Any) -> None:
        engine.write(f"{HERE}/templates/order.liquid", ORDER)
        engine.change(f"{HERE}/people.yaml", "people:", 'people:\n  grace: {first_name: Grace, phone: "+14155550124"}')
        engine.run("apply", "--yes")
        engine.remove(WELCOME)
        engine.remove(f"{HERE}/templates/order.liquid")
        engine.change(f"{HERE}/people.yaml", '  grace: {first_name: Grace, phone: "+14155550124"}\n', "")
        found = effects(engine, "rendering")
        assert [(e["at"], e["sample"], e["after"]["error"]) for e in found] == [(ADDRESS, "ada", "template.gone")]
        assert found[0]["before"]["body"].startswith("Hi Ada, welcome")
        assert "1 message goes away" in engine.run("plan")
        shutil.rmtree(engine.folder / HERE)
        assert effects(engine, "rendering") == []  # of a workspace that goes away, nothing is left to show it with

    def test_a_link_that_is_not_shortened(self, engine: Any) -> None:
        engine.run("apply", "--yes")
        engine.change(WELCOME, "Hi ", "https://acme.example/new, Hi ")
        (effect,) = effects(engine, "rendering")
        assert effect["after"]["links"] == [{"url": "https://acme.example/new", "short": "https://acme.example/new"}]
        assert "link added: https://acme.example/new" in engine.run("plan")


class TestQueued:
    @pytest.mark.parametrize("fate", ["pin", "migrate", "cancel"])
    def test_messages_that_wait_are_counted_with_what_becomes_of_them(self, engine: Any, fate: str) -> None:
        engine.change(f"{HERE}/workspace.yaml", "name:", f"sending: {{on_change: {fate}}}\nname:")
        engine.change(WELCOME, "purpose: marketing", "purpose: transactional")
        engine.run("apply", "--yes")
        engine.write("people.ndjson", '{"id": "ada", "first_name": "Ada", "phone": "+14155550123"}\n')
        engine.run("people", "import", "people.ndjson", "--workspace", "acme")
        engine.run("send", "club/welcome", "--workspace", "acme", "--person", "ada")
        engine.write(f"{HERE}/snippets/footer.liquid", "Text STOP to stop.\n")
        (effect,) = effects(engine, "queued")
        assert effect == {
            "at": "acme/snippet/footer",
            "kind": "queued",
            "template": ADDRESS,
            "messages": 1,
            "on_change": fate,
        }
        assert f"1 queued message of {ADDRESS}" in engine.run("plan")
        commit(engine)
        assert effects(engine, "queued", "--against", "HEAD") == []  # offline: nothing is known of a queue


class TestRoutes:
    def hear(self, engine: Any, text: str, number: str) -> None:
        engine.run("receive", text, "--workspace", "acme", "--from", number, "--to", "support")

    def test_texts_that_came_in_lately(self, engine: Any) -> None:
        engine.write(f"{HERE}/keywords.yaml", KEYWORDS)
        engine.run("apply", "--yes")
        self.hear(engine, "Open today?", "+14155550130")
        self.hear(engine, "open  TODAY?", "+14155550131")
        self.hear(engine, "open? my name is Zoe", "+14155550132")
        self.hear(engine, "join", "+14155550133")
        engine.write(f"{HERE}/keywords.yaml", HOURS)
        found = effects(engine, "route")
        moved = {"before": "rest", "after": "hours", "workspace": "acme", "sender": "support", "origin": "inbound"}
        assert found == [
            {"at": "acme/keyword/hours", "kind": "route", "text": "Open today?", "times": 2, **moved},
            {"at": "acme/keyword/hours", "kind": "route", "text": None, "times": 1, **moved},
        ]
        for form in ("text", "json", "markdown", "html"):
            assert "Zoe" not in engine.run("plan", "--format", form)

    def test_texts_of_the_conversation_tests_need_no_state(self, engine: Any) -> None:
        engine.write(f"{HERE}/keywords.yaml", KEYWORDS)
        test = '- name: asks\n  person: ada\n  steps:\n    - receive: {text: "open today?"}\n'
        engine.write(f"{HERE}/tests/hours.yaml", test)
        commit(engine)
        engine.write(f"{HERE}/keywords.yaml", HOURS)
        (effect,) = effects(engine, "route", "--against", "HEAD")
        assert (effect["at"], effect["text"], effect["origin"]) == ("acme/keyword/hours", "open today?", "tests")
        assert (effect["before"], effect["after"]) == ("rest", "hours")
        assert not (engine.folder / "state").exists()

    def test_a_rule_that_goes_away(self, engine: Any) -> None:
        engine.write(f"{HERE}/keywords.yaml", HOURS)
        engine.run("apply", "--yes")
        self.hear(engine, "open?", "+14155550130")
        self.hear(engine, "open?", "+14155550131")
        engine.write(f"{HERE}/keywords.yaml", KEYWORDS)
        (effect,) = effects(engine, "route")
        assert (effect["at"], effect["before"], effect["after"]) == ("acme/keyword/hours", "hours", "rest")
