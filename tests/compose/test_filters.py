"""Filters beside Liquid's standard ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.errors import ComposeError

ROWS = [{"n": "tea", "hot": True, "price": 3}, {"n": "cola", "hot": False, "price": 3}, {"n": "soup", "hot": True}]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # texts
        ("'hello big world' | titlecase", "Hello Big World"),
        ('"o\'neill" | titlecase', "O'neill"),  # words are what stands between spaces
        ("'Crème brûlée, 2 for 1!' | slugify", "creme-brulee-2-for-1"),
        ("'one two  three' | number_of_words", "3"),
        ("'  a \n b ' | normalize_whitespace", " a b "),
        ("1 | pluralize: 'item', 'items'", "item"),
        ("'1.0' | pluralize: 'item', 'items'", "item"),
        ("0 | pluralize: 'item', 'items'", "items"),
        ("2 | pluralize: 'drink'", "drinks"),
        ("'a b&c' | cgi_escape", "a+b%26c"),
        ("'https://a.example/ü b?x=1' | uri_escape", "https://a.example/%C3%BC%20b?x=1"),
        ("'<a>' | xml_escape", "&lt;a&gt;"),
        ("'<p>a<script>b</script><!-- c -->d<br/></p>' | strip_html", "ad"),
        ("'a < b' | strip_html", "a < b"),  # no tag begins there: nothing closes it
        ("'abcdef' | truncate: 5", "ab..."),
        ("'abcde' | truncate: 5", "abcde"),  # as long as allowed is not too long
        ("'abcdef' | truncate: 2", "..."),
        ("'a b c' | truncatewords: 2", "a b..."),
        ("'a b c' | truncatewords: 3", "a b c"),
        ("'aXbX' | replace: 'X', '--'", "a--b--"),
        ("true | append: 1", "true1"),
        # numbers
        ("1234567.5 | format_number", "1,234,567.5"),
        ("'1234.50' | format_number: 'de'", "1.234,50"),
        ("1234 | format_number: 'fr'", "1 234"),  # a plain space: the locale's own would make the text UCS-2
        ("10 | currency", "$10.00"),
        ("10 | currency: 'en-us'", "$10.00"),  # the vendor's own example
        ("10 | currency: 'en-gb'", "£10.00"),
        ("1234.565 | currency: 'EUR', 'de'", "1.234,57 €"),
        ("-3 | currency", "-$3.00"),
        ("1050 | currency: 'JPY', 'en'", "¥1,050"),
        ("10.5 | rounded_currency", "$11"),
        # lists
        ("'a b c' | split: ' ' | array_to_sentence_string", "a, b, and c"),
        ("'a b' | split: ' ' | array_to_sentence_string: 'or'", "a or b"),
        ("'a' | split: ' ' | array_to_sentence_string", "a"),
        ("'a b' | split: ' ' | push: 'c' | unshift: 'z' | join: ','", "z,a,b,c"),
        ("'a b c' | split: ' ' | pop | join: ','", "a,b"),
        ("'a b c' | split: ' ' | shift: 2 | join: ','", "c"),
        ("'b a b' | split: ' ' | json_array_uniq | join: ','", "b,a"),
        ("trigger.rows | where: 'hot', true | map: 'n' | join: ','", "tea,soup"),
        ("trigger.rows | where_not: 'hot', true | map: 'n' | join: ','", "cola"),
        ("trigger.rows | group_by: 'price' | map: 'size' | join: ','", "2,1"),
        ("trigger.rows | uniq: 'hot' | map: 'n' | join: ','", "tea,cola"),
        ("trigger.rows | sum: 'price'", "6"),
        # digests, as the standard tools print them
        ("'abc' | md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("'abc' | sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("'abc' | sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("'what do ya want for nothing?' | hmac_sha1: 'Jefe'", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),  # RFC 2202
        (
            "'what do ya want for nothing?' | hmac_sha256: 'Jefe'",  # RFC 4231
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        ("'hi' | base64", "aGk="),
        ("'6869' | hex_base64", "aGk="),
        # data
        ("trigger.rows.first | to_json", '{"n": "tea", "hot": true, "price": 3}'),
        ("trigger.text | json", '"é"'),
    ],
)
def test_gives(render: Callable[..., str], expression: str, expected: str) -> None:
    assert render(f"{{{{ {expression} }}}}", trigger={"rows": ROWS, "text": "é"}) == expected


def test_reads_json(render: Callable[..., str]) -> None:
    source = "{% assign d = trigger.text | from_json %}{{ d.a[1] }}"
    assert render(source, trigger={"text": '{"a": [1, 2]}'}) == "2"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'now' | date: '%Y-%m-%d %H:%M'", "2026-03-01 18:00"),
        ("'today' | date: '%F'", "2026-03-01"),
        ("'now' | date: '%H:%M %Z', 'America/New_York'", "13:00 EST"),
        ("'now' | date: '%H:%M %z', '-05:00'", "13:00 -0500"),
        ("'2026-07-04T18:30:00Z' | date: '%-I:%M %p', 'America/Los_Angeles'", "11:30 AM"),
        ("'2026-07-04' | date: '%A, %B %-d, %Y'", "Saturday, July 4, 2026"),
        ("'2026-07-04 18:30:00 +0200' | date: '%H:%M'", "16:30"),
        ("'March 1, 2026' | date: '%d/%m/%y'", "01/03/26"),
        ("'Sun, 01 Mar 2026 18:00:00 GMT' | date: '%T'", "18:00:00"),
        ("1772388000 | date: '%F %T'", "2026-03-01 18:00:00"),  # Unix seconds
        ("'1772388000' | date: '%F %T'", "2026-03-01 18:00:00"),
        ("'2026-03-01' | date: '%a %b %e %j %u %U %W %V %^a %P 100%%'", "Sun Mar  1 060 7 09 08 09 SUN am 100%"),
        ("'2026-01-31' | add_month: 1 | date: '%F'", "2026-02-28"),
        ("'2026-03-31' | subtract_month: 13 | date: '%F'", "2025-02-28"),
        ("'2024-02-29' | add_year: 1 | date: '%F'", "2025-02-28"),
        ("'2026-03-01' | subtract_year | date: '%F'", "2025-03-01"),
        ("'2026-03-01' | subtract_day: 1 | date: '%F'", "2026-02-28"),
        ("'2026-12-31' | add_day: 1 | date: '%F'", "2027-01-01"),
        ("'2026-11-07' | date_to_string", "07 Nov 2026"),
        ("'2026-11-07' | date_to_long_string", "07 November 2026"),
        ("'2026-11-07' | date_to_rfc822", "Sat, 07 Nov 2026 00:00:00 +0000"),
        ("'2026-11-07' | date_to_xmlschema", "2026-11-07T00:00:00+00:00"),
    ],
)
def test_dates(render: Callable[..., str], expression: str, expected: str) -> None:
    assert render(f"{{{{ {expression} }}}}") == expected


@pytest.mark.parametrize("directive", list("CDFGHIMRSTUVWXYZabcdehjklmnpstuwyz"))
@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC), datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)],
    ids=["morning", "last-second"],
)
def test_directives_agree_with_strftime(render: Callable[..., str], directive: str, moment: datetime) -> None:
    given = {"at": moment.isoformat()}
    assert render(f"{{{{ trigger.at | date: '%{directive}' }}}}", trigger=given) == moment.strftime(f"%{directive}")


@pytest.mark.parametrize(
    "expression",
    [
        "'soon' | date: '%Y'",
        "true | date: '%Y'",
        "'2026-03-01' | date: '%Q'",
        "'now' | date: '%Y', 'Mars/Olympus'",
        "'now' | date: '%Y', '../../etc/passwd'",
        "'9999-12-31' | add_year: 1",
        "'2026-03-01' | add_day: 'x'",
        "'abc' | format_number",
        "'1e999999' | currency",
        "'inf' | format_number",
        "1 | currency: 'klingon-here'",
        "1 | currency: 'de'",  # a language alone tells no currency
        "'x' | pluralize: 'a'",
        "'{' | from_json",
        "'xyz' | hex_base64",
        "'a' | split: ',' | pop: -1",
    ],
)
def test_says_what_it_cannot_do(render: Callable[..., str], expression: str) -> None:
    with pytest.raises(ComposeError) as caught:
        render(f"{{{{ {expression} }}}}")
    assert caught.value.reason == "template.failed"


def test_every_filter_passes_a_missing_value_on(render: Callable[..., str]) -> None:
    from engine.compose.environment import MessageEnvironment

    names: list[Any] = sorted(MessageEnvironment({}).filters)
    assert len(names) > 90
    for name in names:
        if name != "default":
            assert render(f"{{{{ customer.nope | {name} | default: 'x' }}}}") == "x", name
