"""Real roads and meeting places to test with; skipped where the engine or the data is missing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from lazpool.errors import NoEngineError
from lazpool.roads.build import build
from lazpool.roads.engine import engine_version

ROOT = Path(__file__).parents[1]
FILE = "data/liechtenstein.osm.pbf"

# A shell lets what it starts in the background ignore Ctrl-C, and all that comes of it does so; some tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def shared(name: str) -> Path | None:
    """Return a file of real data that lies beside the checkout, or where LAZPOOL_SHARED says, if it is there."""
    folders = [Path(found)] if (found := os.environ.get("LAZPOOL_SHARED")) else [ROOT.parent / "shared"]
    folders.append(ROOT.parent.parent / "shared")  # for a second working tree
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


@pytest.fixture(scope="session")
def liechtenstein() -> Path:
    """Return the OpenStreetMap extract of Liechtenstein, of 2015."""
    found = shared(FILE)
    if found is None:
        pytest.skip(f"needs {FILE} in the folder that LAZPOOL_SHARED names")
    return found


@pytest.fixture(scope="session")
def bnlc() -> Path:
    """Return the Base nationale des lieux de covoiturage, of November 2023."""
    found = shared("data/bnlc.csv")
    if found is None:
        pytest.skip("needs data/bnlc.csv in the folder that LAZPOOL_SHARED names")
    return found


@pytest.fixture(scope="session")
def engine() -> str:
    """Return the version of the routing engine."""
    try:
        return engine_version()
    except NoEngineError:
        pytest.skip("needs osrm-bindings: Python 3.12 or newer, and pip install 'lazpool[roads]'")


@pytest.fixture(scope="session")
def roads_folder(engine: str, liechtenstein: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the built extract of Liechtenstein."""
    assert engine
    folder = tmp_path_factory.mktemp("roads") / "roads"
    build(liechtenstein, folder, "car", lambda _: None)
    return folder
