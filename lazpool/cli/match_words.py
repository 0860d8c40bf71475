"""A match in plain words, made from its JSON document alone: what people read is what programs get."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from lazpool.cli.conditions import described
from lazpool.cli.typed import SHORT
from lazpool.cli.words import clock, degrees, moment, price, span, too_dear

if TYPE_CHECKING:
    from collections.abc import Iterator

Document: TypeAlias = dict[str, Any]

ESTIMATED = "~ estimated along great circles, not roads; CO2: what is saved if the passenger would have driven alone"
COLUMNS = ("pick-up", "drop-off", ">detour", ">walk", ">share", ">CO2")
"""Headings of `cells`."""
_HINDRANCES = {"past": "the pick-up time is past", "no-fit": "it would be refused, since it no longer fits"}
_LEARNS = {
    "name": "your name",
    "identity": "your identity",
    "meeting cells": "two cells of about 0.1 km2 in which to meet",
    "which offer": "which offer is meant",
    "group": "that you are in the group",
    "exact start": "your exact start",
    "exact end": "your exact end",
    "pick-up place": "where you get in",
    "drop-off place": "where you get out",
    "telephone": "your telephone number",
    "account": "your bank account",
}


def cells(match: Document, *, day: bool = True) -> tuple[str, ...]:
    """Return the cells of a match in a table: when, on request with the day, and what it costs."""
    about = _about(match)
    return (
        f"{about}{moment(match['pickup_at']):{'%d %b %H:%M' if day else '%H:%M'}}",
        about + clock(match["dropoff_at"]),
        f"{about}{match['detour_min']:.0f} min",
        f"{match['walk_m']} m",
        about + price(match["share"]["amount"], match["share"]["unit"]) + ("!" if match["above_cap"] else ""),
        f"{about}{match['co2_g'] / 1000:.1f} kg",
    )


def explanation(match: Document) -> Iterator[tuple[str, str]]:
    """Yield what a match means, as a name and a sentence each; `match` as match_views.explained returns it."""
    driving = match["role"] == "driver"
    yield "match", f"{match['id'][:SHORT]}: {_both(match)}"
    yield "pick-up", f"{_stop(match, 'pickup')}{_wish(match, 'depart')}"
    yield "drop-off", f"{_stop(match, 'dropoff')}{_wish(match, 'arrive')}"
    yield "walk", _walk(match)
    yield "detour", _detour(match)
    yield "leaves", _leaving(match)
    yield "seats", _seats(match)
    if conditions := described(match):
        yield "conditions", f"{conditions}: what the request asks for, and the offer has"
    yield "share", _share(match)
    yield "CO2", _co2(match)
    yield "how sure", _sure(match)
    yield "learns", _invited(match["learns"]) if driving else _proposed(match["learns"])
    yield "next", _next(match)


def _both(match: Document) -> str:
    offer, request = match["offer"]["id"][:SHORT], match["request"]["id"][:SHORT]
    if match["role"] == "driver":
        return f"you drive, offer {offer}; a passenger looks for that, request {request}"
    return f"you ride, request {request}; somebody drives there, offer {offer}"


def _stop(match: Document, which: str) -> str:
    stop = match["ride"][which]
    when = f"{moment(stop['at']):%a %d %b} {_about(match)}{clock(stop['at'])}"
    if stop["spot"]:
        return f"{when} {'perhaps ' if match['role'] == 'driver' else ''}at {stop['spot']}"
    town = f" ({stop['town']})" if stop["town"] else ""
    where = stop["name"] or degrees(stop["lat"], stop["lon"]) + town
    around = "near" if match["ride"]["counted_from"] == "meeting cells" else "somewhere in the 5 km2 around"
    return f"{when} {around} {where}"


def _wish(match: Document, by: str) -> str:
    """Return the window in which the passenger wants this stop, and how much of it is left on either side.

    Who walks to the car leaves no earlier than the window says, who walks from it arrives no later.
    """
    request, ride = match["request"], match["ride"]
    if request["by"] != by:
        return ""
    stop = moment(ride["pickup" if by == "depart" else "dropoff"]["at"])
    leaves = stop - timedelta(minutes=ride["pickup"]["walk_min"] if by == "depart" else 0)
    arrives = stop + timedelta(minutes=ride["dropoff"]["walk_min"] if by == "arrive" else 0)
    before, after = leaves - moment(request["earliest"]), moment(request["latest"]) - arrives
    who = "the passenger says" if match["role"] == "driver" else "you say"
    window = span(request["earliest"], request["latest"])
    return f"; {who} {window}: {_minutes(before)} after the earliest, {_minutes(after)} before the latest"


def _walk(match: Document) -> str:
    limit, walk = match["request"]["walk_m"], match["ride"]["walk_m"]
    who = "the passenger walks" if match["role"] == "driver" else "you walk"
    if not walk:
        return f"none counted; {who} up to {limit} m"
    start, end = (match["ride"][stop] for stop in ("pickup", "dropoff"))
    ways = [f"{start['walk_min']} min to {start['spot']}"] if start["spot"] else []
    ways += [f"{end['walk_min']} min from {end['spot']}"] if end["spot"] else []
    return f"{who} {' and '.join(ways)}: {walk} m of at most {limit} m"


def _detour(match: Document) -> str:
    driver = match["driver"]
    who = "you" if match["role"] == "driver" else "the driver"
    allows = "allow" if match["role"] == "driver" else "allows"
    wide = f", estimates up to {driver['detour_accepted_min']:.0f}" if match["estimated"] else ""
    minutes = f"{driver['detour_min']:.0f} min"
    more = f"~{minutes} and ~{driver['detour_km']:.1f} km" if match["estimated"] else f"by road {minutes}"
    return f"{more} more for {who}, stops included; {who} {allows} {driver['detour_limit_min']} min{wide}"


def _leaving(match: Document) -> str:
    later, offer = match["driver"]["later_min"], match["offer"]
    when = "as offered" if not later else f"{abs(later)} min {'later' if later > 0 else 'earlier'} than offered"
    start = f"{_about(match)}{clock(match['driver']['depart_at'])}, {when}"
    earliest, latest = offer["depart_earliest"], offer["depart_latest"]
    return start if earliest == latest else f"{start} ({span(earliest, latest)} possible)"


def _seats(match: Document) -> str:
    wanted = f"{match['ride']['seats']} of {match['offer']['seats']}"
    if match["aboard"] is None:
        return f"you take {wanted}; whether others are aboard only the driver's node knows"
    names = ", ".join(one["name"] or one["deal"][:SHORT] for one in match["aboard"])
    if not match["room"]["ok"]:
        return f"{wanted}; but beside {names}, whom you have accepted, it no longer fits: {_no_room(match['room'])}"
    if not names:
        return f"the passenger takes {wanted}; nobody else is aboard yet"
    late = match["room"]["delay_min"]
    return f"the passenger takes {wanted}; {names}, aboard already, {f'up to {late} min later' if late else 'no later'}"


def _no_room(room: Document) -> str:
    """Return why there is no room, for a code of rules.matching.Reason."""
    short, reason = room["short_by"], str(room["reason"])
    said = {
        "seats": f"{_count(int(short))} too few on that part of the way",
        "delay": f"somebody would be {short:.0f} min later than agreed with them",
        "detour": f"all detours together are {short:.0f} min too long",
        "time": f"the times are {short:.0f} min apart",
    }
    return said.get(reason, reason)


def _share(match: Document) -> str:
    ride, about = match["ride"], _about(match)
    amount = price(ride["share"]["amount"], ride["share"]["unit"])
    counted = f"{about}{ride['km']:.1f} km x {ride['price_per_km']:g} {ride['share']['unit']} x {_count(ride['seats'])}"
    to = "from the passenger to you" if match["role"] == "driver" else "from you to the driver"
    dear = f"; {too_dear(match['above_cap'])}" if match["above_cap"] else ""
    return f"{about}{amount} {to} and nobody else: {counted}{dear}"


def _co2(match: Document) -> str:
    ride, driver = match["ride"], match["driver"]
    kept = f"{_about(match)}{abs(ride['co2_g']) / 1000:.1f} kg {'less' if ride['co2_g'] >= 0 else 'more'}"
    alone = "if the passenger drove alone" if match["role"] == "driver" else "if you drove alone"
    factor = f"{ride['co2_g_per_km']} g a km, assumed; less {driver['detour_km']:.1f} km of detour"
    return f"{kept} than {alone} ({factor}): an upper bound, since many would take a train, or stay"


def _sure(match: Document) -> str:
    if not match["estimated"]:
        ends = "from your door to your end" if match["role"] == "driver" else "on the way that the offer tells"
        return f"the minutes of detour are by road, {ends}; everything else follows from the published route"
    cells = match["ride"]["counted_from"] == "meeting cells"
    finer = "; counted from your own meeting cells, so finer than in the list" if cells else ""
    return f"estimated (~) along great circles, not roads; the driver's own node decides when it is asked{finer}"


def _proposed(learns: Document) -> str:
    first, later = _listed(learns["on_proposal"]), _listed(learns["on_agreement"])
    return f"if you propose, the driver learns {first}; once both have signed, {later}; nobody else learns any of it"


def _invited(learns: Document) -> str:
    first, later = _listed(learns["on_invitation"]), _listed(learns["on_agreement"])
    return f"if you invite, the passenger learns {first}, no name; if you accept what they then propose, {later}"


def _next(match: Document) -> str:
    on_map = f"on a map: lazpool map {match['id'][:SHORT]}"
    if match["next"] is None:
        return f"nothing: {_HINDRANCES[match['hindrance']]}; {on_map}"
    command, identifier = match["next"].rsplit(" ", 1)
    state = f", which is {match['deal']['state']}" if match["deal"] else ""
    return f"{command} {identifier[:SHORT]}{state}; {on_map}"


def _listed(what: list[str]) -> str:
    words = [_LEARNS[one] for one in what]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _count(seats: int) -> str:
    return "1 seat" if seats == 1 else f"{seats} seats"


def _minutes(length: timedelta) -> str:
    return f"{length // timedelta(minutes=1)} min"


def _about(match: Document) -> str:
    return "~" if match["estimated"] else ""
