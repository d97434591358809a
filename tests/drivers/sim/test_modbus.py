"""The simulated slaves answer as the specification's examples do, in any portions, and fail as they are told to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.modbus import SimulatedSlave, SimulatedSlaves, Trouble, crc


def sealed(text: str) -> bytes:
    data = bytes.fromhex(text)
    return data + crc(data).to_bytes(2, "little")


def coils(first: int, data: str, count: int) -> dict[int, int]:
    packed = int.from_bytes(bytes.fromhex(data), "little")
    return {first + at: packed >> at & 1 for at in range(count)}


@pytest.fixture
def slave() -> SimulatedSlave:
    """The device of the specification's examples."""
    return SimulatedSlave(
        coils=coils(0x13, "cd 6b 05", 19) | {0xAC: 0},
        inputs=coils(0xC4, "ac db 35", 22),
        holding={0x6B: 0x022B, 0x6C: 0, 0x6D: 0x64, 1: 0, 2: 0},
        input={8: 0x0A},
    )


EXAMPLES = [
    ("11 01 00 13 00 13", "11 01 03 cd 6b 05"),
    ("11 02 00 c4 00 16", "11 02 03 ac db 35"),
    ("11 03 00 6b 00 03", "11 03 06 02 2b 00 00 00 64"),
    ("11 04 00 08 00 01", "11 04 02 00 0a"),
    ("11 05 00 ac ff 00", "11 05 00 ac ff 00"),
    ("11 06 00 01 00 03", "11 06 00 01 00 03"),
    ("11 10 00 01 00 02 04 00 0a 01 02", "11 10 00 01 00 02"),
    ("11 01 04 a1 00 01", "11 81 02"),
    ("11 03 00 6b 00 00", "11 83 03"),
    ("11 03 00 6b 00 7e", "11 83 03"),
    ("11 05 00 ac 12 34", "11 85 03"),
    ("11 06 00 09 00 03", "11 86 02"),
    ("11 10 00 01 00 02 02 00 0a", "11 90 03"),
    ("11 07 00 00 00 00", "11 87 01"),
]


@pytest.mark.parametrize(("asked", "answered"), EXAMPLES)
def test_slave_answers_as_the_specification_has_it(slave: SimulatedSlave, asked: str, answered: str) -> None:
    (answer,) = SimulatedSlaves({0x11: slave}).command(sealed(asked))
    assert answer.data.hex(" ") == sealed(answered).hex(" ")


def test_published_frames_of_slave_17_come_out(slave: SimulatedSlave) -> None:
    (answer,) = SimulatedSlaves({17: slave}).command(bytes.fromhex("11 03 00 6b 00 03 76 87"))
    assert answer.data == bytes.fromhex("11 03 06 02 2b 00 00 00 64 c8 ba")


def test_writes_are_kept(slave: SimulatedSlave) -> None:
    bus = SimulatedSlaves({17: slave})
    for asked in ("11 05 00 ac ff 00", "11 10 00 01 00 02 04 00 0a 01 02"):
        bus.command(sealed(asked))
    assert (slave.coils[0xAC], slave.holding[1], slave.holding[2]) == (1, 0x0A, 0x0102)
    assert slave.heard == [(5, 0xAC), (16, 1)]


@given(noise=st.binary(max_size=20), cut=st.integers(0, 30))
def test_request_is_found_behind_noise_and_in_portions(noise: bytes, cut: int) -> None:
    bus = SimulatedSlaves({17: SimulatedSlave(holding={0: 1})})
    data = noise + sealed("11 03 00 00 00 01")
    answers = bus.command(data[:cut]) + bus.command(data[cut:]) + bus.command(bytes(300))
    assert sealed("11 03 02 00 01") in [answer.data for answer in answers]


def test_request_to_nobody_or_with_a_wrong_crc_is_not_answered(slave: SimulatedSlave) -> None:
    bus = SimulatedSlaves({17: slave})
    assert bus.command(sealed("12 03 00 6b 00 03")) == []
    assert bus.command(bytes.fromhex("11 03 00 6b 00 03 76 88")) == []


def test_adapter_that_hears_itself_brings_the_request_back_first(slave: SimulatedSlave) -> None:
    asked = sealed("11 04 00 08 00 01")
    echo, answer = SimulatedSlaves({17: slave}, echoes=True).command(asked)
    assert (echo.data, answer.data) == (asked, sealed("11 04 02 00 0a"))


RIGHT = sealed("11 04 02 00 0a")


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (Trouble.DEAD, []),
        (Trouble.LATE, [RIGHT]),
        (Trouble.WRONG_SLAVE, [sealed("05 04 02 00 0a")]),
        (Trouble.EXCEPTION, [sealed("11 84 05")]),
        (Trouble.BAD_CRC, [RIGHT[:-1] + bytes([RIGHT[-1] ^ 1])]),
        (Trouble.HALF, [RIGHT[:3]]),
    ],
)
def test_trouble_is_as_ordered_and_as_often(slave: SimulatedSlave, trouble: Trouble, expected: list[bytes]) -> None:
    bus = SimulatedSlaves({17: slave})
    slave.order(trouble, times=1, by_s=0.5, code=5)
    spoilt = bus.command(sealed("11 04 00 08 00 01"))
    assert [answer.data for answer in spoilt] == expected
    assert [answer.after_s for answer in spoilt] == [0.5 if trouble is Trouble.LATE else 0.0 for _ in expected]
    assert [answer.data for answer in bus.command(sealed("11 04 00 08 00 01"))] == [RIGHT]


def test_noise_comes_before_the_answer_and_lasts_until_it_recovers(slave: SimulatedSlave) -> None:
    bus = SimulatedSlaves({17: slave})
    slave.order(Trouble.NOISE)
    for _ in range(5):
        (answer,) = bus.command(sealed("11 04 00 08 00 01"))
        assert answer.data.endswith(RIGHT)
        assert len(answer.data) > len(RIGHT)
    slave.recover()
    assert [answer.data for answer in bus.command(sealed("11 04 00 08 00 01"))] == [RIGHT]
