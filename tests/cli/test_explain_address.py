"""`engine explain ADDRESS`: which file and line set each value."""

from __future__ import annotations

from typing import Any

HERE = "config/workspaces/acme/"
STAGING = "config/environments/staging.yaml"
SECRET = "not-for-any-eye-77aa"


def fields(engine: Any, address: str, *options: str, **variables: str) -> dict[str, Any]:
    """Gives what is said of each field."""
    explained = engine.json(*options, "explain", address, **variables)
    assert explained["address"] == address
    return {one["field"]: one for one in explained["fields"]}


def place(said: Any) -> tuple[Any, ...]:
    return said["file"], said["line"], said["column"]


def test_a_value_is_set_by_a_file_or_is_the_default(engine: Any) -> None:
    found = fields(engine, "acme/workspace")
    assert place(found["business.country"]) == (f"{HERE}workspace.yaml", 2, 21)
    assert found["business.country"]["value"] == "US"
    assert place(found["smart_encoding"]) == (None, None, None)
    assert found["smart_encoding"]["value"] is False


def test_an_environment_tells_what_it_replaced(engine: Any) -> None:
    engine.write(STAGING, "workspaces:\n  acme:\n    name: Staging\n    smart_encoding: true\n")
    found = fields(engine, "acme/workspace", "--env", "staging")
    assert (found["name"]["value"], place(found["name"])) == ("Staging", (STAGING, 3, 11))
    assert found["name"]["instead_of"]["value"] == "Acme Coffee"
    assert place(found["name"]["instead_of"]) == (f"{HERE}workspace.yaml", 1, 7)
    assert place(found["smart_encoding"]) == (STAGING, 4, 21)
    assert found["smart_encoding"]["instead_of"]["value"] is False
    assert place(found["smart_encoding"]["instead_of"]) == (None, None, None)
    assert place(found["business.country"]) == (f"{HERE}workspace.yaml", 2, 21)
    assert found["business.country"]["instead_of"] is None
    assert fields(engine, "acme/workspace")["name"]["value"] == "Acme Coffee"


def test_another_provider_drops_the_options_of_the_first(engine: Any) -> None:
    engine.write("config/engine.yaml", "engine: 1\nplugins: [sandbox, twilio, phonenumbers, shortlinks]\n")
    account = "AC00000000000000000000000000000001"
    engine.change(
        f"{HERE}workspace.yaml",
        "business:",
        f"delivery: {{provider: twilio, account_sid: {account}, auth_token: '${{TOKEN}}'}}\nbusiness:",
    )
    engine.write(STAGING, "workspaces: {acme: {delivery: {provider: sandbox}}}\n")
    explained = engine.json("--env", "staging", "explain", "acme/workspace")
    assert [one["field"] for one in explained["dropped"]] == ["delivery.account_sid", "delivery.auth_token"]
    assert explained["dropped"][0]["line"] == 2


def test_variables_are_named_and_secrets_not_told(engine: Any) -> None:
    engine.write("config/engine.yaml", "engine: 1\nplugins: [sandbox, twilio, phonenumbers, shortlinks]\n")
    engine.write(
        f"{HERE}workspace.yaml",
        "name: ${SHOP:-Acme}\nbusiness: {country: US}\n"
        "delivery:\n  provider: twilio\n  account_sid: AC00000000000000000000000000000001\n  auth_token: ${TOKEN}\n",
    )
    found = fields(engine, "acme/workspace", SHOP="Corner", TOKEN=SECRET)
    assert found["name"]["value"] == "Corner"
    assert found["name"]["written"] == "${SHOP:-Acme}"
    assert found["name"]["variables"] == [{"name": "SHOP", "set": True}]
    assert found["delivery.auth_token"]["value"] == "${TOKEN}"
    assert fields(engine, "acme/workspace")["name"]["variables"] == [{"name": "SHOP", "set": False}]
    for format_ in ("text", "json"):
        assert SECRET not in engine.run("explain", "acme/workspace", "--format", format_, TOKEN=SECRET)


def test_the_password_of_a_state_is_not_told(engine: Any) -> None:
    engine.write("config/engine.yaml", "engine: 1\nstate: ${STATE:-sqlite:///s.db}\nplugins: [sandbox, phonenumbers]\n")
    assert fields(engine, "engine")["state"]["value"] == "sqlite:///s.db"
    told = engine.call("explain", "engine", STATE=f"sqlite://engine:{SECRET}@db.example/engine").output
    assert SECRET not in told


def test_a_translation_says_what_it_sets_itself(engine: Any) -> None:
    engine.write(f"{HERE}templates/club/welcome.es.liquid", "---\nmax_segments: 3\n---\nHola\n")
    found = fields(engine, "acme/template/club/welcome")
    assert place(found["purpose"]) == (f"{HERE}templates/club/welcome.liquid", 2, 10)
    assert place(found["body"]) == (f"{HERE}templates/club/welcome.liquid", 5, 1)
    own = f"{HERE}templates/club/welcome.es.liquid"
    assert place(found["languages.es.max_segments"]) == (own, 2, 15)
    assert place(found["languages.es.body"]) == (own, 4, 1)
    assert "languages.es.sender" not in found  # it is the template's, and listed there


def test_objects_of_every_kind_have_places(engine: Any) -> None:
    engine.write(
        f"{HERE}keywords.yaml",
        "keywords:\n  join: {words: [JOIN], subscribe: news}\nconsent: {scope: sender}\ntopics: {news: {name: News}}\n",
    )
    assert place(fields(engine, "acme/sender/support")["number"]) == (f"{HERE}senders.yaml", 3, 13)
    assert place(fields(engine, "acme/keyword/join")["words"]) == (f"{HERE}keywords.yaml", 2, 17)
    assert place(fields(engine, "acme/consent")["scope"]) == (f"{HERE}keywords.yaml", 3, 18)
    assert place(fields(engine, "acme/topic/news")["name"]) == (f"{HERE}keywords.yaml", 4, 23)
    assert place(fields(engine, "acme/snippet/footer")["body"]) == (f"{HERE}snippets/footer.liquid", 1, 1)


def test_the_places_are_the_same_when_nothing_is_read_anew(engine: Any) -> None:
    cache = str(engine.folder / "cache")
    address = "acme/template/club/welcome"
    engine.run("validate", ENGINE_CACHE=cache)
    assert fields(engine, address, ENGINE_CACHE=cache) == fields(engine, address)


def test_text_names_file_line_and_column(engine: Any) -> None:
    engine.write(STAGING, "workspaces: {acme: {name: Staging}}\n")
    told = engine.run("--env", "staging", "explain", "acme/workspace")
    assert '"Staging"' in told
    assert f"{STAGING}:1:27" in told
    assert f'instead of "Acme Coffee", {HERE}workspace.yaml:1:7' in told


def test_an_address_that_is_none_is_wrong_usage(engine: Any) -> None:
    assert "acme/template/club/welcome" in engine.refused("explain", "acme/template/club/welcom", code=64)
