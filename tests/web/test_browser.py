"""The page in a real browser: it renders as meant, and asks for nothing but itself."""

from __future__ import annotations

import shutil
import struct
import subprocess
from functools import partial
from typing import TYPE_CHECKING

import pytest
import trio

from lazpool.store import gazetteer
from lazpool.web import serve
from tests.store import towns as some
from tests.web.boards import NOW, filled, live, make_home

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-default-apps", "--enable-logging=stderr"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def browse(folder: Path, *options: str) -> tuple[str, str]:
    """Let the browser open a page; return what it prints, and what it complains of."""
    command = [CHROMIUM, *QUIET, f"--user-data-dir={folder / 'profile'}", *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, done.stderr


@pytest.mark.process
@pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")
async def test_a_browser_draws_the_page(tmp_path: Path) -> None:
    """With its style sheet, map and code, though it may look up no other name; a page without them is a small picture.

    The policy of the page lets all that in, and the browser has no word to complain of.
    """
    config = make_home(tmp_path)
    filled(config)
    gazetteer.build(config.towns_file, some.content([(some.GRENOBLE, [])]))
    picture = tmp_path / "page.png"
    with serve.listen("127.0.0.1:0") as listening:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(serve.serve, listening, config, live, lambda: NOW))
            address = serve.url(listening)
            page, said = await trio.to_thread.run_sync(browse, tmp_path, "--dump-dom", f"{address}?lang=fr")
            shot = ("--window-size=1000,1600", f"--screenshot={picture}", address)
            await trio.to_thread.run_sync(browse, tmp_path, *shot)
            nursery.cancel_scope.cancel()
    assert 'class="cell l4"' in page
    assert page.count("<polygon") == 49
    assert "Content Security Policy" not in said
    data = picture.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (1000, 1600)
    assert len(data) > 40_000, "an empty page makes a small picture"
