"""What a shared ride costs the passenger and spares the air."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

CO2_G_PER_KM = 150
"""Grams of CO2 per car kilometre: an assumption, not a measurement of anyone's car. It is Carpoolear's factor
(STS-Rosario/carpoolear_backend, 0.15 kg/km), and agrees with the EU's new cars of 2015 (119.6 g/km officially, European
Environment Agency) plus the fifth or so by which real driving exceeds the laboratory."""
_HALF, _HUNDRED = 50, 100


def share(price: int, distance_hm: int, seats: int) -> int:
    """Return the passenger's share in minor units, rounded half up.

    price: thousandths of the unit per km and seat. distance_hm: the ride, in units of 100 m. (price / 1000) of the unit
    is price / 10 minor units per km, and a km is 10 hm: hence the hundred.
    """
    return (distance_hm * price * seats + _HALF) // _HUNDRED


def spread(amount: int, distance_hm: int, seats: int) -> int:
    """Return what tolls and the like of a whole way add to the price, in thousandths per km and seat, rounded half up.

    amount: minor units, of which the driver bears a part like every seat. distance_hm: the way, in units of 100 m.
    """
    parts = max(1, distance_hm) * (seats + 1)
    return (2 * _HUNDRED * amount + parts) // (2 * parts)


def co2_saved_g(alone_km: float, detour_km: float) -> int:
    """Return grams of CO2 saved, in road kilometres: the passenger's own car stays at home, the driver's goes further.

    It assumes that the passenger would have driven alone (an upper bound: many would have taken a train or stayed), and
    that a passenger in the back costs no fuel. Negative when the detour outweighs the ride.
    """
    return round((alone_km - detour_km) * CO2_G_PER_KM)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a passenger's share usually is in a country, and what it should not exceed; every figure is data of a file.

    unit: currency, empty for any. price: thousandths of the unit per km and seat, for offers that say none.
    cap_per_seat, cap_per_car: the same, of one seat and of all that one passenger pays; 0 where there is no cap. rule,
    source: in words. valid_from, checked: days, of the figures and of when somebody looked. tolls, parking: how they
    stand to the cap, one of `STANDINGS`.
    """

    STANDINGS: ClassVar[tuple[str, ...]] = ("besides", "within", "not said")

    name: str
    title: str
    unit: str
    price: int
    cap_per_seat: int
    cap_per_car: int
    rule: str
    source: str
    valid_from: str
    checked: str
    tolls: str = "not said"
    parking: str = "not said"

    @property
    def besides(self) -> tuple[str, ...]:
        """What may be shared beside the cap."""
        return tuple(name for name in ("tolls", "parking") if getattr(self, name) == "besides")

    def most(self, unit: str, distance_hm: int, seats: int) -> int | None:
        """Return the most that a share may be in minor units, or None where this profile has nothing to say.

        Tolls and parking are not counted. It is rounded as shares are, so what is exactly at the cap is not above it.
        """
        if self.unit not in {"", unit}:
            return None
        by_seat = share(self.cap_per_seat, distance_hm, seats) if self.cap_per_seat else None
        by_car = share(self.cap_per_car, distance_hm, 1) if self.cap_per_car else None
        return min((cap for cap in (by_seat, by_car) if cap is not None), default=None)
