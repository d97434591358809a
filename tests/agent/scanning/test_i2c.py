"""The walk of an adapter, over the real smbus2 on simulated chips."""

import errno
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from agent.scanning.candidates import Candidates
from agent.scanning.findings import Adapter, Chip, Owner
from agent.scanning.i2c import I2cScan, Manner
from drivers.bus.mux import Hop
from drivers.identity import Ask, Certainty, Touch
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.chip import NotAcknowledged, SimulatedChip
from drivers.sim.sht import Sht4xChip
from drivers.sim.tca9548a import Tca9548aChip
from tests.support.scanning import ALL, Known, Said, Tape, known, settings

built_in = cache(Candidates.built_in)
CAREFUL = "careful"
QUIET = "quiet"
BOLD = "bold"


def _may(way: str) -> Manner:
    allowed = {CAREFUL: Touch.POINTER, QUIET: Touch.NOTHING, BOLD: Touch.COMMAND}[way]
    tame_allowed = Touch.NOTHING if way == QUIET else Touch.COMMAND

    def may(_path: str, _address: int, ask: Ask, tame: bool) -> bool:  # noqa: FBT001 - as it is called
        return ask.touch <= (tame_allowed if tame else allowed)

    return Manner(may=may, say=Said(), owner=lambda path, address: Owner(driver=f"{Path(path).name}-{address:02x}"))


async def _scan(folder: Path, *, way: str = CAREFUL) -> tuple[Adapter, Said]:
    manner = _may(way)
    found = await I2cScan(str(folder / "i2c-1"), built_in(), manner=manner).run()
    assert isinstance(manner.say, Said)
    return found, manner.say


async def _scanned(chips: Mapping[int, SimulatedChip], folder: Path, *, way: str = CAREFUL) -> tuple[Adapter, Said]:
    with SimulatedAdapter(chips).serve(folder / "i2c-1"):
        return await _scan(folder, way=way)


def _only(found: Adapter) -> Chip:
    (branch,) = found.branches
    assert branch.problem == ""
    (chip,) = branch.chips
    return chip


def test_every_chip_that_a_scan_knows_can_be_simulated_here() -> None:
    missing = {each.model.name for each in built_in().chips} - {each.model for each in ALL}
    assert missing == set(), "add the chip to tests/support/scanning.py"


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.model)
async def test_scan_of_a_chip_alone_names_it_and_leaves_it_as_it_was(each: Known, tmp_path: Path) -> None:
    tape = Tape(each.make())
    before = settings(tape.chip)
    found, said = await _scanned({each.address: tape}, tmp_path)

    chip = _only(found)
    assert chip.address == each.address
    assert (chip.matches[0].model, chip.matches[0].certainty) == (each.model, each.certainty)
    assert (chip.best is not None) == (each.certainty > Certainty.POSSIBLE)
    assert settings(tape.chip) == before
    assert tape.written == [sent for _, address, sent in said.sent if address == each.address]


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.model)
async def test_quiet_scan_writes_nothing_and_calls_the_chip_possible(each: Known, tmp_path: Path) -> None:
    tape = Tape(each.make())
    found, said = await _scanned({each.address: tape}, tmp_path, way=QUIET)
    assert each.model in {match.model for match in _only(found).matches}
    assert (tape.written, said.sent) == ([], [])


@pytest.mark.parametrize("model", ["sps30", "sht3x", "scd4x"])
async def test_scan_that_is_repeated_finds_the_same(model: str, tmp_path: Path) -> None:
    each = known(model)
    with SimulatedAdapter({each.address: each.make()}).serve(tmp_path / "i2c-1"):
        first, _ = await _scan(tmp_path)
        assert (await _scan(tmp_path))[0] == first


class Converter:
    """An MCP4725: whatever is written in two bytes becomes its output."""

    def __init__(self) -> None:
        self.output = 0x800

    def write(self, data: bytes) -> None:
        if len(data) == 2 and not data[0] & 0xC0:
            self.output = int.from_bytes(data, "big") & 0xFFF

    def read(self, length: int) -> bytes:
        return (b"\xc0" + (self.output << 4).to_bytes(2, "big") * length)[:length]

    def stop(self) -> None:
        pass


