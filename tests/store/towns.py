"""A few towns, made up after real ones, for tests that need a gazetteer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.places import Point
from lazpool.records.towns import Country, Town
from lazpool.store.gazetteer import Content

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COUNTRIES = [
    Country("AT", "AUT", "Austria"),
    Country("CH", "CHE", "Switzerland"),
    Country("FR", "FRA", "France"),
    Country("US", "USA", "United States"),
]
ABOUT = {"attribution": "made up", "licence": "none", "countries": "AT CH FR US", "source": "a test"}


def town(number: int, name: str, country: str, lat: float, lon: float, population: int, region: str = "84") -> Town:
    """Return a town."""
    return Town(number, name, country, region, Point(lat, lon), population)


def content(towns: Iterable[tuple[Town, Sequence[str]]]) -> Content:
    """Return what a gazetteer is built of."""
    return Content(COUNTRIES, [("US", "IL", "Illinois"), ("US", "MO", "Missouri")], towns, ABOUT)


GRENOBLE = town(1, "Grenoble", "FR", 45.1787, 5.7148, 158_000)
LYON = town(2, "Lyon", "FR", 45.7485, 4.8467, 520_000)
VALENCE = town(3, "Valence", "FR", 44.9256, 4.9096, 63_000)
VALENCE_MIDI = town(4, "Valence", "FR", 44.1082, 0.8910, 5_000, "76")
GENEVA = town(5, "Geneva", "CH", 46.2022, 6.1457, 201_000, "GE")
SPRINGFIELD = [
    town(10, "Springfield", "US", 37.2153, -93.2982, 170_000, "MO"),
    town(11, "Springfield", "US", 39.8017, -89.6437, 114_000, "IL"),
]
TOWNS: list[tuple[Town, Sequence[str]]] = [
    (GRENOBLE, ("Grenobla", "Гренобль")),
    (LYON, ("Lyons", "Lugdunum", "LYS")),
    (VALENCE, ()),
    (VALENCE_MIDI, ()),
    (GENEVA, ("Genève", "Genf", "Женева", "x" * 5000)),
    *((one, ()) for one in SPRINGFIELD),
    (town(20, "Lyon 03", "FR", 45.7600, 4.8490, 102_000), ("3eme", "Lyon 3", "Lyon 3e", "Lyon 3ème")),
    (town(21, "Évry", "FR", 48.6328, 2.4405, 51_000, "11"), ("Evry",)),
    (town(22, "Saint-Étienne", "FR", 45.4339, 4.3900, 176_000), ()),
    (town(23, "Sainte-Foy-lès-Lyon", "FR", 45.7337, 4.8029, 21_000), ()),
    (town(24, "L'Isle-d'Abeau", "FR", 45.6192, 5.2309, 12_000), ()),
    (town(25, "Paris", "FR", 48.8534, 2.3488, 2_138_000, "11"), ()),
    (town(26, "Paris 15 Vaugirard", "FR", 48.8404, 2.2932, 229_000, "11"), ("Paris 15e",)),
    (town(27, "Paris 13e Arrondissement", "FR", 48.8299, 2.3555, 177_000, "11"), ()),
    (town(28, "Vienne", "FR", 45.5256, 4.8749, 32_000), ()),
    (town(29, "Vienna", "AT", 48.2085, 16.3721, 1_691_000, "09"), ("Wien", "Vienne")),
    (town(31, "Lyon 07", "FR", 45.7303, 4.8400, 82_000), ()),
    (town(32, "Lentigny", "FR", 45.9930, 3.9800, 1_600), ()),
    (town(33, "Lentigny", "CH", 46.7600, 7.0020, 900, "FR"), ()),
    (town(30, "Wißous", "FR", 48.7333, 2.3333, 5_000, "11"), ()),
]
CONTENT = content(TOWNS)
