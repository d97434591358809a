"""Thinned rows from the store to the city: merged as declared, signed, stored with their length, accounted for."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest_asyncio
from rich.console import Console

from agent.buffer.outbox import Outbox
from agent.buffer.records import Limits, Overflow, StreamPolicy
from agent.sealer import Sealer
from agent.wire import payload
from agent.wire.messages import ClockQuality, ClockStamp, GapReason
from receiver.cli.page import render
from receiver.database import Database
from receiver.holdings import holdings
from receiver.reconcile import reconcile
from receiver.report import Report
from receiver.store import Store
from receiver.trusted import Device, TrustedDevices
from tests.support.disclosures import log_of
from tests.support.outbox import START_MS, STEP_MS, opened, put, row, waiting
from tests.support.wire import UNIT_KEY, channel, content, stream

UNIT = "corner-7"
ROWS = 5000
CLOCK = payload.encode_clock(ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=4))
DECLARED = payload.content_bytes(
    content(
        streams=(
            stream(
                name="air",
                window_ms=STEP_MS,
                channels=(
                    channel("temperature"),
                    channel("samples", rule="count", unit="count", exponent=0, resolution=1, minimum=0, maximum=4000),
                    channel("middle", rule="median"),
                ),
            ),
        )
    )
)
POLICY = StreamPolicy(overflow=Overflow.THIN, batch_rows=10, backlog_rows=600, columns=3)
LIMITS = Limits(max_bytes=128 << 10, free_floor_bytes=0, loss_window_s=3600)


def temperature(index: int) -> int:
    """Return what the sensor had: a saw tooth, in steps of 10."""
    return 10 * (index * 37 % 500)


@dataclass
class City:
    """The receiver's store and what of the unit it was given."""

    path: Path
    store: Store
    trusted: TrustedDevices

    async def take_all(self, outbox: Outbox) -> None:
        """Seal, verify, store and receipt until nothing is left."""
        while await outbox.seal(partial=True) or await waiting(outbox):
            messages = [self.trusted.verify_file(one.data, now_ms=START_MS) for one in await waiting(outbox)]
            _, owed = self.store.commit(messages, now_ms=START_MS, patience_ms=1 << 40)
            for receipt in owed:
                await outbox.receipt(
                    stream=receipt.stream,
                    epoch=receipt.epoch,
                    seq=receipt.seq,
                    hash=receipt.hash,
                    receiver=self.store.receiver_epoch,
                )
            await outbox.flush()

    def shown(self) -> dict[str, Any]:
        """Return what `lamppost-receiver show` knows."""
        report = Report(self.path)
        try:
            return report.show(UNIT, "air")
        finally:
            report.close()

    def rows(self) -> list[tuple[int, int, list[int | None], list[int]]]:
        """Return start, length, values and codes of every row, in order of time."""
        db = Database(self.path, read_only=True)
        found = db.all("SELECT start_ms, step_ms, scaled, quality FROM row ORDER BY start_ms")
        db.close()
        return [(one[0], one[1], json.loads(one[2]), json.loads(one[3])) for one in found]


@pytest_asyncio.fixture
async def thinned(tmp_path: Path) -> AsyncIterator[tuple[Outbox, City]]:
    """A unit that was offline for longer than its buffer holds, and a city that has everything of it by now."""
    outbox = await opened(
        tmp_path / "outbox.db",
        unit=UNIT,
        limits=LIMITS,
        streams={"air": POLICY},
        maker=Sealer(UNIT_KEY, unit=UNIT, formats={}),  # type: ignore[arg-type]  # the helper is written for the readable maker
    )
    await outbox.declare(DECLARED)
    digest = payload.declaration_hash(DECLARED)
    for first in range(0, ROWS, 250):
        rows = [row(index, values=(temperature(index), 60, 3)) for index in range(first, first + 250)]
        put(outbox, rows, declaration=digest, clock=CLOCK)
        await outbox.flush()
    device = Device(unit=UNIT, key=UNIT_KEY.public, valid_from_ms=0, valid_until_ms=1 << 53)
    path = tmp_path / "receiver.db"
    city = City(path, Store(path), TrustedDevices({UNIT: device}))
    await city.take_all(outbox)
    yield outbox, city
    city.store.close()
    await outbox.close()


async def test_thinned_rows_reach_the_city_with_their_length_and_what_they_are_made_of(
    thinned: tuple[Outbox, City],
) -> None:
    _, city = thinned
    at = START_MS
    lengths = set()
    for start, step, (mean, samples, middle), codes in city.rows():
        assert start == at, "all of the time is there, once"
        at += step
        lengths.add(step)
        windows, first = step // STEP_MS, (start - START_MS) // STEP_MS
        exact = Fraction(sum(map(temperature, range(first, first + windows))), windows)
        assert mean is not None
        assert abs(mean - exact) <= 5 * (windows.bit_length() - 1)
        assert samples == 60 * windows
        assert middle == (3 if windows == 1 else None)
        assert codes == ([0, 0, 0] if windows == 1 else [8, 8, 8])
    assert at == START_MS + ROWS * STEP_MS
    assert {STEP_MS, 2 * STEP_MS} <= lengths


async def test_signed_gap_says_how_many_rows_were_merged_and_when(thinned: tuple[Outbox, City]) -> None:
    outbox, city = thinned
    rows, (air,) = city.rows(), city.shown()["streams"]
    merged = [(start, step) for start, step, _, _ in rows if step > STEP_MS]
    (gap,) = air["gaps"]
    assert (gap["reason"], gap["rows"]) == ("thinned", ROWS - len(rows))
    assert (gap["start_ms"], gap["end_ms"]) == (merged[0][0], sum(merged[-1]))
    assert gap["windows"] * STEP_MS == gap["end_ms"] - gap["start_ms"]
    assert (await outbox.stats()).rows_thinned == gap["rows"]
    assert air["missing"] is None


async def test_receiver_tells_merged_time_from_missing_time(thinned: tuple[Outbox, City]) -> None:
    _, city = thinned
    out = StringIO()
    render(city.shown(), now_ms=START_MS, console=Console(file=out, width=250))
    count = ROWS - len(city.rows())
    assert f"{count} rows fewer, merged into longer windows, between 2026-09-21T" in out.getvalue()
    assert "declared gap" not in out.getvalue()


async def test_disclosure_log_and_holdings_agree_about_what_was_thinned(thinned: tuple[Outbox, City]) -> None:
    outbox, city = thinned
    held = holdings(city.path, UNIT)
    result = reconcile(await log_of(outbox), held)
    assert result.findings == ()
    assert result.envelopes == len(held.envelopes)
    assert held.losses == {("air", outbox.epoch, GapReason.THINNED): ROWS - len(city.rows())}
