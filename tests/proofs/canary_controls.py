"""Negative controls of the proof of the canaries: spoiled agents, and identifiers that were planted on purpose."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.wire.messages import Status
from tests.proofs.canary_rows import strange
from tests.proofs.canary_stage import AGENT, Stage
from tests.proofs.spoiled_agent import UNLUCKY
from tests.support.evidence import opened
from tests.support.footfall import DUST, FIXES, FOOTFALL, Street, TooSlow, strangers
from tests.support.intruders import Intruder, Registry
from tests.support.needles import Needles, plant
from tests.support.rig import Unit, until

TALKATIVE, NO_TRIPWIRE = "talkative", "no-tripwire"
FAILING = ("failing-rule", "failing-driver")
_OTHERS = {DUST, FIXES}
_CROWD = 30
_WINDOW_S = 1
_ROWS = 3
_PERIOD_S = 0.1


@dataclass
class Control:
    """One spoiled agent.

    Attributes:
        way: what is spoiled about it.
        identifiers: what its scanner sees.
        intruders: what comes where none belongs.
    """

    way: str
    unit: Unit
    identifiers: list[bytes]
    _stage: Stage
    _program: tuple[str, ...]
    intruders: Sequence[Intruder] = ()
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, stage: Stage, way: str, *, chance: random.Random) -> "Control":
        """Return one that is ready to run."""
        program = (*AGENT, way)
        unit = stage.add(way, program=program, window_s=_WINDOW_S)
        crowd = strangers(_CROWD, chance=chance)
        if way == FAILING[0]:
            crowd = [UNLUCKY + identifier[len(UNLUCKY) :] for identifier in crowd]
        intruders = Registry(chance).intruders(_CROWD // 6) if way == NO_TRIPWIRE else []
        return cls(way, unit, crowd, stage, program, intruders)

    async def run(self) -> str:
        """Run the agent before a crowd; return what it did in one line. What is wrong is in `wrong`."""
        street = Street(self.unit, chance=random.Random(self.way))
        try:
            self.unit.start()
            async with self._crowded(street):
                did = await self._play()
            return f"spoiled agent {self.way}: " + ("; ".join(self.wrong) or did)
        finally:
            await street.close()

    async def _play(self) -> str:
        """Wait until the agent has done what it does; return that in words."""
        match self.way:
            case "talkative":
                await self._until_stored(FOOTFALL)
                await self.unit.stop()
                return "it logs what it reads; see below"
            case "failing-rule":
                await self._until_stored(FOOTFALL)
                await self.unit.stop()
                await self._must_have_withheld()
                return "withheld its windows, and told nobody why"
            case "failing-driver":
                await self._must_have_died()
                return "died of it, and told nobody why"
            case "no-tripwire":
                await self._until_stored(FIXES)
                await self._must_be_noticed()
                await self.unit.stop()
                return "its numbers tell of frames with intruders"
            case _:
                await self._until_stored(DUST)
                await self._must_say_so()
                await self.unit.stop()
                await self._must_have_sent_nothing()
                return "suspended itself, said so, and sent nothing"

    @contextlib.asynccontextmanager
    async def _crowded(self, street: Street) -> AsyncIterator[None]:
        async def repeat() -> None:
            while True:
                with contextlib.suppress(TooSlow):  # nobody reads yet
                    await street.show(self.identifiers, intruders=self.intruders)
                await asyncio.sleep(_PERIOD_S)

        showing = asyncio.create_task(repeat())
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _until_stored(self, stream: str) -> None:
        await until(
            lambda: sum(row.stream == stream for row in self.unit.stored) >= _ROWS, what=f"rows of {self.way}"
        )

    def _expect(self, holds: bool, problem: str) -> None:  # noqa: FBT001 - the condition is the point
        if not holds:
            self.wrong.append(f"{self.way}: {problem}")

    async def _must_say_so(self) -> None:
        name = self.unit.plan.name
        log = self.unit.log.read_text()
        self._expect(f"stream {FOOTFALL} is suspended" in log, "the log does not say that the stream is suspended")
        code, page = await self._stage.ask_status(self.unit)
        self._expect(code == 1, f"`status` ended with {code}")
        self._expect(f"stream {FOOTFALL} is suspended" in page, "`status` does not say that the stream is suspended")
        signed = self._stage.heard.get(f"lamppost/1/{name}/status", b"")
        told = opened(signed, self.unit.key.public) if signed else None
        self._expect(isinstance(told, Status) and FOOTFALL in told.suspended, "the city was not told")

    async def _must_have_sent_nothing(self) -> None:
        name = self.unit.plan.name
        self._expect({row.stream for row in self.unit.stored} == _OTHERS, "rows of the stream were stored")
        topics = {topic for topic in self._stage.heard if topic.startswith(f"lamppost/1/{name}/")}
        self._expect(not any(FOOTFALL in topic for topic in topics), f"it sent on {sorted(topics)}")
        self._expect(any(DUST in topic for topic in topics), "the other stream did not leave either")
        received = {row["stream"] for row in await self._stage.rows(self.unit)}
        self._expect(received == _OTHERS, f"the city has rows of {sorted(received)}")
        code, page = await self._stage.once(self.unit, *self._program)
        self._expect(code == 1, f"`once` ended with {code}")
        self._expect("suspended" in page, "`once` does not say that the stream is suspended")

    async def _must_have_withheld(self) -> None:
        """Look at every row of the stream that the city has: none has a value, some were withheld."""
        values = [
            one
            for row in await self._stage.rows(self.unit)
            if row["stream"] == FOOTFALL
            for one in row["values"].values()
        ]
        self._expect(all(one["value"] is None for one in values), "a window in which a rule failed has a value")
        self._expect(any(one["quality"] == "withheld" for one in values), "no window is marked as withheld")
        self._must_be_discreet()

    def _must_be_discreet(self) -> None:
        found = Needles(self.identifiers).search_file(self.unit.log)
        self._expect(not found, "the text of an error is in the log")

    async def _must_have_died(self) -> None:
        """Wait for the end; the log has the error's type and where it was, and nothing of its text."""
        await until(lambda: self.unit.dead, what=f"the end of {self.way}")
        code = await self.unit.gone()
        log = self.unit.log.read_text()
        self._expect(code == 1, f"it ended with {code}")
        self._expect("builtins.ValueError" in log, "the log does not tell of which type the error was")
        self._must_be_discreet()

    async def _must_be_noticed(self) -> None:
        """Look at the rows of position fixes: what the receiver never sends must be among them."""
        starts = {row.start_ms for row in self.unit.stored if row.stream == FIXES}
        rows = await self._stage.arrived(self.unit, starts, stream=FIXES)
        found = any(strange(row["values"]) for row in rows if row["stream"] == FIXES)
        self._expect(found, "no number tells of a frame with an intruder")

    @property
    def shown(self) -> list[bytes]:
        """Everything that its sensors were shown."""
        return [*self.identifiers, *(intruder.identifier for intruder in self.intruders)]

    def caught(self) -> str:
        """Search what a talkative agent wrote; return in one line whether all that its scanner saw was found."""
        found = len({hit.number for hit in Needles(self.identifiers).search_file(self.unit.log)})
        self._expect(
            found == len(self.identifiers), f"the search found {found} of {len(self.identifiers)} identifiers"
        )
        return f"spoiled agent {self.way}: {found} of {len(self.identifiers)} identifiers found in its log"


def planted_are_found(
    files: Sequence[Path], needles: Needles, flocks: Sequence[Sequence[bytes]], *, chance: random.Random
) -> tuple[str, list[str]]:
    """Plant decoys in a copy of each file and search it; return the result in a line, and what was missed.

    The decoys of a flock are of one kind.
    """
    wrong: list[str] = []
    count = 0
    for file in files:
        content, spelled = plant(file.read_bytes(), *flocks, chance=chance)
        found = {needles.identifiers[hit.number] for hit in needles.search(content)}
        wrong += [
            f"planted in a copy of {file.name}, not found: {spelled[decoy]}" for decoy in spelled.keys() - found
        ]
        wrong += [f"found in a copy of {file.name}, not planted" for _ in found - spelled.keys()]
        count += len(spelled)
    return f"{count} spellings planted in copies of {', '.join(file.name for file in files)}", wrong
