"""The proof of the flash: its arithmetic, and the store alone at the same cadence; the whole takes minutes."""

from pathlib import Path

import pytest

from agent.buffer.records import Limits
from agent.flash import open_count
from tests.proofs.flash import MOST_BYTES, Written, block_bytes, miscounted, wrong
from tests.support.outbox import AIR, BATCH, confirm, opened, put, row, waiting

LIMITS = Limits(max_bytes=64 << 20, free_floor_bytes=0, loss_window_s=3600)


async def _written_each(folder: Path, *, commit_rows: int, rows: int = 600) -> float | None:
    """Return bytes written for a row: rows, seal, receipt and log as a unit with a session has them."""
    written = open_count()
    outbox = await opened(folder / "outbox.db", limits=LIMITS, streams=AIR)
    outbox.seal_along(wanted=True)
    before = written()
    for index in range(rows):
        future = put(outbox, [row(index, values=(index % 50, index % 7))])
        if (index + 1) % commit_rows == 0:
            await outbox.flush()
            await future
        if (index + 1) % BATCH == 0:
            for envelope in await waiting(outbox):
                await confirm(outbox, envelope)
    after = written()
    await outbox.close()
    return None if before is None or after is None or after == before else (after - before) / rows


async def test_ten_rows_a_commit_write_few_bytes_and_a_row_a_commit_writes_many(tmp_path: Path) -> None:
    for name in ("grouped", "apart"):
        (tmp_path / name).mkdir()
    grouped = await _written_each(tmp_path / "grouped", commit_rows=10)
    if grouped is None:
        pytest.skip("what is written cannot be counted here: no disk, or the kernel does not tell")
    assert grouped <= MOST_BYTES
    apart = await _written_each(tmp_path / "apart", commit_rows=1)
    assert apart is not None
    assert apart > MOST_BYTES


def _written(*, process: float | None = 900.0, block: float | None = 900.0, said: int = 95, rows: int = 9) -> Written:
    return Written(unit="u", rows=rows, process=process, block=block, said=said, life=100)


@pytest.mark.parametrize(
    ("found", "part"),
    [
        (_written(process=1201.0), "by /proc"),
        (_written(block=1201.0), "by the block device"),
        (_written(rows=0), "no row"),
        (_written(process=3.0), "hardly anything"),
    ],
)
def test_writes_that_are_too_many_or_none_are_told(found: Written, part: str) -> None:
    assert any(part in problem for problem in wrong(found))


def test_writes_within_the_bound_hold() -> None:
    assert wrong(_written()) == []
    assert wrong(_written(process=None, block=None)) == []


@pytest.mark.parametrize(("said", "fits"), [(100, True), (90, True), (89, False), (101, False)])
def test_count_of_the_agent_is_compared_with_that_of_the_kernel(said: int, fits: bool) -> None:  # noqa: FBT001 - a parameter
    assert (miscounted(_written(said=said)) == []) is fits


def test_folder_that_is_no_mount_has_no_block_device(tmp_path: Path) -> None:
    assert block_bytes(tmp_path) is None