async def test_scan_never_sends_a_command_to_a_converter_at_the_address_of_a_sensor(tmp_path: Path) -> None:
    converter = Converter()
    found, said = await _scanned({0x62: converter}, tmp_path)
    assert converter.output == 0x800
    assert said.sent == []
    assert [match.certainty for match in _only(found).matches] == [Certainty.POSSIBLE]


async def test_scan_that_may_do_so_sends_it_and_says_so(tmp_path: Path) -> None:
    converter = Converter()
    _, said = await _scanned({0x62: converter}, tmp_path, way=BOLD)
    assert [sent for _, _, sent in said.sent] == [b"\xe4\xb8"]


class Stranger:
    """A chip that takes anything and answers one byte for ever."""

    def __init__(self, answer: int = 0x5E) -> None:
        self.answer = answer

    def write(self, data: bytes) -> None:
        pass

    def read(self, length: int) -> bytes:
        return bytes([self.answer]) * length

    def stop(self) -> None:
        pass


@pytest.mark.parametrize("address", [0x0C, 0x20, 0x3C, 0x50, 0x6B])
async def test_scan_of_a_stranger_where_no_model_can_be_writes_nothing(address: int, tmp_path: Path) -> None:
    tape = Tape(Stranger())
    found, _ = await _scanned({address: tape}, tmp_path)
    assert (_only(found).address, _only(found).matches, tape.written) == (address, (), [])


@pytest.mark.parametrize("address", [0x18, 0x45, 0x48, 0x68, 0x70, 0x76])
async def test_scan_of_a_stranger_at_the_address_of_a_sensor_claims_no_certainty(
    address: int, tmp_path: Path
) -> None:
    found, _ = await _scanned({address: Stranger()}, tmp_path)
    assert _only(found).best is None
    assert not _only(found).multiplexer


@pytest.mark.parametrize("level", [0x00, 0xFF])
@pytest.mark.parametrize("address", sorted({each.address for each in ALL}))
async def test_scan_of_a_line_that_reads_one_level_recognises_nothing(
    level: int, address: int, tmp_path: Path
) -> None:
    found, _ = await _scanned({address: Stranger(level)}, tmp_path)
    assert _only(found).best is None


# -- behind multiplexers


def _tree(**channels: Mapping[int, SimulatedChip]) -> Tca9548aChip:
    return Tca9548aChip({int(name[1:]): chips for name, chips in channels.items()})


async def test_scan_looks_behind_each_channel_and_leaves_the_multiplexer_as_it_was(tmp_path: Path) -> None:
    mux = _tree(c0={0x76: known("bme280").make()}, c5={0x76: known("bmp280").make(), 0x18: known("mcp9808").make()})
    mux.write(b"\x20")
    mux.stop()
    found, said = await _scanned({0x70: mux, 0x48: known("tmp117").make()}, tmp_path)
    seen = {
        (branch.way, chip.address): chip.matches[0].model
        for branch in found.branches
        for chip in branch.chips
        if chip.matches
    }
    assert seen == {
        ((), 0x48): "tmp117",
        ((Hop(0x70, 0),), 0x76): "bme280",
        ((Hop(0x70, 5),), 0x76): "bmp280",
        ((Hop(0x70, 5),), 0x18): "mcp9808",
    }
    assert found.branches[0].chips[-1] == Chip(address=0x70, multiplexer=True)
    assert mux.read(1) == b"\x20"
    assert [branch.problem for branch in found.branches] == [""] * 9
    told = {sent for path, address, sent in said.sent if (path, address) == (str(tmp_path / "i2c-1"), 0x70)}
    assert {bytes([selection]) for selection in mux.selections} == told


async def test_scan_looks_behind_a_multiplexer_behind_a_multiplexer(tmp_path: Path) -> None:
    inner = _tree(c2={0x44: known("sht3x").make()})
    found, _ = await _scanned({0x70: _tree(c1={0x71: inner})}, tmp_path)
    (branch,) = [branch for branch in found.branches if any(chip.matches for chip in branch.chips)]
    assert branch.way == (Hop(0x70, 1), Hop(0x71, 2))
    assert inner.read(1) == b"\x00"


