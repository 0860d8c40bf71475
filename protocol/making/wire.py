"""Vectors of the bytes themselves: encoding, hashes, signatures, certificates, envelopes, seals."""

from __future__ import annotations

from typing import Any

from making import curve
from making.curve import NET, OTHER_NET, Signer, digest, signing_input
from making.document import Group, document
from making.raw import Raw, pack, wide

CHAPTER, KEYS = "conventions.md", "keys-and-envelope.md"
LIMIT = 128
ID = bytes(range(32))


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "codec": document("canonical MessagePack, profile LZ-MP1", "codec", CHAPTER, _codec()),
        "hash": document("tagged hashes and network ids", "hash", CHAPTER, _hashes(), _networks()),
        "signature": document("signatures under both rules", "signature", KEYS, _strict(), _plain_rule()),
        "certificate": document("certificates of devices", "certificate", KEYS, _certificates()),
        "envelope": document("envelopes", "envelope", KEYS, _envelopes()),
        "seal": document("sealed letters", "seal", KEYS, _seals()),
    }


def _tagged(value: Any) -> Any:
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, bytes):
        return {"bin": value}
    return {"str": value} if isinstance(value, str) else [_tagged(item) for item in value]


def _codec() -> Group:
    group = Group("Codec", {"limit": LIMIT})
    bounds = [127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1]
    bounds += [-1, -32, -33, -128, -129, -32768, -32769, -(2**31), -(2**31) - 1, -(2**63)]
    values: list[tuple[str, Any]] = [
        ("the empty array", []),
        *((f"the integer {number} in its shortest form", [number]) for number in [0, *bounds]),
        *((f"{size} bytes", [b"\x61" * size]) for size in (0, 1, 100)),
        *((f"text of {size} bytes", ["a" * size]) for size in (0, 31, 32)),
        ("text in normal form C", ["\u00e9\u20ac\U0001d11e"]),
        ("an array of 15", [[0] * 15]),
        ("an array of 16", [[0] * 16]),
        ("three levels", [[[1, b"", "x"]]]),
        ("as many bytes as the limit", [b"\x00" * (LIMIT - 3)]),
    ]
    for comment, value in values:
        group.valid(comment, bytes=pack(value), value=_tagged(value))
    group.invalid("one byte more than the limit", "size", bytes=pack([b"\x00" * (LIMIT - 2)]))
    for comment, data in {**_outside(), **_not_shortest(), **_broken()}.items():
        group.invalid(comment, "codec", bytes=data)
    return group


def _outside() -> dict[str, bytes]:
    """Return MessagePack of types that the profile leaves out."""
    codes = {
        "nil": "c0",
        "false": "c2",
        "true": "c3",
        "float 32": "ca3f800000",
        "float 64": "cb3ff0000000000000",
        "negative zero as a float": "cb8000000000000000",
        "not a number": "cb7ff8000000000000",
        "an empty map": "80",
        "a map": "810102",
        "a map with one key twice": "8201020103",
        "ext 8 without content": "c70005",
        "fixext 1": "d40500",
        "a timestamp": "d6ff00000000",
        "the code never used": "c1",
    }
    found = {f"{name} in an array": b"\x91" + bytes.fromhex(code) for name, code in codes.items()}
    found["an integer, not an array, outermost"] = pack(1)
    found["bytes, not an array, outermost"] = pack(b"\x90")
    found["a map outermost"] = b"\x80"
    found["four levels"] = pack([[[[]]]])
    found["text not in normal form C"] = pack(["e\u0301"])
    found["text that is not UTF-8"] = pack([Raw(b"\xa1\xff")])
    found["text with an overlong form of UTF-8"] = pack([Raw(b"\xa2\xc0\xaf")])
    found["text with half of a surrogate pair"] = pack([Raw(b"\xa3\xed\xa0\x80")])
    return found


def _not_shortest() -> dict[str, bytes]:
    """Return other encodings of values that the profile has."""
    integers = [("1 as uint 8", 0xCC, 1, 1), ("255 as uint 16", 0xCD, 255, 2), ("65535 as uint 32", 0xCE, 65535, 4)]
    integers += [("1 as uint 64", 0xCF, 1, 8), ("1 as int 8", 0xD0, 1, 1), ("1 as int 64", 0xD3, 1, 8)]
    integers += [("200 as int 16", 0xD1, 200, 2), ("-1 as int 8", 0xD0, -1, 1), ("-33 as int 16", 0xD1, -33, 2)]
    found = {name: pack([wide(code, number, size)]) for name, code, number, size in integers}
    found |= {
        "one byte as bin 16": pack([Raw(b"\xc5\x00\x01a")]),
        "one byte as bin 32": pack([Raw(b"\xc6\x00\x00\x00\x01a")]),
        "one letter as str 8": pack([Raw(b"\xd9\x01a")]),
        "one letter as str 16": pack([Raw(b"\xda\x00\x01a")]),
        "one item as array 16": b"\xdc\x00\x01\x01",
        "one item as array 32": b"\xdd\x00\x00\x00\x01\x01",
        "an inner array as array 16": pack([Raw(b"\xdc\x00\x00")]),
    }
    return found


