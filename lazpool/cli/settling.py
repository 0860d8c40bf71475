"""Settling what is owed: settle, settlements, confirm, refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lazpool.actions import books, confirming
from lazpool.actions import settlements as actions
from lazpool.actions.corrections import subject_of
from lazpool.actions.exporting import names_of
from lazpool.cli import times
from lazpool.cli.app import Table, typed
from lazpool.cli.commands import command
from lazpool.cli.partners import partner, who
from lazpool.cli.typed import currency, free_text, hex_id_of, iban, minor_units, short
from lazpool.cli.views import money
from lazpool.cli.words import price
from lazpool.errors import RefusedError
from lazpool.records.body_shape import MAX_TEXT
from lazpool.records.settlements import METHODS, settlement_from
from lazpool.store import deals
from lazpool.store import settlements as stored

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.store.settlements import Stored

ALL = "all"
_LONGEST_NAME = 70
_BY_NAME = {name: number for number, name in METHODS.items()}
_COLUMNS = ("id", "at", "with", ">amount", "how", "state", "next")
_EMPTY = "Nothing settled yet. Who owes whom: lazpool ledger balance. To settle: lazpool settle WITH AMOUNT"
_NEXT = {stored.OFFERED: "confirm, refuse", stored.PROPOSED: "wait, or refuse to take it back"}


def _amount(value: str) -> int:
    """Convert an amount, or `all` to 0."""
    return 0 if value.strip().lower() == ALL else minor_units(value)


@command("settle", example="lazpool settle Ada 8.34\nlazpool settle Ada all --method bank --qr")
@click.argument("other", metavar="WITH")
@click.argument("amount", type=_amount, metavar="AMOUNT")
@click.option("--method", type=click.Choice(list(_BY_NAME)), default="cash", show_default=True, help="How it was paid.")
@click.option("--unit", type=currency, default=None, metavar="CODE", help="Currency.  [default: what you owe in]")
@click.option("--qr", is_flag=True, help="With --method bank: print the code that your banking app scans.")
@click.option("--iban", type=iban, default=None, help="With --qr: their account, if they have told none.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def settle(app: App, /, other: str, amount: int, method: str, unit: str | None, **how: Any) -> None:
    """Say that you have paid AMOUNT, or `all` that you owe, to somebody you rode with; they confirm it.

    lazpool moves no money. `offset` is set against something outside lazpool; rides in both directions offset each
    other by themselves. `forgiven` is what the other side lets you off. Until they confirm, nothing changes.
    """
    if (how["qr"] and method != "bank") or (how["iban"] and not how["qr"]):
        raise click.UsageError("--qr goes with --method bank, and --iban with --qr.")
    with app.desk() as desk:
        payee, names = partner(desk, other), names_of(desk)
        unit = unit or _unit(desk, payee)
        owed = _owed(desk, payee, unit)
        if not amount and owed <= 0:
            raise RefusedError(f"you owe {who(payee, names)} nothing in {unit}", hint=_HINT, code="nothing-owed")
        amount = amount or owed
        if amount > owed:
            app.confirm(f"{_standing(owed, who(payee, names), unit)} Settle {price(amount, unit)}?", yes=how["yes"])
        account = _account(desk, payee, unit, how["iban"]) if how["qr"] else ""
        with typed("an amount that two people could owe each other"):
            found = actions.settle(desk, payee, amount, unit, _BY_NAME[method])
        _show(app, desk, found, f"{price(amount, unit)} to {who(payee, names)}")
        if account and not app.json:
            click.echo(epc_code(who(payee, names), account, amount, f"lazpool {short(found.id)}"))


@command("settlements", example="lazpool settlements")
@click.pass_obj
def settlements(app: App) -> None:
    """List what was settled, and what waits for an answer."""
    with app.desk() as desk:
        found, names = stored.everything(desk.node), names_of(desk)
        documents = [document(desk, one, names) for one in found]
        rows = [_row(desk, one, names) for one in found]
    app.show({"settlements": documents}, Table(_COLUMNS, rows, _EMPTY))


@command("confirm", example="lazpool confirm 3fa9c2")
@click.argument("settlement", metavar="ID")
@click.pass_obj
def confirm(app: App, settlement: str) -> None:
    """Confirm that you were paid, or agree to a correction: it then counts on both sides, and cannot be taken back."""
    with app.desk() as desk:
        found = _id(desk, settlement)
        _show(app, desk, confirming.confirm(desk, subject_of(desk, found), found))


@command("refuse", example="lazpool refuse 3fa9c2 --reason 'it was only 5 euros'")
@click.argument("settlement", metavar="ID")
@click.option("--reason", type=free_text(MAX_TEXT), default="", help="A few words to the other side, sealed.")
@click.pass_obj
def refuse(app: App, settlement: str, reason: str) -> None:
    """Do not confirm a settlement or a correction, or take back your own while it is not confirmed."""
    with app.desk() as desk:
        found = _id(desk, settlement)
        _show(app, desk, confirming.refuse(desk, subject_of(desk, found), found, reason))


def document(desk: Desk, one: Stored, names: dict[bytes, str]) -> dict[str, object]:
    """Return a settlement as lists have it."""
    terms = settlement_from(one.terms)
    paying = terms.payer in desk.identities
    other = terms.payee if paying else terms.payer
    return {
        "id": one.id.hex(),
        "state": one.state,
        "role": "payer" if paying else "payee",
        "with": other.hex(),
        "name": names.get(other, ""),
        "amount": money(terms.amount, terms.unit),
        "method": METHODS[terms.method],
        "at": times.iso(desk, terms.at),
        "reason": one.reason,
    }


def _row(desk: Desk, one: Stored, names: dict[bytes, str]) -> tuple[str, ...]:
    terms = settlement_from(one.terms)
    paying = terms.payer in desk.identities
    other = who(terms.payee if paying else terms.payer, names)
    return (
        *(short(one.id), times.day(desk, terms.at), f"to {other}" if paying else f"from {other}"),
        *(price(terms.amount, terms.unit), METHODS[terms.method], one.state, _NEXT.get(one.state, one.reason)),
    )


def epc_code(name: str, account: str, amount: int, text: str) -> str:
    """Return a European transfer as a QR code made of blocks (EPC069-12); amount in cents."""
    from decimal import Decimal  # noqa: PLC0415 # seldom asked for
    from io import StringIO  # noqa: PLC0415 # the same

    from segno.helpers import make_epc_qr  # noqa: PLC0415 # the same

    drawn = StringIO()
    euros = Decimal(amount) / 100
    make_epc_qr(name=name[:_LONGEST_NAME], iban=account, amount=euros, text=text).terminal(drawn, compact=True)
    return drawn.getvalue()


def _account(desk: Desk, payee: bytes, unit: str, given: str | None) -> str:
    """Return where somebody is paid, or raise RefusedError where a code is not possible."""
    if unit != "EUR":
        raise RefusedError(f"these codes are for transfers in EUR, not in {unit}", code="no-code")
    told = [deal.peer_iban for deal in deals.all_deals(desk.node) if deal.peer == payee and deal.peer_iban]
    if not given and not told:
        hint = "they can put it into their config.toml for the next ride; or type it with --iban"
        raise RefusedError("they have told you no bank account", hint=hint, code="no-iban")
    return given or told[-1]


def _unit(desk: Desk, payee: bytes) -> str:
    """Return the one currency in which we owe somebody, or that of our settings."""
    owing = [row.unit for row in books.balance(desk) if row.other == payee and row.amount < 0]
    return owing[0] if len(owing) == 1 else desk.config.unit


def _owed(desk: Desk, payee: bytes, unit: str) -> int:
    return sum(-row.amount for row in books.balance(desk) if (row.other, row.unit) == (payee, unit))


def _standing(owed: int, name: str, unit: str) -> str:
    if owed > 0:
        return f"You owe {name} {price(owed, unit)}; for the rest {name} would owe you."
    if owed < 0:
        return f"{name} owes you {price(-owed, unit)} already."
    return f"You owe {name} nothing; {name} would owe you."


_HINT = "who owes, settles; the other one confirms: lazpool ledger balance"


def _id(desk: Desk, text: str) -> bytes:
    return hex_id_of(((desk.node, "settlements"), (desk.node, "corrections")), text, "settlement")


def _show(app: App, desk: Desk, found: Stored, what: str = "") -> None:
    text = f"{short(found.id)} {found.state}"
    app.show({"settlement": found.id.hex(), "state": found.state}, f"{text}: {what}" if what else text)
    if found.state == stored.PROPOSED:
        app.say("It counts once they confirm it: lazpool settlements")
    app.say_if_down(desk)
