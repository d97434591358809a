"""The agent at work on a disk that is recorded: real processes, a real broker, the real receiver.

Each unit has its store in a folder of its own, over which a recorder is mounted; with `ext4`, the recorder holds
the image of a file system, which is mounted over the store. The agent writes its report of stored rows
(`--report-stored`) right into the recorder; a tap between it and its broker says what passes before it lets it pass.

What happens to the units, all at the same time, is drawn from the seed: lines that fail, orders of the city, ends in
order, kills. Now and then the receiver is stopped for a moment and its store copied, with marks before and after: a
cut between these two has that receiver on its other side, and can be continued.
"""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.control.state import create
from agent.wire.orders import Order
from tests.crash.cast import BEGIN, HELD, IMAGE, PURGED, WIDE_FIRST, Cast, Played, new_folder, unit_plan
from tests.crash.journal import read
from tests.crash.mounting import Recording, ext4, make_ext4, recorded
from tests.crash.stores import fill
from tests.crash.story import DOWN, MARK, STORED, UP, note
from tests.support.commander import City, city_keys
from tests.support.process import Process, until
from tests.support.rig import NumberedDust, Rig, Unit, tick_for_ever
from tests.support.tap import PUBLISH, SUBACK, Seen, Tap

FRAME_S = 0.25
SESSION_S = 90.0
"""An agent that was killed often holds off before it starts again."""


class RecordedUnit(Unit):
    """A unit whose agent says what it has stored into the recorder."""

    recording: Recording

    def start(self) -> None:
        """Start the agent."""
        assert self.process is None
        self.life += 1
        given = os.open(self.recording.folder / STORED, os.O_WRONLY)
        fixed = ("run", str(self.folder / "unit.toml"), "--report-stored", str(given), "--runtime", str(self.folder))
        try:
            command = [sys.executable, *self.plan.program, *fixed, *self.plan.options]
            self.process = Process(command, log=self.log, pass_fds=[given])
        finally:
            os.close(given)


@dataclass
class Player:
    """One unit while it plays.

    Attributes:
        sessions: how often its agent has come through to the broker.
        published: how many messages passed.
        heard: how many receipts still reach the unit; None for all of them.
    """

    cast: Cast
    unit: RecordedUnit
    tap: Tap
    sessions: int = 0
    published: int = 0
    heard: int | None = None

    def gate(self, seen: Seen) -> bool:
        """Say what passes, before it does."""
        if self.heard is not None and seen.kind == PUBLISH and not seen.to_broker:
            if not self.heard or "/receipt/_" in seen.topic:  # that of a declaration would leave room for a minute
                return False
            self.heard -= 1
        if seen.kind == SUBACK:
            self.sessions += 1
        if seen.kind == PUBLISH and not seen.topic.endswith("/status"):
            self.published += seen.to_broker
            self.unit.recording.say(note(UP if seen.to_broker else DOWN, seen.payload))
        return True

    async def connected(self) -> None:
        """Return when the agent has a session and has published on it."""
        sessions, published = self.sessions, self.published

        def through() -> bool:
            assert not self.unit.dead, self.unit.log.read_text()[-2000:]
            return self.sessions > sessions and self.published > published

        await until(through, what="a session", deadline_s=SESSION_S)

    async def restart(self, number: signal.Signals) -> None:
        """End the agent, and start it again."""
        assert self.unit.process is not None
        self.unit.process.send(number)
        await self.unit.gone()
        self.unit.start()
        await self.connected()

    async def finish(self) -> None:
        """End the agent in order, but for one that would wait for receipts as long as it may."""
        assert self.unit.process is not None
        if self.heard is None:
            assert await self.unit.stop() == 0, self.unit.log.read_text()[-2000:]
        else:
            self.unit.kill()
            await self.unit.gone()

    def end(self) -> None:
        """Kill the agent if it is alive still: nothing may have the disk open when that goes."""
        if self.unit.process is not None:
            self.unit.process.destroy()

    async def away(self, seconds: float) -> None:
        """Have no line for a while."""
        self.tap.refuse()
        await asyncio.sleep(seconds)
        await self.tap.open()


