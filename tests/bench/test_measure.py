"""What the bench makes of two looks at the agent's counters."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.foretold import Foretold
from tests.bench.measure import planned
from tests.bench.stand import Failed, Snapshot
from tests.bench.workload import BATCHES_OF_10_S, write_files

BEFORE = Snapshot(
    mono_s=5.0,
    cpu_s=0.0,
    yardstick_s=0.0,
    disk_bytes=10_000,
    sent_bytes=0,
    wire_bytes=5_000,
    batches=(1,),
    rows=100,
)
WINDOW_S, WINDOW_ROWS = 120.0, 1200


@pytest.fixture(name="foretold")
def _foretold(tmp_path: Path) -> Foretold:
    write_files(tmp_path, cadence=BATCHES_OF_10_S, agent_port=1883, broker_port=1884)
    return Foretold.of(tmp_path / "unit.toml")


def after(foretold: Foretold, *, wire: float = 1.0, disk: float = 1.0, batch: float = 1.0) -> Snapshot:
    """Return the counters after a window in which so many times what was foretold was sent and written."""
    assert BEFORE.wire_bytes is not None
    assert BEFORE.disk_bytes is not None
    sent = round(foretold.wire_row_bytes(WINDOW_S) * WINDOW_ROWS * wire)
    written = round(foretold.flash_row_bytes * WINDOW_ROWS * disk)
    return replace(
        BEFORE,
        mono_s=BEFORE.mono_s + WINDOW_S,
        disk_bytes=BEFORE.disk_bytes + written,
        wire_bytes=BEFORE.wire_bytes + sent,
        batches=(*BEFORE.batches, *[round(foretold.batch_bytes * batch)] * 4),
        rows=BEFORE.rows + WINDOW_ROWS,
    )


@pytest.mark.parametrize(
    ("wire", "batch", "disk", "held"),
    [
        pytest.param(1.0, 1.0, 1.0, [True, True, True], id="as-foretold"),
        pytest.param(0.8, 1.0, 1.0, [False, True, True], id="wire-less"),
        pytest.param(1.3, 1.0, 1.0, [False, True, True], id="wire-more"),
        pytest.param(1.0, 0.7, 1.0, [True, False, True], id="batch-less"),
        pytest.param(1.0, 1.8, 1.0, [True, False, True], id="batch-more"),
        pytest.param(1.0, 1.0, 0.7, [True, True, False], id="disk-less"),
        pytest.param(1.0, 1.0, 1.5, [True, True, False], id="disk-more"),
    ],
)
def test_planned_fails_where_the_window_differs_from_what_was_foretold(
    foretold: Foretold, *, wire: float, batch: float, disk: float, held: list[bool]
) -> None:
    now = after(foretold, wire=wire, disk=disk, batch=batch)
    steady, _, size, written = planned("batches", BEFORE, now, foretold=foretold)
    assert [steady.holds, size.holds, written.holds] == held
    ratios = [steady.ratio, size.ratio, written.ratio]
    assert ratios == pytest.approx([1 / wire, 1 / batch, 1 / disk], rel=0.01)


def test_planned_since_the_start_takes_all_bytes_and_all_rows(foretold: Foretold) -> None:
    now = after(foretold)
    whole = planned("batches", BEFORE, now, foretold=foretold)[1]
    assert now.wire_bytes is not None
    assert whole.value == now.wire_bytes / now.rows
    assert whole.foretold == foretold.wire_row_bytes_since_start(now.rows)


def test_planned_without_root_shows_nothing_of_the_flash_and_does_not_hold(foretold: Foretold) -> None:
    before, now = replace(BEFORE, disk_bytes=None), replace(after(foretold), disk_bytes=None)
    steady, _, _, written = planned("batches", before, now, foretold=foretold)
    assert steady.holds
    assert not written.holds


def test_planned_of_a_connection_that_ended_is_no_measurement(foretold: Foretold) -> None:
    with pytest.raises(Failed, match="connection ended"):
        planned("batches", BEFORE, replace(after(foretold), wire_bytes=None), foretold=foretold)


def test_planned_in_a_folder_that_is_not_on_a_disk_is_no_measurement(foretold: Foretold) -> None:
    with pytest.raises(Failed, match="nothing was written"):
        planned("batches", BEFORE, after(foretold, disk=0), foretold=foretold)


def test_planned_of_a_window_without_a_batch_is_no_measurement(foretold: Foretold) -> None:
    with pytest.raises(Failed, match="no live batch"):
        planned("batches", BEFORE, replace(after(foretold), batches=BEFORE.batches), foretold=foretold)
