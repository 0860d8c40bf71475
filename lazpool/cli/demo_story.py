"""The story of the demonstration: one car, one free seat, two passengers, nobody in between."""

from __future__ import annotations

import textwrap
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lazpool.cli import demo_sight as sight
from lazpool.cli.app import App, Table
from lazpool.cli.demo_cast import DemoFailedError, Document, Person
from lazpool.cli.demo_words import PAULS, ZOES, Trip, address, agreed_row, point, received, share, typed
from lazpool.cli.match_words import COLUMNS, cells, explanation
from lazpool.cli.typed import SHORT
from lazpool.cli.words import fields, price

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRENOBLE, VOIRON, LYON = "45.1885,5.7245", "45.3645,5.5915", "45.7606,4.8594"
LOOPBACK = "/ip4/127.0.0.1/tcp/0"
WIDTH = 80
ZONE = "Europe/Paris"
LEAVES = "07:30"
INDENT = "      "
EXPLAINED = {"pick-up", "walk", "detour", "share", "learns"}
"""What a newcomer is shown of the explanation of a match."""


@dataclass(slots=True)
class Story:
    """Tells what happens, step by step, and gathers it for --json."""

    app: App
    root: Path
    began: float = field(default_factory=time.monotonic)
    day: date = field(default_factory=lambda: datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=1))
    step: int = 0
    title: str = ""
    document: Document = field(default_factory=lambda: {"ok": False, "steps": []})
    people: list[Person] = field(default_factory=list)
    deals: dict[str, tuple[str, str]] = field(default_factory=dict)

    def tell(self) -> None:
        """Play the whole story, or raise DemoFailedError with the step that failed."""
        self._say("One car, one free seat, two passengers, no platform: everybody runs a node.")
        for title, play in self._steps():
            self.step, self.title = self.step + 1, title
            self._say(f"\n{self.step}. {title}")
            since = time.monotonic()
            try:
                play()
            except DemoFailedError as wrong:
                raise DemoFailedError(f"step {self.step}, {title.lower()}: {wrong.message}", hint=wrong.hint) from wrong
            self.document["steps"].append({"step": title, "seconds": round(time.monotonic() - since, 1)})
        self.document |= {"ok": True, "seconds": round(time.monotonic() - self.began, 1)}
        self._say(f"\nDone in {self.document['seconds']:.0f} s, {len(self.people)} processes, 127.0.0.1 only.")

    def stop(self) -> list[int]:
        """End every process that was started; return their exit statuses."""
        for person in self.people:
            person.ask_to_stop()
        return [person.stop() for person in self.people]

    def _steps(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("Four homes, four nodes, one hub", self._begin),
            ("Ada offers her one free seat", self._offer),
            ("Zoe and Paul each look for a ride", self._request),
            ("Their nodes find the match by themselves", self._match),
            ("Both propose, Ada accepts: the seat that Zoe leaves in Voiron is sold again", self._agree),
            ("At the car: a code, and a receipt that both sign", self._ride),
            ("The books: checked from their bytes, and zero between every two people", self._balance),
            ("Who knows what about whom, found in the files that each of them keeps", self._look),
            ("Everybody switches off", self._end),
        ]

    def _begin(self) -> None:
        self.people += [
            Person("Village hub", "hub", self.root / "hub"),
            Person("Ada Leroy", "driver", self.root / "ada", "+33 6 39 98 01 01"),
            Person("Zoe Martin", "passenger", self.root / "zoe", "+33 6 39 98 01 02"),
            Person("Paul Durand", "passenger", self.root / "paul", "+33 6 39 98 01 03"),
        ]
        for one in self.people:
            words = ("--name", one.name, "--network", "demo", "--zone", ZONE)
            one.identity = one.call("init", *words, *(("--contact", one.contact) if one.contact else ()))["identity"]
        self._hub.start("hub", "run", "--listen", LOOPBACK, "--area", GRENOBLE, "--area", LYON)
        for one in self.people[1:]:
            one.start("up", "--listen", LOOPBACK)
        addresses = [one.until("a running node", ("status",), address) for one in self.people]
        for one in self.people[1:]:
            one.call("join", addresses[0])
        for one in self.people[1:]:
            one.until("the hub", ("status",), lambda status: status["peers"] >= 1)
        for one in self.people:
            pid = one.process.pid if one.process else 0
            self._say(f"   {one.name:<12} {one.what:<10} process {pid}, person {one.identity[:8]}...")
        self._say(
            "   All but the hub keep a connection to it. It forwards, holds letters it cannot open, decides nothing."
        )

    def _offer(self) -> None:
        words = ("offer", GRENOBLE, LYON, "--via", VOIRON, "--at", self._at(LEAVES), "--seats", "1", "--detour", "15")
        post = self._ada.call(*words, "--price", "0.08")
        self.document["offer"] = post
        self._ada.facts = {
            "offer, in public": sight.key_fact(post["id"]),
            "name": sight.text_fact(self._ada.name),
            "identity key": sight.key_fact(self._ada.identity),
            "telephone": sight.text_fact(self._ada.contact),
            "exact start": sight.place_fact(point(GRENOBLE)),
        }
        self._say(
            f"   Grenoble -> Voiron -> Lyon, tomorrow {LEAVES}, 0.08 EUR per km. In public: a post of {post['bytes']} "
            "bytes that names nobody and says where she starts to about 5 square kilometres."
        )

    def _request(self) -> None:
        for one, trip in self._passengers():
            self._know(one, trip)
            when = ("--at", self._at(trip.at), "--flex", "30", "--walk", str(trip.walk))
            post = one.call("request", typed(trip.start), typed(trip.end), *when)
            one.facts = {
                "request, in public": sight.key_fact(post["id"]),
                "name": sight.text_fact(one.name),
                "identity key": sight.key_fact(one.identity),
                "telephone": sight.text_fact(one.contact),
                sight.ADDRESS: sight.place_fact(trip.start),
                "note to Ada": sight.text_fact(trip.note),
            }
            if trip.spot:
                one.facts["meeting place"] = sight.text_fact(trip.spot.name)
            self._say(
                f"   {one.short:<5} {trip.route}, tomorrow {trip.at}: a post of {post['bytes']} bytes, as anonymous."
            )

    def _know(self, one: Person, trip: Trip) -> None:
        """Let somebody save the meeting place that they know."""
        if trip.spot:
            one.call("place", "add", trip.spot.name, typed(trip.spot.point), "--meeting")
            self._say(f"   {one.short} would walk {trip.walk} m, and has saved a place to be met at: {trip.spot.name}.")

    def _match(self) -> None:
        rows, self.document["matches"] = [], []
        for one, trip in self._passengers():
            match = one.until("a match", ("matches",), lambda found: found["matches"])[0]
            self.document["matches"].append({"name": one.name, **match})
            self.deals[one.short] = (match["id"], "")
            rows.append((one.short, trip.route, *cells(match, day=False)))
        note = "   ~ estimated along great circles; no server computed any of it"
        self._show(Table(("who", "way", *COLUMNS), rows, "", note))
        self._explain(self._paul)

    def _explain(self, one: Person) -> None:
        """Let somebody ask what a match means; they read a few lines more than are shown here."""
        match = one.call("match", self.deals[one.short][0])["match"]
        self.document["explained"] = {"name": one.name, **match}
        self._say(f"   {one.short} asks what that means for both sides, with: lazpool match {match['id'][:SHORT]}")
        told = [(name, text) for name, text in explanation(match) if name in EXPLAINED]
        if not self.app.json:
            self.app.show({}, textwrap.indent("\n".join(fields(told, WIDTH - len(INDENT))), INDENT))

    def _agree(self) -> None:
        rows, self.document["deals"] = [], []
        for one, trip in self._passengers():
            mine = one.call("propose", self.deals[one.short][0], "--note", trip.note)["deal"]
            theirs = self._ada.until("a proposal", ("deals",), partial(received, who=one.identity))
            self._ada.call("accept", theirs["id"])
            agreed = one.until_deal(mine, "agreed")
            if agreed["with"] != self._ada.identity:
                raise DemoFailedError(f"{one.short}'s agreement does not name Ada")
            self.deals[one.short] = (mine, theirs["id"])
            whole = self._ada.call("deal", theirs["id"])["deals"][0]
            self.document["deals"].append({"name": one.name, "share": agreed["share"], "legs": whole["legs"]})
            rows.append(agreed_row(one, whole))
        self._show(Table(("with", "the seat is taken", "pick-up", ">km", ">cost share"), rows, ""))
        self._say(
            "   Each passenger signs the terms first, Ada the same bytes second, in letters sealed for one reader. "
            "Terms count from the meeting places, the matches above only from cells of about 5 square kilometres."
        )

    def _ride(self) -> None:
        self._say("   (Imagine tomorrow morning. A code needs no network at the kerb.)")
        for one, _ in self._passengers():
            mine, theirs = self.deals[one.short]
            code = one.call("pickup", mine)["code"]
            if one is self._zoe:
                wrong = "000000" if code != "000000" else "111111"
                self._ada.call("pickup", theirs, wrong)
                self._ada.until_deal(theirs, "agreed", "the code was wrong")
                self._say(f"   Ada mishears {wrong}: Zoe's node refuses it, and nothing else happens.")
            self._ada.call("pickup", theirs, code)
            self._ada.until_deal(theirs, "receipted")
            one.until_deal(mine, "receipted")
            self._say(f"   {one.short} shows {code}, Ada enters it: a receipt, the debtor signs first.")

    def _balance(self) -> None:
        self.document["balances"] = []
        for one in self.people:
            verdict = one.call("ledger", "verify")
            if not verdict["ok"]:
                raise DemoFailedError(f"{one.short}'s ledger does not hold: {verdict['errors']}")
        earned = self._ada.call("ledger", "balance")["balances"]
        rows = [self._pair(one, earned) for one, _ in self._passengers()]
        others = self._hub.call("ledger", "balance")["balances"]
        if others or len(earned) != len(rows):
            raise DemoFailedError(f"somebody else got something: {others}")
        rows.append(("the hub", "nothing", "nothing", "0.00 EUR"))
        self._show(Table(("pair", ">Ada's ledger says", ">theirs says", ">sum"), rows, ""))
        self._say("   Four ledgers verified. Every cent a passenger owes is owed to the driver, and to nobody else.")

    def _pair(self, one: Person, of_ada: list[Document]) -> tuple[str, ...]:
        earned, owed = share(of_ada, one), share(one.call("ledger", "balance")["balances"], self._ada)
        if earned["amount"] <= 0 or earned["amount"] + owed["amount"]:
            raise DemoFailedError(f"Ada and {one.short} do not balance to zero: {earned} and {owed}")
        receipt = one.call("ledger", "show")["entries"][-1]["receipt"]
        one.facts["receipt"] = sight.key_fact(receipt)
        self.document["balances"].append({"driver": self._ada.name, "passenger": one.name, "owed": earned})
        amounts = (price(side["amount"], side["unit"]) for side in (earned, owed))
        return (f"Ada and {one.short}", *amounts, price(earned["amount"] + owed["amount"], earned["unit"]))

    def _look(self) -> None:
        rows = sight.knowledge(self.people)
        walking = [one.short for one, trip in self._passengers() if trip.spot]
        sight.check(rows, self._hub, self._ada, [self._zoe, self._paul], walking)
        self.document["knowledge"] = rows
        self._show(sight.table(rows, self.people))
        self._say(
            "   The hub has seen public posts and sealed letters. Zoe and Paul sat on the same seat and know nothing "
            "of each other. Zoe's address only Ada was told, when the ride was agreed. Where Paul lives nobody was: he "
            "walks."
        )

    def _end(self) -> None:
        for one, status in zip(self.people, self.stop(), strict=True):
            if status:
                raise DemoFailedError(f"{one.short}'s node ended with status {status}{one.tail()}")
        self._say("   Every node ended when asked to.")

    def _at(self, time_of_day: str) -> str:
        """Return a time tomorrow; one day for all, even if midnight comes while the story is told."""
        return f"{self.day}T{time_of_day}"

    @property
    def _hub(self) -> Person:
        return self.people[0]

    @property
    def _ada(self) -> Person:
        return self.people[1]

    @property
    def _zoe(self) -> Person:
        return self.people[2]

    @property
    def _paul(self) -> Person:
        return self.people[3]

    def _passengers(self) -> list[tuple[Person, Trip]]:
        return [(self._zoe, ZOES), (self._paul, PAULS)]

    def _say(self, text: str) -> None:
        if not self.app.json:
            indent = " " * (len(text) - len(text.lstrip(" ")))
            fit = textwrap.fill(text, WIDTH, subsequent_indent=indent) if indent else text
            self.app.show({}, fit)

    def _show(self, table: Table) -> None:
        if not self.app.json:
            self.app.show({}, table)
