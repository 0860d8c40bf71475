"""Vectors of topics, areas and admission."""

from __future__ import annotations

from making.curve import NET, OTHER_NET, Signer, digest
from making.document import Group, document
from making.places import AREAS, GRENOBLE, PENTAGON, cell
from making.posts import DEPART, base, envelope, post
from making.raw import pack

CHAPTER = "gossip-and-areas.md"


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "topic": document("topics and areas", "topic", CHAPTER, _topics(), _areas()),
        "admission": document("admission of posts", "admission", CHAPTER, _admission()),
    }


def _topics() -> Group:
    group = Group("Topic", {"net": NET})
    area = AREAS[GRENOBLE.cell]
    good = f"/lazpool/1/{NET.hex()}/area/{cell(area)}"
    group.valid("an area", topic=good, area=cell(area))
    group.valid(
        "an area around a pentagon", topic=good.replace(cell(area), cell(AREAS[PENTAGON])), area=cell(AREAS[PENTAGON])
    )
    for comment, topic in {
        "another version": good.replace("/1/", "/2/"),
        "the network in capitals": good.replace(NET.hex(), NET.hex().upper()),
        "a network of 7 bytes": good.replace(NET.hex(), NET.hex()[2:]),
        "the area in capitals": good.replace(cell(area), cell(area).upper()),
        "an area of resolution 7": good.replace(cell(area), cell(GRENOBLE.cell)),
        "an area that is no cell": good.replace(cell(area), "f" * 15),
        "an area with a zero in front": good.replace(cell(area), "0" + cell(area)),
        "a slash at the end": good + "/",
        "a line feed at the end": good + "\n",
        "nothing in front": good[1:],
        "no text": "",
    }.items():
        group.invalid(comment, "shape", topic=topic)
    return group


def _areas() -> Group:
    group = Group("Area")
    for cell_of, area in AREAS.items():
        group.valid("the area of a cell is its ancestor", cell=cell(cell_of), area=cell(area))
    return group


def _admission() -> Group:
    known, now = base(2, walk=1), DEPART - 60
    known_id = digest("lz/post/1", pack(list(known.values())))
    group = Group("Admission", {"net": NET, "now": now, "known": [known_id]})
    latest = now + 20_160
    for comment, data in {
        "an offer": post(1),
        "a request": post(2),
        "a withdrawal": post(3),
        "it expired a minute ago, as clocks differ": post(1, depart=now - 2, expires=now - 1),
        "it lives to the last minute of 14 days": post(1, expires=latest),
        "it expires as it departs": post(1, expires=DEPART),
        "flags that are reserved": post(1, flags=2**31 + 2**15),
    }.items():
        group.valid(comment, bytes=data, verdict="accept")
    other = pack(list(base(1, net=OTHER_NET).values()))
    for comment, data in {
        "of another network": envelope(other, net=OTHER_NET),
        "it expired two minutes ago": post(1, depart=now - 2, expires=now - 2),
        "it lives a minute longer than 14 days": post(1, expires=latest + 1),
        "it expires before it departs": post(1, expires=DEPART - 1),
        "it expires before the window begins": post(2, expires=DEPART + 59),
        "a withdrawal of a post that expired two minutes ago": post(3, expires=now - 2),
        "a withdrawal of a post that lives a minute longer than 14 days": post(3, expires=latest + 1),
        "known already": post(2, walk=1),
        "known already, and forged: the signature comes last": post(2, walk=1)[:-1] + b"\x00",
    }.items():
        group.tests.append({"comment": comment, "bytes": data, "verdict": "ignore", "result": "invalid"})
    for comment, (layer, data) in {
        "no post at all": ("codec", b"\xc1"),
        "a map in the body": ("codec", envelope(b"\x80")),
        "nine seats, and expired: what is malformed is rejected first": ("range", post(1, seats=9, expires=0)),
        "one bit of the signature is flipped": ("signature", post(1)[:-1] + bytes([post(1)[-1] ^ 1])),
        "a withdrawal by another key": ("signature", envelope(pack(list(base(3).values())), Signer("stranger"))),
    }.items():
        group.invalid(comment, layer, bytes=data, verdict="reject")
    return group
