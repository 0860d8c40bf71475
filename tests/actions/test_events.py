"""What a person is told of: each thing once, in words that no stranger can bend."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazpool.actions import alerts, events, proposals, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.events import EVENTS, DealChange, Event, Feed, NewMatch, SettlementChange
from lazpool.records.settlements import CASH
from lazpool.store import board, deals
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk

NASTY = [
    "--icon=/etc/passwd",
    "@/etc/passwd",
    "-e 'rm -rf'",
    "\x1b[2J\nSubject: x",
    "\u202egnp.exe",
    "$(id)`id`;|&",
    "<a href=x>",
    "",
]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Return Ann who rides and Bob who drives; both have been told of all that there was, which is nothing."""
    with Town(tmp_path, "ann", "bob") as made:
        for desk in made.desks.values():
            events.begin_telling(desk)
        yield made


def words(found: list[Event]) -> list[str]:
    """Return events in a word each."""
    return [_word(one) for one in found]


def _word(event: Event) -> str:
    if isinstance(event, NewMatch):
        return "match"
    return "note" if isinstance(event, DealChange) and not event.moved else event.change.state


def told(desk: Desk) -> list[str]:
    """Return what is untold, in words, and tell of it."""
    found = events.untold(desk, EVENTS)
    events.tell(desk, found)
    assert events.untold(desk, EVENTS) == []
    return words(found)


def flood(desk: Desk, mine: bytes, count: int) -> None:
    """Let many matches of one own post be found at once."""
    (pattern,) = board.matches(desk.board, mine)
    with desk.board.transaction():
        for number in range(count):
            board.add_match(desk.board, replace(pattern, id=number.to_bytes(16, "big"), found=desk.minute))


def test_a_whole_ride_is_told(town: Town) -> None:
    """Each side is told what the other did, and nothing that it did itself."""
    town.offer("bob")
    town.request("ann")
    assert [told(town[name]) for name in ("ann", "bob")] == [["match"], ["match"]]
    deal = town.propose("ann").id
    town.carry()
    assert [told(town[name]) for name in ("ann", "bob")] == [[], ["received"]]
    decisions.accept(town["bob"], deal)
    decisions.add_note(town["bob"], deal, "blue car")
    town.carry()
    assert [told(town[name]) for name in ("ann", "bob")] == [["agreed", "note"], []]
    town.board_car(deal)
    town.carry()
    assert [told(town[name]) for name in ("ann", "bob")] == [["receipted"], ["receipted"]]


def test_refusals_are_told_to_the_other(town: Town) -> None:
    """Who declines or cancels knows it; the other is told, with the reason."""
    town.offer("bob")
    town.request("ann")
    for name in ("ann", "bob"):
        told(town[name])
    deal = town.propose("ann").id
    town.carry()
    decisions.decline(town["bob"], deal, "full of skis")
    town.carry()
    (declined,) = events.untold(town["ann"], EVENTS)
    assert isinstance(declined, DealChange)
    assert declined.change.reason == "full of skis"
    assert "full of skis" in alerts.alert(town["ann"], declined).body
    assert told(town["ann"]) == ["declined"]
    assert told(town["bob"]) == ["received"]
    other = town.propose("ann").id
    town.carry()
    decisions.accept(town["bob"], other)
    town.carry()
    decisions.cancel(town["bob"], other, "ill")
    town.carry()
    assert [one for one in told(town["ann"]) if one != "match"] == ["agreed", "cancelled"]
    assert [one for one in told(town["bob"]) if one != "match"] == ["received"]


def test_a_wrong_code_is_news_to_the_driver(town: Town) -> None:
    """Agreed once more is no decision of the driver's: the code was wrong, and that is told."""
    town.offer("bob")
    town.request("ann")
    deal = town.agree()
    told(town["bob"])
    from lazpool.actions import rides  # noqa: PLC0415 # here only

    code = rides.show_code(town["ann"], deal)
    rides.enter_code(town["bob"], deal, "000000" if code != "000000" else "111111")
    town.carry()
    (event,) = events.untold(town["bob"], EVENTS)
    assert isinstance(event, DealChange)
    assert "code was wrong" in alerts.alert(town["bob"], event).body


def test_time_running_out_is_told(town: Town) -> None:
    """What lapses by the clock is nobody's hand."""
    town.offer("bob")
    town.request("ann")
    town.propose("ann")
    told(town["ann"])
    town.later(days=1.5)
    assert told(town["ann"]) == ["lapsed"]


def test_a_proposal_and_its_note_are_one_thing(town: Town) -> None:
    """The words that come with a proposal are told with it, not after it."""
    town.offer("bob")
    town.request("ann")
    told(town["bob"])
    proposals.propose(town["ann"], town.match("ann"), "two suitcases")
    town.carry()
    (event,) = events.untold(town["bob"], EVENTS)
    assert isinstance(event, DealChange)
    assert (event.change.state, event.note) == ("received", "two suitcases")
    assert told(town["bob"]) == ["received"]


