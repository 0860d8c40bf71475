"""What must hold at every moment and at the end, seen from outside through connections of its own.

The numbers are those of the list of invariants in docs/explanation: what was acknowledged survives (1), a signature on
the wire is durable before (2), a sealed deal has exactly one seal (3), no number of a log is used twice (4), both sides
end alike (5), balances are opposite (6), nothing is accepted by one and refused by the other (7), and when nothing is
open nothing is sent (8); and no seat is sold twice (9).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from itertools import accumulate
from typing import TYPE_CHECKING

from lazpool.actions import books
from lazpool.actions.exporting import bundle
from lazpool.records.agreements import agreement_from
from lazpool.records.cosigned import terms_from
from lazpool.records.deal_bodies import Acceptance, Proposal
from lazpool.records.disputes import Correction, Dispute
from lazpool.records.halves import Confirmation, Countersign, Receipt, Settlement
from lazpool.records.posts import read_post
from lazpool.records.shape import shaped
from lazpool.rules.negotiation import SEATED, Role, State
from lazpool.store import deals, ledger
from lazpool.store import settlements as settled
from tests.simulation.outside import verify_bundle

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.post_office import Outgoing
    from tests.town import Town

_NOT_DURABLE = {
    Proposal.KIND: "SELECT 1 FROM deals WHERE id=? AND length(passenger_sig)=64",
    Acceptance.KIND: "SELECT 1 FROM deals WHERE id=? AND length(offer_sig)=64 AND length(bind_sig)=64",
    Receipt.KIND: "SELECT 1 FROM receipts WHERE deal=? AND length(first)=64",
    Countersign.KIND: "SELECT 1 FROM receipts WHERE state='sealed' AND passenger=(SELECT peer FROM deals WHERE id=?)",
    Settlement.KIND: "SELECT 1 FROM settlements WHERE deal=? AND length(first)=64",
    Confirmation.KIND: "SELECT 1 FROM (SELECT state, payer FROM settlements UNION ALL SELECT state, payer "
    "FROM corrections) WHERE state='sealed' AND payer=(SELECT peer FROM deals WHERE id=?)",
    Correction.KIND: "SELECT 1 FROM corrections WHERE deal=? AND length(first)=64",
    Dispute.KIND: "SELECT 1 FROM disputes WHERE deal=? AND mine=1",
}
"""What must be on the disk when a letter of that kind leaves."""


class Witness:
    """Remembers what was seen, and objects when it is no longer so."""

    def __init__(self, town: Town) -> None:
        """Watch a town."""
        self._town = town
        self._letters: dict[str, set[bytes]] = {name: set() for name in town.desks}
        self._seen: dict[str, object] = {}
        self._verified: dict[str, tuple[object, ...]] = {}
        self._entries: dict[tuple[bytes, int], bytes] = {}
        self._sent: dict[tuple[str, bytes, int, int], bytes] = {}

    def sees_sending(self, name: str, row: Outgoing) -> None:
        """Check that what leaves is committed, and what it signs for, too (2)."""
        with closing(_outside(self._town[name])) as disk:
            found = disk.execute("SELECT data FROM outbox WHERE id=?", (row.id,)).fetchone()
            assert found == (row.data,), "a letter leaves that is not committed"
            number = name, row.deal, disk.execute("SELECT counter FROM outbox WHERE id=?", (row.id,)).fetchone()[0]
            before = self._sent.setdefault((*number, row.letter_kind), row.data)
            assert before == row.data, "two letters of a deal have one number (4)"
            if sql := _NOT_DURABLE.get(row.letter_kind):
                assert disk.execute(sql, (row.deal,)).fetchone(), "a signature leaves that is not committed"

    def looks(self) -> None:
        """Check all that must hold at every moment."""
        for name, desk in self._town.desks.items():
            written = self._town.writes(name)
            if self._seen.get(name) == written:
                continue
            self._seen[name] = written
            with closing(_outside(desk)) as disk:
                self._letters_stay(name, disk)
                self._entries_stay(desk, disk)
            self._heads_hold(desk)
            self._seals_fit(desk)
            _seats_suffice(desk)
            self._ledger_holds(name, desk)

    def _ledger_holds(self, name: str, desk: Desk) -> None:
        """Check the whole ledger, when it changed since the last look."""
        told = "(SELECT group_concat(state) FROM receipts), (SELECT group_concat(state) FROM settlements), "
        told += "(SELECT group_concat(state) FROM corrections), (SELECT group_concat(state) FROM disputes)"
        sql = f"SELECT count(*), {told} FROM entries"  # noqa: S608 # our names
        stage = tuple(desk.node.all(sql)[0])
        if self._verified.get(name) != stage:
            verdict = books.verify(desk)
            assert verdict.ok, verdict.errors
            self._verified[name] = stage

    def sees_the_end(self) -> None:
        """Check what must hold once all letters are delivered and nothing is under way."""
        self._seen.clear()
        self._verified.clear()
        self.looks()
        assert self._town.is_quiet(), "something is still sent when nothing is open (8)"
        self._both_ends_alike()
        self._settlements_alike()
        self._balances_are_opposite()

    def asks_another(self) -> None:
        """Check that whoever is shown the ledgers believes them, by a program that shares no code with ours (7)."""
        for desk in self._town.desks.values():
            verify_bundle(bundle(desk))

    def sees_a_loss(self, name: str) -> None:
        """Note that a home came back from a backup: what it had acted on since, it may not know."""
        self._letters[name] = set()

    def sees_the_end_after_losses(self) -> None:
        """Check what must hold in the end however many homes were lost: both have the same records, and all hold."""
        self._seen.clear()
        self._verified.clear()
        self.looks()
        assert self._town.is_quiet(), "something is still sent when nothing is open (8)"
        held: dict[frozenset[bytes], dict[bytes, set[bytes]]] = {}
        for desk in self._town.desks.values():
            for stored in [*ledger.receipts(desk.node), *settled.in_state(desk.node, settled.SEALED)]:
                pair = frozenset(
                    (stored.payer, stored.payee)
                    if isinstance(stored, settled.Stored)
                    else (stored.passenger, stored.driver)
                )
                held.setdefault(pair, {one: set() for one in pair})[desk.identity].add(stored.id)
        self.asks_another()
        for pair in held.values():
            one, other = pair.values()
            assert one == other, "a record that one has sealed is lost to the other, or refused (1, 7)"
        self._balances_are_opposite()

    def _letters_stay(self, name: str, disk: sqlite3.Connection) -> None:
        now = {row[0] for row in disk.execute("SELECT id FROM letters")}
        assert now >= self._letters[name], "an acknowledged letter was forgotten (1)"
        self._letters[name] = now

    def _entries_stay(self, desk: Desk, disk: sqlite3.Connection) -> None:
        log_pk = desk.device.log_pk
        for log, seq, identifier in disk.execute("SELECT log, seq, id FROM old_entries"):
            assert self._entries.setdefault((log, seq), identifier) == identifier, "a number was used again (4)"
        now = dict(disk.execute("SELECT seq, id FROM entries").fetchall())
        for (log, seq), identifier in self._entries.items():
            if log == log_pk:
                assert now.get(seq) == identifier, "an entry was lost, or its number used again (4)"
        self._entries |= {(log_pk, seq): identifier for seq, identifier in now.items()}

    def _heads_hold(self, desk: Desk) -> None:
        """Check that the heads which receipts name are those of the logs (4)."""
        for state in (ledger.PROPOSED, ledger.LAPSED, ledger.SEALED):
            confirmed = [*settled.in_state(desk.node, state), *settled.CORRECTIONS.in_state(desk.node, state)]
            for stored in [*ledger.receipts(desk.node, state), *confirmed]:
                terms = terms_from(stored.terms)
                self._is_head(terms.init_log, terms.init_seq, terms.init_head)
                if stored.second:
                    _, device, seq, head, _ = shaped(stored.second, 512, 5)
                    self._is_head(device[1], seq, head)  # type: ignore[index,arg-type] # a device, a number, a hash

    def _is_head(self, log: bytes, seq: int, head: bytes) -> None:
        assert self._entries.setdefault((log, seq), head) == head, "a receipt names a head that the log has not (4)"

    def _seals_fit(self, desk: Desk) -> None:
        sealed = Counter(stored.deal for stored in ledger.receipts(desk.node))
        for deal in deals.all_deals(desk.node):
            if not deal.terms:
                continue  # an invitation that a restored home has not seen accepted
            wanted = 1 if deal.state is State.RECEIPTED else 0
            assert sealed[deal.id] == wanted, f"a deal that is {deal.state} has {sealed[deal.id]} seals (3)"

    def _both_ends_alike(self) -> None:
        ends: dict[bytes, dict[Role, State]] = {}
        for desk in self._town.desks.values():
            for deal in deals.all_deals(desk.node):
                ends.setdefault(deal.id, {})[deal.role] = deal.state
        for end in ends.values():
            pair = end.get(Role.PASSENGER), end.get(Role.DRIVER)
            assert pair in ENDS, f"the two sides of a deal end apart: {pair} (5)"

    def _settlements_alike(self) -> None:
        ends: dict[bytes, dict[bool, str]] = {}
        for desk in self._town.desks.values():
            for stored in [*settled.everything(desk.node), *settled.CORRECTIONS.everything(desk.node)]:
                ends.setdefault(stored.id, {})[stored.payer == desk.identity] = stored.state
        for end in ends.values():
            pair = end.get(True), end.get(False)
            assert pair in SETTLED, f"the two sides of a settlement end apart: {pair} (5)"

    def _balances_are_opposite(self) -> None:
        owed: Counter[tuple[bytes, bytes]] = Counter()
        for desk in self._town.desks.values():
            for row in books.balance(desk):
                owed[desk.identity, row.other] += row.amount
        for (one, other), amount in owed.items():
            assert owed[other, one] == -amount, "two people disagree on what they owe each other (6)"
        assert sum(owed.values()) == 0


_S = State
ENDS: set[tuple[State | None, State | None]] = {
    (None, _S.INVITED),
    (None, _S.WITHDRAWN),
    (_S.INVITED, _S.INVITED),
    (_S.INVITED, _S.WITHDRAWN),
    (_S.LAPSED, _S.WITHDRAWN),
    (_S.DECLINED, _S.WITHDRAWN),
    (_S.WITHDRAWN, _S.WITHDRAWN),
    (_S.PROPOSED, _S.RECEIVED),
    (_S.DECLINED, _S.DECLINED),
    (_S.DECLINED, None),
    (_S.WITHDRAWN, None),
    (_S.WITHDRAWN, _S.RECEIVED),  # the withdrawal came before the proposal; an acceptance is answered by it again
    (_S.WITHDRAWN, _S.DECLINED),
    (_S.WITHDRAWN, _S.LAPSED),
    (_S.WITHDRAWN, _S.CANCELLED),
    (_S.LAPSED, _S.LAPSED),
    (_S.LAPSED, _S.DECLINED),
    (_S.LAPSED, None),
    (_S.AGREED, _S.AGREED),
    (_S.CANCELLED, _S.CANCELLED),
    (_S.CLAIMED, _S.CLAIMED),
    (_S.CLAIMED, _S.CANCELLED),
    (_S.CANCELLED, _S.CLAIMED),
    (_S.RECEIPTED, _S.RECEIPTED),
}
"""How a deal may stand on the passenger's and on the driver's side once every letter is delivered."""

SETTLED: set[tuple[str | None, str | None]] = {
    ("proposed", "offered"),
    ("sealed", "sealed"),
    ("lapsed", "refused"),
    ("lapsed", "offered"),  # it was taken back before it came, or nobody answered for a month
    ("lapsed", None),
}
"""How a settlement may stand on the payer's and on the payee's side once every letter is delivered."""


def _outside(desk: Desk) -> sqlite3.Connection:
    """Return a connection of our own, which sees only what is committed."""
    return sqlite3.connect(f"file:{desk.config.node_file}?mode=ro", uri=True)


def _seats_suffice(desk: Desk) -> None:
    """Count who gets in and out along the way of each offer."""
    stops: dict[bytes, list[tuple[float, int]]] = {}
    for deal in deals.all_deals(desk.node):
        if deal.role is Role.DRIVER and deal.state in SEATED and deal.legs:
            seats = agreement_from(deal.terms).seats
            assert deal.pickup_pos < deal.dropoff_pos
            stops.setdefault(deal.offer, []).extend([(deal.pickup_pos, seats), (deal.dropoff_pos, -seats)])
    for offer, order in stops.items():
        seats = read_post(offer)[0].post.seats  # type: ignore[union-attr] # an offer
        assert max(accumulate(change for _, change in sorted(order))) <= seats, "a seat is sold twice (9)"
