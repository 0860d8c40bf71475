"""What can be said of a trip whenever it takes place: the options that single posts and plans share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lazpool.cli.conditions import conditions
from lazpool.cli.typed import minor_units, per_km
from lazpool.errors import InvalidInputError
from lazpool.records.posts import MAX_DETOUR, MAX_FLEX, MAX_PRICE, MAX_SEATS, MAX_WALK
from lazpool.rules.cost import spread
from lazpool.store import profiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.places import Point

_SHARED = "becomes part of the price, a seat's share per km; one share is yours."
_FLEX = "Minutes you can leave earlier or later."


def with_price(desk: Desk, ways: dict[str, Any], route: Sequence[Point]) -> dict[str, Any]:
    """Return what a driver said of a trip, with the price of the cost profile where they named none.

    Tolls and parking are spread over the way and everybody in the car, and become part of the price.
    """
    beside = sum(ways.pop(name) or 0 for name in ("tolls", "parking"))
    price = profiles.usual_price(desk.config) if ways["price"] is None else ways["price"]
    if beside:
        from lazpool.rules.geo import leg_kms, road_hm  # noqa: PLC0415 # H3, which most offers do without here

        price += spread(beside, road_hm(sum(leg_kms(route))), ways["seats"])
    if price > MAX_PRICE:
        raise InvalidInputError("with tolls and parking this is too much per km", hint="for so short a way, share less")
    return {**ways, "price": price}


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
    click.option("--tolls", type=minor_units, metavar="AMOUNT", help=f"Tolls of the whole way; {_SHARED}"),
    click.option("--parking", type=minor_units, metavar="AMOUNT", help=f"Parking where you go; {_SHARED}"),
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
