"""Counts of clicks: by template, and by where its links lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from engine.clicks import BotReason, ClickCounts, DestinationClicks, TemplateClicks
from engine.state.codec import to_optional_moment
from engine.state.room import Room

_Key = tuple[str, str]  # workspace, template

_NO_FRAGMENT = "substr(l.url, 1, instr(l.url || '#', '#') - 1)"
_DESTINATION = f"coalesce(substr({_NO_FRAGMENT}, 1, instr({_NO_FRAGMENT} || '?', '?') - 1), '')"

_SENT = """FROM messages m JOIN sends s ON s.id = m.send {join} WHERE m.provider_id IS NOT NULL
    AND (:workspace IS NULL OR m.workspace = :workspace) AND (:template IS NULL OR s.template = :template)"""

# A recipient is a person, or a number that no person has; one who was erased counts once for each message.
_CLICKED = """sum(c.times) FILTER (WHERE c.reasons = '') AS clicks,
    sum(c.times) FILTER (WHERE c.reasons != '') AS bot_clicks,
    count(DISTINCT c.message) FILTER (WHERE c.reasons = '') AS clicked,
    count(DISTINCT c.message) AS opened,
    count(DISTINCT coalesce('p' || m.person, 'n' || f.number, c.message)) FILTER (WHERE c.reasons = '') AS people,
    min(c.at) FILTER (WHERE c.reasons = '') AS first, max(c.at) FILTER (WHERE c.reasons = '') AS last
    FROM clicks c LEFT JOIN messages m ON m.seq = c.message LEFT JOIN frozen f ON f.message = c.message {join}
    WHERE (:workspace IS NULL OR c.workspace = :workspace) AND (:template IS NULL OR c.template = :template)"""

_BY_TEMPLATE_SENT = f"""SELECT m.workspace, s.template, count(*) {_SENT.format(join="")}
    AND EXISTS (SELECT 1 FROM links l WHERE l.message = m.seq) GROUP BY 1, 2"""
_BY_TEMPLATE_CLICKED = f"SELECT c.workspace, c.template, {_CLICKED.format(join='')} GROUP BY 1, 2"
_BY_REASON = """SELECT workspace, template, reasons, sum(times) FROM clicks WHERE reasons != ''
    AND (:workspace IS NULL OR workspace = :workspace) AND (:template IS NULL OR template = :template)
    GROUP BY 1, 2, 3"""
_BY_DESTINATION = f"""WITH
    sent AS (SELECT m.workspace, s.template, {_DESTINATION} AS destination, count(DISTINCT l.message) AS sent
        {_SENT.format(join="JOIN links l ON l.message = m.seq")} GROUP BY 1, 2, 3),
    clicked AS (SELECT c.workspace, c.template, {_DESTINATION} AS destination,
        {_CLICKED.format(join="LEFT JOIN links l ON l.message = c.message AND l.position = c.position")}
        GROUP BY 1, 2, 3),
    places AS (SELECT workspace, template, destination FROM sent
        UNION SELECT workspace, template, destination FROM clicked),
    ranked AS (SELECT p.*, sent.sent, c.clicks, c.bot_clicks, c.clicked, c.opened, c.people, c.first, c.last,
        row_number() OVER (PARTITION BY p.workspace, p.template
            ORDER BY c.clicks DESC, c.bot_clicks DESC, sent.sent DESC, p.destination) AS place,
        count(*) OVER (PARTITION BY p.workspace, p.template) AS all_of_them
        FROM places p LEFT JOIN sent USING (workspace, template, destination)
        LEFT JOIN clicked c USING (workspace, template, destination))
    SELECT workspace, template, all_of_them, destination, sent, clicks, bot_clicks, clicked, opened, people, first, last
    FROM ranked WHERE place <= :destinations ORDER BY workspace, template, place"""


class CountingClicks(Room):
    """The part of the store that counts clicks."""

    def click_counts(
        self, *, workspace: str | None = None, template: str | None = None, destinations: int = 20
    ) -> Sequence[TemplateClicks]:
        """Counts the clicks of each template whose links were sent, with its most clicked destinations."""
        which = {"workspace": workspace, "template": template, "destinations": max(1, destinations)}
        with self._file.read() as conn:
            sent = {(row[0], row[1]): row[2] for row in conn.execute(_BY_TEMPLATE_SENT, which)}
            clicked = {(row[0], row[1]): row[2:] for row in conn.execute(_BY_TEMPLATE_CLICKED, which)}
            by_reason = conn.execute(_BY_REASON, which).fetchall()
            by_destination = conn.execute(_BY_DESTINATION, which).fetchall()
        reasons: dict[_Key, dict[BotReason, int]] = defaultdict(lambda: defaultdict(int))
        for row in by_reason:
            for reason in row[2].split():
                reasons[row[0], row[1]][BotReason(reason)] += row[3]
        places: dict[_Key, list[DestinationClicks]] = defaultdict(list)
        more: dict[_Key, int] = {}
        for row in by_destination:
            places[row[0], row[1]].append(DestinationClicks(row[3], _counts(*row[4:])))
            more[row[0], row[1]] = row[2] - len(places[row[0], row[1]])
        return [
            TemplateClicks(
                *key,
                _counts(sent.get(key), *clicked.get(key, (None,) * 7)),
                {reason: reasons[key][reason] for reason in BotReason if reason in reasons[key]},
                tuple(places[key]),
                more.get(key, 0),
            )
            for key in sorted(sent.keys() | clicked.keys())
        ]


def _counts(
    sent: int | None,
    clicks: int | None,
    bot_clicks: int | None,
    clicked: int | None,
    opened: int | None,
    people: int | None,
    first: int | None,
    last: int | None,
) -> ClickCounts:
    return ClickCounts(
        sent or 0,
        clicks or 0,
        bot_clicks or 0,
        clicked or 0,
        opened or 0,
        people or 0,
        to_optional_moment(first),
        to_optional_moment(last),
    )
