"""The kernel's attributes: numbers as it writes them, and channels of Industrial I/O and hardware monitoring."""

import random
from fractions import Fraction
from math import floor

from drivers.bridge import Bridge, Spec
from drivers.errors import InvalidData
from drivers.hwmon.decode import HwmonBridge
from drivers.iio.decode import IioBridge
from drivers.sysfs import Fixed, fixed
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import LineMutator, Mutator

_NUMBERS = (
    b"0",
    b"-1",
    b"23500",
    b"0.000000",
    b"-12.345678",
    b"1e3",
    b"0.1 dB",
    b"99999999999999999999",
    b"nan",
    b"",
)
_WORDS = (b".", b"-", b"+", b" ", b"\n", b"0x", b"_", b"\xff", b"\xd9\xa3")


class Numbers(Fuzzer):
    """A number is exactly what its decimal digits say, and everything else is refused as no plain number."""

    name = "sysfs-numbers"

    def __init__(self) -> None:
        self._mutate = Mutator(seeds=_NUMBERS, words=_WORDS, longest=40, joined=1)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        try:
            found = fixed("iio", data, "in_temp_raw")
        except InvalidData:
            return False
        assert _exact(found) == Fraction(data.strip().decode("ascii")), "another number"
        return True


class Channels(Fuzzer):
    """A channel's value is what its numbers make, exactly, rounded once; or channel, file or number is refused."""

    def __init__(self, bridge: Bridge, examples: tuple[bytes, ...]) -> None:
        self.name = f"sysfs-{bridge.chip}"
        self._bridge = bridge
        words = (
            *_WORDS,
            *_NUMBERS,
            b"_raw",
            b"_input",
            b"_scale",
            b"_offset",
            b"_fault",
            b"_label",
            b"temp",
            b"in",
            b":",
            b"0",
        )
        self._mutate = LineMutator(seeds=examples, words=words)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        written, *lines = data.decode("utf-8", "replace").split("\n")
        files = {name: content.encode() for name, _, content in (line.partition("=") for line in lines)}
        labels = {own: files[file].decode() for file in files if (own := self._bridge.labelled(file)) is not None}
        try:
            spec = self._bridge.parse(written)
        except ValueError:
            return False
        try:
            chosen = self._bridge.choose(spec, files, labels)
            assert chosen.names <= files.keys(), "a file that there is not"
            value, raw = self._bridge.value(chosen, {**files})
        except InvalidData:
            return False
        self._judge(spec, {role: files[name] for role in _ROLES if (name := getattr(chosen, role))}, value)
        assert raw is None or type(raw) is int
        return True

    def _judge(self, spec: Spec, contents: dict[str, bytes], value: int | None) -> None:
        if value is None:
            assert Fraction(contents["fault"].strip().decode()), "no value, and no fault"
            return
        numbers = {role: Fraction(content.strip().decode()) for role, content in contents.items()}
        kind = self._bridge.kinds[spec.kind]
        exact = (numbers["value"] + numbers.get("offset", 0)) * numbers.get("scale", 1)
        exact *= Fraction(*kind.ratio) / Fraction(10) ** kind.exponent
        assert value == floor(exact + Fraction(1, 2)), "another value than its numbers make"


_ROLES = ("value", "scale", "offset", "fault")
_IIO = (
    b"temp\nname=bmp280\nin_temp_input=23500\nin_pressure_input=101.325000\n",
    b"voltage0\nin_voltage0_raw=1234\nin_voltage_scale=0.125000\nin_voltage0_offset=-7\n",
    b"voltage:battery\nin_voltage1_raw=-5\nin_voltage1_label=battery\nin_voltage1_scale=2\nin_voltage0_label=mains\n",
    b"concentration_co2\nin_concentration_co2_raw=400\nin_concentration_co2_scale=0.0001\n",
    b"intensity_ir\nin_intensity_ir_raw=99\n",
    b"angl\nin_angl_raw=12\nin_angl_scale=0.001533981\nin_offset=3\n",
)
_HWMON = (
    b"temp1\ntemp1_input=45000\ntemp1_fault=0\ntemp2_input=-1\n",
    b"power1\npower1_average=1234567\n",
    b"temp:Composite\ntemp1_label=Composite\ntemp1_input=38850\ntemp2_label=Sensor 1\n",
    b"fan1\nfan1_input=1201\nfan1_fault=1\n",
    b"in0\nin0_input=3300\n",
)


def _exact(number: Fixed) -> Fraction:
    return number.mantissa * Fraction(10) ** number.exponent


FUZZERS: tuple[Fuzzer, ...] = (Numbers(), Channels(IioBridge(), _IIO), Channels(HwmonBridge(), _HWMON))
