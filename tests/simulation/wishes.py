"""What people want, so that they can go on after a crash: each looks at where things stand and does the next thing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lazpool.actions import confirming, disputes, proposals, rides, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.corrections import CORRECTING, correct
from lazpool.actions.tick import tick
from lazpool.records.settlements import BANK
from lazpool.rules.negotiation import Role, State
from lazpool.store import deals, ledger
from lazpool.store import disputes as disputed
from lazpool.store import settlements as settled
from tests.simulation.crashing import FragileTown
from tests.simulation.witness import Witness
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lazpool.store.post_office import Outgoing

Wish: TypeAlias = "Callable[[Town], None]"
HOUSEKEEPING = 4
"""How many rounds of letters there are to one round of housekeeping."""
P, D = Role.PASSENGER, Role.DRIVER


class WatchedTown(FragileTown):
    """A town that dies by the fuse, and whose witness sees every letter that leaves."""

    witness: Witness

    def transport(self, sender: str, row: Outgoing) -> bool:
        """Carry a letter under the eyes of the witness."""
        self.witness.sees_sending(sender, row)
        return super().transport(sender, row)


@dataclass(frozen=True)
class Story:
    """Two people's wishes, and how both sides of the deal end."""

    wishes: Mapping[str, Wish]
    end: State
    settled: tuple[tuple[str, ...], ...] = ((), ())
    corrected: tuple[tuple[str, ...], ...] = ((), ())
    disputed: tuple[tuple[str, ...], ...] = ((), ())

    def is_over(self, town: Town) -> bool:
        """Tell whether both sides have got there, and nothing is sent any more."""
        ends = [deal.state for desk in town.desks.values() for deal in deals.all_deals(desk.node)]
        paid = tuple(tuple(one.state for one in settled.everything(desk.node)) for desk in town.desks.values())
        more = self._corrected(town) == self.corrected and self._disputed(town) == self.disputed
        return ends == [self.end, self.end] and paid == self.settled and more and town.is_quiet()

    def _corrected(self, town: Town) -> tuple[tuple[str, ...], ...]:
        shelf = settled.CORRECTIONS
        return tuple(tuple(one.state for one in shelf.everything(desk.node)) for desk in town.desks.values())

    def _disputed(self, town: Town) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(one.state for one in disputed.everything(desk.node)) for desk in town.desks.values())


def proposes(town: Town) -> None:
    """Let Ann propose a ride, once."""
    if not deals.all_deals(town["ann"].node):
        town.propose("ann")


def invites(town: Town) -> None:
    """Let Bob invite Ann, once."""
    if not deals.all_deals(town["bob"].node):
        proposals.invite(town["bob"], town.match("bob"))


def accepts(name: str, role: Role, state: State) -> Wish:
    """Return the wish to accept what one is asked for."""

    def wish(town: Town) -> None:
        for deal in town.deals(name, role, state):
            decisions.accept(town[name], deal.id)

    return wish


def enters_code(*, mistaken: int = 0) -> Wish:
    """Return Bob's wish to enter the code that Ann shows, after so many mistakes."""

    def wish(town: Town) -> None:
        for deal in town.deals("bob", D, State.AGREED):
            theirs = town.deal("ann", deal.id)
            if theirs.state is State.AGREED:
                code = rides.show_code(town["ann"], deal.id)
                wrong = f"{(int(code) + 1) % 10**6:06d}"
                rides.enter_code(town["bob"], deal.id, wrong if theirs.tries < mistaken else code)

    return wish


def is_done(town: Town) -> None:
    """Let Ann say that the ride took place."""
    for deal in town.deals("ann", P, State.AGREED):
        rides.done(town["ann"], deal.id)


def cancels(name: str, role: Role) -> Wish:
    """Return the wish to cancel what is agreed."""

    def wish(town: Town) -> None:
        for deal in town.deals(name, role, State.AGREED):
            decisions.cancel(town[name], deal.id, "ill")

    return wish


def declines(town: Town) -> None:
    """Let Bob decline what he is asked for."""
    for deal in town.deals("bob", D, State.RECEIVED):
        decisions.decline(town["bob"], deal.id, "full of skis")


def both(*wishes: Wish) -> Wish:
    """Return several wishes as one."""

    def wish(town: Town) -> None:
        for one in wishes:
            one(town)

    return wish


def settles(*, times: int = 1) -> Wish:
    """Return Ann's wish to pay Bob, so many times, each once the one before is answered."""

    def wish(town: Town) -> None:
        ann, bob = town["ann"], town["bob"]
        known = settled.everything(ann.node)
        if len(known) < times and not [one for one in known if one.state == settled.PROPOSED]:
            settlements.settle(ann, bob.identity, 100 + len(known), "EUR", BANK)

    return wish


def confirms(town: Town) -> None:
    """Let Bob confirm what he is offered."""
    for one in settled.in_state(town["bob"].node, settled.OFFERED):
        settlements.confirm(town["bob"], one.id)


def refuses(name: str, state: str) -> Wish:
    """Return the wish to refuse what one is offered, or to take back what one has proposed."""

    def wish(town: Town) -> None:
        for one in settled.in_state(town[name].node, state):
            settlements.refuse(town[name], one.id, "no")

    return wish


def waits_too_long(town: Town) -> None:
    """Let a month pass before Bob looks at what he is offered, once Ann has proposed it."""
    offered = settled.in_state(town["bob"].node, settled.OFFERED)
    proposed = settled.in_state(town["ann"].node, settled.PROPOSED)
    if offered and proposed:
        town.now += 60 * (settlements.LIFETIME + 1)
        tick(town["ann"])
    elif offered:
        confirms(town)