def test_an_invitation_is_told(town: Town) -> None:
    """A passenger hears of an invitation, the driver who wrote it does not."""
    town.request("ann")
    town.offer("bob")
    for name in ("ann", "bob"):
        told(town[name])
    proposals.invite(town["bob"], town.match("bob"))
    town.carry()
    assert [told(town[name]) for name in ("ann", "bob")] == [["invited"], []]


@pytest.mark.parametrize("ending", ["restart", "kill"])
def test_nothing_is_lost_or_repeated_across_restarts(town: Town, ending: str) -> None:
    """What was told stays told, what was not is told by the next process, however the last one ended."""
    town.offer("bob")
    town.request("ann")
    assert told(town["ann"]) == ["match"]
    town.offer("bob")
    getattr(town, ending)("ann")
    assert told(town["ann"]) == ["match"]
    getattr(town, ending)("ann")
    assert told(town["ann"]) == []


def test_a_board_that_was_deleted_is_not_told_again(town: Town) -> None:
    """Matches that a new board finds once more are no news."""
    offer = town.offer("bob")
    town.request("ann")
    assert told(town["ann"]) == ["match"]
    row = board.get(town["ann"].board, offer)
    assert row is not None
    with town["ann"].board.transaction():
        for table in ("matches", "posts", "post_areas"):
            town["ann"].board.execute(f"DELETE FROM {table}")  # noqa: S608 # our names
    town._gossip("bob", row["envelope"])
    assert len(board.matches(town["ann"].board)) == 1
    assert told(town["ann"]) == []


