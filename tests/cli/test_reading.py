"""Reading the books: what a person is shown, days and people chosen, and the terms of ValueFlows."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.users import TOMORROW, User, carry, ride

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = {"Person", "ResourceSpecification", "Agreement", "Commitment", "EconomicEvent", "Measure"}
TERMS = {
    *("name", "note", "action", "provider", "receiver", "resourceConformsTo", "resourceQuantity"),
    *("hasUnit", "hasNumericalValue", "hasBeginning", "hasEnd", "hasPointInTime"),
    *("clauseOf", "reciprocalClauseOf", "realizationOf", "fulfills"),
}
ACTIONS = {"deliverService", "transfer", "transferAllRights"}
"""Of ValueFlows 1.0.0, as far as they are used; compared with its ontology once, by a reader of RDF."""


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[User, User]:
    """Return a driver and a passenger with one ride, one settlement that both signed, and one that waits."""
    root = tmp_path_factory.mktemp("settled")
    ada, zoe = User(root / "ada"), User(root / "zoe")
    ride(ada, zoe, TOMORROW, "tomorrow 08:00")
    zoe.call("settle", "Ada", "5", "--method", "forgiven")
    carry(ada, zoe)
    ada.call("confirm", ada.call("settlements")["settlements"][0]["id"])
    carry(ada, zoe)
    zoe.call("settle", "Ada", "1.20")
    carry(ada, zoe)
    return ada, zoe


def test_a_ride_is_one_line(settled: tuple[User, User]) -> None:
    """Each ride and settlement stands there once, on either side, with who has signed it; the log is another view."""
    ada, zoe = settled
    (hers, his) = (user.say("ledger", "show").out for user in (zoe, ada))
    assert hers.count("you rode with Ada") == his.count("you drove Zoe") == 1
    assert "Ada let you off" in hers
    assert "you let Zoe off" in his
    assert "you, Ada is asked" in hers
    assert "Zoe, you are asked" in his
    assert "only what both have signed counts" in hers
    assert "settle-proposed" not in hers
    assert "settle-proposed" in zoe.say("ledger", "show", "--log").out
    said = zoe.call("ledger", "show")
    assert sorted(one["state"] for one in said["records"]) == ["proposed", "sealed", "sealed"]
    assert [one["seq"] for one in said["entries"]] == list(range(1, len(said["entries"]) + 1))


def test_balances_of_some_days(settled: tuple[User, User]) -> None:
    """Up to a day the balance is what it was then, and two stretches of days add up to the whole."""
    ada, zoe = settled
    whole = zoe.call("ledger", "balance")["balances"][0]
    day = zoe.call("ledger", "show")["records"][-1]["at"][:10]  # of the ride, which is tomorrow
    before = zoe.call("ledger", "balance", "--until", "2026-01-01")["balances"]
    since = zoe.call("ledger", "balance", "--since", day, "--with", ada.identity[:6])["balances"][0]
    assert before == []
    assert since["by_rides"] == whole["by_rides"]
    assert since["settled"]["amount"] == 0
    assert whole["share"]["amount"] == since["share"]["amount"] + 500
    assert zoe.say("ledger", "balance", "--until", "2026-01-01").out.startswith("No rides or settlements yet, or none")


@pytest.mark.parametrize("command", [("show",), ("balance",)])
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--with", "Nobody"), 4),
        (("--with", " "), 2),
        (("--since", "yesterday"), 2),
        (("--since", "2027-01-02", "--until", "2027-01-01"), 2),
    ],
)
def test_what_cannot_be_chosen(
    settled: tuple[User, User], command: tuple[str, ...], words: tuple[str, ...], status: int
) -> None:
    """A person nobody knows, a day that is none, and days the wrong way round are told, not taken for nothing."""
    assert settled[0].run("ledger", *command, *words)[0] == status


def test_the_terms_of_valueflows(settled: tuple[User, User], tmp_path: Path) -> None:
    """A ride is a service that fulfils its promise, a settlement what is given in return; nothing refers to nothing."""
    graphs = []
    for user in settled:
        file = tmp_path / f"{user.home.name}.jsonld"
        assert user.call("ledger", "export", str(file), "--format", "valueflows")["records"] == 2
        graphs.append(json.loads(file.read_text())["@graph"])
    nodes = {one["@id"]: one for one in graphs[0]}
    assert nodes == {one["@id"]: one for one in graphs[1]}, "both sides say the same"
    assert {one["@type"] for one in every(graphs[0])} == CLASSES
    assert {name for one in every(graphs[0]) for name in one if name[0] != "@"} <= TERMS
    assert {one["action"] for one in graphs[0] if "action" in one} <= ACTIONS
    references = {value for one in graphs[0] for value in one.values() if str(value).startswith("lz:")}
    assert references <= set(nodes)
    ada, zoe = (f"lz:identity:{user.identity}" for user in settled)
    events = {one["action"]: one for one in graphs[0] if one["@type"] == "EconomicEvent"}
    trip, let_off = events["deliverService"], events["transferAllRights"]
    assert (trip["provider"], trip["receiver"]) == (ada, zoe)
    assert trip["resourceQuantity"]["hasUnit"] == "om2:kilometre"
    assert nodes[trip["fulfills"]]["clauseOf"] == trip["realizationOf"]
    assert (let_off["provider"], let_off["receiver"], nodes[let_off["resourceConformsTo"]]["name"]) == (
        *(ada, zoe),
        "A debt in EUR",
    )
    promised = next(one for one in graphs[0] if "reciprocalClauseOf" in one)
    owed = settled[0].call("ledger", "balance")["balances"][0]["by_rides"]["amount"]
    assert (promised["provider"], promised["receiver"]) == (zoe, ada)
    assert Decimal(promised["resourceQuantity"]["hasNumericalValue"]) * 100 == owed


def every(graph: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return nodes, and the measures in them."""
    return graph + [value for one in graph for value in one.values() if isinstance(value, dict)]
