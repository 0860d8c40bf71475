"""A home is made whole, and once, also when making it is interrupted anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, desk
from lazpool.actions.desk import create_home, open_desk
from lazpool.config import Config
from lazpool.errors import NoHomeError, RefusedError
from lazpool.wire import keys

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


class Killed(BaseException):
    """The process ends here."""


def test_new_home_has_a_log_and_is_not_made_again(tmp_path: Path) -> None:
    """A home begins with a genesis entry that verifies; a second one in its place is refused and changes nothing."""
    create_home(Config(tmp_path / "home", name="Ann"))
    with open_desk(tmp_path / "home") as open_home:
        identity = open_home.identity
        assert books.verify(open_home) == books.Verdict(1, [])
    with pytest.raises(RefusedError) as refused:
        create_home(Config(tmp_path / "home"))
    assert refused.value.code == "home-exists"
    with open_desk(tmp_path / "home") as open_home:
        assert (open_home.identity, open_home.config.name) == (identity, "Ann")


@pytest.mark.parametrize(
    ("module", "function", "call"),
    [
        *((keys, "_write", call) for call in range(4)),
        (keys, "load_keys", 0),
        (desk, "begin_log", 0),
        (desk, "write_config", 0),
    ],
)
def test_interrupted_home_is_made_by_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, function: str, call: int
) -> None:
    """Wherever the process ends, there is no home yet, and the same command makes it."""
    original, calls = getattr(module, function), []

    def dying(*values: object) -> object:
        calls.append(values)
        if len(calls) > call:
            raise Killed
        return original(*values)

    monkeypatch.setattr(module, function, dying)
    with pytest.raises(Killed):
        create_home(Config(tmp_path / "home"))
    monkeypatch.undo()
    with pytest.raises(NoHomeError), open_desk(tmp_path / "home"):
        pytest.fail("half a home was opened")
    create_home(Config(tmp_path / "home"))
    with open_desk(tmp_path / "home") as open_home:
        assert books.verify(open_home) == books.Verdict(1, [])
    assert not list((tmp_path / "home").glob("*unfinished*"))
