"""Standing groups that take turns driving: circle create, invite, join, found, ride, sign and more; and turn."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from lazpool.cli.app import typed
from lazpool.cli.circle_names import circle_named, known_person, member, plain, present_of
from lazpool.cli.commands import command, epilog, group
from lazpool.cli.days import parse_date
from lazpool.cli.typed import free_text, hex_id
from lazpool.records.body_shape import MAX_TEXT

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.store.circles import Circle, Record

_EPOCH = date(1970, 1, 1)
_JOINED = "Who gathers the circle founds it once everybody has joined; then sign it: lazpool circle sign"


@group("circle")
def circle() -> None:
    """Take turns driving in a standing group: colleagues, neighbours, parents."""


@circle.command(
    "create", epilog=epilog("lazpool circle create 'To work'\nlazpool circle create 'To work' --after 'To work'")
)
@click.argument("name")
@click.option("--after", metavar="CIRCLE", help="A circle of yours that this one takes the place of; points go along.")
@click.pass_obj
def create(app: App, name: str, after: str | None) -> None:
    """Begin to gather a circle, and print the code that invites others to it."""
    from lazpool.actions import circle_founding  # noqa: PLC0415 # H3 and keys, which help does without

    with app.desk() as desk:
        before = circle_named(desk, after) if after else None
        with typed("a name has at most 32 bytes: lazpool circle create NAME"):
            made = circle_founding.create(desk, plain(name), before)
        _show_code(app, desk, made)
        app.say("Once they have joined: lazpool circle found NAME")


@circle.command("invite", epilog=epilog("lazpool circle invite 'To work'\nlazpool circle invite 'To work' Ada"))
@click.argument("circle")
@click.argument("other", metavar="[WITH]", required=False)
@click.option("--qr", is_flag=True, help="Draw the code for a telephone's camera.")
@click.pass_obj
def invite(app: App, /, circle: str, other: str | None, *, qr: bool) -> None:
    """Invite somebody whom you shared a ride with, by a sealed letter; or print the code to pass on by hand."""
    from lazpool.actions import circle_founding  # noqa: PLC0415 # the same

    with app.desk() as desk:
        found = circle_named(desk, circle)
        if other is None:
            _show_code(app, desk, found, qr=qr)
            return
        identity = known_person(desk, other)
        circle_founding.invite(desk, found, identity)
        app.show({"circle": found.id.hex(), "invited": identity.hex()}, f"{found.name}: invited {other}")
        app.say_if_down(desk)


@circle.command("join", epilog=epilog("lazpool circle join lzc1-mzuw4z3f-...\nlazpool circle join 'To work'"))
@click.argument("code")
@click.pass_obj
def join(app: App, code: str) -> None:
    """Say yes to an invitation: a code, or the name of a circle that you were invited to by letter."""
    from lazpool.actions import circle_founding  # noqa: PLC0415 # the same
    from lazpool.cli.circle_views import document  # noqa: PLC0415 # the same

    with app.desk() as desk:
        if code.strip().lower().startswith("lzc1"):
            with typed("copy the whole code, from lzc1 to the end"):
                found = circle_founding.invited(desk, code)
        else:
            found = circle_named(desk, code)
        circle_founding.join(desk, found)
        app.show({"circle": document(desk, found)}, f"{found.name}: you have asked to join")
        app.say(_JOINED)
        app.say_if_down(desk)


@circle.command("found", epilog=epilog("lazpool circle found 'To work'\nlazpool circle found 'To work' --without Zoe"))
@click.argument("circle")
@click.option("--without", metavar="WHO", multiple=True, help="Leave out somebody who joined; may be repeated.")
@click.pass_obj
def found(app: App, /, circle: str, without: tuple[str, ...]) -> None:
    """Found the circle that you gather: sign who is in it. It stands once each of them has signed the same."""
    from lazpool.actions import circle_founding, circles  # noqa: PLC0415 # the same
    from lazpool.cli.circle_views import document  # noqa: PLC0415 # the same

    with app.desk() as desk:
        mine = circle_named(desk, circle)
        circle_founding.found(desk, mine, [member(desk, mine, who) for who in without])
        now = _again(desk, mine)
        names = ", ".join(sorted(circles.members(desk, now).values()))
        app.show({"circle": document(desk, now)}, f"{now.name}: signed by you, of {names}")
        app.say("It stands once the others have signed: lazpool circle show")
        app.say_if_down(desk)


@circle.command("list", epilog=epilog("lazpool circle list"))
@click.pass_obj
def show_all(app: App) -> None:
    """List your circles, and those that you are invited to."""
    from lazpool.cli.circle_views import document, table  # noqa: PLC0415 # the same
    from lazpool.store import circles as store  # noqa: PLC0415 # the same

    with app.desk() as desk:
        mine = store.every(desk.node)
        app.show({"circles": [document(desk, one) for one in mine]}, table(desk, mine))


@circle.command("show", epilog=epilog("lazpool circle show 'To work'"))
@click.argument("circle")
@click.pass_obj
def show(app: App, /, circle: str) -> None:
    """Show who is in a circle and where each stands, its rides, and what waits for whose signature."""
    from lazpool.cli.circle_views import details, tables  # noqa: PLC0415 # the same

    with app.desk() as desk:
        found = circle_named(desk, circle)
        app.show(details(desk, found), *tables(desk, found))


@circle.command(
    "ride",
    epilog=epilog(
        "lazpool circle ride 'To work' --driver Ada --present Ada,Zoe\n"
        "lazpool circle ride 'To work' --driver me --present Zoe --date 2027-03-01 --leg 2"
    ),
)
@click.argument("circle")
@click.option("--driver", metavar="WHO", required=True, help="Who drove: a name, or `me`.")
@click.option("--present", metavar="A,B,C", help="All in the car; you and the driver always are.  [default: everybody]")
@click.option("--date", "day", metavar="DATE", default="today", show_default=True, help="Of the ride.")
@click.option(
    "--leg", type=click.IntRange(1, 9), default=1, show_default=True, help="The how manieth ride of that day."
)
@click.pass_obj
def ride(app: App, /, circle: str, driver: str, present: str | None, *, day: str, leg: int) -> None:
    """Record a ride that you were in, as driver or passenger; it counts once all who were in the car have signed."""
    from lazpool.actions.circle_letters import me  # noqa: PLC0415 # the same
    from lazpool.actions.circle_signing import record_ride  # noqa: PLC0415 # the same

    with app.desk() as desk:
        mine = circle_named(desk, circle)
        when = parse_date(day, datetime.fromtimestamp(desk.second, ZoneInfo(desk.config.zone)).date())
        people = {me(desk, mine), *present_of(desk, mine, present)}
        with typed("a ride is recorded within a month, by 2 to 12 people of the circle"):
            record = record_ride(desk, mine, member(desk, mine, driver), people, (when - _EPOCH).days, leg)
        _show_record(app, desk, record)
        app.say("It counts once they have signed it: lazpool circle sign")


@circle.command("sign", epilog=epilog("lazpool circle sign\nlazpool circle sign 6cb0e2f1"))
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def sign(app: App, /, ids: tuple[str, ...], *, yes: bool) -> None:
    """Sign what waits for you: a founding, or rides that you were in. Without an ID, all of it."""
    from lazpool.actions import circle_signing  # noqa: PLC0415 # the same
    from lazpool.cli.circle_views import record_document, said, waiting  # noqa: PLC0415 # the same

    with app.desk() as desk:
        chosen = [circle_signing.find(desk, _id(desk, one)) for one in ids] or waiting(desk)
        words = [said(desk, one) for one in chosen]
        if chosen and not ids:
            app.confirm("\n".join([*words, "Is all of that right? Sign?"]), yes=yes)
        done = [circle_signing.sign(desk, one.id) for one in chosen]
        lines = "\n".join(f"signed {line}" for line in words) or "Nothing waits for your signature."
        app.show({"signed": [record_document(desk, one) for one in done]}, lines)
        if done:
            app.say_if_down(desk)


@circle.command("refuse", epilog=epilog("lazpool circle refuse 6cb0e2f1 --reason 'I was at home'"))
@click.argument("identifier", metavar="ID")
@click.option("--reason", type=free_text(MAX_TEXT), default="", help="A few words to who recorded it, sealed.")
@click.pass_obj
def refuse(app: App, identifier: str, reason: str) -> None:
    """Do not sign a founding or a ride; or take back what you recorded, while not all have signed it."""
    from lazpool.actions import circle_signing  # noqa: PLC0415 # the same

    with app.desk() as desk:
        _show_record(app, desk, circle_signing.refuse(desk, _id(desk, identifier), reason))


@circle.command("cancel", epilog=epilog("lazpool circle cancel 6cb0e2f1"))
@click.argument("identifier", metavar="RIDE")
@click.pass_obj
def cancel(app: App, identifier: str) -> None:
    """Take back a ride that counts and was wrong; it goes once all who were in the car have signed that, too."""
    from lazpool.actions import circle_signing  # noqa: PLC0415 # the same

    with app.desk() as desk:
        _show_record(app, desk, circle_signing.take_back(desk, circle_signing.find(desk, _id(desk, identifier))))


@circle.command("leave", epilog=epilog("lazpool circle leave 'To work'"))
@click.argument("circle")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def leave(app: App, /, circle: str, *, yes: bool) -> None:
    """Take part no more, and tell the others; an invitation, or a circle that was never founded, is forgotten."""
    from lazpool.actions import circles  # noqa: PLC0415 # the same

    with app.desk() as desk:
        found = circle_named(desk, circle)
        app.confirm(f"Leave {found.name!r}? You cannot come back into it.", yes=yes)
        circles.leave(desk, found)
        app.show({"circle": found.id.hex(), "left": True}, f"{found.name}: left")
        app.say_if_down(desk)


@circle.command("sync", epilog=epilog("lazpool circle sync 'To work'"))
@click.argument("circle")
@click.pass_obj
def sync(app: App, /, circle: str) -> None:
    """Ask every member now whether they have rides that you lack; the node also does so by itself, a day later."""
    from lazpool.actions import circle_sync  # noqa: PLC0415 # the same

    with app.desk() as desk:
        found = circle_named(desk, circle)
        with desk.node.transaction():
            asked = circle_sync.compare(desk, found, now=True)
        app.show({"circle": found.id.hex(), "asked": asked}, f"{found.name}: asked {asked}")
        app.say_if_down(desk)


@command("turn", example="lazpool turn 'To work'\nlazpool turn 'To work' --present Ada,Zoe")
@click.argument("circle")
@click.option("--present", metavar="A,B,C", help="Who comes along.  [default: everybody]")
@click.pass_obj
def turn(app: App, /, circle: str, present: str | None) -> None:
    """Say who should drive next, and why: who has driven least, measured by how often each was driven."""
    from lazpool.actions.circles import stand  # noqa: PLC0415 # the same
    from lazpool.cli.circle_views import turn_document, turn_table, turn_words  # noqa: PLC0415 # the same
    from lazpool.rules.turns import in_turn  # noqa: PLC0415 # the same

    with app.desk() as desk:
        found = circle_named(desk, circle)
        order = in_turn(stand(desk, found), present_of(desk, found, present))
        app.show(turn_document(desk, found, order), turn_words(desk, found, order), turn_table(desk, found, order))


def _again(desk: Desk, circle: Circle) -> Circle:
    from lazpool.store import circles as store  # noqa: PLC0415 # the same

    return store.get(desk.node, circle.id) or circle


def _show_code(app: App, desk: Desk, found: Circle, *, qr: bool = False) -> None:
    from lazpool.actions import circle_founding  # noqa: PLC0415 # the same

    code = circle_founding.invitation(desk, found).code(desk.net)
    app.show({"circle": found.id.hex(), "name": found.name, "code": code}, code)
    if qr and not app.json:
        click.echo(_drawn(code))
    app.say("Pass it on by a way that you trust: who has it can ask to join, and you decide whom you found it with.")


def _drawn(code: str) -> str:
    from io import StringIO  # noqa: PLC0415 # seldom asked for

    import segno  # noqa: PLC0415 # the same

    drawn = StringIO()
    segno.make_qr(code.upper(), error="l").terminal(drawn, compact=True)  # capitals take half the room
    return drawn.getvalue()


def _show_record(app: App, desk: Desk, record: Record) -> None:
    from lazpool.cli.circle_views import record_document, said  # noqa: PLC0415 # the same

    app.show({"record": record_document(desk, record)}, f"{said(desk, record)}: {record.state}")
    app.say_if_down(desk)


def _id(desk: Desk, text: str) -> bytes:
    return hex_id(desk.node, "circle_records", text, "ride")
