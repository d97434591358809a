from hypothesis import given
from hypothesis import strategies as st

from receiver.chain import Head, Hole, Link, advance, fits


def _chain(length: int) -> list[Link]:
    digests = [bytes([seq + 1]) * 32 for seq in range(length)]
    return [Link(seq, digests[seq - 1] if seq else None, digests[seq]) for seq in range(length)]


def test_advance_over_a_whole_chain_reaches_its_end() -> None:
    links = _chain(5)

    assert advance(Head(), links=links, holes=[]) == Head(5, links[-1].hash)


def test_advance_stops_before_a_missing_link() -> None:
    links = _chain(5)

    assert advance(Head(), links=[*links[:2], *links[3:]], holes=[]) == Head(2, links[1].hash)


def test_advance_jumps_a_declared_hole_whose_hash_fits() -> None:
    links = _chain(6)
    hole = Hole(2, 3, links[3].hash, declared=True)

    assert advance(Head(), links=[*links[:2], *links[4:]], holes=[hole]) == Head(6, links[5].hash)


def test_advance_stops_behind_a_hole_whose_hash_does_not_fit() -> None:
    links = _chain(6)
    hole = Hole(2, 3, bytes(32), declared=True)

    assert advance(Head(), links=[*links[:2], *links[4:]], holes=[hole]) == Head(4, bytes(32))


def test_advance_passes_a_hole_that_nobody_signed_for() -> None:
    links = _chain(6)
    hole = Hole(0, 3, None, declared=False)

    assert advance(Head(), links=links[4:], holes=[hole]) == Head(6, links[5].hash)


def test_link_with_another_predecessor_does_not_fit() -> None:
    before, link, after = _chain(3)

    assert fits(link, before=before, after=after)
    assert not fits(Link(1, bytes(32), link.hash), before=before, after=None)
    assert not fits(Link(1, before.hash, bytes(32)), before=before, after=after)
    assert not fits(Link(0, bytes(32), bytes(32)), before=None, after=None)
    assert not fits(Link(1, None, bytes(32)), before=None, after=None)


@given(length=st.integers(1, 20), data=st.data())
def test_advance_in_any_two_steps_ends_where_one_step_ends(length: int, data: st.DataObject) -> None:
    links = _chain(length)
    missing = data.draw(st.sets(st.integers(0, length - 1)))
    present = [link for link in links if link.seq not in missing]
    declared = data.draw(st.sets(st.sampled_from(sorted(missing)))) if missing else set()
    holes = [Hole(seq, seq, links[seq].hash, declared=True) for seq in declared]
    cut = data.draw(st.integers(0, len(present)))

    middle = advance(Head(), links=present[:cut], holes=holes)
    resumed = advance(middle, links=[link for link in present if link.seq >= middle.next_seq], holes=holes)

    assert resumed == advance(Head(), links=present, holes=holes)
    first_unexplained = min(missing - declared, default=length)
    assert resumed.next_seq == first_unexplained