def _broken() -> dict[str, bytes]:
    whole = pack([1, b"ab", "cd"])
    return {
        "no bytes at all": b"",
        "a byte after the end": whole + b"\x00",
        "a second array after the end": whole + whole,
        "the last byte is missing": whole[:-1],
        "an array that declares one item more": b"\x94" + whole[1:],
        "an array that declares 2^32 - 1 items": b"\xdd\xff\xff\xff\xff",
        "bytes that declare 2^32 - 1": b"\x91\xc6\xff\xff\xff\xff",
        "an ext that declares 2^32 - 1": b"\x91\xc9\xff\xff\xff\xff\x05",
        "a hundred levels": b"\x91" * 100,
    }


def _hashes() -> Group:
    group = Group("Hash")
    tags = ("post", "agree", "terms", "entry", "letter", "sealed", "dev", "root", "blind", "place", "net")
    for tag in tags:
        group.valid(f"the tag lz/{tag}/1", tag=f"lz/{tag}/1", data=b"abc", digest=digest(f"lz/{tag}/1", b"abc"))
    for size in (0, 128, 129):
        group.valid(f"{size} bytes", tag="lz/post/1", data=b"\xa5" * size, digest=digest("lz/post/1", b"\xa5" * size))
    return group


def _networks() -> Group:
    group = Group("Network")
    for name in ("lazpool", "lazpool-test", "gr\u00fcn"):
        group.valid(f"the network {name}", name=name, net8=digest("lz/net/1", name.encode())[:8])
    return group


def _strict() -> Group:
    group = Group("Signature", {"rule": "strict", "tag": "entry", "net": NET})
    signer, message = Signer("log"), signing_input("entry", ID)

    def add(comment: str, key: bytes, signature: bytes, extra: bytes = b"") -> None:
        group.invalid(comment, "signature", key=key, id=ID, extra=extra, signature=signature)

    group.valid("an honest signature", key=signer.pk, id=ID, extra=b"", signature=signer.sign("entry", ID))
    group.valid("an extra", key=signer.pk, id=ID, extra=b"more", signature=signer.sign("entry", ID, b"more"))
    honest = signer.sign("entry", ID)
    add("one bit of R is flipped", signer.pk, bytes([honest[0] ^ 1]) + honest[1:])
    add("one bit of S is flipped", signer.pk, honest[:40] + bytes([honest[40] ^ 1]) + honest[41:])
    add("by another key", Signer("stranger").pk, honest)
    add("made for another tag", signer.pk, signer.sign("receipt-init", ID))
    add("made for another network", signer.pk, signer.sign("entry", ID, net=OTHER_NET))
    add("made for another id", signer.pk, signer.sign("entry", ID[::-1]))
    add("made for another extra", signer.pk, honest, b"more")
    high = int.from_bytes(honest[32:], "little") + curve.ORDER
    add("S is not canonical: the order of the group is added", signer.pk, honest[:32] + high.to_bytes(32, "little"))
    for name, key in _small_points().items():
        add(f"the key A is {name}", key, curve.signature_with(message, key=key, scalar=0))
        r = curve.signature_with(message, key=signer.pk, scalar=signer.scalar(), point=key, nonce=0)
        add(f"R is {name}", signer.pk, r)
    key, extra, signature = _mixed_key(signer, "entry")
    add("the key A is of mixed order, and the equation without cofactor holds", key, signature, extra)
    mixed = curve.signature_with(message, key=signer.pk, scalar=signer.scalar(), shift=curve.ORDER_8)
    add("R is of mixed order, and the equation with cofactor holds", signer.pk, mixed)
    return group


def _small_points() -> dict[str, bytes]:
    return {
        "the identity": curve.IDENTITY,
        "the identity, written as p + 1": curve.IDENTITY_PLUS_P,
        "of order 2": curve.ORDER_2,
        "of order 4": curve.ORDER_4,
        "of order 8": curve.ORDER_8,
    }


def _mixed_key(signer: Signer, tag: str) -> tuple[bytes, bytes, bytes]:
    """Return a key with a part of order 8, and an extra and a signature for which that part falls out."""
    key = curve.add(signer.pk, curve.ORDER_8)
    for number in range(256):
        extra = bytes([number])
        message = signing_input(tag, ID, extra)
        signature = curve.signature_with(message, key=key, scalar=signer.scalar())
        if curve.challenge(signature[:32], key, message) % 8 == 0:
            if not curve.libsodium_accepts(key, signature, message):
                raise AssertionError("the one reason must be the point")
            return key, extra, signature
    raise AssertionError("unlikely")


