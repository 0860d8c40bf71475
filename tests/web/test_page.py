"""The page of a hub: what it tells in two languages, and what stands nowhere in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
import segno

from lazpool.actions.desk import open_desk
from lazpool.actions.noticeboard import SHOWN_RES, Noticeboard, shown_cell
from lazpool.hub import Hub
from lazpool.records.places import POST_RES, ancestor, centre, parts
from lazpool.records.posts import Offer, Request
from lazpool.rules.areas import areas_around
from lazpool.store import gazetteer
from lazpool.web.snapshot import MAX_DRAWN
from lazpool.web.style import DARK, LIGHT, TEXT
from lazpool.web.words import WORDS, language
from tests.store import towns as some
from tests.web.boards import ADDRESS, GRENOBLE, LYON, PARIS, VOIRON, asking, filled, live, make_home, offer, put

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.config import Config

_PATH = re.compile(r' d="([^"]+)"')
NONE = WORDS["en"]["none"]


@pytest.fixture
def home(tmp_path: Path) -> Config:
    """Return the settings of a hub with a filled board and a list of towns."""
    config = make_home(tmp_path)
    filled(config)
    gazetteer.build(config.towns_file, some.content([(some.GRENOBLE, []), (some.LYON, [])]))
    return config


class Outline(HTMLParser):
    """The rows of the tables, and what else a reader without eyes or a script depends on."""

    def __init__(self, html: str) -> None:
        """Read a page."""
        super().__init__()
        self.rows, self.tags, self._cell = list[list[str]](), list[tuple[str, dict[str, str | None]]](), False
        self.feed(html)
        self.named = {row[0]: row[1:] for row in self.rows if row}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        """Close a cell."""
        self._cell = self._cell and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        """Take the text of a cell."""
        if self._cell:
            self.rows[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all tags of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


async def html(config: Config, path: str = "/", **headers: str) -> str:
    """Return a page."""
    async with asking(config) as client:
        answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_it_tells_offers_and_requests_by_hour_and_cell(home: Config) -> None:
    """Numbers are those of the hub's own areas in the next 24 hours; what begins later has a row of its own."""
    page = Outline(await html(home))
    assert page.named["All 24 hours"] == ["32", "12"]
    assert page.named["Fri 09:00"] == ["11", NONE]
    assert page.named["Fri 11:00"] == ["10", "12"]
    assert page.named["Later than that"] == [NONE, "fewer than 3"]
    assert page.named["Grenoble"] == ["31", "12"]
    assert page.named["Cells with fewer than three"] == ["fewer than 3", NONE]


async def test_an_hour_has_its_own_map_and_cells(home: Config) -> None:
    """A link in the table leads there, in the same language; an hour that is none is not minded."""
    day = await html(home, "/?lang=fr")
    link = re.search(r'href="(\?lang=fr&amp;hour=\d+)#where">ven\. 11:00', day)
    assert link
    page = Outline(await html(home, "/" + link[1].replace("&amp;", "&")))
    assert page.named["Grenoble"] == ["10", "12"]
    assert any(row.get("aria-current") for row in page.all("tr"))
    for hour in ("-1", "9" * 50, "x", "500000000", "\u0661\u0662"):
        assert await html(home, f"/?lang=fr&hour={hour}") == day


async def test_numbers_under_three_are_not_told(home: Config) -> None:
    """Neither in a table nor on the map is there a 1 or a 2 that counts posts or nodes."""
    async with asking(home, live(peers=2)) as client:
        text = (await client.get("/")).text
    page = Outline(text)
    numbers = [cell for row in page.rows for cell in row[1:]]
    assert not {"1", "2"} & set(numbers)
    assert {"fewer than 3", NONE, "12"} <= set(numbers)
    assert "<dt>Nodes connected</dt><dd>fewer than 3</dd>" in text
    told = re.findall(r"[△○]([^<]+)", text.partition("<svg")[2].partition("</svg>")[0])
    assert told == ["31", "12"]


async def test_a_cell_with_few_says_so_in_signs(home: Config) -> None:
    """Shades that close are one to many eyes: it says that there are fewer than three, and of neither kind how many."""
    drawn = re.search(r'<svg class="map".*?</svg>', await html(home), re.DOTALL)
    assert drawn
    assert drawn[0].count("cell l1") == 1
    assert re.findall(r'<text class="count"[^>]*>([^<]+)<', drawn[0]) == ["&lt;3"]