@dataclass
class Scene:
    """Everything, running."""

    folder: Path
    rig: Rig
    city: City
    players: list[Player]
    rng: random.Random
    copies: dict[str, Path] = field(default_factory=dict)

    async def act(self, acts: int) -> None:
        """Do so many things to every unit, and half as many, which last longer, to one with a full store."""
        self._mark(BEGIN)
        for player in self.players:
            player.unit.start()
        await asyncio.gather(*(player.connected() for player in self.players))
        async with asyncio.TaskGroup() as group:
            for player in self.players:
                group.create_task(self._life(player, acts, random.Random(self.rng.random())))
            group.create_task(self._copy(1 + acts // 2))
        await asyncio.gather(*(player.finish() for player in self.players))

    async def _life(self, player: Player, acts: int, rng: random.Random) -> None:
        kinds = [self._order, self._cut_off, self._kill, self._purge, self._end]
        if player.cast.overflow:
            kinds, acts = [self._hear, self._cut_off, self._kill, self._cut_off, self._end], (acts + 1) // 2
        plan = (kinds * (acts // len(kinds) + 1))[:acts]
        rng.shuffle(plan)
        for act in plan:
            await asyncio.sleep(rng.uniform(0.5, 1.5))
            await act(player, rng)
        await asyncio.sleep(1.0)

    async def _order(self, player: Player, rng: random.Random) -> None:
        """Hold a stream, or suspend it, and let it go on."""
        name = player.unit.plan.name
        for order in (rng.choice((Order.HOLD, Order.SUSPEND)), Order.RUN):
            await self.city.publish(name, self.city.document(name, HELD, order))
            await asyncio.sleep(rng.uniform(0.3, 1.2))

    async def _purge(self, player: Player, rng: random.Random) -> None:
        """Have a stream deleted as far as it is stored."""
        name = player.unit.plan.name
        await self.city.publish(name, self.city.document(name, PURGED, Order.PURGE))
        await asyncio.sleep(rng.uniform(0.2, 0.6))

    @staticmethod
    async def _hear(player: Player, rng: random.Random) -> None:
        """Let one receipt through: more would leave so much room that nothing is lost for long."""
        player.heard = 1
        player.tap.reset()  # what is retained comes again
        await player.connected()
        await asyncio.sleep(rng.uniform(2.0, 4.0))
        player.heard = 0

    @staticmethod
    async def _cut_off(player: Player, rng: random.Random) -> None:
        await player.away(rng.uniform(1.0, 3.0))

    @staticmethod
    async def _end(player: Player, rng: random.Random) -> None:
        del rng
        await player.restart(signal.SIGTERM)

    @staticmethod
    async def _kill(player: Player, rng: random.Random) -> None:
        del rng
        await player.restart(signal.SIGKILL)

    async def _copy(self, times: int) -> None:
        """Stop the receiver for a moment, now and then, and copy what it has."""
        receiver = self.rig.receiver
        for number in range(times):
            await asyncio.sleep(self.rng.uniform(0.5, 2.0))
            assert receiver.process is not None
            receiver.process.send(signal.SIGSTOP)
            try:
                await asyncio.sleep(0.1)
                self._mark(f"begin {number}")
                copy = self.folder / f"receiver-{number}"
                shutil.copytree(receiver.folder, copy)
                self.copies[str(number)] = copy
                await asyncio.sleep(0.5)
                self._mark(f"end {number}")
            finally:
                receiver.process.send(signal.SIGCONT)

    def _mark(self, text: str) -> None:
        for player in self.players:
            player.unit.recording.say(note(MARK, text.encode()))


async def play(folder: Path, *, casts: Sequence[Cast], seed: int, acts: int) -> list[Played]:
    """Let units live through `acts` changes each, and return what was recorded."""
    async with contextlib.AsyncExitStack() as stack:
        rig = await stack.enter_async_context(Rig(new_folder(folder / "rig")))
        city = City(rig, city_keys(folder / "city"))
        players = [await _player(stack, folder, rig, city, cast, seed=seed) for cast in casts]
        sensors = [
            NumberedDust(player.unit.link("dust"), first=WIDE_FIRST if player.cast.overflow else 1)
            for player in players
        ]
        for sensor in sensors:
            stack.callback(sensor.close)
        await rig.start()
        ticking = asyncio.create_task(tick_for_ever(sensors, period_s=FRAME_S, phase_s=FRAME_S / 2))
        stack.callback(ticking.cancel)
        scene = Scene(folder, rig, city, players, random.Random(seed))
        await scene.act(acts)
    return [
        Played(
            cast=player.cast,
            config=player.unit.folder / "unit.toml",
            key=player.unit.key,
            receiver=rig.receiver.key,
            city=city.keys,
            events=read(player.unit.recording.journal),
            copies=scene.copies,
        )
        for player in players
    ]


async def _player(
    stack: contextlib.AsyncExitStack, folder: Path, rig: Rig, city: City, cast: Cast, *, seed: int
) -> Player:
    """Put a unit on a recorded disk behind a tap."""
    tap = Tap(rig.broker.port)
    home = new_folder(rig.folder / cast.name)
    plan = unit_plan(cast, city=city.keys)
    unit = RecordedUnit(plan, folder=home, port=tap.port, receiver=rig.receiver.key)
    rig.units[cast.name] = unit
    stored = fill(home / "unit.toml", seed=seed) if cast.overflow else []
    if cast.ext4:
        unit.recording = _on_ext4(stack, home, folder / f"disk-{cast.name}")
    else:
        unit.recording = stack.enter_context(recorded(home / "store", home=folder / f"disk-{cast.name}"))
    for stream, number, start_ms in stored:
        unit.recording.say(f"{stream} {number} {start_ms}\n".encode(), to=STORED)
    player = Player(cast, unit, tap, heard=0 if cast.overflow else None)
    tap.gate = player.gate
    await stack.enter_async_context(tap)
    stack.callback(player.end)
    return player


def _on_ext4(stack: contextlib.ExitStack | contextlib.AsyncExitStack, home: Path, disk: Path) -> Recording:
    """Put the store onto a file system in a file, which is recorded."""
    below = new_folder(home / "below")
    make_ext4(below / IMAGE)
    shutil.rmtree(home / "store")
    (home / "store").mkdir()
    with ext4(below / IMAGE, home / "store"):
        create(home / "store")
    recording = stack.enter_context(recorded(below, home=disk))
    stack.enter_context(ext4(below / IMAGE, home / "store"))
    return recording
