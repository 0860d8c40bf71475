"""A fork proof: two statements of one log that contradict each other; whoever has it need believe nobody.

The format is protocol/forks.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.errors import MalformedError
from lazpool.records.body_shape import Packed, arity, check_part
from lazpool.records.checkpoints import MAX_STATEMENT, statement_from
from lazpool.records.checkpoints import Statement as TreeStatement
from lazpool.records.checkpoints import check_statement as check_tree
from lazpool.records.cosigned import MAX_TERMS, SECOND_TAGS, CoSignedTerms, terms_from
from lazpool.records.entries import MAX_ENTRY, check_entry, entry_from, entry_id
from lazpool.records.receipts import MAX_SEQ, second_extra
from lazpool.records.shape import HASH, KEY, VERSION, build, check_bytes, check_uint, parse, shaped, wire_fields, wrong
from lazpool.wire.codec import encode
from lazpool.wire.envelope import open_envelope
from lazpool.wire.hashing import NET_SIZE
from lazpool.wire.signing import SIGNATURE_SIZE, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.body_shape import AnyBody
    from lazpool.wire.codec import Array

MAX_FORK = 2560
"""Two entries with as much in them as an entry may have."""
ENTRY, FIRST, SECOND, COUNTED, TREE = range(5)
_SIZES = {ENTRY: MAX_ENTRY, FIRST: MAX_TERMS, SECOND: 128, COUNTED: MAX_TERMS + 64, TREE: MAX_STATEMENT}


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that a log's key signed, which says what the id of one of its entries is, or the root over them.

    form: an entry; a first half; a second half without the terms; one with them; what is stated of a checkpoint. data:
    the entry's body; the terms; `[kind, id, seq, head]`; `[terms, seq, head]`; that statement's body.
    """

    form: int
    data: bytes
    signature: bytes

    def __post_init__(self) -> None:
        """Refuse a statement that breaks the format."""
        check_uint("form", self.form, ENTRY, TREE)
        check_part("data", self.data, _SIZES[self.form])
        check_bytes("signature", self.signature, SIGNATURE_SIZE)

    @property
    def names_people(self) -> bool:
        """Tell whether it shows who shared a ride with whom; what only names a log does not."""
        return self.form in {FIRST, COUNTED}


