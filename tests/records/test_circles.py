"""The largest records of a circle fit into a letter, and what is signed by one is not signed by another."""

from __future__ import annotations

from lazpool.records.circle_bodies import (
    MAX_RECORD,
    MAX_SHORTS,
    MAX_TOLD,
    Ask,
    Founding,
    Ride,
    Signed,
    Told,
    pack_record,
)
from lazpool.records.circles import (
    MAX_CARRY,
    MAX_FOUNDING,
    MAX_RIDE,
    SHORT,
    CoSignature,
    FoundingTerms,
    Invite,
    Member,
    RideTerms,
    invite_from,
)
from lazpool.records.letters import seal_letter
from lazpool.records.shape import MAX_MINUTE
from lazpool.wire.seal import MAX_LETTER, box_public_key
from tests.records.values import NET

PEOPLE = [bytes([number]) * 32 for number in range(1, 13)]
BOXES = b"".join(bytes([number]) * 32 for number in (253, 254, 255))
COSIGNED = tuple(CoSignature(one, one, b"\xff" * 64, b"\xff" * 64) for one in PEOPLE)
FOUNDING = FoundingTerms(
    *(NET, b"\xff" * 16, "x" * 32, b"\xff" * 32),
    tuple(Member(one, "x" * 64, one, one, BOXES, MAX_CARRY * (-1) ** number) for number, one in enumerate(PEOPLE)),
    MAX_MINUTE,
)
RIDE = RideTerms(
    *(NET, b"\xff" * 32, MAX_MINUTE // 1440, 9, PEOPLE[0], tuple(PEOPLE), b"\xff" * 16, MAX_MINUTE, b"\xff" * 32)
)


def test_the_largest_fit() -> None:
    """Twelve people with the longest names and three letterboxes each: every letter of the circle can be sealed."""
    assert len(FOUNDING.body()) <= MAX_FOUNDING
    assert len(RIDE.body()) <= MAX_RIDE
    record = pack_record(RIDE.body(), COSIGNED)
    assert len(record) <= min(MAX_RECORD, MAX_TOLD - 3)
    bodies = (
        Founding(FOUNDING.body(), COSIGNED[:1]),
        Signed(FOUNDING.id, COSIGNED, "x" * 500),
        Ride(RIDE.body(), COSIGNED, b"\xff" * 32),
        Ask(b"\xff" * 32, 0, 2**22 - 1, b"\xff" * 8, bytes(SHORT * MAX_SHORTS)),
        Told(MAX_MINUTE, b"\xff" * 32, (b"\xff" * (MAX_TOLD // 2 - 3),) * 2, 1),
    )
    for body in bodies:
        _, sealed = seal_letter(
            *(b"\xff" * 16, MAX_MINUTE, body),
            sender_seed=b"s" * 32, box_pk=box_public_key(b"b" * 32), about=b"a" * 32, net=NET,
        )  # fmt: skip
        assert len(sealed) <= MAX_LETTER


def test_the_longest_code_is_read() -> None:
    """An invitation by somebody with three letterboxes and a long name comes back as it was."""
    invite = Invite(b"\xff" * 16, "x" * 32, *PEOPLE[:3], BOXES)
    assert invite_from(invite.code(NET), NET) == invite
