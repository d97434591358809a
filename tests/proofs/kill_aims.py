"""How `tests.proofs.kill` hits each state, and what proves that it did.

An aim sees what its hunter sees (packets, rows, writes), decides when to fire and which packets are withheld, notes
the circumstances at that moment, and judges them together with the store that the kill left.
"""

import asyncio
import contextlib
import signal
import sqlite3
import time
from enum import StrEnum
from typing import TYPE_CHECKING

from agent.wire.messages import Batch, Receipt
from tests.support.evidence import StoreView, look
from tests.support.rig import Stored, until
from tests.support.tap import PUBACK, Seen
from tests.support.trace import Chained, Place, place_of

if TYPE_CHECKING:
    from tests.proofs.kill_hunter import Hunter

QUIET_S = 0.15
FORGED_AND_DONE = "forged and done with"
WAYS = ("PUBACK withheld", "message lost", "receipt withheld", "PUBACK forged", FORGED_AND_DONE)
"""What keeps an envelope in flight. A forged PUBACK loses the message; the last way gives time to believe it."""
_DONE_S = 0.4


class State(StrEnum):
    """What an agent is doing when it is killed."""

    IDLE = "idle"
    SEALING = "sealing"
    IN_FLIGHT = "in flight"
    RECEIPT = "receipt"
    EVICTING = "evicting"
    REPORTED = "reported"
    STARTING = "starting"
    STOPPING = "stopping"


class Aim:
    """Sees everything, withholds nothing, never fires.

    Attributes:
        life_s: an agent that offers no chance for so long is killed anyway, and the kill counts for no state.
        told_to_stop: the agent was; otherwise it may not end by itself.
    """

    life_s = 15.0
    told_to_stop = False

    def __init__(self, hunter: "Hunter") -> None:
        self.hunter = hunter
        self.rng = hunter.rng

    def packet(self, seen: Seen, content: Chained | Receipt | None) -> bool:  # noqa: ARG002 - for others
        """Take note of a packet; return whether it is passed on."""
        return True

    def row(self, row: Stored) -> None:
        """Take note of a row that was reported."""

    def wrote(self) -> None:
        """Take note of a write to the WAL."""

    async def chase(self) -> None:
        """Do what takes time, while the agent lives."""

    def freeze(self) -> None:
        """Note the circumstances: the kill has just been sent."""

    def verdict(self, view: StoreView) -> tuple[bool, str]:  # noqa: ARG002 - for others
        """Return whether the state was hit, and how."""
        return False, "no chance"


class Idle(Aim):
    """Waits until everything is done and nothing happens."""

    _quiet_s = 0.0

    async def chase(self) -> None:
        """Fire at a random moment of a quiet time."""
        hunter = self.hunter
        wait_s = self.rng.uniform(QUIET_S, QUIET_S + 0.1)
        while True:
            await asyncio.sleep(0.005)
            quiet_s = time.monotonic() - hunter.active_s
            if hunter.session and self._delivered() and quiet_s >= wait_s:
                self._quiet_s = quiet_s
                hunter.fire()
                return

    def _delivered(self) -> bool:
        trace = self.hunter.trace
        new = [place for place in self.hunter.new if not place[0].startswith("_")]
        return bool(new) and not trace.unreceipted() and not trace.waiting

    def verdict(self, view: StoreView) -> tuple[bool, str]:
        """Everything receipted was deleted: nothing was going on."""
        if not self._quiet_s:
            return False, "no quiet time"
        return (False, "deletion not committed") if view.envelopes else (True, "quiet")


class Sealing(Aim):
    """Fires at the write of a commit in a session: rows that complete a batch are sealed by their own commit."""

    _armed = False
    _fired = False

    async def chase(self) -> None:
        """Wait until what was sent is receipted and deleted: the next thing that is written is new."""
        hunter = self.hunter
        await until(
            lambda: hunter.session and time.monotonic() - hunter.active_s >= QUIET_S,
            what="a quiet moment",
            deadline_s=self.life_s,
        )
        self._armed = True

    def wrote(self) -> None:
        """Fire during the commit, or shortly after it."""
        if self._armed and not self._fired:
            self._fired = True
            self.hunter.fire(self.rng.choice((0.0, 0.0, 0.001)))

    def verdict(self, view: StoreView) -> tuple[bool, str]:
        """An envelope is in the store that never was on the wire."""
        unsent = view.envelopes - self.hunter.trace.published.keys()
        if not self._fired:
            return False, "no chance"
        if view.torn:
            return True, "torn"
        return (True, "sealed, unsent") if unsent else (False, "sent or not begun")


class InFlight(Aim):
    """Withholds a PUBACK, a message or a receipt, or forges a PUBACK; fires while the unit waits."""

    def __init__(self, hunter: "Hunter") -> None:
        super().__init__(hunter)
        self._how = self.rng.choice(hunter.withhold)
        self._delay_s = _DONE_S if self._how == FORGED_AND_DONE else self.rng.uniform(0.001, 0.1)
        self._targets: set[Place] = set()
        self._hit = False

    def packet(self, seen: Seen, content: Chained | Receipt | None) -> bool:
        """Choose the fate of a batch and of what answers it."""
        if isinstance(content, Batch) and seen.to_broker:
            return self._published(seen, place_of(content))
        if seen.kind == PUBACK and not seen.to_broker and self._targets:
            if self._how == "receipt withheld":
                self.hunter.fire(self._delay_s)
            if self._how == "PUBACK withheld":
                return self.hunter.trace.waiting.get((seen.connection, seen.mid)) not in self._targets
        return not (isinstance(content, Receipt) and self._answers(content))

    def _published(self, seen: Seen, place: Place) -> bool:
        if not self._targets and self._how != "receipt withheld":
            self.hunter.fire(self._delay_s)
        self._targets.add(place)
        if self._how in {"PUBACK forged", FORGED_AND_DONE}:
            seen.connection.puback(seen.mid)
        return self._how in {"PUBACK withheld", "receipt withheld"}

    def _answers(self, receipt: Receipt) -> bool:
        return any(
            place[:2] == (receipt.stream, receipt.epoch) and place[2] <= receipt.seq for place in self._targets
        )

    def freeze(self) -> None:
        """Something was published that no receipt covers."""
        self._hit = any(place in self._targets for place in self.hunter.trace.unreceipted())

    def verdict(self, view: StoreView) -> tuple[bool, str]:  # noqa: ARG002 - as declared
        """What was seen on the wire is proof enough."""
        return self._hit, self._how if self._hit else "no chance"


