"""Posts among six processes at 36 a second: how many come by gossip, how soon, and what each costs.

The peer is bare py-libp2p GossipSub with the same bytes, mesh and pace, in the same run: it neither reads what it
passes on, nor stores it, nor makes up for what is lost. Then the same with two js-libp2p peers among six.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from filled import percentiles
from js_peers import JsPeer, js_folder
from processes import address, node
from rows import Row

from lazpool.actions import posts
from lazpool.actions.desk import open_desk
from lazpool.actions.joining import join
from lazpool.net.address import parse_address
from lazpool.records.places import Point, cell_at
from lazpool.records.posts import DEPART, Request, sign_post
from lazpool.rules.areas import area_of, topic
from lazpool.store import board, post_office
from lazpool.wire.keys import new_seed
from lazpool.wire.seal import box_public_key
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.posts import SignedPost

HERE = Path(__file__).parent
PROCESSES, A_SECOND, SECONDS = 6, 36, 30
SETTLE_S, QUIET_S, WHOLE_S = 6.0, 3.0, 200.0
"""Until the mesh stands; how long all must have had nothing to do; and until boards are equal at most, in seconds."""
IDLE = 0.3
"""Processors that all use together when there is nothing to do, at most. On a machine that cannot keep pace, what they
used until the last post was sent would be the same for everybody."""
MOST_CPU = 1.3
GRENOBLE, LYON = Point(45.1885, 5.7245), Point(45.7606, 4.8594)
DAY = 24 * 60


@dataclass
class Seen:
    """What became of some posts among some processes: what each sent, and by file when each came where."""

    sent: dict[str, tuple[int, float]] = field(default_factory=dict)
    arrived: list[dict[str, float]] = field(default_factory=list)
    cpu_s: float = 0.0

    @property
    def wanted(self) -> int:
        """Count the arrivals that there should be: each post at everybody but its author."""
        return len(self.sent) * (len(self.arrived) - 1)

    def waits(self) -> list[float]:
        """Return the seconds that each arrival took."""
        return [
            there[key] - at
            for key, (author, at) in self.sent.items()
            for number, there in enumerate(self.arrived)
            if number != author and key in there
        ]

    def row(self, what: str, against: str = "") -> Row:
        """Tell how many came, and how soon."""
        waits = self.waits()
        p50, p99 = percentiles(waits)
        part = len(waits) / self.wanted
        return Row(what, f"{part:.2%}, p50 {p50:.0f} ms, p99 {p99:.0f} ms", against)


def gossip(folder: Path) -> list[Row]:
    """Return delivery, latency and CPU of lazpool's nodes and of the bare peer, and delivery with js-libp2p."""
    ours, whole_s = _nodes(folder / "nodes")
    bare = _bare(folder / "bare")
    mine, theirs = (1000 * seen.cpu_s / (len(seen.sent) * PROCESSES) for seen in (ours, bare))
    against = f"bare py-libp2p {theirs:.2f} ms"
    late = WHOLE_S * 2 if whole_s is None else whole_s
    rows = [
        ours.row(f"{PROCESSES} nodes, {A_SECOND} posts a second, by gossip"),
        bare.row("the same, bare py-libp2p GossipSub"),
        Row("CPU a post and node", f"{mine:.2f} ms", against, mine / theirs, at_most=MOST_CPU),
        Row("boards equal by sync", f"after {late:.0f} s", f"at most {WHOLE_S:.0f} s", late / WHOLE_S, at_most=1),
    ]
    if (js := js_folder()) is None:
        print("without js-libp2p: it needs Node.js 20 or newer, with npm", file=sys.stderr)
        return rows
    mixed, _ = _nodes(folder / "mixed", js)
    return [*rows, mixed.row(f"{PROCESSES - 2} nodes and 2 of js-libp2p, by gossip")]


def _nodes(folder: Path, js: Path | None = None) -> tuple[Seen, float | None]:
    """Run nodes, each joined with all others, and two peers of js-libp2p among them if given."""
    count = PROCESSES - 2 if js else PROCESSES
    homes = [folder / f"home{number}" for number in range(count)]
    with ExitStack() as stack:
        processes, desks = [], list[Any]()
        for home in homes:
            home.parent.mkdir(exist_ok=True)
            program = (str(HERE / "gossip_node.py"), str(home.with_suffix(".json")))
            processes.append(stack.enter_context(node(home, "up", program=program)))
            desk = stack.enter_context(open_desk(home))
            posts.request(desk, posts.Wish(GRENOBLE, LYON, desk.minute + DAY, arrive=False, flex=30, seats=1, walk=500))
            for other in homes[: len(desks)]:
                known = parse_address(address(other))
                join(desk, known.text, known.node_pk)
            desks.append(desk)
        peers = [JsPeer(stack, js, folder / f"js{number}.json") for number in range(2)] if js else []
        where = topic(desks[0].net, area_of(GRENOBLE))
        for peer in peers:
            peer.join(where, [address(home) for home in homes])
        time.sleep(SETTLE_S)
        ways: list[Callable[[SignedPost], None]] = [_publisher(desk) for desk in desks]
        ways += [peer.publish for peer in peers]
        seen = _publish(desks[0], ways, [*processes, *(peer.process for peer in peers)])
        whole = None if js else _whole_after(desks, seen)
        for process in processes:
            process.terminate()
            process.wait(20)
        for peer in peers:
            peer.end()
    files = [home.with_suffix(".json") for home in homes] + [peer.file for peer in peers]
    seen.arrived = [json.loads(file.read_text()) for file in files]
    return seen, whole


