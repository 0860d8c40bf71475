"""Two machines of one person and a partner, as real processes: one is added, rides, and is revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals as decisions
from lazpool.actions import proposals
from lazpool.rules.negotiation import State
from lazpool.store import deals, devices
from tests.process.people import People, Person, until
from tests.process.rides import Ride, match, offer, propose, request, start_town, state, wait_state

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


class Machine(Person):
    """A further machine of somebody, certified by hand."""

    def __init__(self, home: Path, owner: Person) -> None:
        """Make it a machine of somebody who has a home."""
        self.owner = owner
        super().__init__(home)

    def settle_in(self, network: str, contact: str) -> None:  # noqa: ARG002 # the grant says them
        """Ask, be certified, accept."""
        code = self.call("init", "--device")["code"]
        grant = self.owner.call("device", "add", code, "--name", self.name)["grant"]
        assert self.call("device", "accept", grant)["identity"] == self.owner.identity


def test_one_device_is_added_and_revoked(people: People) -> None:
    """It rides as its person; once the identity's machine revokes it, the partner's node takes nothing more by it."""
    _, bob, ann = start_town(people, "bob", "ann")
    phone = people.take(Machine(people.root / "phone", ann))  # Ann's machine has joined the hub: so it has, too
    phone.up()
    phone.wait_peers()
    posted = offer(bob)
    Ride(bob, phone, propose(phone, request(phone), posted)).finish()
    (owed,) = bob.call("ledger", "balance")["balances"]
    assert (owed["with"], owed["rides"]) == (ann.identity, 1)
    agreed = propose(ann, request(ann), offer(bob))
    wait_state(bob, agreed, State.RECEIVED)
    decisions.accept(bob.desk, agreed)
    wait_state(ann, agreed, State.AGREED)
    assert ann.call("device", "revoke", "phone", "--yes")["told"] == 1
    until("Bob's node knows", lambda: devices.revocation(bob.desk.node, phone.desk.device.log_pk))
    until("Ann's node knows that it does", lambda: ann.call("status")["outbox"] == 0)
    posted = offer(bob)
    wish = request(phone)
    refused = proposals.propose(phone.desk, match(phone, wish, posted)).id
    phone.wait_sent()
    wait_state(bob, propose(ann, request(ann), posted), State.RECEIVED)  # it came after, on the same way
    assert state(bob, refused) is None
    assert [deal.state for deal in deals.all_deals(phone.desk.node)] == [State.RECEIPTED, State.PROPOSED]
    for person in (ann, bob, phone):
        assert person.call("ledger", "verify")["ok"]
