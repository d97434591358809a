"""A unit whose store is damaged again and again, and a city that is put back to what it knew each time."""

import asyncio
import contextlib
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiomqtt

from agent.wire.errors import WireError
from agent.wire.messages import Gap, GapReason
from receiver.restoring import beside
from tests.proofs.damage_cases import Case, Files
from tests.proofs.outage_scene import arrived
from tests.support.evidence import opened
from tests.support.rig import NumberedDust, Rig, Unit, UnitPlan, dust_stream, tick_for_ever, until
from tests.support.tap import Seen, Tap
from tests.support.trace import Start, Trace

UNIT = "card"
STREAMS = ("one", "third")
_FILES = "outbox.db*"
_NEW_ROWS = 3
_KEPT = 3
_NEWEST_ROWS = 4
_MOST_BYTES = 16_000_000


@dataclass
class Donor:
    """A store as it was left, and what was known then.

    Attributes:
        folder: the unit's files.
        reported: every row that the agent had reported.
        delivered: those of them that the city had.
        city: the receiver's store.
        receipts: what the broker had retained for the unit.
        published: hash of each envelope the unit had ever published, by its place.
    """

    folder: Path
    reported: set[Start]
    delivered: set[Start]
    city: Path
    receipts: dict[str, bytes]
    published: dict[Any, bytes]
    epochs: set[bytes] = field(default_factory=set)
    seqs: dict[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class Outcome:
    """What came of one case."""

    name: str
    waited: int = 0
    kept: int = 0
    lost: int = 0
    new: int = 0
    aside: int = 0
    epochs: int = 0
    doubled: int = 0
    declared: bool = False
    last_known: bool = False
    note: str = ""
    problems: list[str] = field(default_factory=list)


class Scene:
    """Everything, running but for the agent."""

    def __init__(self, rig: Rig, unit: Unit, tap: Tap, folder: Path) -> None:
        self.rig = rig
        self.unit = unit
        self.tap = tap
        self.folder = folder
        self.trace = Trace(unit.key.public, rig.receiver.key.public)
        self.donors: dict[str, Donor] = {}
        self._plan = unit.plan
        tap.gate = self._gate

    def _gate(self, seen: Seen) -> bool:
        self.trace.passed(seen, self.trace.read(seen))
        return True

    # -- donors

    async def make_donors(self) -> None:
        """Let the unit work, online and then without a network, and keep copies of what a kill and a stop leave."""
        self.unit.start()
        await until(lambda: len(self._arrived()) >= 8, what="the first rows at the city")
        self.unit.kill()
        await self.unit.gone()
        await self._keep("online")
        self.unit.start()
        await until(lambda: len(self._arrived()) >= 14, what="rows after the kill")
        await self.rig.receiver.stop()
        await self._further_rows(4)
        self.tap.refuse()
        await self._further_rows(18)
        self.unit.kill()
        await self.unit.gone()
        await self._keep("killed")
        self.unit.start()
        await self._further_rows(3)
        await self.unit.stop()
        await self._keep("closed")

    async def _further_rows(self, count: int) -> None:
        goal = len(self.unit.stored) + count
        await until(lambda: len(self.unit.stored) >= goal, what="further rows")

    async def _keep(self, name: str) -> None:
        kept = self.folder / f"donor-{name}"
        shutil.copytree(self.unit.store.parent, kept)
        receipts = await self._retained()
        await self.rig.receiver.stop()
        city = self.folder / f"city-{name}.db"
        shutil.copyfile(beside(self.rig.receiver.store), beside(city))  # it is no restored copy: time went back
        with closing(sqlite3.connect(self.rig.receiver.store)) as db, closing(sqlite3.connect(city)) as copy:
            db.backup(copy)
        self.donors[name] = Donor(
            folder=kept,
            reported={(row.stream, row.start_ms) for row in self.unit.stored},
            delivered=arrived(city, UNIT),
            city=city,
            receipts=receipts,
            published=dict(self.trace.published),
            epochs=_epochs(city),
            seqs=_seqs(city),
        )
        if name != "closed":
            await self.rig.receiver.start()

    async def _retained(self) -> dict[str, bytes]:
        """Return the receipts that the broker keeps for the unit."""
        found: dict[str, bytes] = {}
        async with aiomqtt.Client("127.0.0.1", self.rig.broker.port, identifier="looks-on") as client:
            await client.subscribe(f"lamppost/1/{UNIT}/receipt/+", qos=1)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    async for message in client.messages:
                        found[str(message.topic)] = bytes(message.payload)
        return found

    # -- cases

    async def run(self, case: Case, *, seed: int, program: tuple[str, ...] | None = None) -> Outcome:
        """Put everything back to where a donor was left, have the damage, and see how the agent goes on."""
        donor = self.donors[case.donor]
        await self._put_back(donor)
        files = Files(self.unit.store, random.Random(f"{seed} {case.name}"), donor.seqs)
        case.damage(files)
        away = program or (("-m", "tests.proofs.spoiled_agent", "info") if case.unprivileged else None)
        self.unit.configure(replace(self._plan, program=away) if away else self._plan)
        outcome = Outcome(name=case.name)
        await self._work(outcome, donor)
        self._judge(outcome, case, donor)
        return outcome

    async def _put_back(self, donor: Donor, *, city: bool = True) -> None:
        """Give the unit the donor's store; with `city`, the city forgets everything since."""
        self.tap.refuse()
        folder = self.unit.store.parent
        shutil.rmtree(folder)
        shutil.copytree(donor.folder, folder)
        if city:
            await self.rig.receiver.stop()
            await self.rig.broker.stop()
            for rest in self.rig.receiver.folder.glob("receiver.db*"):
                rest.unlink()
            shutil.copyfile(donor.city, self.rig.receiver.store)
            shutil.copyfile(beside(donor.city), beside(self.rig.receiver.store))
            await self.rig.broker.start()
            await self.rig.receiver.start()
            async with aiomqtt.Client("127.0.0.1", self.rig.broker.port, identifier="puts-back") as client:
                for topic, data in donor.receipts.items():
                    await client.publish(topic, data, qos=1, retain=True)
        self.trace = Trace(self.unit.key.public, self.rig.receiver.key.public, published=dict(donor.published))
        self.unit.stored.clear()
        await self.tap.open()

    async def _work(self, outcome: Outcome, donor: Donor) -> None:
        """Have the agent start, sample and deliver, and stop it in order."""
        self.unit.start()

        def goes_on() -> bool:
            new = {(row.stream, row.start_ms) for row in self.unit.stored}
            return self.unit.dead or len({row for row in new & self._arrived() if row[0] == "one"}) >= _NEW_ROWS

        try:
            await until(goes_on, what="new rows at the city")
        except TimeoutError as error:
            outcome.problems.append(str(error))
        if self.unit.dead:
            outcome.problems.append("the agent has ended")
        code = await self.unit.stop()
        if code:
            outcome.problems.append(f"the agent ended with {code}")
        with contextlib.suppress(TimeoutError):
            await until(lambda: self._reported() <= self._arrived(), what="the last rows", deadline_s=3)
        missing = self._reported() - self._arrived() - donor.reported
        if missing:
            outcome.problems.append(f"{len(missing)} new rows were stored and have not arrived")
        outcome.new = len(self._reported())

    def _reported(self) -> set[Start]:
        return {(row.stream, row.start_ms) for row in self.unit.stored}

    def _arrived(self) -> set[Start]:
        return arrived(self.rig.receiver.store, UNIT)

    # -- the verdict

    def _judge(self, outcome: Outcome, case: Case, donor: Donor) -> None:
        here = self._arrived()
        waited = donor.reported - donor.delivered
        outcome.waited, outcome.kept = len(waited), len(waited & here)
        missing = waited - here
        outcome.lost = len(missing)
        asides = list(self.unit.store.parent.glob("outbox.damaged-*"))
        outcome.aside = len([entry for entry in asides if not entry.name.endswith("-wal")])
        city = _City.read(self.rig.receiver.store, self.unit)
        outcome.epochs = len(city.epochs - donor.epochs)
        outcome.doubled = city.doubled
        outcome.problems += city.problems
        gaps = [gap for gap in city.gaps if gap.epoch not in donor.epochs and gap.reason is GapReason.DAMAGED]
        told = {gap.stream for gap in gaps}
        outcome.declared = bool(told)
        outcome.last_known = any(gap.ended is not None for gap in gaps)
        if any(gap.ended is not None and gap.ended[0] not in donor.epochs for gap in gaps):
            outcome.problems.append("a gap record names an epoch that never was")
        if not case.silent and {stream for stream, _ in missing} - told:
            outcome.problems.append(f"{len(missing)} rows are missing and no gap record says so")
        if case.silent and len(missing) > _NEWEST_ROWS:
            outcome.problems.append("more is missing than the newest commit held")
        if outcome.kept < case.least * len(waited):
            outcome.problems.append(f"{outcome.kept} of {len(waited)} rows arrived, expected {case.least:.0%}")
        outcome.problems += _wrong_files(outcome, case, sum(entry.stat().st_size for entry in asides))
        twice = [place[0] for place in self.trace.rewritten] + city.forked
        if case.twin and twice and not any(stream in STREAMS for stream in twice):
            outcome.note = f"the city notices: {len(city.forked)} forks in {', '.join(sorted(set(city.forked)))}"
        elif twice:
            outcome.problems.append(
                f"a seq was given twice: {len(twice)} times, {len(city.forked)} forks at the city"
            )


def _wrong_files(outcome: Outcome, case: Case, aside_bytes: int) -> list[str]:
    """Return what is wrong with what was set aside, and with the epochs."""
    wrong = []
    if case.aside is not None and bool(outcome.aside) is not case.aside:
        wrong.append(f"{outcome.aside} stores are set aside")
    if outcome.aside > _KEPT or aside_bytes > _MOST_BYTES:
        wrong.append("what is set aside is not bounded")
    if case.renewed is not None and bool(outcome.epochs) is not case.renewed:
        wrong.append(f"{outcome.epochs} new epochs")
    if outcome.aside and not outcome.epochs:
        wrong.append("a store is set aside and no epoch began")
    return wrong


@dataclass
class _City:
    """What the receiver's store says about the unit, every signature verified."""

    epochs: set[bytes]
    gaps: list[Gap]
    doubled: int
    problems: list[str]
    forked: list[str]

    @classmethod
    def read(cls, store: Path, unit: Unit) -> "_City":
        problems: list[str] = []
        gaps: list[Gap] = []
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as db:
            for data, digest in db.execute("SELECT data, hash FROM envelope"):
                try:
                    content = opened(data, unit.key.public)
                except WireError as error:
                    problems.append(f"an envelope does not verify: {error}")
                    continue
                if sha256(data).digest() != digest:
                    problems.append("an envelope is not what it was stored as")
                if isinstance(content, Gap):
                    gaps.append(content)
            forked = [row[0] for row in db.execute("SELECT stream FROM fork JOIN chain ON chain.id = chain")]
            doubled = db.execute("SELECT count(*) FROM doubled").fetchone()[0]
            query = (
                "SELECT stream, start_ms FROM row JOIN chain ON chain.id = row.chain WHERE boot IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM doubled WHERE doubled.chain = row.chain AND doubled.seq = row.seq"
                " AND doubled.start_ms = row.start_ms)"
            )
            twice = [row for row, count in Counter(db.execute(query).fetchall()).items() if count > 1]
        if twice:
            problems.append(f"{len(twice)} rows came back as new")
        return cls(_epochs(store), gaps, doubled, problems, forked)


def _epochs(store: Path) -> set[bytes]:
    with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as db:
        return {row[0] for row in db.execute("SELECT DISTINCT epoch FROM chain")}


def _seqs(store: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as db:
        return dict(db.execute("SELECT stream, max(next_seq) FROM chain GROUP BY stream").fetchall())


@contextlib.asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    """Start everything, and make the donors."""
    async with contextlib.AsyncExitStack() as stack:
        rig = await stack.enter_async_context(Rig(folder))
        tap = Tap(rig.broker.port)
        streams = [dust_stream("one", sensor="a"), dust_stream("third", sensor="a", batch="3s")]
        plan = UnitPlan(name=UNIT, sensors={"a": "pmsx003"}, streams=streams, uplink={"keepalive": "10s"})
        unit = rig.add(plan, port=tap.port)
        sensor = NumberedDust(unit.link("a"))
        await rig.start()
        ticking = asyncio.create_task(tick_for_ever([sensor], period_s=1.0, phase_s=0.5))
        await stack.enter_async_context(tap)
        made = Scene(rig, unit, tap, folder)
        try:
            await made.make_donors()
            yield made
        finally:
            ticking.cancel()
            sensor.close()