def _publish(
    desk: Desk, ways: Sequence[Callable[[SignedPost], None]], processes: Sequence[subprocess.Popen[Any]]
) -> Seen:
    """Let everybody publish in turn, at the pace; measure what it takes of the processors."""
    made, seen = requests(desk, A_SECOND * SECONDS), Seen()
    before, begin = _cpu_s(processes), time.time()
    for number, signed in enumerate(made):
        time.sleep(max(0.0, begin + number / A_SECOND - time.time()))
        author = number % len(ways)
        seen.sent[hashlib.sha256(signed.envelope).hexdigest()] = author, time.time()
        ways[author](signed)
    seen.cpu_s = _when_done(processes) - before
    return seen


def _publisher(desk: Desk) -> Callable[[SignedPost], None]:
    area = area_of(GRENOBLE)

    def publish(signed: SignedPost) -> None:
        with desk.board.transaction():
            board.add_own(desk.board, signed, (area,), now=desk.minute)
        with desk.node.transaction():
            post_office.put_post(desk.node, signed.envelope, now=desk.second, expires=signed.post.expires)

    return publish


def requests(desk: Desk, count: int) -> list[SignedPost]:
    """Return as many strangers' requests from one town, signed beforehand."""
    chance, made = random.Random(1), []
    for _ in range(count):
        seed, at = new_seed(), desk.minute + DAY + chance.randrange(DAY)
        ends = (cell_at(GRENOBLE, 7), cell_at(LYON, 7))
        head = (desk.net, public_key(seed), box_public_key(new_seed()), (new_seed(),))
        made.append(sign_post(Request(*head, *ends, DEPART, at, at + 30, 500, 1, 0, at + 90), seed))
    return made


def _whole_after(desks: Sequence[Desk], seen: Seen) -> float | None:
    """Return the seconds from the last post until every board was seen to hold all, None if that takes too long."""
    last = max(at for _, at in seen.sent.values())
    while any(board.count(desk.board) < len(seen.sent) + len(desks) for desk in desks):
        if time.time() - last > WHOLE_S:
            return None
        time.sleep(0.2)
    return time.time() - last


def _bare(folder: Path) -> Seen:
    """Run bare peers, each connected to all others."""
    folder.mkdir()
    files = [folder / f"{number}.json" for number in range(PROCESSES)]
    processes = []
    try:
        for file in files:
            command = [sys.executable, str(HERE / "gossip_bare.py"), str(file)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            processes.append(subprocess.Popen(command, text=True, **pipes))  # type: ignore[call-overload] # pipes
        addresses = [process.stdout.readline().strip() for process in processes]
        for number, process in enumerate(processes):
            _tell(process, addresses[:number])
        with open_desk(folder.parent / "nodes" / "home0") as desk:
            made = requests(desk, A_SECOND * SECONDS)
        begin, seen = time.time() + SETTLE_S, Seen()
        for author, process in enumerate(processes):
            mine = made[author::PROCESSES]
            start, every = begin + author / A_SECOND, PROCESSES / A_SECOND
            _tell(
                process,
                {"topic": "posts", "begin": start, "every": every, "posts": [one.envelope.hex() for one in mine]},
            )
            for number, signed in enumerate(mine):
                seen.sent[hashlib.sha256(signed.envelope).hexdigest()] = author, start + number * every
        time.sleep(max(0.0, begin - time.time()))
        before = _cpu_s(processes)
        time.sleep(SECONDS)
        seen.cpu_s = _when_done(processes) - before
        for process in processes:
            process.stdin.close()
            process.wait(20)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    seen.arrived = [json.loads(file.read_text()) for file in files]
    return seen


def _tell(process: Any, what: object) -> None:
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()


def _when_done(processes: Sequence[subprocess.Popen[Any]]) -> float:
    """Wait until all have done what there is to do; return the processor time that they have used in their lives."""
    deadline, used = time.monotonic() + WHOLE_S, _cpu_s(processes)
    while time.monotonic() < deadline:
        time.sleep(QUIET_S)
        before, used = used, _cpu_s(processes)
        if used - before < IDLE * QUIET_S:
            break
    return used


def _cpu_s(processes: Sequence[subprocess.Popen[Any]]) -> float:
    times = [psutil.Process(process.pid).cpu_times() for process in processes]
    return float(sum(one.user + one.system for one in times))