def test_counts_follow_the_board(tmp_path: Path) -> None:
    """A post is read once; one that is gone is no longer counted, and those of closed groups never are."""
    config = make_home(tmp_path)
    posts, counted = filled(config), Noticeboard()
    with open_desk(config.home) as desk:
        assert counted.count(desk.board).total() == len(posts) - 5
        kinds = {one.kind for one in counted.count(desk.board)}
        assert kinds == {Offer.KIND, Request.KIND}
        desk.board.execute("DELETE FROM posts WHERE id=?", (posts[0].id,))
        assert counted.count(desk.board).total() == len(posts) - 6
        put(desk, offer(desk.net, GRENOBLE, 1, 999))
        assert counted.count(desk.board).total() == len(posts) - 5


async def test_nothing_exact_and_nobody_is_in_it(home: Config) -> None:
    """No id, no key of a post, no key of the home but in its address, no coordinate of a trip, not its owner's name."""
    posts = filled(home)
    text = "".join([await html(home), await html(home, "/?lang=fr")])
    with open_desk(home.home) as desk:
        keys = [desk.identity, desk.node_pk, desk.keys.node, desk.keys.log]
    secrets = [*keys, *(key for one in posts for key in (one.id, one.post.post_pk, one.post.box_pk))]  # type: ignore[union-attr] # no withdrawals
    assert not [secret for secret in secrets if secret.hex()[:12] in text]
    assert "Secret Name" not in text
    for place in (GRENOBLE, VOIRON, LYON, PARIS):
        assert f"{place.lat:.2f}" not in text
        assert f"{place.lon:.2f}" not in text
    bare = re.sub(r"<svg.*?</svg>|<pre>.*?</pre>|lazpool [\d.]+", "", text, flags=re.DOTALL)
    assert not re.findall(r"\d+[.,]\d{2,}", bare)
    drawn = "".join(re.findall(r'<svg class="map".*?</svg>', text, re.DOTALL))
    assert set(re.findall(r"<(\w+)", drawn)) == {"svg", "polygon", "text"}
    assert "." not in "".join(re.findall(r'points="([^"]+)"', drawn))


async def test_the_map_is_the_same_wherever_in_a_cell_a_trip_begins(tmp_path: Path) -> None:
    """Two boards whose trips begin at different places of the same cells have the same page."""
    pages, small = [], parts(shown_cell(GRENOBLE), POST_RES)
    for number, cell in enumerate((small[0], small[24], small[-1])):
        config = make_home(tmp_path / str(number))
        with open_desk(config.home) as desk:
            put(desk, *(offer(desk.net, centre(cell), 1, 10 * number + one) for one in range(4)))
        pages.append(await html(config))
    assert pages[0] == pages[1] == pages[2]
    assert "△4" in pages[0]


async def test_what_people_typed_is_escaped(home: Config) -> None:
    """Name, operator and rules of the hub are text, whatever is in them."""
    text = await html(home)
    assert "Vallée &amp; &lt;Co&gt;" in text
    assert "&lt;b&gt;No smoking&lt;/b&gt;" in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    ("asked", "accepted", "answer"),
    [
        ("fr", "en", "fr"),
        ("", "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("", "de, en;q=0.5, fr;q=0.7", "fr"),
        ("xx", "", "en"),
        ("", "*", "en"),
        ("", "fr;q=nonsense", "en"),
        ("", "fr;q=0", "en"),
        ("", "," * 5000, "en"),
    ],
)
def test_language_is_chosen(asked: str, accepted: str, answer: str) -> None:
    """What the address says goes before what the browser accepts; nonsense is English."""
    assert language(asked, accepted) == answer


async def test_both_languages_say_everything(home: Config) -> None:
    """Each has a text for each key, and the page says which language it is in."""
    assert WORDS["en"].keys() == WORDS["fr"].keys()
    assert all(text for words in WORDS.values() for text in words.values())
    text = await html(home, **{"Accept-Language": "fr"})
    assert '<html lang="fr">' in text
    assert "Heure par heure" in text


