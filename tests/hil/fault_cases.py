"""The faults of the table: what is broken, who suffers by it, and what the agent must say.

In: a scene. Out: nothing: the scene is broken, and mended again. Never: a look at the agent.
"""

import contextlib
import errno
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from drivers.sim.bmp280 import Bmp280Chip
from drivers.sim.modbus import Trouble
from tests.hil.fault_scene import AIR, ROAD, WEATHER, Look, Scene
from tests.hil.uart import misread

_SENT_BAUD, _READ_BAUD = 4800, 9600
_HOT_C: Final = 200
_NOISE_BYTES: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        name: what it is.
        victims: sensors that cannot be sampled while it lasts; every other one must miss nothing.
        breaks, mends: what is done to the scene.
        told: what the victims' problem or suspicion, or the log, must contain; one of these.
        place: where that is told: "problem", "suspicion", or the name of a counter of the stream `road`; "" for a
            fault that must not be noticed at all.
        hold_s: how long it lasts at least.
        within_s: how long until every victim must be well again, once it is over.
    """

    name: str
    victims: tuple[str, ...] = ()
    breaks: Callable[[Scene], None]
    mends: Callable[[Scene], None]
    told: tuple[str, ...] = ()
    place: str = "problem"
    hold_s: float = 3.0
    within_s: float = 15.0

    def is_told(self, look: Look, before: Look) -> bool:
        """Return whether the agent says what it must."""
        if not self.place:
            return True
        if self.place in {"problem", "suspicion"}:
            texts = [look.sensor(name)[self.place] or "" for name in self.victims or ("road",)]
            return all(any(told in text for told in self.told) for text in texts)
        return bool(look.known["streams"]["road"][self.place] > before.known["streams"]["road"][self.place])


def _clear(scene: Scene) -> None:
    scene.pole.faults.clear()


def _spoil(name: str, change: Callable[[bytes], bytes]) -> Callable[[Scene], None]:
    return lambda scene: scene.spoil.__setitem__(name, change)


def _whole(name: str) -> Callable[[Scene], None]:
    return lambda scene: scene.spoil.__delitem__(name)


def _noise(seed: int) -> Callable[[bytes], bytes]:
    chance = random.Random(seed)
    return lambda _frame: chance.randbytes(_NOISE_BYTES)


def _between(seed: int) -> Callable[[bytes], bytes]:
    """Put noise before each frame, with none of its own first bytes in it, as those begin a frame that is none."""
    chance = random.Random(seed)
    return lambda frame: bytes(byte for byte in chance.randbytes(40) if byte != frame[0]) + frame


def _swap(scene: Scene) -> None:
    """Power the chip down, and put another one in its place at the next tick of nobody's clock."""
    scene.pole.chips[WEATHER] = Bmp280Chip()
    scene.pole.faults.nack(WEATHER, times=1)


def _swap_back(scene: Scene) -> None:
    scene.pole.chips[WEATHER] = scene.weather


def _answer_twice(scene: Scene) -> None:
    obey = scene.meters.bus.command
    scene.meters.bus.command = lambda data: [answer for one in obey(data) for answer in (one, one)]  # type: ignore[method-assign]


def _answer_once(scene: Scene) -> None:
    with contextlib.suppress(AttributeError):
        del scene.meters.bus.command


def _heat(scene: Scene) -> None:
    scene.still.add("road")
    scene.road.set(temperature_c=_HOT_C)


def _let_move(scene: Scene) -> None:
    scene.still.discard("road")


BOTH: Final = ("weather", "air")

