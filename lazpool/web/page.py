"""The page: plain HTML that reads well without a style sheet, and needs no script."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from string import Template
from typing import TYPE_CHECKING
from zlib import crc32
from zoneinfo import ZoneInfo

import segno

from lazpool import __version__
from lazpool.actions.noticeboard import FEW, shown_cell
from lazpool.records.places import centre
from lazpool.web.drawing import draw
from lazpool.web.snapshot import is_few
from lazpool.web.style import sheet
from lazpool.web.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lazpool.actions.standing import Live
    from lazpool.config import Config
    from lazpool.web.snapshot import Snapshot

_SHEET = f"{crc32(sheet().encode()):08x}"
"""Told in the link to the style sheet, which browsers keep for an hour: a new one is fetched at once."""
_CODE = re.compile(r"`([^`]+)`")
_PAGE = Template("""<!DOCTYPE html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$name: $title</title>
<link rel="stylesheet" href="$sheet">
</head>
<body>
<a class="skip" href="#main">$skip</a>
<header>
<h1>$name</h1>
<nav aria-label="$languages"><ul>$choices</ul></nav>
</header>
<main id="main" tabindex="-1">
<p class="lead">$lead</p>
<dl class="figures">$figures</dl>
<section aria-labelledby="where">
<h2 id="where">$map <small>$span</small></h2>
$drawing
</section>
<div class="tables">
<section aria-labelledby="hours">
<h2 id="hours">$hours</h2>
<p class="small">$hours_note</p>
$hour_table
</section>
<section aria-labelledby="cells">
<h2 id="cells">$cells <small>$span</small></h2>
$cell_table
</section>
</div>
<section aria-labelledby="join">
<h2 id="join">$join</h2>
$joining
</section>
<section aria-labelledby="about">
<h2 id="about">$about</h2>
$community
<h3>$privacy</h3>
<p>$privacy_text</p>
</section>
</main>
<footer><p>$fresh $towns lazpool $version</p></footer>
</body>
</html>
""")


class Page:
    """One page: a snapshot in a language, for a day or for one hour of it."""

    def __init__(self, config: Config, snapshot: Snapshot, live: Live, language: str, hour: int | None) -> None:
        """Take what is to be told; hour: one of the snapshot's, None for all of them."""
        self._config, self._snapshot, self._live, self._language, self._hour = config, snapshot, live, language, hour
        self._words = WORDS[language]
        self._zone = ZoneInfo(config.zone)

    def html(self) -> str:
        """Return the page; all that is typed by somebody is escaped."""
        words, hub = self._words, self._config.hub
        return _PAGE.substitute(
            words,
            lang=self._language,
            name=escape(hub.name or words["unnamed"]),
            sheet=f"style.css?{_SHEET}",
            choices="".join(self._choice(one) for one in WORDS),
            figures=self._figures(),
            span=self._span(),
            drawing=self._drawing(),
            hours_note=words["hours_note"].format(zone=escape(self._config.zone)),
            hour_table=self._hours(),
            cell_table=self._cells(),
            joining=self._joining(),
            community=self._community(),
            privacy_text=words["privacy_text"],
            fresh=words["fresh"].format(time=self._time(self._snapshot.minute)),
            towns=words["towns"].format(source=escape(self._snapshot.source)) if self._snapshot.source else "",
            version=__version__,
        )

    def _choice(self, language: str) -> str:
        name = WORDS[language]["language"]
        current = ' aria-current="true"' if language == self._language else ""
        link = self._link(self._hour, language)
        return f'<li><a href="{link}" hreflang="{language}" lang="{language}"{current}>{name}</a></li>'

    def _link(self, hour: int | None, language: str = "") -> str:
        chosen = "" if hour is None else f"&amp;hour={hour}"
        return f"?lang={language or self._language}{chosen}"

    def _figures(self) -> str:
        offers, requests = self._snapshot.totals()
        rows = (("offers", offers), ("requests", requests), ("neighbours", self._live.peers))
        return "".join(f"<div><dt>{self._words[name]}</dt><dd>{self._said(number)}</dd></div>" for name, number in rows)

    def _span(self) -> str:
        if self._hour is None:
            return self._words["map_day"]
        return self._words["map_hour"].format(hour=self._time(self._hour * 60))

    def _drawing(self) -> str:
        if not self._snapshot.cells:
            return f"<p>{self._words['no_map']}</p>"
        drawn = draw(self._snapshot.cells, self._pairs(), self._snapshot.towns, self._words["map_alt"])
        return f'{drawn}\n<p class="small">{self._words["legend"]}</p>'

    def _pairs(self) -> Mapping[int, tuple[int, int]]:
        return self._snapshot.by_cell(self._snapshot.hours if self._hour is None else (self._hour,))

    def _hours(self) -> str:
        by_hour, day = self._snapshot.by_hour(), self._snapshot.hours
        rows = [self._hour_row(None, self._words["all"], _sum(by_hour.get(hour) for hour in day))]
        rows += [self._hour_row(hour, self._time(hour * 60), by_hour[hour]) for hour in day if hour in by_hour]
        if any(later := _sum(pair for hour, pair in by_hour.items() if hour not in day)):
            rows.append(self._row(self._words["later"], later))
        return self._table("hour", rows)

    def _hour_row(self, hour: int | None, text: str, pair: tuple[int, int]) -> str:
        current = ' aria-current="true"' if hour == self._hour else ""
        return self._row(f'<a href="{self._link(hour)}#where">{text}</a>', pair, current)

    def _cells(self) -> str:
        pairs = self._pairs()
        told = {cell: pair for cell, pair in pairs.items() if not is_few(pair)}
        names = self._names()
        ordered = sorted(told, key=lambda cell: (-sum(told[cell]), names.get(cell, ""), cell))
        rows = [self._row(names.get(cell) or self._coordinates(cell), told[cell]) for cell in ordered]
        if len(told) < len(pairs):
            rows.append(self._row(self._words["others"], _sum(pair for pair in pairs.values() if is_few(pair))))
        return self._table("cell", rows) if rows else f"<p>{self._words['nothing']}</p>"

    def _names(self) -> dict[int, str]:
        """Return the largest town of each cell."""
        found: dict[int, str] = {}
        for town in self._snapshot.towns:
            found.setdefault(shown_cell(town.point), escape(town.name))
        return found

    def _coordinates(self, cell: int) -> str:
        at, words = centre(cell), self._words
        pairs = ((at.lat, "north" if at.lat >= 0 else "south"), (at.lon, "east" if at.lon >= 0 else "west"))
        return " ".join(
            f"{abs(value):.1f}°&nbsp;{words[side]}".replace(".", words["point"], 1) for value, side in pairs
        )

    def _table(self, first: str, rows: Sequence[str]) -> str:
        words = self._words
        head = "".join(f'<th scope="col" class="n">{words[name]}</th>' for name in ("offers", "requests"))
        return (
            f'<table>\n<thead><tr><th scope="col">{words[first]}</th>{head}</tr></thead>\n<tbody>\n'
            + "\n".join(rows)
            + "\n</tbody>\n</table>"
        )

    def _row(self, name: str, pair: tuple[int, int], current: str = "") -> str:
        numbers = "".join(f'<td class="n">{self._said(number)}</td>' for number in pair)
        return f'<tr{current}><th scope="row">{name}</th>{numbers}</tr>'

    def _joining(self) -> str:
        words, address, invite = self._words, self._live.address, self._live.invite
        if not address:
            return f"<p>{words['join_wait']}</p>"
        command = f"lazpool join {invite or address}"
        plain = f"<p>{words['join_address']} <code>lazpool join {escape(address)}</code></p>" if invite else ""
        # An invitation is long: in capitals, and with the least correction, a telephone still reads it off a screen.
        made = segno.make_qr(invite.upper(), error="l") if invite else segno.make_qr(command, error="m")
        code = made.svg_inline(
            scale=4, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
        )
        named = code.replace("<svg ", f'<svg role="img" aria-label="{words["qr"]}" ', 1)
        then = _CODE.sub(r"<code>\1</code>", words["join_then"])
        return (
            f'<div class="join">\n<div><p>{words["join_how"]}</p>\n<pre>{escape(command)}</pre>\n'
            f"{plain}<p>{then}</p></div>\n{named}\n</div>"
        )

    def _community(self) -> str:
        hub, words = self._config.hub, self._words
        told = [f"<p>{words['operator']} {escape(hub.operator)}.</p>"] if hub.operator else []
        if hub.rules:
            told.append(f'<h3>{words["rules"]}</h3>\n<p class="rules">{escape(hub.rules)}</p>')
        return "\n".join(told)

    def _said(self, number: int) -> str:
        if not number:
            return self._words["none"]
        return self._words["few"] if number < FEW else str(number)

    def _time(self, minute: int) -> str:
        at = datetime.fromtimestamp(minute * 60, UTC).astimezone(self._zone)
        return f"{self._words['days'].split()[at.weekday()]} {at:%H:%M}"


def _sum(pairs: Iterable[tuple[int, int] | None]) -> tuple[int, int]:
    known = [pair for pair in pairs if pair]
    return sum(offers for offers, _ in known), sum(requests for _, requests in known)