async def test_it_can_be_used_without_a_mouse_and_without_eyes(home: Config) -> None:
    """All that can be acted on is a link; there is a way past the head, headings in order, and words for pictures."""
    page = Outline(await html(home))
    names = [name for name, _ in page.tags]
    assert not {"script", "button", "input", "form", "iframe", "img", "style"} & set(names)
    assert not [attributes for _, attributes in page.tags if any(name.startswith("on") for name in attributes)]
    assert not [attributes for _, attributes in page.tags if "style" in attributes]
    assert ":focus-visible { outline: 3px solid" in await html(home, "/style.css")
    links = page.all("a")
    assert links[0] == {"class": "skip", "href": "#main"}
    assert all(link["href"] for link in links)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {"main", "where"} <= set(ids)
    headings = [int(name[1]) for name in names if re.fullmatch("h[1-6]", name)]
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    assert all(picture.get("role") == "img" and picture.get("aria-label") for picture in page.all("svg"))
    assert all(head.get("scope") in {"col", "row"} for head in page.all("th"))


async def test_a_new_style_sheet_is_fetched_at_once(home: Config) -> None:
    """Browsers keep it for an hour; its link changes with it."""
    (link,) = Outline(await html(home)).all("link")
    assert re.fullmatch(r"style\.css\?[0-9a-f]{8}", str(link["href"]))
    assert f"{crc32((await html(home, '/style.css')).encode()):08x}" in str(link["href"])
    assert await html(home, f"/{link['href']}") == await html(home, "/style.css")


async def test_it_asks_nobody_else_for_anything(home: Config) -> None:
    """No address of another machine is in it but the one to join; the style sheet names none either."""
    text = (await html(home)).replace(ADDRESS, "")
    assert not re.findall(r"(?:src|href|url|xlink:href)\s*[=(]\s*[\"']?(?:https?:)?//", text)
    assert not re.findall(r"url\(|@import|//", await html(home, "/style.css"))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2 of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out(colours: dict[str, str]) -> None:
    """Every colour of text has a contrast of 4.5 to what it stands on, by day and by night: WCAG 2 AA."""
    for text, ground in TEXT:
        dark, light = sorted(luminance(colours[name]) for name in (text, ground))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


async def test_how_to_join_is_told_while_the_network_is_open(home: Config) -> None:
    """The invitation stands there as text and as a code, the address alone if there is none, and else nothing."""
    text = await html(home)
    assert f"<pre>lazpool join {ADDRESS}</pre>" in text
    assert '<svg role="img" aria-label="QR code to join this hub"' in text
    async with asking(home, live(invite="lazpool:hub/abc")) as client:
        invited = (await client.get("/")).text
    assert "<pre>lazpool join lazpool:hub/abc</pre>" in invited
    assert f"<code>lazpool join {ADDRESS}</code>" in invited
    drawn = segno.make_qr("LAZPOOL:HUB/ABC", error="l").svg_inline(border=4, omitsize=True, lineclass=None)
    assert _PATH.search(drawn)[1] in invited  # type: ignore[index] # it draws something
    async with asking(home, live(address="")) as client:
        text = (await client.get("/")).text
    assert "lazpool join" not in text
    assert "try again" in text


async def test_an_empty_board_and_no_area_are_no_fault(tmp_path: Path) -> None:
    """A hub that has just begun says so."""
    config = make_home(tmp_path, Hub())
    async with asking(config, live(areas=())) as client:
        text = (await client.get("/")).text
    assert "A lazpool hub" in text
    assert "follows no area yet" in text
    assert "Nothing begins here" in text


async def test_a_page_has_a_size(tmp_path: Path) -> None:
    """However many areas a hub follows, the busiest are shown, and the page stays below 200 kB."""
    config = make_home(tmp_path)
    areas = [cell for area in areas_around(GRENOBLE) for cell in areas_around(centre(area))]
    with open_desk(config.home) as desk:
        put(desk, *(offer(desk.net, GRENOBLE, 1, number) for number in range(3)))
    async with asking(config, live(areas=tuple(sorted({*areas, *areas_around(PARIS)})))) as client:
        text = (await client.get("/")).text
    assert text.count("<polygon") == MAX_DRAWN * 7
    assert "△3" in text
    assert len(text.encode()) < 200_000


def test_trips_are_shown_in_a_cell_that_is_drawn() -> None:
    """Wherever in an area a post begins, its cell is one of the seven of that area."""
    for area in areas_around(GRENOBLE):
        drawn = parts(area, SHOWN_RES)
        assert len(set(drawn)) == 7
        assert {ancestor(cell, SHOWN_RES) for cell in parts(area, POST_RES)} == set(drawn)