async def test_scan_sees_that_a_chip_behind_a_channel_has_the_address_of_one_before_it(tmp_path: Path) -> None:
    class Other(Sht4xChip):
        def obey(self, code: int, arguments: Sequence[int], now_ns: int) -> Sequence[int]:
            return (0x1234, 0x5678) if code == 0x89 else super().obey(code, arguments, now_ns)

    mux = _tree(c3={0x44: Other()})
    found, _ = await _scanned({0x70: mux, 0x44: Sht4xChip()}, tmp_path)
    (chip,) = [chip for chip in found.branches[0].chips if chip.address == 0x44]
    assert "behind channel 3 of the multiplexer at 0x70" in chip.doubt


async def test_scan_of_a_lone_chip_beside_a_multiplexer_has_no_doubt(tmp_path: Path) -> None:
    chips = {
        each.address: each.make() for each in ALL if each.model in {"sht4x", "aht20", "ds3231", "bme280", "lm75"}
    }
    found, _ = await _scanned({0x70: Tca9548aChip(), **chips}, tmp_path)
    assert [chip.doubt for chip in found.branches[0].chips] == [""] * 6


async def test_quiet_scan_does_not_look_behind_a_multiplexer(tmp_path: Path) -> None:
    mux = _tree(c0={0x76: known("bme280").make()})
    found, _ = await _scanned({0x70: mux}, tmp_path, way=QUIET)
    assert mux.selections == []
    assert _only(found).matches == ()


async def test_scan_goes_on_after_a_channel_on_which_a_line_is_held(tmp_path: Path) -> None:
    mux = _tree(c0={0x76: known("bme280").make()}, c7={})
    mux.stuck = {7}
    found, _ = await _scanned({0x70: mux}, tmp_path)
    problems = {branch.way[0].channel: branch.problem for branch in found.branches if branch.way and branch.problem}
    assert set(problems) == {7}
    assert "given up" in problems[7]
    assert found.branches[1].chips[0].best is not None


class Missing(Tca9548aChip):
    """A multiplexer that does not acknowledge one of the calls that are for it."""

    def __init__(self, missed: int, channels: Mapping[int, Mapping[int, SimulatedChip]] | None = None) -> None:
        super().__init__(channels)
        self.left = missed

    def write(self, data: bytes) -> None:
        self._count()
        super().write(data)

    def read(self, length: int) -> bytes:
        self._count()
        return super().read(length)

    def _count(self) -> None:
        self.left -= 1
        if not self.left:
            raise NotAcknowledged


def _joining(mux: Tca9548aChip, selection: int) -> Tca9548aChip:
    """Return a multiplexer that somebody else has left like this."""
    mux._register = mux._next = selection
    return mux


@pytest.mark.parametrize("missed", range(1, 9))
@pytest.mark.parametrize("address", [0x70, 0x76])
async def test_scan_leaves_a_multiplexer_that_misses_a_call_as_it_was_found(
    address: int, missed: int, tmp_path: Path
) -> None:
    mux = _joining(Missing(missed, {0: {0x44: known("sht3x").make()}}), 0x22)
    await _scanned({address: mux}, tmp_path)
    assert mux.read(1) == b"\x22"


async def test_scan_that_loses_the_last_word_to_a_multiplexer_says_it_again(tmp_path: Path) -> None:
    counting = Missing(0)
    await _scanned({0x70: _joining(counting, 0x22)}, tmp_path)
    mux = _joining(Missing(-counting.left), 0x22)
    found, _ = await _scanned({0x70: mux}, tmp_path)
    assert found.branches[0].chips == (Chip(address=0x70, multiplexer=True),)
    assert mux.read(1) == b"\x22"


async def test_scan_recognises_a_multiplexer_behind_three_others_and_looks_no_further(tmp_path: Path) -> None:
    last = _joining(_tree(c0={0x44: known("sht3x").make()}), 0x02)
    found, _ = await _scanned({0x70: _tree(c1={0x71: _tree(c1={0x72: _tree(c1={0x76: last})})})}, tmp_path)
    (branch,) = [branch for branch in found.branches if len(branch.way) == 3 and branch.chips]
    assert branch.chips == (Chip(address=0x76, multiplexer=True),)
    assert max(len(branch.way) for branch in found.branches) == 3
    assert last.read(1) == b"\x02"


