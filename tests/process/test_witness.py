"""A hub witnesses a member's log over a real network, for who asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.store import checkpoints
from tests.process.people import until

if TYPE_CHECKING:
    from tests.process.people import People

pytestmark = pytest.mark.process


def test_a_hub_signs_the_log_of_a_member_who_wants_it(people: People) -> None:
    """The member's checkpoint is signed by the key in the hub's address; that of another member is not asked for."""
    hub, open_one, shy = people.add("hub", "open", "shy")
    settings = open_one.home / "config.toml"
    settings.write_text(settings.read_text().replace("hub_witness = false", "hub_witness = true"))
    hub.hub()
    for member in (shy, open_one):
        member.join(hub)
        member.call("ledger", "checkpoint")
        member.up()

    made = checkpoints.newest(open_one.desk.node, open_one.desk.device.log_pk)
    assert made is not None
    (witness,) = until("the hub has signed", lambda: checkpoints.witnesses(open_one.desk.node, made.id))
    assert witness.key == hub.desk.node_pk
    assert open_one.call("ledger", "checkpoint")["witnesses"] == 1
    assert shy.call("ledger", "checkpoint")["witnesses"] == 0
    assert checkpoints.seen(hub.desk.node, shy.desk.device.log_pk) is None
