"""The master on simulated slaves: what comes back, what is told of what does not, and who has to wait for whom."""

import asyncio
import itertools
import random
from pathlib import Path

import pytest

from drivers.bus.framing import LineFormat, Parity
from drivers.bus.playback import PlaybackSerial
from drivers.bus.recording import RecordingSerial
from drivers.bus.transcript import Failure, SerialStep, Transcript, parse_serial
from drivers.errors import BusError, BusFault, BusGone, NoAcknowledge
from drivers.modbus import AnswerDamaged, ModbusDevice, SlaveRefused, SlaveSilent
from drivers.modbus.line import ModbusLine
from drivers.sim.modbus import SimulatedSlave, SimulatedSlaves, Trouble
from tests.support.modbus import FORMAT, MemoryLine, in_memory, on_terminal
from tests.support.slept_clock import SleptClock

LIMIT_S = 0.5


def meter(first: int = 100) -> SimulatedSlave:
    return SimulatedSlave(holding={address: first + address for address in range(10)}, coils={0: 0})


def bench(
    *numbers: int, echoes: bool = False, form: LineFormat = FORMAT, turnaround_s: float = 0.0
) -> tuple[ModbusLine, MemoryLine, list[ModbusDevice], list[SimulatedSlave]]:
    """A master, its line, and for each number a device and the slave behind it."""
    slaves = {number: meter(100 * number) for number in numbers}
    line, memory = in_memory(slaves, echoes=echoes, form=form, turnaround_s=turnaround_s)
    return line, memory, [ModbusDevice(line, number, LIMIT_S) for number in numbers], list(slaves.values())


async def test_registers_and_bits_are_read_over_a_real_port(tmp_path: Path) -> None:
    slave = SimulatedSlave(holding={7: 1}, input={8: 65535}, coils={0: 1, 1: 0}, inputs={3: 1})
    async with on_terminal(tmp_path, {5: slave}) as (line, _):
        device = ModbusDevice(line, 5)
        assert await device.read_holding(7) == [1]
        assert await device.read_input(8) == [65535]
        assert await device.read_coils(0, 2) == [1, 0]
        assert await device.read_discrete_inputs(3) == [1]
        assert line.simulated
        assert line.path == str(tmp_path / "tty-modbus")


@pytest.mark.parametrize("echoes", [False, True])
async def test_writes_reach_the_slave_with_and_without_echo(tmp_path: Path, *, echoes: bool) -> None:
    slave = meter()
    async with on_terminal(tmp_path, {5: slave}, echoes=echoes) as (line, _):
        device = ModbusDevice(line, 5)
        await device.write_register(1, 4711)
        await device.write_coil(0, on=True)
        await device.write_registers(2, [1, 2])
        assert (slave.holding[1], slave.coils[0], slave.holding[2], slave.holding[3]) == (4711, 1, 1, 2)
        assert (line.counts.echoes > 0) is echoes


@pytest.mark.parametrize("echoes", [False, True])
async def test_write_to_a_dead_slave_is_not_taken_for_done_because_of_its_echo(*, echoes: bool) -> None:
    line, _, (device,), (slave,) = bench(5, echoes=echoes)
    slave.order(Trouble.DEAD)
    with pytest.raises(SlaveSilent):
        await device.write_register(1, 4711)
    assert slave.holding[1] == 501
    assert line.counts.answers == 0


async def test_first_write_of_a_line_is_preceded_by_a_read_of_the_same_place_and_later_ones_are_not() -> None:
    _, _, (device,), (slave,) = bench(5)
    await device.write_register(1, 1)
    await device.write_coil(0, on=True)
    assert slave.heard == [(3, 1), (6, 1), (5, 0)]


async def test_exception_is_told_by_name_and_says_what_was_asked() -> None:
    line, _, (device,), _ = bench(5)
    with pytest.raises(SlaveRefused, match=r"read holding registers 8 to 12: illegal data address") as refused:
        await device.read_holding(8, 5)
    assert (refused.value.code, refused.value.slave) == (2, 5)
    assert (line.counts.refused, line.counts.silent) == (1, 0)


async def test_slave_that_is_not_there_is_silent_as_a_chip_that_does_not_acknowledge_is() -> None:
    line, _, _, _ = bench(5)
    with pytest.raises(NoAcknowledge, match=r"slave 6: no answer within .* \(115200 8E1\)") as silent:
        await ModbusDevice(line, 6, LIMIT_S).read_holding(0)
    assert isinstance(silent.value, SlaveSilent)
    assert silent.value.slave == 6


