"""What an import makes of people, whatever they came in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.types import ConsentState

if TYPE_CHECKING:
    from audience.conftest import Desk


@pytest.mark.parametrize(
    ("phone", "country", "number"),
    [
        ("415 555 2671", "US", "+14155552671"),
        ("415 555 2671", "", "+14155552671"),
        ("020 7183 8750", "GB", "+442071838750"),
        ("020 7183 8750", " gb ", "+442071838750"),
        ("021 6309 5246", "CN", "+862163095246"),
        ("(08) 9287 8230", "AU", "+61892878230"),
        ("+44 20 7183 8750", "US", "+442071838750"),
        ("+44 20 7183 8750", "Neverland", "+442071838750"),
    ],
)
def test_numbers_are_read_in_the_persons_country(desk: Desk, phone: str, country: str, number: str) -> None:
    desk.take(f"id,phone,country\nada,{phone},{country}\n")
    kept = {"phone": phone, "country": country} if country else {"phone": phone}
    assert desk.people() == {"ada": (number, kept)}


def test_attributes_may_have_other_names(desk: Desk) -> None:
    desk.settings = {"phone_attribute": "primary_phone", "country_attribute": "land", "default_country": "DE"}
    desk.take("id,Primary Phone,LAND,phone\na,020 7183 8750,GB,x\nb,030 901820,,y\n")
    assert {name: phone for name, (phone, _) in desk.people().items()} == {"a": "+442071838750", "b": "+4930901820"}
    assert desk.people()["a"][1] == {"primary_phone": "020 7183 8750", "land": "GB", "phone": "x"}


def test_the_country_may_come_before_or_after_the_number(desk: Desk) -> None:
    desk.take("id,country\nada,GB\n")
    desk.take("id,phone\nada,020 7183 8750\n")
    assert desk.people()["ada"][0] == "+442071838750"
    desk.take("id,phone,country\neve,,GB\neve,020 7183 8750,\n")
    assert desk.people()["eve"][0] == "+442071838750", "also within one file"
    desk.take("id,phone\nbob,415 555 2671\n")
    done, (rejection,) = desk.take("id,phone,country\nbob,,AU\ncy,(08) 9287 8230,AU\n")
    assert (rejection.row, rejection.field) == (1, "phone"), "what is a number in one country is none in the other"
    assert done.imported == 1
    assert desk.people()["bob"] == ("+14155552671", {"phone": "415 555 2671"})


def test_a_country_outside_the_allow_list_is_kept(desk: Desk) -> None:
    desk.settings = {"countries": ["US"]}
    done, rejections = desk.take("id,phone\nada,+442071838750\n")
    assert (done.imported, rejections, desk.people()["ada"][0]) == (1, [], "+442071838750")


def test_importing_again_changes_nothing(desk: Desk) -> None:
    rows = "id,phone,name\n" + "".join(f"p{n},41555501{n % 100:02},N{n}\n" for n in range(2500))
    first, _ = desk.take(rows, consent="form")
    people, entries = desk.people(), len(desk.store.consent_history("acme", "+14155550101"))
    again, _ = desk.take(rows, consent="form")
    assert (first.imported, first.updated, again.imported, again.updated) == (2500, 0, 0, 2500)
    assert desk.people() == people
    assert len(desk.store.consent_history("acme", "+14155550101")) == entries == 1


def test_importing_again_merges(desk: Desk) -> None:
    desk.take("id,phone,a\nada,4155550101,1\nbob,4155550102,1\n")
    done, rejections = desk.take("id,phone,b\nada,,2\nbob,12,2\ncy,,2\n")
    assert (done.imported, done.updated, len(rejections)) == (1, 1, 1)
    assert desk.people() == {
        "ada": ("+14155550101", {"phone": "4155550101", "a": "1", "b": "2"}),
        "bob": ("+14155550102", {"phone": "4155550102", "a": "1"}),
        "cy": (None, {"b": "2"}),
    }


def test_one_file_may_name_a_person_twice(desk: Desk) -> None:
    done, _ = desk.take("id,a,b\nada,1,\nada,,2\nada,3,\n")
    assert (done.imported, done.updated) == (1, 2)
    assert desk.people() == {"ada": (None, {"a": "3", "b": "2"})}


def test_consent_says_where_people_subscribed(desk: Desk) -> None:
    desk.take("id,phone\nada,4155550101\nbob,\n", consent="web form, May 2026")
    (entry,) = desk.store.consent_history("acme", "+14155550101")
    assert (entry.state, entry.source, entry.detail, entry.sender) == (
        ConsentState.SUBSCRIBED,
        "import",
        "web form, May 2026",
        "",
    )
    assert entry.at == desk.clock.now
    desk.take("id,phone\ncy,4155550103\n")
    assert desk.store.consent("acme", "+14155550103") is ConsentState.UNKNOWN