FAULTS: Final = (
    Fault(
        name="no acknowledge (ENXIO)",
        victims=("weather",),
        breaks=lambda scene: scene.pole.faults.nack(WEATHER),
        mends=_clear,
        told=("nobody answers",),
    ),
    Fault(
        name="no acknowledge (EREMOTEIO, as on the Pi)",
        victims=("air",),
        breaks=lambda scene: scene.pole.faults.nack(AIR, error=errno.EREMOTEIO),
        mends=_clear,
        told=("nobody answers",),
    ),
    Fault(
        name="arbitration lost (EAGAIN)",
        victims=BOTH,
        breaks=lambda scene: scene.pole.faults.lose_arbitration(),
        mends=_clear,
        told=("arbitration lost",),
    ),
    Fault(
        name="SDA stuck low (EIO)",
        victims=BOTH,
        breaks=lambda scene: scene.pole.faults.stick(),
        mends=_clear,
        told=("check the wiring",),
    ),
    Fault(
        name="line that nobody drives (all 0xff)",
        victims=("weather",),
        breaks=lambda scene: scene.pole.faults.fill(WEATHER, 0xFF),
        mends=_clear,
        told=("0xff",),
    ),
    Fault(
        name="clock stretched beyond the limit (ETIMEDOUT)",
        victims=("air",),
        breaks=lambda scene: scene.pole.faults.stretch(AIR),
        mends=_clear,
        told=("held the clock",),
    ),
    Fault(
        name="transfer that does not come back",
        victims=BOTH,
        breaks=lambda scene: scene.pole.faults.hang(),
        mends=_clear,
        told=("took longer", "did not come back", "hangs"),
        hold_s=4.0,
        within_s=30.0,
    ),
    Fault(
        name="bad checksum (one bit flipped)",
        victims=("air",),
        breaks=lambda scene: scene.pole.faults.flip(AIR),
        mends=_clear,
        told=("checksum", "CRC"),
    ),
    Fault(
        name="chip swapped for another",
        victims=("weather",),
        breaks=_swap,
        mends=_swap_back,
        told=("0x58",),
        within_s=20.0,
    ),
    Fault(
        name="USB adapter pulled, back under another number",
        victims=BOTH,
        breaks=Scene.pull,
        mends=Scene.put_back,
        told=("unplugged", "no such file"),
    ),
    Fault(
        name="serial port pulled and back",
        victims=("dust",),
        breaks=lambda scene: scene.lines["dust"].unplug(),
        mends=lambda scene: scene.lines["dust"].replug(),
        told=("unplugged", "no such file"),
    ),
    Fault(
        name="line noise in place of frames",
        victims=("dust",),
        breaks=_spoil("dust", _noise(1)),
        mends=_whole("dust"),
        told=("nothing this sensor sends",),
        hold_s=7.0,
    ),
    Fault(name="line noise between frames", breaks=_spoil("kerb", _between(2)), mends=_whole("kerb"), place=""),
    Fault(
        name="wrong baud rate (4800 read at 9600)",
        victims=("kerb",),
        breaks=_spoil("kerb", lambda frame: misread(frame, sent=_SENT_BAUD, read=_READ_BAUD)),
        mends=_whole("kerb"),
        told=("nothing this sensor sends",),
        hold_s=7.0,
    ),
    Fault(
        name="half frames",
        victims=("dust",),
        breaks=_spoil("dust", lambda frame: frame[: len(frame) // 2]),
        mends=_whole("dust"),
        told=("checksum of every frame", "nothing this sensor sends"),
        hold_s=7.0,
    ),
    Fault(name="Modbus answers that come twice", breaks=_answer_twice, mends=_answer_once, place="", hold_s=5.0),
    Fault(
        name="Modbus slave that answers for another",
        victims=("mains",),
        breaks=lambda scene: scene.slaves[1].order(Trouble.WRONG_SLAVE, code=2),
        mends=lambda scene: scene.slaves[1].recover(),
        told=("slave",),
        within_s=40.0,
    ),
    Fault(
        name="dead Modbus slave",
        victims=("mains",),
        breaks=lambda scene: scene.slaves[1].order(Trouble.DEAD),
        mends=lambda scene: scene.slaves[1].recover(),
        told=("slave", "answer"),
        within_s=40.0,
    ),
    Fault(
        name="sensor stuck on one value",
        breaks=lambda scene: scene.still.add("road"),
        mends=_let_move,
        told=("not moved",),
        place="suspicion",
    ),
    Fault(
        name="value jumps outside its range",
        breaks=_heat,
        mends=_let_move,
        place="out_of_range_values",
    ),
)
QUICK: Final = (
    "no acknowledge (ENXIO)",
    "USB adapter pulled, back under another number",
    "line noise between frames",
    "Modbus slave that answers for another",
    "value jumps outside its range",
)
"""Those of the ordinary suite: one of each kind, and none that lasts."""
assert {ROAD, AIR, WEATHER} == {0x48, 0x44, 0x76}
