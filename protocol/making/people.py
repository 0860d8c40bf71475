"""The two people of the vectors, their devices, and what they agreed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from making.curve import NET, Signer, box_pk, digest
from making.places import MEET_GRENOBLE, MEET_LYON, cell
from making.raw import pack

DEAL = digest("lz/post/1", b"deal")[:16]
MEETING = {"pickup", "dropoff"}


@dataclass(frozen=True)
class Person:
    """Somebody with one device."""

    name: str

    @property
    def identity(self) -> Signer:
        """The key of the person."""
        return Signer(f"{self.name} identity")

    @property
    def log(self) -> Signer:
        """The key of the device."""
        return Signer(f"{self.name} log")

    def device(self, *, by: Signer | None = None, net: bytes = NET) -> list[bytes]:
        """Return the certificate as it travels, or one by somebody else or for another network."""
        certificate = (by or self.identity).sign("dev", digest("lz/dev/1", self.log.pk), net=net)
        return [self.identity.pk, self.log.pk, certificate]

    def card(self) -> list[Any]:
        """Return a contact card."""
        return [box_pk(f"{self.name} card"), Signer(f"{self.name} tag").pk, [Signer("hub 1").pk]]


PASSENGER, DRIVER, STRANGER = Person("passenger"), Person("driver"), Person("stranger")
OFFER = Signer("post")


def agreement(**changes: Any) -> dict[str, Any]:
    """Return the fields of agreement terms by name, in order, with some changed."""
    fields = {
        "version": 1,
        "net": NET,
        "kind": 4,
        "deal": DEAL,
        "offer_id": digest("lz/post/1", b"offer"),
        "offer_pk": OFFER.pk,
        "passenger": PASSENGER.identity.pk,
        "pickup": MEET_GRENOBLE,
        "dropoff": MEET_LYON,
        "pickup_at": 29_000_617,
        "dropoff_at": 29_000_702,
        "seats": 1,
        "distance": 1043,
        "amount": 834,
        "unit": "EUR",
        "answer_by": 29_000_557,
    }
    return {**fields, **changes}


def body(fields: dict[str, Any]) -> bytes:
    """Return the encoding of fields in their order."""
    return pack(list(fields.values()))


def shown(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as the vectors show them: version and kind are said by the subject, cells are in hex."""
    return {
        name: cell(value) if name in MEETING else value
        for name, value in fields.items()
        if name not in {"version", "kind"}
    }


def agree_id(terms: bytes) -> bytes:
    """Return the id of agreement terms."""
    return digest("lz/agree/1", terms)
