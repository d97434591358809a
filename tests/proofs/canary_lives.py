"""What the sensors of the canaries' unit see: one process of its agent after the other, each ending in another way.

In: how many identifiers, and the lives they are shown in. Out: a `Witness` that knows all of them and what the city
must have. Never: an identifier in a file.
"""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.proofs.canary_stage import AGENT, LOUD, Stage
from tests.proofs.cores import core_files, ending, exposed
from tests.support.footfall import FOOTFALL, Crowd, Street, TooSlow, open_files
from tests.support.intruders import Intruder, Registry
from tests.support.rig import ROOT, Unit, until

_PATIENCE = 3
_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One process of the agent.

    Attributes:
        way: what is forced on it; see `tests.proofs.spoiled_agent`.
        crowds: new identifiers in each of its windows.
        end: the signal that ends it; but for SIGTERM it comes amid traffic.
        returning: how many of the very first identifiers are seen again in its last window.
        mishaps: broken lines, and a plug that is pulled, come after the windows.
        damage: its store is damaged when it has ended.
    """

    way: str
    crowds: Sequence[int] = ()
    end: signal.Signals = signal.SIGTERM
    returning: int = 0
    mishaps: bool = False
    damage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is proven.

    Attributes:
        lives: of the unit, one after the other.
        window_s: length of a window.
        again: sightings in each window that repeat one.
        extra: identifiers at a time outside of whole windows.
        intruders: of each kind, in broken lines and sentences, in all lives together.
        spoiled: what is spoiled about the agents of the controls, one each.
        planted: the files in whose copies decoys are planted, below the proof's folder.
    """

    lives: Sequence[Life]
    window_s: int
    again: int
    extra: int
    intruders: int
    spoiled: Sequence[str]
    planted: Sequence[str]


@dataclass
class Witness:
    """Everything that was shown to the sensors.

    Attributes:
        counted: addresses shown in whole windows.
        others: addresses shown at other times: in partial windows, in broken lines, to `once`.
        intruders: identifiers shown where none belongs.
        crowds: what each window saw.
        blurred: starts of windows for which this machine was too slow; nothing is said about them.
        passing: starts of windows in which others were shown: how many of them it saw is not known.
        stopped: frames that the tripwires have counted as what they were, in all lives.
        ends: how each life ended, in words.
    """

    registry: Registry
    counted: list[bytes] = field(default_factory=list)
    others: list[bytes] = field(default_factory=list)
    intruders: list[Intruder] = field(default_factory=list)
    crowds: list[Crowd] = field(default_factory=list)
    blurred: set[int] = field(default_factory=set)
    passing: set[int] = field(default_factory=set)
    stopped: int = 0
    ends: list[str] = field(default_factory=list)

    def draw(self, count: int, *, counted: bool = False) -> list[bytes]:
        """Return addresses that nobody has seen yet."""
        new = self.registry.addresses(count)
        (self.counted if counted else self.others).extend(new)
        return new

    def intrude(self, each: int) -> list[Intruder]:
        """Return intruders that nobody has seen yet, `each` of every kind."""
        new = self.registry.intruders(each)
        self.intruders.extend(new)
        return new


