"""What a hub is put into: units of systemd, a container, a dashboard. Each is checked against what it builds on."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from lazpool.actions.standing import Held
from lazpool.config import Config
from lazpool.hub import Hub, hub_of
from lazpool.web.metrics import exposition
from tests.web.boards import live

ROOT = Path(__file__).parents[2]
BOX = ROOT / "examples" / "hub"
UNITS = {"system": BOX / "system" / "lazpool-hub.service", "user": BOX / "user" / "lazpool-hub.service"}
ANALYZE = shutil.which("systemd-analyze") or ""
NEEDS_SYSTEMD = pytest.mark.skipif(not ANALYZE, reason="needs systemd-analyze, of the package systemd")
MOST_EXPOSURE = 20
"""Tenths of what `systemd-analyze security` gives a service that is locked up in nothing: 96."""

HARDENED = {
    "NoNewPrivileges": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "MemoryMax": "1G",
    "Restart": "always",
}
ROOTED = {
    "User": "lazpool",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateUsers": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "CapabilityBoundingSet": "",
    "StateDirectory": "lazpool",
    "StateDirectoryMode": "0700",
}
"""What only the unit of the system can do."""


def settings(unit: Path) -> dict[str, list[str]]:
    """Return the settings of the section [Service], each with all its values."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif "=" in line and not line.startswith("#") and section == "[Service]":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("kind", UNITS)
