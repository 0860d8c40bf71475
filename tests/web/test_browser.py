"""The page in a real browser: it renders as meant, and asks for nothing but itself."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trio
from trio_websocket import open_websocket_url

from lazpool.store import gazetteer
from lazpool.web import serve
from tests.store import towns as some
from tests.web.boards import NOW, filled, live, make_home

if TYPE_CHECKING:
    from pathlib import Path

    from trio_websocket import WebSocketConnection

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-default-apps", "--enable-logging=stderr"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PHONE = 360
_LOOK = "document.readyState + !!document.querySelector('a')"
_LOADED = "completetrue"
_FAINT = """(() => {
  const light = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0.05);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (!colour.endsWith(', 0)')) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const written = [...document.querySelectorAll('body *')].filter(element => !element.closest('svg')
    && [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  const faint = written.filter(element => {
    const [dark, bright] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => a - b);
    return bright / dark < 4.5;
  });
  return JSON.stringify([written.length, faint.map(element => element.textContent)]);
})()"""
"""How many elements have text of their own, and those of them that do not stand out from their ground by WCAG 2 AA."""
_FOCUS = "(e => [e.textContent, getComputedStyle(e).outlineStyle].join('|'))(document.activeElement)"


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


@dataclass(frozen=True)
class Seen:
    """What a browser shows. focus: what has it after each press of Tab, and how it is outlined.

    width: of all the page on a telephone, PHONE where nothing sticks out of it. faint: texts that hardly stand out, by
    colour scheme, and how many there are in all.
    """

    focus: list[tuple[str, str]]
    width: int
    faint: dict[str, tuple[int, list[str]]]


async def tabbed(folder: Path, address: str, times: int) -> Seen:
    """Open a page, look at its colours, press Tab so often, and look how wide it is on a telephone."""
    told = folder / "keys" / "DevToolsActivePort"
    command = [CHROMIUM, *QUIET, f"--user-data-dir={told.parent}", "--remote-debugging-port=0", address]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(trio.run_process, command, capture_stderr=True, check=False))
        with trio.fail_after(100):
            while not told.exists() or len(told.read_text().split()) < 2:  # noqa: ASYNC110 # the browser writes it once
                await trio.sleep(0.1)
            port = told.read_text().split()[0]
            async with httpx.AsyncClient() as client:
                pages = (await client.get(f"http://127.0.0.1:{port}/json/list")).json()
            (page,) = [one for one in pages if one["type"] == "page"]
            async with open_websocket_url(page["webSocketDebuggerUrl"]) as socket:
                found = await _press(socket, times)
        nursery.cancel_scope.cancel()
    return found


async def _press(socket: WebSocketConnection, times: int) -> Seen:
    """Press Tab once the page is there; see the DevTools protocol, whose answers bear the number of the question."""
    numbers = count()

    async def ask(method: str, **values: object) -> Any:
        number = next(numbers)
        await socket.send_message(json.dumps({"id": number, "method": method, "params": values}))
        while (answer := json.loads(await socket.get_message())).get("id") != number:
            pass
        return answer.get("result", {}).get("result", {}).get("value")  # none while the page is being loaded

    key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
    await ask("Page.bringToFront")
    while await ask("Runtime.evaluate", expression=_LOOK) != _LOADED:  # noqa: ASYNC110 # in another process
        await trio.sleep(0.05)  # one question at a time goes through the socket
    faint = {}
    for scheme in ("light", "dark"):
        await ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        written, texts = json.loads(await ask("Runtime.evaluate", expression=_FAINT))
        faint[scheme] = written, texts
    found = []
    for _ in range(times):
        await ask("Input.dispatchKeyEvent", type="rawKeyDown", **key)
        await ask("Input.dispatchKeyEvent", type="keyUp", **key)
        text, _, outline = (await ask("Runtime.evaluate", expression=_FOCUS)).partition("|")
        found.append((text, outline))
    await ask("Emulation.setDeviceMetricsOverride", width=PHONE, height=800, deviceScaleFactor=1, mobile=True)
    return Seen(found, await ask("Runtime.evaluate", expression="document.documentElement.scrollWidth"), faint)


@pytest.mark.process
@pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")
async def test_all_of_it_is_reached_by_the_keyboard_and_on_a_telephone(tmp_path: Path) -> None:
    """Tab goes past the head, to the languages and to the hours, in that order, and each is seen to have the focus.

    On a narrow screen nothing sticks out at the side, however long addresses and invitations are. By day and by night
    every text as it is drawn stands out from what it stands on.
    """
    config = make_home(tmp_path)
    filled(config)
    with serve.listen("127.0.0.1:0") as listening:
        async with trio.open_nursery() as nursery:
            here = partial(live, invite="lazpool:hub/" + 40 * "abcdefgh")
            nursery.start_soon(partial(serve.serve, listening, config, here, lambda: NOW))
            seen = await tabbed(tmp_path, serve.url(listening), 7)
            nursery.cancel_scope.cancel()
    names = ["Skip to the content", "English", "Français", "All 24 hours", "Fri 09:00", "Fri 10:00", "Fri 11:00"]
    assert seen.focus == [(name, "solid") for name in names]
    assert seen.width == PHONE
    for written, faint in seen.faint.values():
        assert written > 30
        assert faint == []
