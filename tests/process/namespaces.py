"""Hosts of the tests' own on this machine: network namespaces, each with a wire to the hub's and to nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from lazpool.net.address import parse_address
from tests.process.people import LAZPOOL, Person, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Host(Person):
    """Somebody who lives in a namespace, and listens on every address there."""

    def __init__(self, home: Path, namespace: str) -> None:
        """Make a home for a namespace."""
        self._namespace = namespace
        super().__init__(home)

    def program(self) -> tuple[str, ...]:
        """Return what is run to start a node."""
        return ("ip", "netns", "exec", self._namespace, *LAZPOOL)

    def listens_on(self) -> tuple[str, ...]:
        """Return the options that say where."""
        return ("--listen", f"/ip4/0.0.0.0/tcp/{self.port}")

    def address_in(self, prefix: str) -> str:
        """Return the address of this node, once it runs, that begins with an IP prefix."""
        there = self.presence
        found = [text for text in (there.addresses if there else ()) if text.startswith(f"/ip4/{prefix}")]
        return next((text for text in found if parse_address(text).relay is None), "")


@contextmanager
def star(leaves: int) -> Iterator[list[str]]:
    """Make a namespace in the middle and some around it; leaf number n has the network 10.77.n.0/24 to the middle.

    The middle forwards nothing: two leaves reach each other only through a program that runs there. Skips where the
    machine allows no namespaces.
    """
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2")
    names = [f"lz{os.getpid()}-{number}" for number in range(leaves + 1)]
    with ExitStack() as stack:
        for name in names:
            if subprocess.run(("ip", "netns", "add", name), capture_output=True, check=False).returncode:
                pytest.skip("this machine allows no network namespaces")
            stack.callback(_ip, "netns", "del", name)
            _ip("-n", name, "link", "set", "lo", "up")
        for number, name in enumerate(names[1:], 1):
            _wire(names[0], name, number)
        yield names


def _wire(middle: str, leaf: str, number: int) -> None:
    one, other = f"m{number}", f"l{number}"
    _ip("-n", middle, "link", "add", one, "type", "veth", "peer", "name", other, "netns", leaf)
    for namespace, link, host in ((middle, one, 1), (leaf, other, 2)):
        _ip("-n", namespace, "addr", "add", f"10.77.{number}.{host}/24", "dev", link)
        _ip("-n", namespace, "link", "set", link, "up")
    _ip("-n", leaf, "route", "add", "default", "via", f"10.77.{number}.1")


def _ip(*words: str) -> None:
    with suppress(subprocess.CalledProcessError):
        subprocess.run(("ip", *words), capture_output=True, check=True)


def running(host: Host, prefix: str) -> str:
    """Wait until a host runs, and return its address with that prefix."""
    return until(f"{host.name} listens", lambda: host.alive() and host.address_in(prefix))
