"""Terms that a passenger drafts from a match suit the driver; terms that somebody changed do not."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.records.places import Point, centre
from lazpool.records.posts import sign_post
from lazpool.rules import terms as agreement
from lazpool.rules.itinerary import Rider
from lazpool.rules.matching import Fit, Miss, Reason, fit_places
from lazpool.wire.signing import public_key
from tests.rules.town import GRENOBLE, LYON, MIDNIGHT, VOIRON, offer, random_offer, random_rider, request

if TYPE_CHECKING:
    from lazpool.records.agreements import AgreementTerms
    from lazpool.records.posts import Offer, Request

SEED = b"\x08" * 32


def drafted(ride: Offer, wish: Request) -> AgreementTerms | None:
    """Return the terms that the passenger's node would propose, if the posts fit."""
    cells = agreement.meeting_cells(centre(wish.cell_from), centre(wish.cell_to))
    window = agreement.window_of(wish)
    found = fit_places(ride, centre(cells[0]), centre(cells[1]), wish.seats, window=window)
    if not isinstance(found, Fit):
        return None
    signed = sign_post(replace(ride, post_pk=public_key(SEED)), SEED)
    return agreement.draft(signed, deal=b"d" * 16, passenger=b"p" * 32, cells=cells, seats=wish.seats, found=found)


@pytest.fixture
def ride() -> Offer:
    """Return an offer with some flexibility."""
    return offer(GRENOBLE, VOIRON, LYON, flex_before=10, flex_after=10)


@pytest.fixture
def terms(ride: Offer) -> AgreementTerms:
    """Return good terms for it."""
    made = drafted(ride, request(VOIRON, LYON, seats=2))
    assert made is not None
    return made


def test_drafted_terms_suit_the_offer() -> None:
    """What one node drafts from posts that fit, the other never objects to."""
    chance, fits = random.Random(5), 0
    for _ in range(300):
        ride = random_offer(chance)
        if made := drafted(ride, random_rider(chance, ride)):
            fits += 1
            assert agreement.objection(ride, made) == ""
    assert fits > 30


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": 1}, "share"),
        ({"amount": 0}, "share"),
        ({"unit": "CHF"}, "share"),
        ({"seats": 3}, "does not fit the offer: seats"),
        ({"distance": 10}, "distance"),
        ({"distance": 5000}, "distance"),
    ],
)
def test_changed_terms_are_objected_to(
    ride: Offer, terms: AgreementTerms, changes: dict[str, Any], reason: str
) -> None:
    """Another share, currency, distance, or more seats than there are, is answered no without asking a person."""
    assert reason in agreement.objection(ride, replace(terms, **changes))


def test_places_off_the_way_are_objected_to(ride: Offer, terms: AgreementTerms) -> None:
    """Ends the wrong way round, or beyond the detour, do not fit."""
    assert "does not fit" in agreement.objection(ride, replace(terms, pickup=terms.dropoff, dropoff=terms.pickup))
    far = drafted(offer(GRENOBLE, LYON, max_detour=240), request(VOIRON, LYON))
    assert far is not None
    assert "does not fit" in agreement.objection(offer(GRENOBLE, LYON, max_detour=0), far)


@pytest.mark.parametrize(
    ("early", "late", "answer", "reason"),
    [
        (-21, -21, -21, ""),
        (25, 25, 25, ""),
        (-22, -22, -22, "does not fit the offer: time"),
        (26, 26, 26, "does not fit the offer: time"),
        (0, 15, 0, ""),
        (0, 16, 0, "another time"),
        (0, 100_000, 0, "another time"),
        (0, 0, 1, "answer"),
        (0, 0, 100_000, "answer"),
        (0, 0, -60, ""),
    ],
)
def test_times_are_held_to_the_offer(
    ride: Offer, terms: AgreementTerms, early: int, late: int, answer: int, reason: str
) -> None:
    """Pick-up within the offer's flexibility and some patience, a drop-off that the way explains, an answer before."""
    changed = replace(
        terms,
        pickup_at=terms.pickup_at + early,
        dropoff_at=terms.dropoff_at + late,
        answer_by=terms.pickup_at + answer,
    )
    objection = agreement.objection(ride, changed)
    assert (reason in objection) if reason else objection == ""


def test_seats_taken_count_by_leg(ride: Offer, terms: AgreementTerms) -> None:
    """Two who are aboard on another part of the way leave room; on the same part they do not."""
    before = drafted(ride, request(GRENOBLE, VOIRON, seats=2, earliest=MIDNIGHT, latest=MIDNIGHT + 600))
    assert before is not None
    assert isinstance(agreement.place(ride, terms, [seated(ride, before)]), Fit)
    assert agreement.place(ride, terms, [seated(ride, terms)]) == Miss(Reason.SEATS, 2)


def test_nobody_aboard_is_later_than_they_agreed_to_be(ride: Offer, terms: AgreementTerms) -> None:
    """Who lets nothing be later keeps another from being fetched on their way; who has more patience does not."""
    aside = drafted(ride, request(Point(45.55, 5.50), LYON, seats=1))
    assert aside is not None
    hasty, patient = (replace(seated(ride, replace(terms, seats=1)), max_delay=limit) for limit in (2, 10))
    refused = agreement.place(ride, aside, [hasty])
    assert isinstance(refused, Miss)
    assert refused.reason == Reason.DELAY
    taken = agreement.place(ride, aside, [patient])
    assert isinstance(taken, Fit)
    assert refused.short_by + 3 == taken.delay_min


def seated(ride: Offer, agreed: AgreementTerms) -> Rider:
    """Return the rider that terms make in an empty car."""
    found = agreement.place(ride, agreed)
    assert isinstance(found, Fit)
    return Rider(
        *(centre(agreed.pickup), centre(agreed.dropoff), agreed.seats, agreed.pickup_at, agreed.dropoff_at),
        *(found.pickup_pos, found.dropoff_pos),
    )
