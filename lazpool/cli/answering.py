"""What a person decides about a deal: accept, decline, cancel, note, pickup, done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from lazpool.actions import deals as actions
from lazpool.actions import positions, rides
from lazpool.actions import series as all_dates
from lazpool.actions.moves import find
from lazpool.cli.commands import command
from lazpool.cli.typed import free_text, hex_id, place, short
from lazpool.cli.views import dear
from lazpool.cli.words import too_dear
from lazpool.records.body_shape import MAX_TEXT
from lazpool.records.deal_bodies import CODE_DIGITS
from lazpool.records.posts import Offer, read_post
from lazpool.rules.evidence import NEAR_M
from lazpool.rules.negotiation import Role, State
from lazpool.store import deals as stored

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.records.places import Point
    from lazpool.store.deals import Deal

_REASON = "A few words to the other side, sealed."
_AGREED = {State.AGREED, State.RIDING}


@command("accept", example="lazpool accept 5be1f0\nlazpool accept 5be1f0 --series")
@click.argument("deal")
@click.option("--series", is_flag=True, help="Also the same ride on the other dates, as the passenger asks for them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def accept(app: App, deal: str, series: bool, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Accept a passenger's proposal, or a driver's invitation.

    A driver's node first checks that a seat is free on that part of the way, then signs the terms. It asks when it
    knows the roads and the detour from your door is above the limit of your offer. With --series it goes on to do so
    by itself on each of the other dates, for the same places, as long as there is room.
    """
    with app.desk() as desk:
        found = find(desk, _id(desk, deal))
        if above := dear(desk, found):
            app.say(f"The share is {too_dear(above)}")
        if question := _far_off(found):
            app.confirm(question, yes=yes)
        _show(app, desk, actions.accept(desk, found.id, all_dates=series))


@command("decline", example="lazpool decline 5be1f0 --reason 'the car is full of skis'")
@click.argument("deal")
@click.option("--reason", type=free_text(MAX_TEXT), default="", help=_REASON)
@click.option("--series", is_flag=True, help="No to more dates of its series; what is agreed stays.")
@click.pass_obj
def decline(app: App, deal: str, reason: str, series: bool) -> None:  # noqa: FBT001 # click's signature
    """Say no to a proposal or an invitation."""
    with app.desk() as desk:
        found = _id(desk, deal)
        _show(app, desk, all_dates.decline(desk, found) if series else actions.decline(desk, found, reason))


