"""Devices of one person: a new machine asks, the one with the identity certifies, the new one begins a log of its own.

The identity key never travels, so a device that is stolen can be revoked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions import logbook
from lazpool.actions.desk import create_home, open_desk
from lazpool.config import FILE, Config
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.entries import DEVICE_ADDED, key_payload
from lazpool.records.grants import MAX_HUBS, Grant, pack_standing, read_grant, read_request, request_for
from lazpool.records.people import certify
from lazpool.store import devices, logs, own
from lazpool.wire.keys import DEVICE_NAMES, keep_grant, read_key, write_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lazpool.actions.desk import Desk

THIS, CLOSED, ADDED, REVOKED = "this", "closed", "added", "revoked"


@dataclass(frozen=True, slots=True)
class Listed:
    """A log of ours. state: of this machine, closed here, of another machine, or revoked. since: second, or 0."""

    log: bytes
    name: str
    state: str
    since: int


def ask(home: Path) -> str:
    """Make the keys of a machine that is to be a device of somebody, and return the code to be carried to them.

    Asking again gives the same code, until a grant is accepted.
    """
    if (home / FILE).exists():
        raise RefusedError(f"{home} is a lazpool home already", hint="use another one with --home", code="home-exists")
    folder = Config(home).keys_folder
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    if not _request(folder).exists():
        write_keys(folder, DEVICE_NAMES, {})
    return request_for(read_key(folder, "log"), read_key(folder, "request")).code()


def grant(desk: Desk, code: str, name: str) -> tuple[bytes, str]:
    """Certify the device that a code asks for; return its log and the grant to carry back, or raise MalformedError.

    Once more for the same device gives a grant again, and notes nothing twice.
    """
    desk.check_identity()
    asked = read_request(code)
    _check_other(desk, asked.log)
    device = certify(desk.keys.identity, asked.log, desk.net)
    config = desk.config
    hubs = tuple(row["address"] for row in own.hubs(desk.node) if not row["found"])[:MAX_HUBS]
    found = Grant(device, desk.next_commitment, config.network, config.name, config.contact, config.iban, hubs)
    with desk.node.transaction():
        if asked.log not in {one.log for one in devices.every(desk.node)}:
            logbook.add(desk, logbook.head(desk), DEVICE_ADDED, key_payload(asked.log))
        devices.add(desk.node, devices.Added(asked.log, name, desk.second))
    return asked.log, found.code(asked.box)


def read(home: Path, code: str) -> Grant:
    """Return what a grant says, which must be for this machine; NotFoundError when none is waited for here."""
    folder = Config(home).keys_folder
    if not _request(folder).exists():
        hint = "on the new machine: lazpool init --device"
        raise NotFoundError(f"nothing waits for a grant in {home}", hint=hint)
    return read_grant(code, read_key(folder, "log"), read_key(folder, "request"))


def accept(
    home: Path, grant: Grant, zone: str, join: Callable[[Desk, str], None], clock: Callable[[], float] = time.time
) -> bytes:
    """Make the home of a device; return the identity. What a crash leaves, the same call ends.

    join: keeps a connection with an address, which only the floor above can read.
    """
    config = Config(home, network=grant.network, name=grant.name, contact=grant.contact, iban=grant.iban, zone=zone)
    keep_grant(config.keys_folder, pack_standing(grant.device, grant.next_commitment))
    if not (home / FILE).exists():
        create_home(config, clock=clock)
    with open_desk(home, clock=clock) as desk:
        for address in grant.hubs:
            join(desk, address)
    _request(config.keys_folder).unlink()
    return grant.device.identity


def listing(desk: Desk) -> list[Listed]:
    """Return the logs of this person that this home knows of, oldest first; this device's own stands last."""
    found = [Listed(log, "", CLOSED, ended) for log, ended in logs.closed(desk.node)]
    found += [Listed(one.log, one.name, ADDED, one.added) for one in devices.every(desk.node)]
    found.append(Listed(desk.device.log_pk, "", THIS, 0))
    return [_as_revoked(desk, one) for one in found]


def _as_revoked(desk: Desk, one: Listed) -> Listed:
    known = devices.revocation(desk.node, one.log)
    return one if known is None else Listed(one.log, one.name, REVOKED, known.at)


def _check_other(desk: Desk, log: bytes) -> None:
    if log in {desk.device.log_pk, *logs.every(desk.node)}:
        raise RefusedError("that is a log of this machine itself", code="own-log")
    if devices.revocation(desk.node, log) is not None:
        hint = "make a new home on that machine: lazpool init --device"
        raise RefusedError("this device was revoked, which cannot be taken back", hint=hint, code="revoked")


def _request(folder: Path) -> Path:
    return folder / f"{DEVICE_NAMES[-1]}.key"