def test_a_unit_is_hardened(kind: str) -> None:
    """Each option that keeps a hub to its folder and the network is there, with the value that does so."""
    found = settings(UNITS[kind])
    wanted = {**HARDENED, **(ROOTED if kind == "system" else {})}
    assert {name: found.get(name) for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert found["SystemCallFilter"][0] == "@system-service"
    assert found["RestrictAddressFamilies"] == ["AF_INET AF_INET6 AF_UNIX AF_NETLINK"]
    assert found["ExecStart"][0].endswith("/lazpool hub run")


@NEEDS_SYSTEMD
@pytest.mark.parametrize("kind", UNITS)
def test_systemd_understands_a_unit(kind: str, tmp_path: Path) -> None:
    """Its own check finds nothing to say; the program is one that is there."""
    copy = tmp_path / UNITS[kind].name
    copy.write_text(re.sub("ExecStart=[^ ]+", "ExecStart=/bin/true", UNITS[kind].read_text()))
    command = [ANALYZE, "--man=no", *(["--user"] if kind == "user" else []), "verify", str(copy)]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    about = [line for line in (done.stdout + done.stderr).splitlines() if "lazpool-hub" in line]
    if done.returncode and not about:
        pytest.skip(f"systemd-analyze verify does not work here: {done.stderr.strip()[-200:]}")
    assert about == []


@NEEDS_SYSTEMD
def test_the_unit_of_the_system_exposes_little() -> None:
    """By the measure of systemd itself, which counts what a service could still do."""
    command = [ANALYZE, "security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", str(UNITS["system"])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "verall exposure level" not in done.stdout:
        pytest.skip(f"this systemd cannot tell offline: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stdout[-300:]


def test_the_container_installs_what_the_preflight_asks_for() -> None:
    """The packages of the building stage are those that .ci/preflight names where nothing is there, and it is run."""
    text = (BOX / "Containerfile").read_text(encoding="utf-8")
    _, building, running = text.split("\nFROM ")
    words = re.search(r"install --yes --no-install-recommends \\\n\s+(.+)", building)
    assert words
    preflight = (ROOT / ".ci" / "preflight").read_text(encoding="utf-8")
    named = set(re.findall(r'"?(\$apt_python(?:-\w+)?)"?(?=[ \n"])', preflight)) | {"gcc", "libgmp-dev"}
    assert all(name in preflight for name in ("gcc", "libgmp-dev"))
    assert set(words[1].split()) == {name.replace("$apt_python", "python3") for name in named}
    assert "RUN .ci/preflight\n" in building
    assert "'.[hub,places]'" in building
    assert running.index("USER lazpool") < running.index('ENTRYPOINT ["lazpool"]')
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", building, re.MULTILINE):
        assert all((ROOT / one).exists() for one in source.split()), source


def compose() -> dict[str, Any]:
    """Return the one service of the compose file."""
    document = yaml.safe_load((BOX / "compose.yaml").read_text(encoding="utf-8"))
    assert document["volumes"] == {"home": None}
    hub: dict[str, Any] = document["services"]["hub"]
    return hub


def test_the_compose_file_locks_the_container_up() -> None:
    """It writes to its home alone, has no capability, and shows page and figures to this machine only."""
    found = compose()
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["ports"] == ["4001:4001", "127.0.0.1:8080:8080"]
    assert found["volumes"] == ["home:/home/lazpool"]
    assert (BOX / found["build"]["context"] / found["build"]["dockerfile"]).is_file()
    text = (BOX / "Containerfile").read_text(encoding="utf-8")
    assert "VOLUME /home/lazpool" in text
    assert "EXPOSE 4001 8080" in text


class Answer(BaseHTTPRequestHandler):
    """A page that is well, or not."""

    status = 200

    def do_GET(self) -> None:
        """Answer as told."""
        self.send_response(self.status if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_container_tells_whether_it_is_well() -> None:
    """The command that a container runs to look is one text for a shell, and ends as the page of the hub answers."""
    command = compose()["healthcheck"]["test"].replace("python3", shlex.quote(sys.executable))
    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    here = command.replace(":8080/", f":{server.server_port}/")
    assert here != command
    found = []
    for status in (200, 503):
        Answer.status = status
        found.append(subprocess.run(["/bin/sh", "-c", here], capture_output=True, timeout=60, check=False).returncode)
    server.shutdown()
    thread.join()
    server.server_close()
    found.append(subprocess.run(["/bin/sh", "-c", here], capture_output=True, timeout=60, check=False).returncode)
    assert (found[0], found[1] > 0, found[2] > 0) == (0, True, True)


def figures() -> set[str]:
    """Return the names of all figures."""
    text = exposition(Config(Path("x"), hub=Hub()), live(), Held(1, 1, 1, 1, 1, 1, 1, 1)).decode()
    return set(re.findall(r"^(\w+)", text, re.MULTILINE))


def test_the_dashboard_asks_for_figures_that_there_are() -> None:
    """Every name in a query is one of /metrics, and every figure of ours is drawn or is the other half of a ratio."""
    dashboard = json.loads((BOX / "dashboard.json").read_text(encoding="utf-8"))
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    names = set(re.findall(r"(?:lazpool|process)_\w+", asked))
    assert names
    assert names <= figures()
    undrawn = {name for name in figures() if name.startswith("lazpool_") and name not in names}
    assert undrawn == {"lazpool_version", "lazpool_uptime_seconds", "lazpool_areas"}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_pages_name_figures_that_there_are() -> None:
    """And the log lines that the how-to explains are written somewhere in lazpool."""
    page = (ROOT / "docs" / "how-to" / "run-a-hub.md").read_text(encoding="utf-8")
    assert set(re.findall(r"lazpool_\w+", page)) <= figures()
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "lazpool").rglob("*.py"))
    lines = re.findall(r"^\| `([^`/=]+?)(?: \w+=[^`]*)?` \|", page, re.MULTILINE)
    assert len(lines) >= 6
    assert [line for line in lines if f'"{line}"' not in source] == []


@pytest.mark.parametrize("page", ["examples/hub/config.toml", "docs/how-to/run-a-hub.md"])
def test_example_settings_are_valid(page: str) -> None:
    """They are read as they stand."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if page.endswith(".md"):
        block = re.search(r"```toml\n(.+?)```", text, re.DOTALL)
        assert block
        text = block[1]
    assert hub_of(tomllib.loads(text)["hub"]).web == "127.0.0.1:8080"
