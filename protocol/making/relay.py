"""Vectors of the frame in which two nodes tell each other where they are."""

from __future__ import annotations

from making.curve import NET
from making.document import Group, document
from making.raw import Raw, pack

DIRECT = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWGQmdpbHaRvsTZHXpVfUQCDhcBLYRWmSB5CPLPKJhPHmJ"


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {"where": document("where a node can be dialled", "frames", "relay.md", _where())}


def _where() -> Group:
    group = Group("Where")
    for comment, addresses in {
        "one address": [DIRECT],
        "nowhere": [],
        "eight, and what they say is not looked at yet": ["x" * 400] * 8,
    }.items():
        fields = {"net": NET, "addresses": addresses}
        group.valid(comment, bytes=pack([1, NET, addresses]), fields=fields)
    for comment, (layer, frame) in {
        "nine addresses": ("range", [1, NET, [DIRECT] * 9]),
        "an address of 401 bytes": ("range", [1, NET, ["x" * 401]]),
        "an address in bytes": ("range", [1, NET, [DIRECT.encode()]]),
        "a zero, which is no text": ("range", [1, NET, ["\x00"]]),
        "one address that is no array": ("range", [1, NET, DIRECT]),
        "a network of 7 bytes": ("range", [1, NET[:7], []]),
        "of another kind": ("shape", [2, NET, []]),
        "a field too many": ("shape", [1, NET, [], 0]),
        "a field too few": ("shape", [1, NET]),
    }.items():
        group.invalid(comment, layer, bytes=pack(frame))
    group.invalid("the kind in two bytes", "codec", bytes=pack([Raw(b"\xcc\x01"), NET, []]))
    group.invalid("more bytes than a frame may have", "size", bytes=pack([1, NET, []]) + bytes(4096))
    return group
