"""The pre-flight check: each thing that a machine may lack is found, and named with the command that installs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest

from tests.frame.programs import ROOT, program

if TYPE_CHECKING:
    from pathlib import Path

COMPILER = str(sysconfig.get_config_var("CC"))


def compiler(path: Path, *, without: str = "no such header") -> Path:
    """Write a compiler that works, except that one header is not installed."""
    return program(
        path,
        f"""source=$(cat)
case $source in *"{without}"*) echo "fatal error: {without}" >&2; exit 1 ;; esac
PATH='{os.environ["PATH"]}'; export PATH
printf '%s\\n' "$source" | exec {COMPILER} "$@" """,
    )


def python(path: Path, *, without: str = "no such module", version: str = "") -> Path:
    """Write a Python that works, except for one module, or for being of another version."""
    this = f'case "$*" in *"{without}"*) exit 1 ;; esac; exec "{sys.executable}" "$@"'
    other = f'case $1 in -V) echo "Python {version}" ;; *) exit 1 ;; esac'
    return program(path, other if version else this)


class Machine:
    """A folder of programs that is the whole PATH of the pre-flight check."""

    def __init__(self, folder: Path) -> None:
        """Start with a 64-bit Debian that has Python and a compiler."""
        self.programs = folder
        self.environment = {"PATH": str(folder)}
        for name in ("sh", "cat", "mktemp", "rm"):
            self.link(name)
        self.word("x86_64", 64)
        python(folder / "python3")
        program(folder / "apt-get", "exit 1")
        program(folder / "apt-cache", "exit 1")
        self.environment["CC"] = str(compiler(folder / "cc"))

    def link(self, name: str) -> None:
        """Give the machine a program of this one."""
        self.programs.mkdir(exist_ok=True)
        (self.programs / name).symlink_to(shutil.which(name) or name)

    def word(self, kernel: str, bits: int) -> None:
        """Set what the kernel says, and the word size of the programs above it."""
        program(self.programs / "uname", f"echo {kernel}")
        program(self.programs / "getconf", f"echo {bits}")

    def check(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the pre-flight check there."""
        command = ["/bin/sh", str(ROOT / ".ci/preflight"), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)

    def refusal(self) -> str:
        """Run the check, expect a refusal, and return what the user reads."""
        done = self.check()
        assert done.returncode != 0
        assert done.stdout == ""
        return done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine on which everything is installed."""
    return Machine(tmp_path / "bin")


def test_a_complete_machine_passes(machine: Machine) -> None:
    """The check prints the Python to use, and nothing is missing."""
    done = machine.check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "python3\n", "")
    assert machine.check("--missing").stdout == ""


@pytest.mark.parametrize(("header", "package"), [("gmp.h", "libgmp-dev"), ("Python.h", "python3-dev")])
def test_a_missing_header_is_named_with_its_package(machine: Machine, header: str, package: str) -> None:
    """One missing header leads to the one command that installs it, and to no other package."""
    compiler(machine.programs / "cc", without=header)
    said = machine.refusal()
    assert header in said
    assert f"    sudo apt-get install {package}\n" in said
    assert machine.check("--missing").stdout == f"{package}\n"


def test_headers_are_compiled_and_not_looked_for(machine: Machine) -> None:
    """A header that lies on the disk, but that the compiler does not find, is missing."""
    machine.environment["CPPFLAGS"] = "-nostdinc"
    said = machine.refusal()
    assert "sudo apt-get install python3-dev libgmp-dev\n" in said


def test_no_compiler(machine: Machine) -> None:
    """Without a compiler no header can be tried, so all that compiling needs is installed."""
    del machine.environment["CC"]
    (machine.programs / "cc").unlink()
    said = machine.refusal()
    assert "no working C compiler" in said
    assert "sudo apt-get install gcc python3-dev libgmp-dev\n" in said


def test_python_without_venv(machine: Machine) -> None:
    """Debian ships Python without ensurepip; the package that brings it is named."""
    python(machine.programs / "python3", without="ensurepip")
    assert "sudo apt-get install python3-venv\n" in machine.refusal()


@pytest.mark.parametrize("version", ["3.9.2", "3.14.0"])
def test_unsuitable_python_is_passed_over_for_a_suitable_one(machine: Machine, version: str) -> None:
    """An unsuitable python3 does not matter where a versioned one is installed, and its packages are that version's."""
    python(machine.programs / "python3", version=version)
    python(machine.programs / "python3.12")
    assert machine.check().stdout == "python3.12\n"
    python(machine.programs / "python3.12", without="ensurepip")
    assert machine.check("--missing").stdout == "python3.12-venv\n"


def test_python_too_old(machine: Machine) -> None:
    """Where the only Python is too old, the check says so and names the packages of one that apt knows."""
    python(machine.programs / "python3", version="3.9.2")
    program(machine.programs / "apt-cache", '[ "$2" = python3.11 ]')
    said = machine.refusal()
    assert "there is Python 3.9.2" in said
    assert "sudo apt-get install python3.11 python3.11-dev python3.11-venv\n" in said


def test_nothing_is_installed(machine: Machine) -> None:
    """On a bare machine one command installs everything."""
    del machine.environment["CC"]
    for name in ("cc", "python3"):
        (machine.programs / name).unlink()
    assert "sudo apt-get install python3 python3-dev python3-venv gcc libgmp-dev\n" in machine.refusal()


@pytest.mark.parametrize(("kernel", "bits"), [("armv7l", 32), ("armv6l", 32), ("aarch64", 32)])
def test_32_bit_arm_is_refused(machine: Machine, kernel: str, bits: int) -> None:
    """A 32-bit system is refused at once, under a 64-bit kernel too, and no package is offered for it."""
    machine.word(kernel, bits)
    said = machine.refusal()
    assert "64-bit Raspberry Pi OS" in said
    assert "apt-get" not in said


def test_a_64_bit_raspberry_pi_passes(machine: Machine) -> None:
    """The 64-bit Raspberry Pi OS is supported."""
    machine.word("aarch64", 64)
    assert machine.check().returncode == 0
