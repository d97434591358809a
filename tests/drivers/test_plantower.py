from drivers import plantower
from drivers.plantower import Layout
from drivers.sim.pms5003t import framed

LAYOUT = Layout("pms", words=3, channels=("a", "b"), signed=frozenset({"b"}))


def test_layout_gives_header_and_length_of_its_frames() -> None:
    assert LAYOUT.header == b"BM\x00\x08"
    assert LAYOUT.length == len(framed([1, 2, 3])) == 12
    assert LAYOUT.framer().feed(framed([1, 2, 3])) == [framed([1, 2, 3])]


def test_layout_reads_the_words_by_name_and_sign() -> None:
    frame = framed([0xFFFE, 0xFFFE, 7])

    assert LAYOUT.values(frame) == {"a": 0xFFFE, "b": -2}
    assert LAYOUT.ticks(frame) == {"data1": 0xFFFE, "data2": 0xFFFE, "data3": 7}
    assert LAYOUT.unavailable() == {"a": None, "b": None}


def test_valid_is_the_sum_in_sixteen_bits() -> None:
    frame = framed([0xFFFF] * 300)

    assert plantower.valid(frame)
    assert not plantower.valid(frame[:-1] + bytes([frame[-1] ^ 1]))


def test_commands_have_the_sum_of_their_first_five_bytes_at_the_end() -> None:
    for command in (plantower.WAKE, plantower.SLEEP, plantower.ACTIVE_MODE):
        assert int.from_bytes(command[5:], "big") == sum(command[:5])


def test_channels_of_masses_and_particles_are_named_as_the_layouts_have_them() -> None:
    names = [channel.name for channel in (*plantower.masses(), *plantower.particles("0.3", "10"))]

    assert names == ["pm1_0", "pm2_5", "pm10", "pm1_0_cf1", "pm2_5_cf1", "pm10_cf1", "n0_3", "n10"]
