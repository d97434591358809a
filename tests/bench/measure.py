"""The measurements: each runs a stand and returns figures, those that a plan has beside what it foretells."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.foretold import BATCH_TOLERANCE, FLASH_TOLERANCE, WIRE_TOLERANCE, Foretold
from tests.bench.processes import peak_rss_bytes
from tests.bench.stand import Failed, Snapshot, Stand
from tests.bench.workload import BATCHES_OF_10_S, BATCHES_OF_60_S, SLOW, Cadence
from tests.bench.yardstick import ROWS_A_SECOND

AWAY_S = (10, 10, 10, 60)
"""How long the broker is away, one time after the other, with `_BETWEEN_S` of data between."""

_MIB = 1 << 20
_BETWEEN_S = 15.0
_SETTLE_S = 30.0
_MINUTE_S = 60
_IN_BATCH_S = 5.0
_DATA = ("/live/", "/backlog/")


def measure(directory: Path, *, seconds: int, say: Callable[[str], None], only: str | None = None) -> list[Figure]:
    """Return every figure, or those of one part.

    Raises:
        Failed: the stand did not work as it must.
    """
    if only is not None:
        say(f"only {seconds} s of {only}")
        return PARTS[only](directory, seconds)
    say(f"{seconds} s of the workload with batches of 10 s; then its broker goes away {len(AWAY_S)} times")
    figures = _work(directory, seconds)
    say(f"{seconds} s with batches of 60 s; at the same time {seconds} s of silent sensors")
    with ThreadPoolExecutor() as pool:
        parts = [pool.submit(part, directory, seconds) for part in (_long_batches, _silence)]
        return [*figures, *(figure for part in parts for figure in part.result())]


def _work(directory: Path, seconds: int) -> list[Figure]:
    with Stand(directory, cadence=BATCHES_OF_10_S) as stand:
        foretold = Foretold.of(stand.configuration)
        first_cpu_s = _start(stand)
        before, after = _window(stand, BATCHES_OF_10_S, seconds)
        resumed_s = [(away_s, _outage(stand, away_s)) for away_s in AWAY_S]
        peak_bytes = peak_rss_bytes(stand.pid)
        _finish(stand)
    rows = after.rows - before.rows
    cpu_s, whole_cpu_s, yardstick_s = after.cpu_s - before.cpu_s, after.cpu_s, _yardstick(before, after)
    return [
        Figure(name="RSS, the most at any time", value=peak_bytes / _MIB, unit="MiB", reach=42, digits=1),
        *_cpu("CPU for 1000 rows", 1000 * cpu_s / rows, yardstick_s=yardstick_s, reach=10),
        Figure(name="  with the start", value=1000 * whole_cpu_s / after.rows, unit="s", digits=3),
        *_sent("batches of 10 s", before, after, reach=40),
        *planned("batches of 10 s", before, after, foretold=foretold, disk_reach=1500),
        *_cpu("CPU until the first publish", first_cpu_s, yardstick_s=yardstick_s, reach=7),
        *(
            Figure(name=f"publishing again, broker away {away_s} s", value=again_s, unit="s", reach=3, digits=2)
            for away_s, again_s in resumed_s
        ),
    ]


def _long_batches(directory: Path, seconds: int) -> list[Figure]:
    with Stand(directory, cadence=BATCHES_OF_60_S) as stand:
        foretold = Foretold.of(stand.configuration)
        _start(stand)
        before, after = _window(stand, BATCHES_OF_60_S, seconds)
        _finish(stand)
    return [
        *_sent("batches of 60 s", before, after, reach=12),
        *planned("batches of 60 s", before, after, foretold=foretold),
    ]


def _silence(directory: Path, seconds: int) -> list[Figure]:
    with Stand(directory, cadence=SLOW, silent=True) as stand:
        _start(stand)
        time.sleep(_SETTLE_S)
        before = stand.snapshot()
        time.sleep(seconds)
        after = stand.snapshot()
        stand.stop_agent()
    share = (after.cpu_s - before.cpu_s) / (after.mono_s - before.mono_s)
    name = "of a core, sensors silent, windows of 60 s"
    times = (after.cpu_s - before.cpu_s) / (after.yardstick_s - before.yardstick_s)
    return [Figure(name=name, value=100 * share, unit="%", digits=3), _times(times, reach=3)]


def _yardstick(before: Snapshot, after: Snapshot) -> float:
    """Return the processor time of a thousand rows of the yardstick between the two."""
    return (after.yardstick_s - before.yardstick_s) / (after.mono_s - before.mono_s) * 1000 / ROWS_A_SECOND


def _cpu(name: str, cpu_s: float, *, yardstick_s: float, reach: float) -> list[Figure]:
    """Return processor time in seconds, which depend on the machine, and as a multiple of the yardstick's."""
    return [Figure(name=name, value=cpu_s, unit="s", digits=3), _times(cpu_s / yardstick_s, reach=reach)]


def _times(value: float, *, reach: float) -> Figure:
    return Figure(name="  of what the yardstick takes", value=value, unit="times", reach=reach, digits=1)


