"""A store with flipped bytes: the agent starts, sets it aside, keeps what it can, and declares the rest as lost."""

from pathlib import Path

import pytest

from tests.support.corner import Corner
from tests.support.rig import Rig, Unit

pytestmark = pytest.mark.broker

_SENSORS = ("dust", "kerb")
_PAGE = 1024


def _flip(unit: Unit, *, every: int, start: int) -> None:
    """Flip the bits of one byte in every so many of the store and its WAL."""
    for file in unit.store.parent.glob(f"{unit.store.name}*"):
        content = bytearray(file.read_bytes())
        for at in range(start, len(content), every):
            content[at] ^= 0xFF
        file.write_bytes(content)


@pytest.mark.parametrize(
    ("every", "start"),
    [
        pytest.param(1 << 30, 20, id="header"),
        pytest.param(_PAGE, 600, id="every-page"),
        pytest.param(7, 0, id="everything"),
    ],
)
async def test_store_with_flipped_bytes_is_set_aside_and_the_loss_is_declared(
    tmp_path: Path, every: int, start: int
) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=_SENSORS)
        await rig.start()
        await rig.receiver.stop()
        async with corner:
            await corner.more_rows(3)
            corner.unit.kill()
            await corner.unit.gone()
            before = {(row.stream, row.start_ms) for row in corner.unit.stored}
            _flip(corner.unit, every=every, start=start)
            corner.unit.start()
            await corner.more_rows(1)
            known = await corner.status(lambda known: known["outbox"])
            await rig.receiver.start()
            await corner.status(lambda known: known["outbox"]["rows_receipted"] > 0)
            await corner.more_rows(1)
            after = {(row.stream, row.start_ms) for row in corner.unit.stored} - before
        rows = {(row["stream"], row["start_ms"]) for row in await corner.rows()}
        show = await rig.receiver.show()
    aside = [file.name for file in corner.unit.store.parent.glob("*.damaged-*")]
    assert aside == ["outbox.damaged-1"]
    assert known["outbox"]["damaged_files"] == 1
    assert "the outbox was damaged: outbox.damaged-1 is set aside" in corner.log
    assert after <= rows
    gaps = {stream["stream"]: stream["gaps"] for stream in show["streams"] if stream["gaps"]}
    for stream in _SENSORS:
        lost = [start for name, start in before - rows if name == stream]
        declared = [gap for gap in gaps.get(stream, []) if gap["reason"] == "damaged"]
        assert declared or not lost, (stream, lost)
    assert all(not stream["undeclared_gaps"] and not stream["forks"] for stream in show["streams"])


async def test_store_that_is_no_store_at_all_is_set_aside(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=_SENSORS)
        await rig.start()
        corner.unit.store.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
        async with corner:
            await corner.more_rows(2)
        rows = await corner.rows()
    assert "is set aside" in corner.log
    assert {(row.stream, row.start_ms) for row in corner.unit.stored} <= {
        (row["stream"], row["start_ms"]) for row in rows
    }
