"""When two people disagree: dispute, disputes, claim, correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions import corrections
from lazpool.actions import disputes as actions
from lazpool.actions.exporting import names_of
from lazpool.actions.moves import find
from lazpool.cli import times
from lazpool.cli.app import Table, typed
from lazpool.cli.commands import command
from lazpool.cli.partners import who
from lazpool.cli.typed import free_text, hex_id, hex_id_of, minor_units, short
from lazpool.cli.views import money
from lazpool.cli.words import price
from lazpool.records.agreements import agreement_from
from lazpool.records.body_shape import MAX_TEXT
from lazpool.records.corrections import correction_from
from lazpool.records.disputes import NOT_SIGNED, REASONS
from lazpool.store import deals, ledger
from lazpool.store import disputes as stored
from lazpool.store import settlements as confirmed

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.store.disputes import Stored
    from lazpool.store.ledger import StoredReceipt
    from lazpool.store.settlements import Stored as Confirmed

_BY_NAME = {name: number for number, name in REASONS.items() if number != NOT_SIGNED}
_EMPTY = "Nobody disputes anything. To dispute a receipt: lazpool dispute RECORD --reason wrong-amount"
_COLUMNS = ("about", "by", "day", "reason", "in words", "state")
_CHANGES = ("id", "corrects", "by", "day", ">from", ">to", "state", "next")
_NEXT = {confirmed.OFFERED: "confirm, refuse", confirmed.PROPOSED: "wait, or refuse to take it back"}
_WORDS = {"wrong-amount": "wrong amount", "no-ride": "no such ride", "not-signed": "receipt not signed"}


@command("dispute", example='lazpool dispute 6cb0e2f1 --reason wrong-amount --text "it was half the way"')
@click.argument("record", metavar="RECORD")
@click.option("--reason", type=click.Choice(list(_BY_NAME)), default="other", show_default=True, help="What is wrong.")
@click.option("--text", type=free_text(MAX_TEXT), default="", help="A few words to the other side, sealed.")
@click.option("--end", is_flag=True, help="Take your own dispute, or claim, back.")
@click.pass_obj
def dispute(app: App, record: str, reason: str, text: str, *, end: bool) -> None:
    """Say that a receipt or settlement is not right: it is noted and told to the other, and changes no balance.

    RECORD is an id that `lazpool ledger show` lists; with --end also that of a deal whose receipt you claim.
    """
    with app.desk() as desk:
        identifier = _reference(desk, record, deals_too=end)
        if end:
            actions.take_back(desk, identifier, text)
        else:
            actions.dispute(desk, identifier, _BY_NAME[reason], text)
        state = stored.RESOLVED if end else stored.OPEN
        app.show({"record": identifier.hex(), "state": state}, f"{short(identifier)} {'taken back' if end else state}")
        if not end:
            app.say("To agree on what is right: lazpool correct RECORD AMOUNT, which the other confirms")
        app.say_if_down(desk)


@command("claim", example="lazpool claim 5be1f0 --reason 'we drove, and you said so at the car'")
@click.argument("deal_id", metavar="DEAL")
@click.option("--reason", type=free_text(MAX_TEXT), default="", help="A few words to the passenger, sealed.")
@click.pass_obj
def claim(app: App, deal_id: str, reason: str) -> None:
    """As the driver, say that a ride took place whose receipt the passenger does not sign.

    It is noted in your log, and shown to both. It counts for nothing until the passenger signs: lazpool done DEAL.
    """
    with app.desk() as desk:
        found = hex_id(desk.node, "deals", deal_id, "deal")
        actions.claim(desk, found, reason)
        state = find(desk, found).state
        app.show({"deal": found.hex(), "state": state}, f"{short(found)} {state}: not counted until they sign")
        app.say_if_down(desk)


@command("correct", example="lazpool correct 6cb0e2f1 4.20")
@click.argument("record", metavar="RECORD")
@click.argument("amount", type=lambda text: 0 if text.strip() in {"0", "0.00"} else minor_units(text), metavar="AMOUNT")
@click.pass_obj
def correct(app: App, record: str, amount: int) -> None:
    """Propose that a receipt or settlement counts for AMOUNT from now on; the other confirms it, or refuses.

    Nothing is edited: both sign a record of the difference. The amount that it has already says that it stands, which
    ends a dispute about it.
    """
    with app.desk() as desk:
        identifier = _reference(desk, record)
        with typed("an amount that two people could owe each other"):
            found = corrections.correct(desk, identifier, amount)
        app.show({"correction": found.id.hex(), "state": found.state}, f"{short(found.id)} {found.state}")
        app.say("It counts once they confirm it: lazpool disputes")
        app.say_if_down(desk)


@command("disputes", example="lazpool disputes")
@click.pass_obj
def disputes(app: App) -> None:
    """List what you and others dispute, claim and correct, and what waits for an answer."""
    with app.desk() as desk:
        found, names = stored.everything(desk.node), names_of(desk)
        changes = confirmed.CORRECTIONS.everything(desk.node)
        documents = {
            "disputes": [document(desk, one) for one in found],
            "corrections": [_correction(desk, one) for one in changes],
        }
        tables = [Table(_COLUMNS, [_row(desk, one, names) for one in found], "" if changes else _EMPTY)]
        tables += [Table(_CHANGES, [_change(desk, one, names) for one in changes], "")] if changes else []
    app.show(documents, *(one for one in tables if one.rows or one.empty))


def document(desk: Desk, one: Stored) -> dict[str, object]:
    """Return a dispute as lists have it."""
    deal = deals.get(desk.node, one.deal)
    return {
        "about": one.reference.hex(),
        "deal": one.deal.hex(),
        "mine": bool(one.mine),
        "with": deal.peer.hex() if deal else None,
        "reason": REASONS[one.reason],
        "text": one.text,
        "at": times.iso(desk, one.at),
        "state": one.state,
        "ended": one.ended or None,
    }


def of_deal(desk: Desk, deal: deals.Deal) -> list[Stored]:
    """Return the disputes about a deal, or about its receipt."""
    about = [one.id for one in _receipts_of(desk, deal)]
    about += [agreement_from(deal.terms).id] if deal.terms else []
    return [one for identifier in about for one in stored.about(desk.node, identifier)]


def line(one: Stored) -> str:
    """Return a dispute as a line below a deal."""
    by = "you" if one.mine else "they"
    what = "claim this ride, not counted" if one.reason == NOT_SIGNED else f"dispute it: {_reason(one)}"
    return f"{by} {what}{f', {one.text!r}' if one.text else ''} ({one.ended or one.state})"


def _reference(desk: Desk, text: str, *, deals_too: bool = False) -> bytes:
    tables = [(desk.node, "receipts"), (desk.node, "settlements")] + ([(desk.node, "deals")] if deals_too else [])
    found = hex_id_of(tables, text, "receipt")  # type: ignore[arg-type] # names of tables
    deal = deals.get(desk.node, found) if deals_too else None
    return agreement_from(deal.terms).id if deal and deal.terms else found


def _receipts_of(desk: Desk, deal: deals.Deal) -> list[StoredReceipt]:
    return [one for state in (ledger.SEALED, ledger.PROPOSED) for one in ledger.of_deal(desk.node, deal.id, state)]


def _reason(one: Stored) -> str:
    return _WORDS.get(REASONS[one.reason], REASONS[one.reason])


def _row(desk: Desk, one: Stored, names: dict[bytes, str]) -> tuple[str, ...]:
    deal = deals.get(desk.node, one.deal)
    by = "you" if one.mine else who(deal.peer, names) if deal else ""
    about = f"deal {short(one.deal)}" if one.reason == NOT_SIGNED else short(one.reference)
    return about, by, times.day(desk, one.at), _reason(one), one.text, one.ended or one.state


def _correction(desk: Desk, one: Confirmed) -> dict[str, object]:
    terms = correction_from(one.terms)
    return {
        "id": one.id.hex(),
        "record": terms.record.hex(),
        "state": one.state,
        "mine": terms.first in desk.identities,
        "with": actions.other_of(desk, terms).hex(),
        "was": money(abs(terms.was), terms.unit),
        "now": money(abs(terms.now), terms.unit),
        "at": times.iso(desk, terms.at),
        "reason": one.reason,
    }


def _change(desk: Desk, one: Confirmed, names: dict[bytes, str]) -> tuple[str, ...]:
    terms = correction_from(one.terms)
    by = "you" if terms.first in desk.identities else who(terms.first, names)
    return (
        *(short(one.id), short(terms.record), by, times.day(desk, terms.at), price(abs(terms.was), terms.unit)),
        *(price(abs(terms.now), terms.unit), one.state, _NEXT.get(one.state, one.reason)),
    )