@command("cancel", example="lazpool cancel 5be1f0 --reason 'I am ill'")
@click.argument("deal")
@click.option("--series", is_flag=True, help="With all other dates of its series that are still to come.")
@click.option("--reason", type=free_text(MAX_TEXT), default="", help=_REASON)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def cancel(app: App, deal: str, series: bool, reason: str, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Call a deal off: take a proposal back, or cancel an agreed ride."""
    with app.desk() as desk:
        found = find(desk, _id(desk, deal))
        if series:
            _cancel_all(app, desk, found, reason, yes=yes)
            return
        if found.state in _AGREED:
            app.confirm(f"{found.peer_name or 'The other side'} counts on this ride. Cancel it?", yes=yes)
        _show(app, desk, actions.cancel(desk, found.id, reason))


@command("note", example="lazpool note 5be1f0 'I wear a red hat'")
@click.argument("deal")
@click.argument("text", type=free_text(MAX_TEXT))
@click.pass_obj
def note(app: App, deal: str, text: str) -> None:
    """Write to the partner of an agreed ride; sealed for them alone."""
    if not text:
        raise click.BadParameter("there is nothing in it", param_hint="TEXT")
    with app.desk() as desk:
        _show(app, desk, actions.add_note(desk, _id(desk, deal), text))


@command("pickup", example="lazpool pickup 5be1f0\nlazpool pickup 5be1f0 204917 --position 45.3646,5.5917")
@click.argument("deal")
@click.argument("code", required=False, metavar="[CODE]")
@click.option("--position", metavar="PLACE", help="Where you are now, as evidence of the ride; sealed for the other.")
@click.pass_obj
def pickup(app: App, deal: str, code: str | None, position: str | None) -> None:
    """At the car: the passenger shows the code, the driver enters it. No network is needed.

    The passenger's node checks the code as soon as it hears of it, and both sign the receipt. Three wrong ones and only
    `done` is left. With --position either also says where they are, before or after the code: a statement tells of it
    for rides of which both want to show more than two signatures.
    """
    with app.desk() as desk:
        found, typed = find(desk, _id(desk, deal)), None if code is None else _code(code)
        given = {} if position is None else _give(app, desk, found.id, place(desk, position))
        if typed is not None:
            _show(app, desk, rides.enter_code(desk, found.id, typed), **given)
        elif given and (found.role is Role.DRIVER or found.state is not State.AGREED):
            _show(app, desk, found, **given)
        elif found.role is Role.DRIVER and found.state in _AGREED:
            raise click.UsageError("The passenger's code is missing: lazpool pickup DEAL CODE.")
        else:
            shown = rides.show_code(desk, found.id)
            app.show({"deal": found.id.hex(), "state": found.state, "code": shown, **given}, shown)
            app.say("Tell the driver this code when you are in the car.")


@command("done", example="lazpool done 5be1f0")
@click.argument("deal")
@click.pass_obj
def done(app: App, deal: str) -> None:
    """As the passenger, say that the ride took place, without a code: your node signs the receipt."""
    with app.desk() as desk:
        _show(app, desk, rides.done(desk, _id(desk, deal)))


def _give(app: App, desk: Desk, deal: bytes, where: Point) -> dict[str, object]:
    """Give our position, and say whether it counts."""
    seen = positions.give(desk, deal, where)
    why = "it counts" if seen.counts else f"it does not count, as it is more than {NEAR_M} m"
    app.say(f"You are {seen.distance} m from the agreed pick-up: {why}.")
    return {"position": {"metres": seen.distance, "counts": seen.counts}}


def _far_off(deal: Deal) -> str:
    """Return what to ask about a detour by road that is above what the driver said; strangers are not told of it."""
    offer = read_post(deal.offer)[0].post
    if deal.role is Role.PASSENGER or deal.estimated or not isinstance(offer, Offer) or deal.detour <= offer.max_detour:
        return ""
    return (
        f"By road this is a detour of {deal.detour:.0f} min, and you allow {offer.max_detour}. Accept it all the same?"
    )


def _cancel_all(app: App, desk: Desk, deal: Deal, reason: str, *, yes: bool) -> None:
    count = sum(one.state in _AGREED for one in stored.of_series(desk.node, deal.series))
    if count:
        app.confirm(f"{deal.peer_name or 'The other side'} counts on {count} rides. Cancel all of them?", yes=yes)
    ended = all_dates.cancel_all(desk, deal.id, reason)
    document = {"deal": deal.id.hex(), "state": find(desk, deal.id).state, "cancelled": [one.id.hex() for one in ended]}
    app.show(document, *(f"{short(one.id)} {one.state}" for one in ended))
    app.say_if_down(desk)


def _id(desk: Desk, text: str) -> bytes:
    return hex_id(desk.node, "deals", text, "deal")


def _code(text: str) -> str:
    code = text.replace(" ", "")
    if not re.fullmatch(rf"[0-9]{{{CODE_DIGITS}}}", code):
        raise click.BadParameter(f"{text!r} is not a code of {CODE_DIGITS} digits", param_hint="CODE")
    return code


def _show(app: App, desk: Desk, deal: Deal, **more: object) -> None:
    app.show({"deal": deal.id.hex(), "state": deal.state, **more}, f"{short(deal.id)} {deal.state}")
    if deal.role is Role.DRIVER and deal.state is State.RIDING:
        app.say("The passenger's node checks the code; then the deal is receipted: lazpool deals")
    app.say_if_down(desk)