def _disk(before: Snapshot, after: Snapshot) -> float | None:
    """Return bytes written for a row.

    Raises:
        Failed: the folder is not on a disk.
    """
    if before.disk_bytes is None or after.disk_bytes is None:
        return None
    if before.disk_bytes == after.disk_bytes:
        raise Failed("nothing was written to a disk; name a folder on one with --directory")
    return (after.disk_bytes - before.disk_bytes) / (after.rows - before.rows)


def _sent(what: str, before: Snapshot, after: Snapshot, *, reach: float) -> list[Figure]:
    """Return MQTT bytes for a row: of the window, and with what only a first start sends."""
    steady = (after.sent_bytes - before.sent_bytes) / (after.rows - before.rows)
    whole = after.sent_bytes / after.rows
    return [
        Figure(name=f"sent by MQTT for a row, {what}", value=steady, unit="bytes", reach=reach, digits=1),
        Figure(name="  with CONNECT and the first declaration", value=whole, unit="bytes", digits=1),
    ]


def planned(
    what: str, before: Snapshot, after: Snapshot, *, foretold: Foretold, disk_reach: float | None = None
) -> list[Figure]:
    """Return what a plan foretells, measured: for a row bytes on the wire and written to disk, and a batch's size."""
    steady, whole = _wire(before, after)
    window_s = after.mono_s - before.mono_s
    return [
        Figure(
            name=f"on the wire for a row, {what}",
            value=steady,
            unit="bytes",
            digits=1,
            foretold=foretold.wire_row_bytes(window_s),
            tolerance=WIRE_TOLERANCE,
        ),
        Figure(
            name="  with the connection and the first declaration",
            value=whole,
            unit="bytes",
            digits=1,
            foretold=foretold.wire_row_bytes_since_start(after.rows),
            tolerance=WIRE_TOLERANCE,
        ),
        Figure(
            name="  a batch in it, signed",
            value=_batch(before, after),
            unit="bytes",
            foretold=foretold.batch_bytes,
            tolerance=BATCH_TOLERANCE,
        ),
        Figure(
            name=f"written to disk for a row, {what}",
            value=_disk(before, after),
            unit="bytes",
            reach=disk_reach,
            foretold=foretold.flash_row_bytes,
            tolerance=FLASH_TOLERANCE,
        ),
    ]


def _batch(before: Snapshot, after: Snapshot) -> float:
    """Return the mean size of the batches of the window.

    Raises:
        Failed: there is none.
    """
    sizes = after.batches[len(before.batches) :]
    if not sizes:
        raise Failed("no live batch was published while it was measured")
    return sum(sizes) / len(sizes)


def _wire(before: Snapshot, after: Snapshot) -> tuple[float, float]:
    """Return bytes on the wire for a row: of the window, and of all the time since the start.

    Raises:
        Failed: a connection has ended, so that they are not known.
    """
    if before.wire_bytes is None or after.wire_bytes is None:
        raise Failed(
            "the agent's connection ended before its bytes on the wire were read, or the kernel has no count"
        )
    return (after.wire_bytes - before.wire_bytes) / (after.rows - before.rows), after.wire_bytes / after.rows


def _start(stand: Stand) -> float:
    """Start the agent; return its processor time at its first publish."""
    stand.start_agent()
    publishes = stand.proxy.publishes
    stand.wait(lambda: bool(publishes), "the agent publishes nothing")
    return publishes[0].cpu_s


def _window(stand: Stand, cadence: Cadence, seconds: int) -> tuple[Snapshot, Snapshot]:
    """Return the counters before and after a whole number of batches, once data flows; amid a batch both times."""
    begun = time.monotonic()
    stand.wait(lambda: _data_since(stand, begun), "no data is published", seconds=2 * _MINUTE_S)
    time.sleep((_IN_BATCH_S - time.time()) % cadence.batch_s)
    before = stand.snapshot()
    time.sleep(-(-seconds // cadence.batch_s) * cadence.batch_s)
    return before, stand.snapshot()


def _outage(stand: Stand, away_s: int) -> float:
    """Return the seconds from the return of a broker that was away until data is published."""
    time.sleep(_BETWEEN_S)
    stand.take_broker_away()
    time.sleep(away_s)
    back_s = stand.bring_broker_back()
    stand.wait(lambda: _data_since(stand, back_s), "publishing did not resume", seconds=_MINUTE_S)
    return next(p.mono_s for p in stand.proxy.publishes if p.mono_s > back_s and _is_data(p.topic)) - back_s


def _data_since(stand: Stand, mono_s: float) -> bool:
    return any(publish.mono_s > mono_s and _is_data(publish.topic) for publish in stand.proxy.publishes)


def _is_data(topic: str) -> bool:
    return any(lane in topic for lane in _DATA)


def _finish(stand: Stand) -> None:
    """Stop the agent once the receiver has caught up, and see that every row that was reported stored is there.

    Raises:
        Failed: not every row is.
    """
    stored = stand.rows
    stand.wait(lambda: stand.received() >= stored, "the receiver does not catch up", seconds=2 * _MINUTE_S, look_s=1)
    stand.stop_agent()
    stand.wait(lambda: stand.received() == stand.rows, "rows were lost", look_s=1)


PARTS: Mapping[str, Callable[[Path, int], list[Figure]]] = {
    "batches-of-10-s": _work,
    "batches-of-60-s": _long_batches,
    "silence": _silence,
}
"""Each with a stand of its own."""