class Lives:
    """Plays the lives of one unit.

    Attributes:
        wrong: what does not hold.
    """

    def __init__(self, stage: Stage, unit: Unit, *, size: Size, witness: Witness, chance: random.Random) -> None:
        self.wrong: list[str] = []
        self._stage = stage
        self._unit = unit
        self._size = size
        self._witness = witness
        self._chance = chance
        portions = sum(len(life.crowds) + 1 for life in size.lives)
        self._portions = [size.intruders * (number + 1) // portions for number in range(portions)]
        self._portions = [after - before for before, after in zip([0, *self._portions], self._portions, strict=False)]

    async def play(self) -> None:
        """Play all of them, and `lamppost once` at the end."""
        street = Street(self._unit, chance=self._chance)
        try:
            for life in self._size.lives:
                await self._play(street, life)
            self.wrong += await self._once(street)
        finally:
            await street.close()

    async def _play(self, street: Street, life: Life) -> None:
        unit, witness = self._unit, self._witness
        self._start(life)
        street.forget()
        with self._passing():
            await street.noticed(witness.draw(self._size.extra))
        for number, count in enumerate(life.crowds):
            crowd = witness.draw(count, counted=True)
            if number == len(life.crowds) - 1:
                crowd = [*crowd, *witness.counted[: life.returning]]
            await self._window(street, crowd)
            await self._stage.ask_status(unit)
        await street.show([], intruders=witness.intrude(self._portions.pop()))
        self.wrong += await self._tripped(street, life)
        if life.crowds:
            await self._stored()
        if life.mishaps:
            with self._passing():
                await self._mishaps(street)
        self.wrong += _writes_elsewhere(unit, self._stage.folder)
        await self._end(street, life)

    def _start(self, life: Life) -> None:
        program = LOUD if life.way == "loud" else (*AGENT, life.way)
        self._unit.plan = replace(self._unit.plan, program=program)
        (self._unit.folder / "status.json").unlink(missing_ok=True)
        self._unit.start()

    @contextlib.contextmanager
    def _passing(self) -> Iterator[None]:
        """Note every window, from the present one to that of the end, as one in which others are shown."""
        first, step = _next_start(self._size.window_s) - self._size.window_s, self._size.window_s
        try:
            yield
        finally:
            self._witness.passing |= {start_s * 1000 for start_s in range(first, _next_start(step), step)}

    async def _window(self, street: Street, crowd: Sequence[bytes]) -> None:
        """Show a crowd inside one window, and intruders with it; another window is taken when this one was too short.

        Raises:
            TooSlow: so were all that were tried.
        """
        size, witness = self._size, self._witness
        intruders = witness.intrude(self._portions.pop())
        start_s = _next_start(size.window_s)
        for _ in range(_PATIENCE):
            try:
                seen = await street.window(
                    crowd, start_s=start_s, window_s=size.window_s, again=size.again, intruders=intruders
                )
            except TooSlow:
                witness.blurred |= {start_s * 1000, (start_s + size.window_s) * 1000}
                start_s = _next_start(size.window_s) + size.window_s
            else:
                witness.crowds.append(seen)
                return
        raise TooSlow("this machine is too busy for this proof")

    async def _stored(self) -> None:
        """Return when the row of the last window is stored."""
        last_ms = self._witness.crowds[-1].start_ms
        await until(
            lambda: any(row.stream == FOOTFALL and row.start_ms >= last_ms for row in self._unit.stored),
            what="the last row",
        )

    async def _tripped(self, street: Street, life: Life) -> list[str]:
        """Wait until the status tells exactly the intruders of this life, and return what else it told in the end."""
        expected = {"scanner": dict(street.broken), "gnss": dict(street.strange)}

        def told() -> dict[str, Any]:
            sensors = self._unit.status().get("sensors", {})
            return {name: sensors.get(name, {}).get("trips") for name in expected}

        with contextlib.suppress(TimeoutError):
            await until(lambda: told() == expected, what="the intruders' count", deadline_s=10)
        _code, page = await self._stage.ask_status(self._unit)
        self._witness.stopped += sum(count for kinds in expected.values() for count in kinds.values())
        wrong = [] if told() == expected else [f"{life.way}: stopped by the tripwire {told()}, sent were {expected}"]
        said = all(
            f"sensor {name} sent {sum(kinds.values())} frame" in page for name, kinds in expected.items() if kinds
        )
        return wrong if said else [*wrong, f"{life.way}: `status` does not say what the tripwire has stopped"]

    async def _mishaps(self, street: Street) -> None:
        """Send broken lines with addresses in them, and pull the plug in the middle of one."""
        for identifier in self._witness.draw(self._size.extra):
            text = identifier.hex(":").encode()
            street.babble(text + b";-60\n" + text.upper() + b",-60,1\n" + text[:-2] + b"\n" + identifier + b"\n")
        street.babble(b"X" * 100 + self._witness.draw(1)[0].hex(":").encode())
        street.replug()
        await street.noticed(self._witness.draw(self._size.extra))

    async def _end(self, street: Street, life: Life) -> None:
        """End a life, amid traffic if it is not to end in order, and damage its store if it should be."""
        unit, process = self._unit, self._unit.process
        assert process is not None
        if life.end is signal.SIGTERM:
            await self._stage.ask_status(unit)
            await unit.stop()
            self._witness.ends.append(f"{life.way}: stopped in order")
            return
        if life.damage:
            await self._stage.arrived(unit, {crowd.start_ms for crowd in self._witness.crowds})
        name = f"{life.way}, {life.end.name}"
        before = core_files(process.pid, ROOT)
        self.wrong += exposed(process.pid, name)
        with self._passing():
            async with self._traffic(street):
                process.send(life.end)
                number, dumped = await ending(process.pid)
        await unit.gone()
        left = core_files(process.pid, ROOT).items() - before.items()
        self.wrong += [f"{name}: it left {path.name}" for path, _ in left]
        self.wrong += [f"{name}: the kernel says that it dumped its core"] if dumped else []
        self.wrong += [] if number == life.end else [f"{name}: it ended by signal {number}"]
        self._witness.ends.append(f"{name}: no core" if not dumped and not left else f"{name}: A CORE")
        self._stage.copy_store(unit)
        if life.damage:
            _damage(unit.store)

    @contextlib.asynccontextmanager
    async def _traffic(self, street: Street) -> AsyncIterator[None]:
        """Let sightings come in all the while."""
        shown = self._witness.draw(self._size.extra)

        async def repeat() -> None:
            while True:
                with contextlib.suppress(TooSlow):  # nobody reads any more
                    await street.show(shown)
                await asyncio.sleep(_PAUSE_S)

        await street.show(shown)
        showing = asyncio.create_task(repeat())
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _once(self, street: Street) -> list[str]:
        """Run `lamppost once` while sightings come in; return what is wrong with it."""
        async with self._traffic(street):
            code, page = await self._stage.once(self._unit, *LOUD)
        return [] if code == 0 and "read, not shown" in page else [f"`once` ended with {code}: {page}"]


def _next_start(window_s: int) -> int:
    """Return the start of the next window."""
    return (int(time.time()) // window_s + 1) * window_s


def _writes_elsewhere(unit: Unit, folder: Path) -> list[str]:
    files = [] if unit.process is None else open_files(unit.process.pid)
    return [f"the agent has a file open that is not searched: {path}" for path in files if folder not in path.parents]


def _damage(store: Path) -> None:
    for file in store.parent.glob(store.name + "*"):
        content = bytearray(file.read_bytes())
        for at in range(64, len(content), 997):
            content[at] ^= 0xFF
        file.write_bytes(content)