async def test_damaged_answer_is_asked_for_once_more() -> None:
    line, _, (device,), (slave,) = bench(5)
    slave.order(Trouble.BAD_CRC, times=1)
    assert await device.read_holding(0) == [500]
    assert (line.counts.requests, line.counts.damaged) == (2, 1)


@pytest.mark.parametrize(("trouble", "times"), [(Trouble.BAD_CRC, 2), (Trouble.HALF, 1)])
async def test_answer_that_stays_damaged_is_a_fault_and_the_next_one_is_read(trouble: Trouble, times: int) -> None:
    _, _, (device,), (slave,) = bench(5)
    slave.order(trouble, times=times)
    with pytest.raises(BusFault, match="damaged or incomplete") as damaged:
        await device.read_holding(0, 3)
    assert isinstance(damaged.value, AnswerDamaged)
    slave.recover()
    assert await device.read_holding(0, 3) == [500, 501, 502]


async def test_write_whose_answer_is_damaged_is_not_repeated() -> None:
    _, _, (device,), (slave,) = bench(5)
    await device.read_holding(0)
    slave.order(Trouble.BAD_CRC, times=1)
    with pytest.raises(AnswerDamaged):
        await device.write_register(1, 1)
    assert slave.heard == [(3, 0), (6, 1)]


async def test_noise_before_the_answer_is_skipped() -> None:
    line, _, (device,), (slave,) = bench(5)
    slave.order(Trouble.NOISE)
    for _ in range(20):
        assert await device.read_holding(0) == [500]
    assert line.counts.noise_bytes >= 20
    assert line.counts.damaged == 0


async def test_answer_of_another_slave_is_not_taken_and_is_named() -> None:
    line, _, (device, _), (slave, _) = bench(5, 6)
    slave.order(Trouble.WRONG_SLAVE, code=6, times=1)
    with pytest.raises(SlaveSilent, match="slave 6 has sent something in its place"):
        await device.read_holding(0)
    assert (line.counts.foreign, line.counts.late) == (1, 0)


async def test_late_answer_is_not_taken_for_the_answer_to_the_next_request_of_the_same_length() -> None:
    line, memory, (device,), (slave,) = bench(5)
    slave.order(Trouble.LATE, times=1, by_s=0.9)
    with pytest.raises(SlaveSilent):
        await device.read_holding(0, 2)
    assert await device.read_holding(4, 2) == [504, 505]
    assert (line.counts.late, line.counts.foreign) == (1, 0)
    assert memory.sent[1][0] - memory.sent[0][0] >= 2 * LIMIT_S, "the late answer had its time"


async def test_late_answer_that_comes_while_another_slave_is_asked_is_told_from_one_of_a_stranger() -> None:
    line, _, (late, other), (slave, _) = bench(5, 6)
    slave.order(Trouble.LATE, times=1, by_s=LIMIT_S + 0.1)
    with pytest.raises(SlaveSilent):
        await late.read_holding(0)
    await line._clock.sleep(0.2)
    assert await other.read_holding(0) == [600]
    assert (line.counts.late, line.counts.foreign) == (1, 0)
    assert await late.read_holding(1) == [501]


