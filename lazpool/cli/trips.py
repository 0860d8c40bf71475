"""What can be said of a trip whenever it takes place: the options that single posts and plans share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lazpool.cli.conditions import conditions
from lazpool.cli.typed import per_km
from lazpool.records.posts import MAX_DETOUR, MAX_FLEX, MAX_SEATS, MAX_WALK
from lazpool.store import profiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.actions.desk import Desk

_FLEX = "Minutes you can leave earlier or later."


def with_price(desk: Desk, ways: dict[str, Any]) -> dict[str, Any]:
    """Return what a driver said of a trip, with the price of the cost profile where they named none."""
    return ways if ways["price"] is not None else {**ways, "price": profiles.usual_price(desk.config)}


def options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return one decorator for several, which stand in the help in the order given here."""

    def decorate(function: Any) -> Any:
        for one in reversed(decorators):
            function = one(function)
        return function

    return decorate


ends = options(click.argument("start", metavar="FROM"), click.argument("end", metavar="TO"))
"""Where a trip starts and ends."""

offer_ways = options(
    click.option("--flex", type=click.IntRange(0, MAX_FLEX), default=15, show_default=True, metavar="MIN", help=_FLEX),
    click.option("--seats", type=click.IntRange(1, MAX_SEATS), default=3, show_default=True, help="Free seats."),
    click.option(
        "--detour",
        type=click.IntRange(0, MAX_DETOUR),
        default=10,
        show_default=True,
        metavar="MIN",
        help="Minutes of detour for passengers.",
    ),
    click.option(
        "--price",
        type=per_km,
        default=None,
        metavar="PER_KM",
        help="What a passenger shares of the cost, per km and seat; 0 is a gift.  [default: that of your cost profile]",
    ),
    click.option(
        "--via", multiple=True, metavar="PLACE", help="A place you pass, in the order you do; may be repeated."
    ),
    conditions("offer"),
)
"""What a driver says of a trip beside where and when."""

request_ways = options(
    click.option("--flex", type=click.IntRange(0, MAX_FLEX), default=30, show_default=True, metavar="MIN", help=_FLEX),
    click.option("--seats", type=click.IntRange(1, MAX_SEATS), default=1, show_default=True, help="How many you are."),
    click.option(
        "--walk",
        type=click.IntRange(0, MAX_WALK),
        default=500,
        show_default=True,
        metavar="METRES",
        help="How far you walk to the car.",
    ),
    conditions("request"),
)
"""What a passenger says of a trip beside where and when."""