def corrects(town: Town) -> None:
    """Let Ann correct the ride's receipt, once."""
    if not settled.CORRECTIONS.everything(town["ann"].node):
        (receipt,) = ledger.receipts(town["ann"].node)
        correct(town["ann"], receipt.id, 100)


def agrees(town: Town) -> None:
    """Let Bob confirm every correction that he is offered."""
    for one in settled.CORRECTIONS.in_state(town["bob"].node, settled.OFFERED):
        confirming.confirm(town["bob"], CORRECTING, one.id)


def disputes_it(town: Town) -> None:
    """Let Bob dispute the ride's receipt, once."""
    if not disputed.everything(town["bob"].node):
        (receipt,) = ledger.receipts(town["bob"].node)
        disputes.dispute(town["bob"], receipt.id, 1, "half the way")


def corrects_what_is_disputed(town: Town) -> None:
    """Let Ann correct the receipt once she has heard that Bob disputes it."""
    if disputed.everything(town["ann"].node):
        corrects(town)


def agrees_too_late(town: Town) -> None:
    """Let a month pass before Bob looks at the correction that he is offered, once Ann has proposed it."""
    offered = settled.CORRECTIONS.in_state(town["bob"].node, settled.OFFERED)
    proposed = settled.CORRECTIONS.in_state(town["ann"].node, settled.PROPOSED)
    if offered and proposed:
        town.now += 60 * (confirming.LIFETIME + 1)
        tick(town["ann"])
    elif offered:
        agrees(town)


_takes, _follows = accepts("bob", D, State.RECEIVED), accepts("ann", P, State.INVITED)
STORIES: dict[str, Story] = {
    "code": Story({"ann": proposes, "bob": both(_takes, enters_code())}, State.RECEIPTED),
    "wrong code": Story({"ann": proposes, "bob": both(_takes, enters_code(mistaken=1))}, State.RECEIPTED),
    "done": Story({"ann": both(proposes, is_done), "bob": _takes}, State.RECEIPTED),
    "invitation": Story({"bob": both(invites, _takes, enters_code()), "ann": _follows}, State.RECEIPTED),
    "passenger cancels": Story({"ann": both(proposes, cancels("ann", P)), "bob": _takes}, State.CANCELLED),
    "driver cancels": Story({"ann": proposes, "bob": both(_takes, cancels("bob", D))}, State.CANCELLED),
    "declined": Story({"ann": proposes, "bob": declines}, State.DECLINED),
}
_SEALED, _REFUSED = (("sealed",), ("sealed",)), (("lapsed",), ("refused",))
SETTLEMENTS: dict[str, Story] = {
    "confirmed": Story({"ann": settles(), "bob": confirms}, State.RECEIPTED, _SEALED),
    "twice": Story({"ann": settles(times=2), "bob": confirms}, State.RECEIPTED, (("sealed",) * 2, ("sealed",) * 2)),
    "refused": Story({"ann": settles(), "bob": refuses("bob", settled.OFFERED)}, State.RECEIPTED, _REFUSED),
    "confirmed late": Story({"ann": settles(), "bob": waits_too_long}, State.RECEIPTED, _SEALED),
}
"""Stories that begin after a ride."""
_ENDED = (("resolved",), ("resolved",))
CORRECTIONS: dict[str, Story] = {
    "confirmed": Story({"ann": corrects, "bob": agrees}, State.RECEIPTED, corrected=_SEALED),
    "confirmed late": Story({"ann": corrects, "bob": agrees_too_late}, State.RECEIPTED, corrected=_SEALED),
    "disputed": Story(
        {"ann": corrects_what_is_disputed, "bob": both(disputes_it, agrees)},
        State.RECEIPTED,
        corrected=_SEALED,
        disputed=_ENDED,
    ),
}
"""The same of corrections and disputes."""


def play(town: WatchedTown, story: Story, *, rounds: int = 30) -> None:
    """Let people do what they want, and letters travel, until the story is over."""
    wait = 1
    for turn in range(rounds):
        for wish in story.wishes.values():
            town.attempt(lambda wish=wish: wish(town))  # type: ignore[misc] # bound at once
        for name in town.desks:
            town.attempt(lambda name=name: town.carry_from(name))  # type: ignore[misc] # the same
            if turn % HOUSEKEEPING == 0:
                town.attempt(lambda name=name: tick(town[name]))  # type: ignore[misc] # the same
        town.witness.looks()
        if story.is_over(town):
            return
        town.now, wait = town.now + wait, min(2 * wait, 900)
    ends = {name: [deal.state for deal in deals.all_deals(desk.node)] for name, desk in town.desks.items()}
    raise AssertionError(f"the story never ends: {ends}")


def prepare_two(root: Path) -> None:
    """Make homes of two people whose offer and request have met."""
    root.mkdir(exist_ok=True)
    with Town(root, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")


def prepare_ridden(root: Path) -> None:
    """Make homes of two people who have shared a ride."""
    prepare_two(root)
    with Town(root, "ann", "bob") as town:
        rides.done(town["ann"], town.agree())
        town.carry()


def crash_at(prepared: Path, root: Path, story: Story, *points: int) -> int:
    """Play a story with a crash at each of the points, each counted from the one before; return how many came about."""
    shutil.copytree(prepared, root)
    with WatchedTown(root, "ann", "bob") as town:
        town.witness = Witness(town)
        town.fuse.light(*points)
        play(town, story)
        town.witness.sees_the_end()
    shutil.rmtree(root)
    return town.fuse.burnt