async def test_cancelled_request_leaves_no_answer_for_the_next_one(tmp_path: Path) -> None:
    slave = meter()
    async with on_terminal(tmp_path, {5: slave}) as (line, _):
        device = ModbusDevice(line, 5, 0.3)
        slave.order(Trouble.LATE, times=1, by_s=0.1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await device.read_holding(0, 2)
        assert await device.read_holding(4, 2) == [104, 105]
        assert line.counts.late == 1


async def test_dead_slave_costs_the_others_a_bounded_share_and_ever_less() -> None:
    _, memory, (dead, alive), (slave, _) = bench(5, 6)
    slave.order(Trouble.DEAD)
    for _ in range(200):
        with pytest.raises(SlaveSilent):
            await dead.read_holding(0)
        assert await alive.read_holding(0) == [600]
        memory.clock.jump(0.5)
    asked = [at for at, data in memory.sent if data[0] == 5]
    pauses = [later - sooner for sooner, later in itertools.pairwise(asked)]
    assert len(asked) < 15, "of 200 attempts"
    assert all(later >= sooner - 1.5 for sooner, later in itertools.pairwise(pauses))
    assert max(pauses) < 32
    assert len([data for _, data in memory.sent if data[0] == 6]) == 200, "nobody else missed anything"


async def test_resting_slave_is_refused_at_once_and_without_a_byte() -> None:
    _, memory, (dead,), (slave,) = bench(5)
    slave.order(Trouble.DEAD)
    for _ in range(2):
        with pytest.raises(SlaveSilent, match="no answer within"):
            await dead.read_holding(0)
    sent, now_ns = len(memory.sent), memory.clock.now_ns
    with pytest.raises(SlaveSilent, match=r"gave no answer 2 times in a row and is left alone for another 2 s"):
        await dead.read_holding(0)
    assert (len(memory.sent), memory.clock.now_ns) == (sent, now_ns)


async def test_slave_that_comes_back_is_asked_as_before() -> None:
    line, memory, (device,), (slave,) = bench(5)
    slave.order(Trouble.DEAD)
    for _ in range(4):
        with pytest.raises(SlaveSilent):
            await device.read_holding(0)
    slave.recover()
    memory.clock.jump(30)
    assert await device.read_holding(0) == [500]
    assert await device.read_holding(1) == [501]
    assert line._standings[5].good


async def test_requests_of_several_drivers_take_turns_in_the_order_in_which_they_were_asked() -> None:
    line, memory, (one, two, three), _ = bench(5, 6, 7)
    await asyncio.gather(
        one.read_holding(0), one.read_holding(1), two.read_holding(0), three.read_holding(0), one.read_holding(2)
    )
    assert [data[0] for _, data in memory.sent] == [5, 5, 6, 7, 5]
    assert line.counts.answers == 5


@pytest.mark.parametrize(
    ("form", "turnaround_s", "gap_s"),
    [
        (LineFormat(9600, Parity.EVEN, 1), 0.0, 3.5 * 11 / 9600),
        (LineFormat(19200, Parity.NONE, 1), 0.0, 3.5 * 10 / 19200),
        (LineFormat(38400, Parity.EVEN, 1), 0.0, 0.00175),
        (LineFormat(115_200, Parity.EVEN, 1), 0.02, 0.02175),
    ],
)
async def test_gap_before_a_request_follows_from_the_speed_and_the_configured_turnaround(
    form: LineFormat, turnaround_s: float, gap_s: float
) -> None:
    _, memory, (device,), _ = bench(5, form=form, turnaround_s=turnaround_s)
    await device.read_holding(0)
    memory.clock.slept_s.clear()
    await device.read_holding(0)
    assert memory.clock.slept_s == [pytest.approx(gap_s, rel=1e-5)]


async def test_gap_that_has_passed_is_not_waited_for_again() -> None:
    _, memory, (device,), _ = bench(5)
    await device.read_holding(0)
    memory.clock.jump(1)
    memory.clock.slept_s.clear()
    await device.read_holding(0)
    assert memory.clock.slept_s == []


async def test_noise_that_came_while_nobody_asked_is_counted_and_taken_away() -> None:
    line, memory, (device,), _ = bench(5)
    memory.send(b"\x05\x03\x02")  # the head of what will be asked for
    assert await device.read_holding(0) == [500]
    assert line.counts.noise_bytes == 3


async def test_line_that_babbles_without_end_does_not_keep_a_request_waiting() -> None:
    _, memory, (device,), _ = bench(5)
    for at in range(2000):
        memory.send(b"\xff", after_s=at * 0.001)
    assert await device.read_holding(0) == [500]


async def test_garbage_instead_of_answers_names_speed_and_parity() -> None:
    _, memory, (device,), (slave,) = bench(5)
    slave.order(Trouble.DEAD)
    memory.send(b"\xf8\x00\xf8", after_s=0.1)
    with pytest.raises(SlaveSilent, match=r"something comes, but no answer: .*115200 8E1"):
        await device.read_holding(0)


async def test_unplugged_port_is_gone_for_everybody_and_works_again_when_it_is_back(tmp_path: Path) -> None:
    async with on_terminal(tmp_path, {5: meter()}) as (line, simulated):
        device = ModbusDevice(line, 5, 0.3)
        assert await device.read_holding(0) == [100]
        simulated.line.unplug()
        with pytest.raises(BusGone):
            await device.read_holding(0)
        with pytest.raises(BusGone):
            await line.open()
        simulated.line.replug()
        await line.open()
        assert await device.read_holding(0) == [100]


async def test_echo_is_found_out_anew_when_another_adapter_is_plugged_in() -> None:
    line, memory, (device,), _ = bench(5, echoes=True)
    await device.read_holding(0)
    assert line._echoes is True
    memory.gone = True
    with pytest.raises(BusGone):
        await device.read_holding(0)
    memory.gone, memory.bus.echoes = False, False
    await device.write_register(1, 5)
    assert line._echoes is False


async def test_texts_of_errors_hold_no_value_that_was_read() -> None:
    line, _, (device,), (slave,) = bench(5)
    slave.holding = dict.fromkeys(range(10), 54321)
    texts = []
    for trouble in Trouble:
        slave.order(trouble, by_s=0.7)
        try:
            await device.read_holding(0, 3)
        except (SlaveSilent, SlaveRefused, AnswerDamaged) as error:
            texts.append(str(error))
        slave.recover()
        await line._clock.sleep(40)
        await device.read_holding(0)
    assert len(texts) == len(Trouble) - 1, "noise does no harm"
    assert not any("54321" in text or "d431" in text for text in texts)


async def test_four_hundred_requests_under_every_trouble_give_right_values_or_errors_and_nothing_else() -> None:
    """Invariant: what is returned is what this very slave holds at this very address."""
    source = random.Random(7)
    line, memory, devices, slaves = bench(1, 2, 3, echoes=True)
    right = 0
    for _ in range(400):
        which, address, count = source.randrange(3), source.randrange(8), source.randrange(1, 3)
        if source.random() < 0.4:
            slaves[source.randrange(3)].order(
                source.choice(list(Trouble)), times=1, by_s=source.uniform(0, 1.5), code=source.choice([1, 2, 3, 9])
            )
        if source.random() < 0.2:
            memory.send(source.randbytes(source.randrange(1, 9)), after_s=source.uniform(0, 0.3))
        try:
            values = await devices[which].read_holding(address, count)
        except (SlaveSilent, SlaveRefused, AnswerDamaged):
            memory.clock.jump(source.choice([0, 0, 2, 31]))
            continue
        right += 1
        assert values == [100 * (which + 1) + address + at for at in range(count)]
    assert right > 200
    assert line.counts.late > 0
    assert line.counts.foreign > 0


TRANSCRIPT = """
> 05 03 00 00 00 02 c5 8f
< 05 03 04 01 f4 01 f5 3e 2a
> 05 03 00 08 00 05 05 8f
< 05 83 02 81 30
"""


def on_script(script: Transcript[SerialStep] | str) -> tuple[ModbusDevice, PlaybackSerial]:
    playback = PlaybackSerial(script)
    return ModbusDevice(ModbusLine(playback, SleptClock(), form=FORMAT), 5, LIMIT_S), playback


async def test_what_goes_over_the_line_is_what_the_transcript_says() -> None:
    device, playback = on_script(TRANSCRIPT)
    assert await device.read_holding(0, 2) == [500, 501]
    with pytest.raises(SlaveRefused):
        await device.read_holding(8, 5)
    playback.assert_finished()


@pytest.mark.parametrize(
    ("failure", "error"), [(Failure.TIMEOUT, SlaveSilent), (Failure.GONE, BusGone)], ids=["silent", "unplugged"]
)
@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_transcript_cut_anywhere_ends_in_the_error_of_the_line(
    steps: int, failure: Failure, error: type[BusError]
) -> None:
    device, _ = on_script(parse_serial(TRANSCRIPT).cut(steps, failure))
    with pytest.raises(error):
        await asyncio.gather(device.read_holding(0, 2), device.read_holding(8, 5))


async def test_recording_of_a_line_plays_again() -> None:
    slaves = {5: meter(500)}
    clock = SleptClock()
    recorded = RecordingSerial(MemoryLine(SimulatedSlaves(slaves), clock))
    line = ModbusLine(recorded, clock, form=FORMAT)
    assert await ModbusDevice(line, 5, LIMIT_S).read_holding(0, 2) == [500, 501]
    slaves[5].order(Trouble.BAD_CRC, times=1)
    assert await ModbusDevice(line, 5, LIMIT_S).read_holding(3) == [503]
    device, playback = on_script(recorded.transcript)
    assert await device.read_holding(0, 2) == [500, 501]
    assert await device.read_holding(3) == [503]
    playback.assert_finished()
