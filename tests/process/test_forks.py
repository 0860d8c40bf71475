"""Fork proofs between real nodes: a true one reaches everybody, forged ones and floods stop where they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.net.limits import FORK_BURST
from lazpool.records.entries import PROPOSED, Entry, commitment_payload, sign_entry
from lazpool.records.forks import ENTRY, Statement, fork_of
from lazpool.rules.areas import fork_topic
from lazpool.store import forks as store
from lazpool.wire.keys import new_seed
from lazpool.wire.signing import public_key
from tests.process.people import until
from tests.process.strangers import NET, stranger

if TYPE_CHECKING:
    from tests.process.people import People, Person

pytestmark = pytest.mark.process


def proof(seed: bytes = b"") -> bytes:
    """Return a proof that a log was forked, whoever's key signed its two entries."""
    seed = seed or new_seed()
    said = []
    for commitment in (b"a" * 32, b"b" * 32):
        entry = Entry(NET, PROPOSED, public_key(seed), 7, b"p" * 32, 1, commitment_payload(commitment))
        envelope = sign_entry(entry, seed)
        said.append(Statement(ENTRY, envelope.body, envelope.signature))
    return fork_of(NET, public_key(seed), said[0], said[1]).pack()


def kept(person: Person) -> set[bytes]:
    """Return the proofs that somebody's node keeps of strangers' logs."""
    return {one.proof for one in store.everything(person.desk.board)}


def test_proofs_between_nodes(people: People) -> None:
    """A proof travels from node to node and `forks` lists it; a forged one, and what is beyond the quota, does not."""
    near, far = people.add("near", "far")
    near.up()
    far.join(near)
    far.up()
    topic = fork_topic(NET)
    with stranger() as liar:
        liar.subscribe(topic)
        liar.connect(near.address)
        until("the stranger knows who listens", lambda: liar.listeners(topic) > 0)
        true = proof()
        forged = true[:-1] + bytes([true[-1] ^ 1])
        liar.publish(topic, forged)
        liar.publish(topic, true)
        until("a true proof reaches everybody", lambda: kept(near) == kept(far) == {true})
        for _ in range(int(FORK_BURST) + 10):
            liar.publish(topic, proof())
        until("the flood is over", lambda: len(kept(near)) >= FORK_BURST - 2)
        last = proof()
        liar.publish(topic, last)
    with stranger() as other:  # each neighbour has a quota of its own
        other.subscribe(topic)
        other.connect(far.address)
        until("the stranger knows who listens", lambda: other.listeners(topic) > 0)
        word = proof()
        other.publish(topic, word)
        until("another's proof is still heard", lambda: word in kept(far))
    assert last not in kept(near)
    assert len(kept(near)) <= FORK_BURST
    (first, *_) = near.call("forks")["forks"]
    assert (first["what"], first["number"], first["with"]) == ("entry", 7, None)
    assert len(near.log_lines()) < 40
