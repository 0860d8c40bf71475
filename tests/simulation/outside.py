"""The verifier that shares no code with lazpool, loaded from its file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = Path(__file__).parents[2] / "examples" / "verify_receipt.py"


def _load() -> Callable[[dict[str, Any]], Any]:
    spec = importlib.util.spec_from_file_location("verify_receipt", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[dict[str, Any]], Any] = module.bundle
    return found


verify_bundle = _load()
