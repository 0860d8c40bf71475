"""Vectors of closed groups: tags of posts and of proposals, invitation codes."""

from __future__ import annotations

from making.curve import NET, OTHER_NET, Signer, seed
from making.document import Group, document
from making.group_tags import OTHER_SECRET, SECRET, VILLAGE, after, code, hyphens, keyed, member_tag, post_tag
from making.people import agree_id, agreement, body

AGREEMENT = agree_id(body(agreement()))


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {"group": document("closed groups", "group", "groups.md", _posts(), _members(), _codes())}


def _posts() -> Group:
    key = Signer("post").pk
    group = Group("GroupPost", {"secret": SECRET, "net": NET})
    group.valid("a post of the group", post_pk=key, tag=post_tag(SECRET, key))
    group.valid("another post of the group", post_pk=Signer("post 2").pk, tag=post_tag(SECRET, Signer("post 2").pk))
    for comment, tag in {
        "the tag of another post, copied": post_tag(SECRET, Signer("post 2").pk),
        "of another group": post_tag(OTHER_SECRET, key),
        "made for another network": post_tag(SECRET, key, OTHER_NET),
        "made as a proposal's": keyed("lz/member/1", SECRET, NET + key),
        "no tag": b"",
    }.items():
        group.invalid(comment, "group", post_pk=key, tag=tag)
    return group


def _members() -> Group:
    group = Group("GroupMember", {"secret": SECRET})
    group.valid("by a member, for these terms", agreement=AGREEMENT, tag=member_tag(SECRET, AGREEMENT))
    other = agree_id(body(agreement(passenger=Signer("stranger identity").pk)))
    for comment, tag in {
        "for the terms of another passenger": member_tag(SECRET, other),
        "by a member of another group": member_tag(OTHER_SECRET, AGREEMENT),
        "made as a post's": keyed("lz/group/1", SECRET, AGREEMENT),
        "no tag": b"",
    }.items():
        group.invalid(comment, "group", agreement=AGREEMENT, tag=tag)
    return group


def _codes() -> Group:
    group = Group("GroupCode", {"net": NET})
    honest = code(SECRET, VILLAGE.encode())
    for comment, text in {
        "as it is made": honest,
        "with a hyphen after every eight digits, as people see it": hyphens(honest),
        "in capitals and with spaces": f"  {hyphens(honest).upper().replace('-', ' ')}\n",
        "with a tab and the line ends of another system": f"\t{hyphens(honest)}\r\n",
    }.items():
        group.valid(comment, code=text, fields={"name": VILLAGE, "secret": SECRET})
    name = "\u00c9cole de Sassenage"
    group.valid(
        "a name beyond ASCII", code=code(seed("x")[:16], name.encode()), fields={"name": name, "secret": seed("x")[:16]}
    )
    group.valid("a name of 32 bytes", code=code(SECRET, b"n" * 32), fields={"name": "n" * 32, "secret": SECRET})
    group.invalid("more than 256 characters", "size", code=honest + " " * 256)
    group.invalid("a digit that base 32 lacks", "codec", code=honest[:-1] + "1")
    group.invalid("the Kelvin sign for k", "codec", code=honest.replace("k", "\u212a", 1))
    group.invalid("bits after the last byte that are not zero", "codec", code=honest[:-1] + after(honest[-1]))
    group.invalid("a name that is not UTF-8", "codec", code=code(SECRET, b"\xff"))
    for comment, text in {
        "empty": "",
        "without its beginning": honest[4:],
        "one digit is another": honest[:10] + ("b" if honest[10] == "a" else "a") + honest[11:],
        "cut": honest[:20],
        "for another network": code(SECRET, VILLAGE.encode(), OTHER_NET),
        "another check": code(SECRET, VILLAGE.encode(), check=bytes(4)),
    }.items():
        group.invalid(comment, "shape", code=text)
    for comment, content in {
        "no name": b"",
        "a name with a line feed": b"a\nb",
        "a name of 33 bytes": b"n" * 33,
        "a name with a space in front": b" n",
        "a name that turns the line around": "\u202en".encode(),
        "a name not in normal form C": "e\u0301".encode(),
    }.items():
        group.invalid(comment, "range", code=code(SECRET, content))
    group.invalid("a secret of 15 bytes and no name", "range", code=code(SECRET[:15], b""))
    return group