class Taking(Aim):
    """Fires when the unit has read a receipt, before or while it lets go."""

    def __init__(self, hunter: "Hunter") -> None:
        super().__init__(hunter)
        self._delay_s = self.rng.choice((0.0, self.rng.uniform(0, 0.02), self.rng.uniform(0.02, 0.09), None))
        self._taken: list[Receipt] = []

    def packet(self, seen: Seen, content: Chained | Receipt | None) -> bool:  # noqa: ARG002 - as declared
        """Fire after the unit's PUBACK for a receipt of something that it published in this life."""
        receipt = self.hunter.trace.taken(seen)
        if receipt is not None and (receipt.stream, receipt.epoch, receipt.seq) in self.hunter.new:
            self._taken.append(receipt)
            if self._delay_s is not None:
                self.hunter.fire(self._delay_s)
        return True

    def wrote(self) -> None:
        """Fire at the commit of the deletion."""
        if self._taken and self._delay_s is None:
            self.hunter.fire()

    def verdict(self, view: StoreView) -> tuple[bool, str]:
        """The receipt was read, and the store has not let go."""
        if not self._taken:
            return False, "no receipt"
        held = any(view.chains[receipt.stream, receipt.epoch][1] < receipt.seq for receipt in self._taken)
        return (True, "not yet deleted") if held else (False, "already deleted")


class Evicting(Aim):
    """Fires at the write of a commit, with a store so full that each commit evicts."""

    life_s = 400.0
    _before: int | None = None
    _fired = False

    async def chase(self) -> None:
        """After what a start writes, look into the store when nothing is written, until it has evicted."""
        hunter = self.hunter
        await asyncio.sleep(1.2)
        while not self._before:
            await asyncio.sleep(0.01)
            if time.monotonic() - hunter.active_s > QUIET_S:
                with contextlib.suppress(sqlite3.Error):  # it was written to after all: the next second is another
                    self._before = look(hunter.unit.store, key=hunter.unit.key.public).evicted
                hunter.active_s = time.monotonic()

    def wrote(self) -> None:
        """Fire during the commit, or shortly after it."""
        if self._before and not self._fired:
            self._fired = True
            self.hunter.fire(self.rng.choice((0.0, 0.0, 0.001, 0.003)))

    def verdict(self, view: StoreView) -> tuple[bool, str]:
        """The commit that was under way has evicted, or is torn; `full_unit` makes each of them evict."""
        if not self._fired:
            return False, "no chance"
        if view.torn:
            return True, "torn"
        return (True, "committing") if view.evicted > (self._before or 0) else (False, "no eviction")


class Reported(Aim):
    """Fires as soon as a row was reported."""

    def row(self, row: Stored) -> None:  # noqa: ARG002 - as declared
        """Fire."""
        self.hunter.fire()

    def verdict(self, view: StoreView) -> tuple[bool, str]:  # noqa: ARG002 - as declared
        """The kill followed the report at once."""
        return True, "at once"


class Starting(Aim):
    """Fires while the agent starts."""

    _early = False

    async def chase(self) -> None:
        """Fire after a random time."""
        await asyncio.sleep(self.rng.uniform(0.02, 0.45))
        self.hunter.fire()

    def freeze(self) -> None:
        """There was no session yet."""
        self._early = not self.hunter.session

    def verdict(self, view: StoreView) -> tuple[bool, str]:  # noqa: ARG002 - as declared
        """The kill came before the first session."""
        return self._early, "no session yet" if self._early else "too late"


class Stopping(Aim):
    """Stops the agent in order, and fires while it drains, unless it has ended by then."""

    _draining = False

    async def chase(self) -> None:
        """Fire after a random part of the shutdown."""
        hunter = self.hunter
        await until(lambda: bool(hunter.new), what="a first envelope")
        await asyncio.sleep(self.rng.uniform(0.0, 1.0))
        assert hunter.unit.process is not None
        hunter.unit.process.send(signal.SIGTERM)
        self.told_to_stop = True
        await asyncio.sleep(self.rng.uniform(0.0, 0.25))
        self._draining = not hunter.unit.dead
        hunter.fire()

    def verdict(self, view: StoreView) -> tuple[bool, str]:  # noqa: ARG002 - as declared
        """SIGTERM had been sent, and it had not ended."""
        return self._draining, "draining" if self._draining else "had ended"


AIMS: dict[State, type[Aim]] = {
    State.IDLE: Idle,
    State.SEALING: Sealing,
    State.IN_FLIGHT: InFlight,
    State.RECEIPT: Taking,
    State.EVICTING: Evicting,
    State.REPORTED: Reported,
    State.STARTING: Starting,
    State.STOPPING: Stopping,
}
