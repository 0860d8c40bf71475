"""A hub that shows its page: a real process, asked over HTTP while members post."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request

import pytest

from lazpool.records.hub_records import from_invite
from tests.process.people import People, Person, free_port, until
from tests.process.rides import offer

pytestmark = pytest.mark.process


def get(port: int, path: str) -> tuple[int, str]:
    """Return status and text of an answer; status 0 when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:  # our own
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as wrong:
        return wrong.code, wrong.read().decode()
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return 0, ""


def show_page(hub: Person, port: int) -> None:
    """Set a hub to show its page around Grenoble."""
    with (hub.home / "config.toml").open("a") as file:
        file.write(f'[hub]\nname = "Valley hub"\nweb = "127.0.0.1:{port}"\nareas = ["45.1885,5.7245"]\n')


def test_the_page_tells_of_what_a_member_posts(people: People) -> None:
    """Health, figures and page are those of the running hub; neither keys nor names of the member are in them."""
    hub, ann = people.add("hub", "ann")
    port = free_port()
    show_page(hub, port)
    hub.hub()
    ann.join(hub)
    ann.up()
    hub.wait_peers()
    for minute in range(4):
        offer(ann, ahead=120 + minute)
    until("the hub has the posts", lambda: 'lazpool_posts{kind="offer"} 4.0' in get(port, "/metrics")[1])
    until("the page has the posts", lambda: "△4" in get(port, "/")[1])
    status, health = get(port, "/health")
    assert (status, json.loads(health)["status"]) == (200, "ok")
    figures, page = get(port, "/metrics")[1], get(port, "/")[1]
    assert "lazpool_peers 1.0" in figures
    assert "lazpool_areas 7.0" in figures
    assert "Valley hub" in page
    assert f"lazpool join {hub.address}" in page
    invited = re.search(r"<pre>lazpool join (lazpool:hub/[a-z2-7]+)</pre>", page)
    assert invited
    assert from_invite(invited[1]).record.name == "Valley hub"
    for secret in (ann.identity[:12], ann.desk.node_pk.hex()[:12], ann.address.rsplit("/", 1)[1], "45.18", "5.72"):
        assert secret not in figures + page.replace(hub.address, "")
    took = hub.stop()
    assert took[0] == 0
    assert get(port, "/health")[0] == 0
    assert "Traceback" not in hub.log.read_text()