def _plain_rule() -> Group:
    group = Group("Signature", {"rule": "plain", "tag": "post", "net": NET})
    signer = Signer("post")
    honest = signer.sign("post", ID)
    group.valid("an honest signature", key=signer.pk, id=ID, extra=b"", signature=honest)
    for name, signature in {
        "one bit of S is flipped": honest[:40] + bytes([honest[40] ^ 1]) + honest[41:],
        "made for another tag": signer.sign("letter", ID),
        "made for another network": signer.sign("post", ID, net=OTHER_NET),
    }.items():
        group.invalid(name, "signature", key=signer.pk, id=ID, extra=b"", signature=signature)
    return group


def _certificates() -> Group:
    person, device = Signer("passenger identity"), Signer("passenger log")
    group = Group("Certificate", {"net": NET, "identity": person.pk})
    identifier = digest("lz/dev/1", device.pk)
    group.valid("by the person", log=device.pk, certificate=person.sign("dev", identifier))
    for comment, certificate in {
        "by another person": Signer("driver identity").sign("dev", identifier),
        "by the device itself": device.sign("dev", identifier),
        "over the key itself instead of its hash": person.sign("dev", device.pk),
        "over another device": person.sign("dev", digest("lz/dev/1", Signer("driver log").pk)),
        "made for another network": person.sign("dev", identifier, net=OTHER_NET),
        "made for another tag": person.sign("entry", identifier),
    }.items():
        group.invalid(comment, "signature", log=device.pk, certificate=certificate)
    return group


def _envelopes() -> Group:
    group = Group("Envelope", {"limit": 128})
    body, signature = pack([1]), bytes(range(64))
    group.valid(
        "a body and a signature, neither of them looked at",
        bytes=pack([body, signature]),
        body=body,
        signature=signature,
    )
    group.valid("an empty body", bytes=pack([b"", signature]), body=b"", signature=signature)
    group.invalid("one byte more than the limit", "size", bytes=pack([bytes(60), signature]))
    group.invalid("a byte after the end", "codec", bytes=pack([body, signature]) + b"\x00")
    group.invalid("the body as bin 16", "codec", bytes=pack([Raw(b"\xc5\x00\x02" + body), signature]))
    for comment, value in {
        "a signature of 63 bytes": [body, signature[1:]],
        "a signature of 65 bytes": [body, signature + b"\x00"],
        "no signature": [body],
        "a third field": [body, signature, b""],
        "the fields exchanged": [signature, body],
        "the body as an array": [[1], signature],
        "the body as text": ["ab", signature],
        "the signature as text": [body, "a" * 64],
        "an empty array": [],
    }.items():
        group.invalid(comment, "envelope", bytes=pack(value))
    return group


def _seals() -> Group:
    reader = curve.box_pk("reader")
    group = Group("Seal", {"box_sk": curve.seed("reader"), "box_pk": reader})
    for size in (512, 1024, 2048, 4096):
        most = b"\x5a" * (size - 49)
        group.valid(f"the longest text in {size} bytes", bytes=curve.sealed(most, reader, size=size), plain=most)
    group.valid("an empty text", bytes=curve.sealed(b"", reader), plain=b"")
    group.valid("text that ends like padding", bytes=curve.sealed(b"\x80\x00", reader), plain=b"\x80\x00")
    group.valid("more padding than needed", bytes=curve.sealed(b"hi", reader, size=1024), plain=b"hi")
    honest = curve.sealed(b"hello", reader)
    group.invalid("one byte less", "size", bytes=honest[:-1])
    group.invalid("one byte more", "size", bytes=honest + b"\x00")
    group.invalid("of 256 bytes, which is no size of letters", "size", bytes=curve.sealed(b"", reader, size=256))
    group.invalid("of 8192 bytes, which is no size of letters", "size", bytes=curve.sealed(b"", reader, size=8192))
    group.invalid("no bytes at all", "size", bytes=b"")
    for comment, data in {
        "sealed to another key": curve.sealed(b"hello", curve.box_pk("somebody else")),
        "one bit of the text is flipped": honest[:-1] + bytes([honest[-1] ^ 1]),
        "one bit of the ephemeral key is flipped": bytes([honest[0] ^ 1]) + honest[1:],
        "an ephemeral key of small order": bytes(32) + honest[32:],
        "zeros without the mark of padding": curve.sealed(bytes(464), reader, padded=False),
        "text to the last byte, without padding": curve.sealed(b"\x5a" * 464, reader, padded=False),
    }.items():
        group.invalid(comment, "seal", bytes=data)
    return group
