"""The Makefile's environment, CI's stages, and the packaging."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.frame.programs import ROOT, program

if TYPE_CHECKING:
    from pathlib import Path


class Checkout:
    """A copy of the frame whose Python, pip and lazpool only write down that they were called."""

    def __init__(self, folder: Path) -> None:
        """Copy what the Makefile needs."""
        self.folder = folder
        (folder / ".ci").mkdir(parents=True)
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(ROOT / name, folder / name)
        program(folder / ".ci/preflight", "echo ./python")
        program(
            folder / "python",
            'echo "venv" >> calls; mkdir -p .venv/bin; cp tool .venv/bin/python; cp tool .venv/bin/lazpool',
        )
        program(folder / "tool", 'echo "${0##*/} $*" >> calls')

    def make(self, target: str) -> list[str]:
        """Make a target and return, in order, what was called for it."""
        calls = self.folder / "calls"
        calls.unlink(missing_ok=True)
        # A make that runs these tests must not hand down its own variables.
        environment = {"PATH": os.environ["PATH"]}
        subprocess.run(["make", target], cwd=self.folder, env=environment, capture_output=True, timeout=30, check=True)
        return [call.split(" --")[0].strip() for call in calls.read_text("utf-8").splitlines()]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a clean checkout."""
    return Checkout(tmp_path / "checkout")


def test_demo_needs_nothing_but_the_checkout(checkout: Checkout) -> None:
    """The first run makes the environment and installs lazpool; the second only runs the demo."""
    assert checkout.make("demo") == ["venv", "python -m pip", "lazpool demo"]
    assert checkout.make("demo") == ["lazpool demo"]


def test_environment_serves_tests_and_demo(checkout: Checkout) -> None:
    """The tests add their tools to the demo's environment, and the demo runs in the tests'."""
    checkout.make("demo")
    assert checkout.make("test") == ["python -m pip", "python -m pytest"]
    assert checkout.make("test") == ["python -m pytest"]
    assert checkout.make("demo") == ["lazpool demo"]


def test_environment_is_made_anew_when_the_metadata_changed(checkout: Checkout) -> None:
    """A change of pyproject.toml, which holds the dependencies, starts from an empty environment."""
    checkout.make("test")
    for stamp in (".made", ".run", ".dev"):
        os.utime(checkout.folder / ".venv" / stamp, (0, 0))
    assert checkout.make("test") == ["venv", "python -m pip", "python -m pytest"]


@pytest.mark.parametrize("accident", ["moved", "python upgraded", "interrupted"])
def test_a_broken_environment_is_made_anew(checkout: Checkout, accident: str) -> None:
    """A moved checkout, a Python that went away and an interrupted first run all mend themselves."""
    checkout.make("demo")
    if accident == "moved":
        checkout.folder = checkout.folder.rename(checkout.folder.with_name("elsewhere"))
    elif accident == "python upgraded":
        (checkout.folder / ".venv/bin/python").unlink()
    else:
        (checkout.folder / ".venv/.made").unlink()
    assert checkout.make("demo") == ["venv", "python -m pip", "lazpool demo"]


def test_a_failed_check_stops_before_pip(checkout: Checkout) -> None:
    """Where the pre-flight check fails nothing is made and make fails."""
    program(checkout.folder / ".ci/preflight", "exit 1")
    with pytest.raises(subprocess.CalledProcessError):
        checkout.make("demo")
    assert not (checkout.folder / ".venv").exists()


def ci(folder: Path, *, failing: str, preflight: str = "exit 0") -> subprocess.CompletedProcess[str]:
    """Run CI in an empty checkout with a make of its own, in which one target fails."""
    ride = "printf '#!/bin/sh\\n[ first-ride != \"$FAILING\" ]\\n' > .venv/bin/python; chmod +x .venv/bin/python"
    program(folder / "bin/make", f'mkdir -p .venv/bin; {ride}; echo "=== $1 ended ==="; [ "$1" != "$FAILING" ]')
    program(folder / "here/.ci/preflight", preflight)
    shutil.copy(ROOT / ".ci/run", folder / "here/.ci/run")
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "FAILING": failing}
    return subprocess.run(
        [folder / "here/.ci/run"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("failing", ["test", "lint", "demo", "first-ride"])
def test_ci_fails_when_one_stage_fails(tmp_path: Path, failing: str) -> None:
    """Every stage can fail the run, and pytest's last line is the last one printed all the same."""
    (tmp_path / "shared/acceptance").mkdir(parents=True)
    (tmp_path / "shared/acceptance/first_ride.py").touch()
    done = ci(tmp_path, failing=failing)
    assert done.returncode != 0
    assert done.stdout.endswith("\n=== test ended ===\n")


def test_ci_passes_and_says_what_it_skipped(tmp_path: Path) -> None:
    """Without the outside check beside the checkout CI says that it is skipped, and goes on."""
    done = ci(tmp_path, failing="none")
    assert done.returncode == 0, done.stderr
    assert "skipped, there is no ../shared/acceptance/first_ride.py" in done.stdout
    assert "== make demo: ok" in done.stdout


@pytest.mark.parametrize(("user", "asked"), [(0, ["update", "install --yes"]), (1000, [])])
def test_ci_installs_missing_system_packages_as_root(tmp_path: Path, user: int, asked: list[str]) -> None:
    """Root installs what the pre-flight check misses, from fresh lists; anyone else fails on that check's advice."""
    program(tmp_path / "bin/id", f"echo {user}")
    program(tmp_path / "bin/apt-get", 'echo "$*" >> calls')
    done = ci(tmp_path, failing="none", preflight='[ -f calls ] || { echo libgmp-dev; [ "$1" = --missing ]; }')
    calls = tmp_path / "here/calls"
    called = calls.read_text("utf-8").splitlines() if calls.exists() else []
    assert [call.split(" --no")[0] for call in called] == asked
    assert all("libgmp-dev" in call for call in called[1:])
    assert (done.returncode == 0) == (user == 0)


def test_libp2p_can_be_imported_with_warnings_as_errors() -> None:
    """Tests treat warnings as errors; importing the library that the network is built on raises none."""
    subprocess.run([sys.executable, "-W", "error", "-c", "import libp2p"], check=True, timeout=60)


def test_only_lazpool_is_a_package() -> None:
    """libp2p installs a top-level `examples`; ours stays a folder of programs, as does everything beside lazpool."""
    assert [path.parent.name for path in ROOT.glob("*/__init__.py")] == ["lazpool"]
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert metadata["tool"]["setuptools"]["packages"]["find"]["include"] == ["lazpool*"]