@dataclass(frozen=True, slots=True)
class Fork:
    """Two statements of a log, ordered by form, then data, then signature."""

    KIND: ClassVar[int] = 13
    net: bytes
    log_pk: bytes
    first: Statement
    second: Statement

    def __post_init__(self) -> None:
        """Refuse what breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_bytes("log", self.log_pk, KEY)
        if wire_fields(self.first) >= wire_fields(self.second):
            raise wrong("second", "the statements are not two, in their order")

    def pack(self) -> bytes:
        """Return the bytes of the proof; MalformedError when they are too many."""
        data = encode((VERSION, self.net, self.KIND, self.log_pk, wire_fields(self.first), wire_fields(self.second)))
        if len(data) > MAX_FORK:
            raise MalformedError("size", f"a proof of {len(data)} bytes")
        return data

    @property
    def names_people(self) -> bool:
        """Tell whether it shows who shared a ride with whom, and so is for the two alone."""
        return self.first.names_people or self.second.names_people


@dataclass(frozen=True, slots=True)
class Said:
    """What a statement says: that the log's entry of that number has that id. terms: with which it counts a record.

    tree: what it states of a checkpoint, which is nothing of a single entry (number 0).
    """

    log_pk: bytes
    seq: int
    head: bytes
    terms: CoSignedTerms | None = None
    tree: TreeStatement | None = None


@dataclass(frozen=True, slots=True)
class ForkShown(Packed):
    """A letter that shows somebody a fork proof, above all one of their own log."""

    KIND: ClassVar[int] = 22
    proof: bytes

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_part("proof", self.proof, MAX_FORK)


def fork_of(net: bytes, log_pk: bytes, one: Statement, other: Statement) -> Fork:
    """Return the proof that two statements of a log make, in the order that it has."""
    first, second = sorted((one, other), key=wire_fields)
    return Fork(net, log_pk, first, second)


def fork_from(data: bytes) -> Fork:
    """Decode a fork proof, or raise MalformedError; what it says is not yet checked."""
    _, net, _, log_pk, first, second = parse(data, MAX_FORK, Fork.KIND, 6)
    return build(Fork, net, log_pk, _statement(first), _statement(second))


def second_half(terms_kind: int, identifier: bytes, seq: int, head: bytes, signature: bytes) -> Statement:
    """Return the statement in a second half of a record of that kind, which names no people."""
    return Statement(SECOND, encode((terms_kind, identifier, seq, head)), signature)


def counted_half(terms: CoSignedTerms, seq: int, head: bytes, signature: bytes) -> Statement:
    """Return the statement in a second half together with the terms, so that their number can be compared."""
    return Statement(COUNTED, encode((terms.body(), seq, head)), signature)


def stated(envelope: bytes) -> Statement:
    """Return what is stated of a checkpoint, as it was shown to a witness, as a statement of its log."""
    body, signature = open_envelope(envelope, MAX_STATEMENT)
    return Statement(TREE, body, signature)


def said_by(statement: Statement, net: bytes, log_pk: bytes) -> Said:
    """Return what a statement of a log says, its signature not yet checked; MalformedError when it is of another."""
    its_net = net
    if statement.form == ENTRY:
        entry = entry_from(statement.data)
        said, its_net = Said(entry.log_pk, entry.seq, entry_id(statement.data)), entry.net
    elif statement.form == FIRST:
        terms = terms_from(statement.data)
        said, its_net = Said(terms.init_log, terms.init_seq, terms.init_head), terms.net
    elif statement.form == SECOND:
        _, _, seq, head = _half(statement)
        said = Said(log_pk, seq, head)
    elif statement.form == TREE:
        tree = statement_from(statement.data)
        said, its_net = Said(tree.log_pk, 0, b"", tree=tree), tree.net
    else:
        terms, seq, head = _counted(statement)
        said, its_net = Said(log_pk, seq, head, terms), terms.net
    if (its_net, said.log_pk) != (net, log_pk):
        raise wrong("log", "a statement of another log or network")
    return said


def check_statement(statement: Statement, net: bytes, log_pk: bytes) -> None:
    """Raise MalformedError unless the log's key signed the statement."""
    if statement.form == ENTRY:
        check_entry(entry_from(statement.data), statement.signature, entry_id(statement.data))
    elif statement.form == FIRST:
        terms = terms_from(statement.data)
        verify(log_pk, statement.signature, terms.FIRST, net, terms.id)
    elif statement.form == SECOND:
        kind, identifier, seq, head = _half(statement)
        verify(log_pk, statement.signature, SECOND_TAGS[kind], net, identifier, second_extra(log_pk, seq, head))
    elif statement.form == TREE:
        check_tree(statement_from(statement.data), statement.signature)
    else:
        terms, seq, head = _counted(statement)
        verify(log_pk, statement.signature, terms.SECOND, net, terms.id, second_extra(log_pk, seq, head))


def _half(statement: Statement) -> tuple[int, bytes, int, bytes]:
    kind, identifier, seq, head = shaped(statement.data, _SIZES[SECOND], 4)
    if type(kind) is not int or kind not in SECOND_TAGS:
        raise wrong("kind", f"{kind!r} is no kind of terms that two people sign in turn")
    check_bytes("id", identifier, HASH)  # type: ignore[arg-type] # this is the check
    return kind, identifier, *_head(seq, head)  # type: ignore[return-value] # checked above


def _counted(statement: Statement) -> tuple[CoSignedTerms, int, bytes]:
    terms, seq, head = shaped(statement.data, _SIZES[COUNTED], 3)
    check_part("terms", terms, MAX_TERMS)  # type: ignore[arg-type] # this is the check
    return terms_from(terms), *_head(seq, head)  # type: ignore[arg-type] # checked above


def _head(seq: object, head: object) -> tuple[int, bytes]:
    check_uint("seq", seq, 1, MAX_SEQ)  # type: ignore[arg-type] # this is the check
    check_bytes("head", head, HASH)  # type: ignore[arg-type] # the same
    return seq, head  # type: ignore[return-value] # checked above


def _statement(array: object) -> Statement:
    if type(array) is not tuple:
        raise MalformedError("shape", "a statement that is no array")
    return build(Statement, *arity(array, 3))


READERS: dict[int, Callable[[Array], AnyBody]] = {
    ForkShown.KIND: lambda array: build(ForkShown, *arity(array, 1)),
}