def test_what_was_there_before_the_hook_is_no_news(tmp_path: Path) -> None:
    """The first time, all that is there counts as told; the second time it is not asked again."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        town.propose("ann")
        town.carry()
        events.begin_telling(town["bob"])
        assert told(town["bob"]) == []
        town.request("ann")
        events.begin_telling(town["bob"])
        assert told(town["bob"]) == ["match"]


def test_old_news_are_no_news(town: Town) -> None:
    """After a day nobody is called for what happened while the node was off."""
    town.offer("bob", day=3)
    town.request("ann", day=3)
    town.propose("ann")
    town.carry()
    assert words(events.untold(town["bob"], EVENTS)) == ["match", "received"]
    town.now += 60 * (events.STALE + 1)
    assert events.untold(town["bob"], EVENTS) == []


def test_only_the_kinds_that_are_wanted(town: Town) -> None:
    """A hook for deals is not told of matches, and what it did not want does not come later as a surprise."""
    town.offer("bob")
    town.request("ann")
    town.propose("ann")
    town.carry()
    assert words(events.untold(town["bob"], ["deal"])) == ["received"]
    assert words(events.untold(town["bob"], ["match"])) == ["match"]


def test_a_flood_is_one_alert(town: Town) -> None:
    """Five hundred matches at once are one sentence with the number; the document names the newest fifty."""
    town.offer("bob")
    mine = town.request("ann")
    flood(town["ann"], mine, 499)
    found = events.untold(town["ann"], EVENTS)
    (sum_of_all,) = alerts.alerts(town["ann"], found)
    assert sum_of_all.title == "500 new matches"
    assert sum_of_all.document["count"] == 500
    assert len(sum_of_all.document["events"]) == alerts.MOST_LISTED
    events.tell(town["ann"], sum_of_all.events)
    assert events.untold(town["ann"], EVENTS) == []


def test_a_few_deals_are_told_one_by_one(town: Town) -> None:
    """What concerns a person is not summed up, unless it becomes a flood."""
    town.offer("bob", seats=8)
    for _ in range(alerts.MOST_DEALS + 1):
        mine = town.request("ann")
        town.propose("ann", mine=mine)
    town.carry()
    found = events.untold(town["bob"], ["deal"])
    assert len(alerts.alerts(town["bob"], found[:-1])) == alerts.MOST_DEALS
    (summed,) = alerts.alerts(town["bob"], found)
    assert summed.title == f"{alerts.MOST_DEALS + 1} changes of deals"


@pytest.mark.parametrize("text", NASTY)
def test_nasty_names_and_notes(town: Town, text: str) -> None:
    """Names and notes of strangers stand inside our sentences, on one line, with nothing in them that does not show."""
    town.offer("bob")
    town.request("ann")
    told(town["bob"])
    deal = town.propose("ann").id
    town.carry()
    with town["bob"].node.transaction():
        town["bob"].node.execute("UPDATE deals SET peer_name=? WHERE id=?", (text, deal))
        deals.add_note(town["bob"].node, deal, text, mine=False, now=town.minute)
    for alert in alerts.alerts(town["bob"], events.untold(town["bob"], EVENTS)):
        check_words(alert)


def check_words(alert: alerts.Alert) -> None:
    """Check that an argument made of it is no option and no file, is one line, and that the document is JSON."""
    for said in (alert.title, alert.body):
        assert said[0].isalnum()
        assert said.isprintable()
        assert not set("<>&") & set(said)
        assert len(said) < 1000
    assert json.loads(json.dumps(alert.document)) == alert.document


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(name=st.text(max_size=64), note=st.text(max_size=500), reason=st.text(max_size=500))
def test_any_words_of_strangers(town: Town, name: str, note: str, reason: str) -> None:
    """Whatever a letter said, what is told of it is a sentence of ours."""
    desk = town["bob"]
    if not deals.all_deals(desk.node):
        town.offer("bob")
        town.request("ann")
        town.propose("ann")
        town.carry()
    (event,) = events.untold(desk, ["deal"])
    assert isinstance(event, DealChange)
    deal = replace(event.deal, peer_name=name)
    check_words(alerts.alert(desk, replace(event, deal=deal, note=note, change=replace(event.change, reason=reason))))


def test_a_feed_begins_when_it_is_asked_to(town: Town) -> None:
    """A feed tells what comes after it was made, or from a minute on, or all; each once."""
    from lazpool.actions.desk import open_desk  # noqa: PLC0415 # a second process

    town.offer("bob")
    town.request("ann")
    begun = town.minute
    town.now += 600
    with open_desk(town.home("ann"), clock=town.clock) as other:
        feeds = [Feed(other, EVENTS, since) for since in (None, begun + 1, 0)]
        assert [words(feed.take()) for feed in feeds] == [[], [], ["match"]]
        town.propose("ann")
        assert [words(feed.take()) for feed in feeds] == [["proposed"]] * 3
        town.offer("bob", day=1)
        assert [words(feed.take()) for feed in feeds] == [["match"]] * 3
        deal = deals.all_deals(town["ann"].node)[0].id
        town.carry()
        decisions.accept(town["bob"], deal)
        town.carry()
        assert [words(feed.take()) for feed in feeds] == [["agreed"]] * 3
        assert [feed.take() for feed in feeds] == [[], [], []]
        assert words(Feed(other, ["deal"], 0).take()) == ["proposed", "agreed"]


def test_settlements_are_told_to_the_other(town: Town) -> None:
    """Who pays is told of the answer, who is paid that somebody says so; neither of what they did."""
    town.offer("bob")
    town.request("ann")
    deal = town.agree()
    town.board_car(deal)
    town.carry()
    for desk in town.desks.values():
        told(desk)
    ann, bob = town["ann"], town["bob"]
    first = settlements.settle(ann, bob.identity, 100, "EUR", CASH)
    town.carry()
    (news,) = events.untold(bob, EVENTS)
    (alert,) = alerts.alerts(bob, [news])
    assert (alert.title, alert.document["event"]) == ("Somebody says to have paid you", "settlement")
    assert "Ann" in alert.body
    assert "1.00 EUR (cash)" in alert.body
    assert alert.document["settlement"] == {
        "id": first.id.hex(), "state": "offered", "role": "payee", "with": ann.identity.hex(), "name": "Ann",
        "amount": {"amount": 100, "unit": "EUR"}, "method": "cash", "reason": "",
    }  # fmt: skip
    assert (told(ann), told(bob)) == ([], ["offered"])
    settlements.refuse(bob, first.id, "I have seen\nnothing")
    town.carry()
    (news,) = events.untold(ann, EVENTS)
    assert "refused: I have seen nothing" in alerts.alert(ann, news).body
    assert (told(ann), told(bob)) == (["lapsed"], [])
    second = settlements.settle(ann, bob.identity, 100, "EUR", CASH)
    town.carry()
    settlements.confirm(bob, second.id)
    town.carry()
    assert (told(ann), told(bob)) == (["sealed"], ["offered"])
    seen = [one for one in Feed(bob, ["settlement"], 0).take() if isinstance(one, SettlementChange)]
    assert [(one.change.state, one.ours) for one in seen] == [
        ("offered", False), ("refused", True), ("offered", False), ("sealed", True),
    ]  # fmt: skip


def test_many_settlements_are_one_alert(town: Town) -> None:
    """Somebody who proposes and takes back without end makes one alert of it, as with deals."""
    town.offer("bob")
    town.request("ann")
    deal = town.agree()
    town.board_car(deal)
    town.carry()
    told(town["bob"])
    for _ in range(3):
        made = settlements.settle(town["ann"], town["bob"].identity, 100, "EUR", CASH)
        town.carry()
        settlements.refuse(town["ann"], made.id)
        town.carry()
    (alert,) = alerts.alerts(town["bob"], events.untold(town["bob"], ["settlement"]))
    assert alert.document["count"] > 3
    assert alert.title.endswith("changes of settlements")
