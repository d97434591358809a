import asyncio
import sys
import weakref

from hypothesis import given
from hypothesis import strategies as st

from agent.buffer.intake import COMMIT_ROWS, MOST_ROWS, Future, Intake
from agent.buffer.packed import Packed, pack
from agent.buffer.work import Place, Rows

STREAMS = [f"dust-{number}" for number in range(7)]
OVER = 100
"""Groups that have to go for those that come."""
TIMES = st.integers(min_value=-(1 << 62), max_value=1 << 62)


@st.composite
def groups(draw: st.DrawFn) -> Rows:
    places = draw(st.lists(st.builds(Place, st.text(), TIMES, TIMES, st.none() | st.binary()), max_size=8))
    return Rows(
        rows=places,
        data=[draw(st.binary(max_size=300)) for _ in places],
        declaration=draw(st.binary()),
        clock=draw(st.binary()),
        completes=draw(st.booleans()),
        counters=draw(st.dictionaries(st.text(), st.binary(), max_size=3)),
        alarms=tuple(draw(st.lists(st.tuples(st.text(), st.binary()), max_size=3))),
    )


def _group(index: int) -> Rows:
    return Rows(
        rows=[Place(stream, 1_790_000_000_000 + index * 2000, 2000, None) for stream in STREAMS],
        data=[index.to_bytes(170, "big") for _ in STREAMS],
        declaration=bytes(32),
        clock=bytes(8),
        completes=False,
        counters={"flash": index.to_bytes(40, "big")},
    )


@given(st.lists(groups(), min_size=1, max_size=6))
def test_groups_packed_one_behind_the_other_come_back_as_they_were(given_groups: list[Rows]) -> None:
    packed: list[Packed] = []
    for rows in given_groups:
        packed.append(pack(rows, behind=packed[-1] if packed else None))
    assert [group.unpacked() for group in packed] == given_groups
    assert [(group.count, group.size) for group in packed] == [(rows.count, rows.size) for rows in given_groups]
    assert len({id(group.bale) for group in packed}) == 1


def test_a_group_that_does_not_fit_behind_another_gets_a_mapping_that_holds_it() -> None:
    large = Rows(
        rows=[Place("air", 0, 1000, None)],
        data=[bytes(1 << 20)],
        declaration=b"d",
        clock=b"c",
        completes=True,
    )
    first, second = pack(_group(0), behind=None), pack(large, behind=pack(_group(1), behind=None))
    assert second.bale is not first.bale
    assert second.unpacked() == large


def _full(future: Future) -> Intake:
    intake = Intake()
    for index in range(MOST_ROWS // len(STREAMS) + OVER):
        intake.add(_group(index), future, failing=True)
    return intake


async def test_as_many_rows_as_may_wait_are_few_objects() -> None:
    future = asyncio.get_running_loop().create_future()
    before = sys.getallocatedblocks()
    intake = _full(future)
    assert intake.rows > MOST_ROWS - len(STREAMS)
    assert sys.getallocatedblocks() - before < 2 * MOST_ROWS


async def test_rows_that_waited_packed_are_taken_in_their_order_and_their_mappings_go_with_them() -> None:
    intake = _full(asyncio.get_running_loop().create_future())
    bales = [weakref.ref(group.bale) for group, _ in intake.groups if isinstance(group, Packed)]
    assert len(set(bales)) > 1
    intake.put_back(intake.take())
    taken: list[Rows] = []
    while intake.groups:
        taken += [group.unpacked() for group in intake.take().work.rows]
    assert taken == [_group(index) for index in range(OVER, OVER + MOST_ROWS // len(STREAMS))]
    assert [bale() for bale in bales if bale() is not None] == []
    assert (intake.rows, intake.size) == (0, 0)


async def test_rows_of_one_commit_wait_as_they_came_unless_nothing_can_be_stored() -> None:
    intake = Intake()
    for index in range(COMMIT_ROWS // len(STREAMS)):
        intake.add(_group(index), asyncio.get_running_loop().create_future())
    assert not any(isinstance(group, Packed) for group, _ in intake.groups)
    intake.add(_group(1000), asyncio.get_running_loop().create_future(), failing=True)
    assert isinstance(intake.groups[-1][0], Packed)
