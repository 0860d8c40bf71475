"""The desk that every action works at: settings, keys, the two databases and a clock."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lazpool import __version__
from lazpool.config import Config, load_config, write_config
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.grants import read_standing
from lazpool.records.people import Device, certify, check_name
from lazpool.records.revocations import commitment_to
from lazpool.store import board_schema, node_schema
from lazpool.store.database import Store, open_store
from lazpool.wire.hashing import network_id
from lazpool.wire.keys import Keys, create_keys, is_rotating, load_keys
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from lazpool.actions.room import Room
    from lazpool.roads.choice import Roads


@dataclass(slots=True)
class Desk:
    """An open home. `clock` gives seconds since the epoch."""

    config: Config
    keys: Keys
    node: Store
    board: Store
    clock: Callable[[], float] = field(default=time.time)
    room: Room | None = field(default=None, init=False)
    _roads: Roads | None = field(default=None, init=False)
    _identities: frozenset[bytes] = field(default=frozenset(), init=False)

    @property
    def roads(self) -> Roads:
        """The router of this home."""
        if self._roads is None:
            from lazpool.roads.choice import Roads  # noqa: PLC0415 # H3, which most commands do without

            self._roads = Roads(self.config.roads_folder)
        return self._roads

    @property
    def net(self) -> bytes:
        """The network's 8 bytes."""
        return network_id(self.config.network)

    @property
    def device(self) -> Device:
        """This person and this device."""
        if self.keys.identity:
            return certify(self.keys.identity, public_key(self.keys.log), self.net)
        return self._standing[0]

    @property
    def identity(self) -> bytes:
        """The person's public key."""
        return public_key(self.keys.identity) if self.keys.identity else self._standing[0].identity

    @property
    def identities(self) -> frozenset[bytes]:
        """The person's public key, and those that it has followed."""
        if not self._identities:
            from lazpool.store import rotations  # noqa: PLC0415 # only who reads the ledger asks

            self._identities = frozenset({self.identity, *(one.old for one in rotations.ours(self.node))})
        return self._identities

    def forget(self) -> None:
        """Read anew who this is, since the identity has changed."""
        self._identities = frozenset()

    def device_of(self, identity: bytes) -> Device:
        """Return this device as the identity vouches for it that terms name: ours, or one of before.

        Raises RefusedError where that one never vouched for this log.
        """
        if identity == self.identity:
            return self.device
        from lazpool.store import rotations  # noqa: PLC0415 # only after a rotation

        before = rotations.after(self.node, identity)
        try:
            found = Device(identity, public_key(self.keys.log), before.certificate if before else b"")
            found.check(self.net)
        except MalformedError:
            raise RefusedError("it names an identity that is older than this log", code="rotated") from None
        return found

    @property
    def next_commitment(self) -> bytes:
        """The commitment to the identity that may follow."""
        return commitment_to(self.keys.next_identity) if self.keys.next_identity else self._standing[1]

    @property
    def _standing(self) -> tuple[Device, bytes]:
        """What a device that was added knows of its person."""
        return read_standing(self.keys.grant)

    def check_identity(self) -> None:
        """Raise RefusedError on a device that was added: it signs receipts, and cannot speak of keys."""
        if not self.keys.identity:
            hint = "do this on the machine that holds your identity: see docs/how-to/keys.md"
            raise RefusedError("this device does not hold your identity key", hint=hint, code="no-identity")

    @property
    def node_pk(self) -> bytes:
        """The libp2p node's public key."""
        return public_key(self.keys.node)

    @property
    def second(self) -> int:
        """Now, in seconds."""
        return int(self.clock())

    @property
    def minute(self) -> int:
        """Now, in minutes."""
        return self.second // 60

    def close(self) -> None:
        """Close the databases."""
        self.node.close()
        self.board.close()


def create_home(
    config: Config, *, seeds: Mapping[str, bytes] | None = None, clock: Callable[[], float] = time.time
) -> None:
    """Make a new home: settings, keys, databases and the first entry of its log; RefusedError when there is one.

    seeds: those that are known already, by the name of the key.
    """
    check_name(config.name)
    if (config.home / "config.toml").exists():
        raise RefusedError(f"{config.home} is a lazpool home already", code="home-exists")
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    config.home.chmod(0o700)
    keys = load_keys(config.keys_folder) if config.keys_folder.exists() else create_keys(config.keys_folder, seeds)
    with desk_at(config, keys, clock=clock) as desk, desk.node.transaction():
        begin_log(desk)
    write_config(config)  # last: a home without settings is none, and making it goes on where a crash left it


def begin_log(desk: Desk) -> None:
    """Write the genesis entry, unless it is there: who owns this log."""
    # Imported late: a home begins once, and every other command would wait 10 ms for it.
    from lazpool.actions import logbook  # noqa: PLC0415
    from lazpool.records.entries import GENESIS, Genesis  # noqa: PLC0415
    from lazpool.store import ledger  # noqa: PLC0415

    if ledger.head(desk.node) is not None:
        return
    genesis = Genesis(desk.device, desk.next_commitment, f"lazpool {__version__}")
    logbook.add(desk, None, GENESIS, genesis.payload())


@contextmanager
def open_desk(home: Path, *, clock: Callable[[], float] = time.time) -> Iterator[Desk]:
    """Open an existing home for the duration of a block."""
    config = load_config(home)
    with desk_at(config, load_keys(config.keys_folder), clock=clock) as desk:
        if is_rotating(config.keys_folder):
            from lazpool.actions.rotating import finish  # noqa: PLC0415 # only after a crash

            finish(desk)
        yield desk


def renew_board(desk: Desk) -> bool:
    """Make a new board if its file was deleted under us; tell whether it was. It heals by sync."""
    if not desk.board.is_gone():
        return False
    file = desk.config.board_file
    desk.board.close()  # before the new one is opened: SQLite keeps one set of locks a process and name
    if not file.exists():
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
    desk.board = open_store(file, board_schema, synchronous="NORMAL")
    return True


@contextmanager
def desk_at(config: Config, keys: Keys, *, clock: Callable[[], float] = time.time) -> Iterator[Desk]:
    """Open the databases of a home whose settings and keys are known."""
    node = open_store(config.node_file, node_schema, synchronous="FULL")
    try:
        board = open_store(config.board_file, board_schema, synchronous="NORMAL")
    except BaseException:
        node.close()
        raise
    desk = Desk(config, keys, node, board, clock)
    try:
        yield desk
    finally:
        desk.close()