# -- what goes wrong


async def test_scan_of_an_empty_bus_finds_nobody(tmp_path: Path) -> None:
    found, said = await _scanned({}, tmp_path)
    assert [(branch.chips, branch.problem) for branch in found.branches] == [((), "")]
    assert said.sent == []


async def test_scan_of_an_adapter_that_is_not_there_says_so(tmp_path: Path) -> None:
    found = await I2cScan(str(tmp_path / "i2c-9"), built_in(), manner=_may(CAREFUL)).run()
    assert "there is no such file" in found.branches[0].problem


async def test_scan_of_an_address_that_the_kernel_has_names_the_owner_and_asks_nothing(tmp_path: Path) -> None:
    tape = Tape(known("bme280").make())
    with SimulatedAdapter({0x76: tape}).serve(tmp_path / "i2c-1") as adapter:
        adapter.faults.own(0x76)
        found, _ = await _scan(tmp_path)
    assert _only(found).owner == Owner(driver="i2c-1-76")
    assert tape.written == []


async def test_scan_of_a_stuck_bus_is_given_up_after_three_addresses(tmp_path: Path) -> None:
    with SimulatedAdapter({}).serve(tmp_path / "i2c-1") as adapter:
        adapter.faults.stick()
        found, _ = await _scan(tmp_path)
    assert "held low" in found.branches[0].problem


async def test_scan_of_a_hanging_bus_ends_after_one_deadline(tmp_path: Path) -> None:
    with SimulatedAdapter({0x76: known("bme280").make()}).serve(tmp_path / "i2c-1") as adapter:
        adapter.faults.hang()
        scan = I2cScan(str(tmp_path / "i2c-1"), built_in(), manner=_may(CAREFUL), deadline_s=0.1)
        found = await scan.run()
    assert "did not come back" in found.branches[0].problem
    assert "held low" in found.branches[0].problem


async def test_scan_of_an_adapter_that_vanishes_says_so_and_keeps_what_was_found(tmp_path: Path) -> None:
    with SimulatedAdapter({}).serve(tmp_path / "i2c-1") as adapter:

        class Last(Stranger):
            def stop(self) -> None:
                adapter.unplug()

        adapter.chips |= {0x10: known("veml7700").make(), 0x50: Last()}
        found, _ = await _scan(tmp_path)
    assert "unplugged" in found.branches[0].problem
    assert [chip.address for chip in found.branches[0].chips] == [0x10]


async def test_scan_on_an_adapter_that_cannot_write_nothing_reads_instead(tmp_path: Path) -> None:
    class NoQuick(SimulatedAdapter):
        def transact(self, address: int, parts: object) -> list[bytes]:
            if parts == [b""]:
                raise OSError(errno.EOPNOTSUPP, "zero length")
            return super().transact(address, parts)  # type: ignore[arg-type]  # as it came

    chips = {0x44: known("sht3x").make(), 0x76: known("bme280").make()}
    with NoQuick(chips).serve(tmp_path / "i2c-1"):
        found, _ = await _scan(tmp_path)
    assert [(chip.address, chip.matches[0].model) for chip in found.branches[0].chips] == [
        (0x44, "sht3x"),
        (0x76, "bme280"),
    ]


async def test_scan_of_two_sensors_on_one_address_recognises_neither(tmp_path: Path) -> None:
    class Both:
        """Two chips that pull the same line."""

        def __init__(self) -> None:
            self.chips = known("scd4x").make(), known("scd4x").make()
            self.chips[1]._serial_number = 0x0F0F_1234_5678  # type: ignore[attr-defined]

        def write(self, data: bytes) -> None:
            for chip in self.chips:
                chip.write(data)

        def read(self, length: int) -> bytes:
            first, second = (chip.read(length) for chip in self.chips)
            return bytes(a & b for a, b in zip(first, second, strict=True))

        def stop(self) -> None:
            pass

    try:
        found, _ = await _scanned({0x62: Both()}, tmp_path)
    except NotAcknowledged:
        pytest.fail("a chip of two acknowledges where one does")
    assert _only(found).best is None
