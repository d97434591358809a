"""The driver of an MH-Z19B: it is asked, it answers.

In: a serial line. Out: one reading an answer. Never: an answer whose checksum does not hold, an answer to an earlier
question, a calibration that the configuration does not ask for.
"""

from dataclasses import dataclass

from drivers.bus.api import SerialLine
from drivers.errors import BusTimeout, ChipError
from drivers.framing import FixedFramer
from drivers.listener import Listener
from drivers.mhz19b import decode, frames
from drivers.reading import Clock, Reading

WARM_UP_S = 180
"""Three minutes (avaldebe/PyPMS `PREHEAT`; pan0ne/CO2-Ampel, Docs/Mh-Z19b_specifications.md)."""

ANSWER_TIMEOUT_S = 1.0
"""Nine bytes take 10 ms on the line; how long the sensor thinks was not found."""

ATTEMPTS = 3
"""An answer that was disturbed is asked for again: opening afresh would cost another warm-up."""

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `[sensor.NAME.options]` may say.

    Attributes:
        automatic_self_calibration: let the sensor take the lowest concentration of each day for fresh air at 400 ppm.
            Right for open air; to be false where the air is never fresh, as in a tunnel. Left out, the sensor keeps
            what it was set to.
        warm_up_s: seconds after opening in which the concentration is None.
    """

    automatic_self_calibration: bool | None = None
    warm_up_s: int = WARM_UP_S

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        if self.warm_up_s < 0:
            raise ValueError(f"warm_up_s: expected 0 seconds or more, found {self.warm_up_s}")


def framer() -> FixedFramer:
    """Return a fresh framer for this sensor's answers."""
    return FixedFramer(frames.ANSWER_HEADER, length=frames.LENGTH, valid=frames.valid)


class Mhz19b:
    """One Winsen MH-Z19B."""

    def __init__(self, line: SerialLine, clock: Clock, options: Options) -> None:
        self._line = line
        self._clock = clock
        self._options = options
        self._listener = Listener(frames.CHIP, line, clock, parser=framer)
        self._warm_at_ns = 0

    async def open(self) -> None:
        """Set the self-calibration if the configuration says so, and see that the sensor answers.

        Raises:
            BusTimeout: nobody answers.
        """
        await self._listener.open()
        self._warm_at_ns = self._clock.mono_ns() + self._options.warm_up_s * _NS_PER_S
        match self._options.automatic_self_calibration:
            case True:
                await self._line.write(frames.CALIBRATES_ITSELF)
            case False:
                await self._line.write(frames.NEVER_CALIBRATES_ITSELF)
            case None:
                pass
        await self._ask()

    async def sample(self) -> Reading:
        """Return the reading of a fresh answer.

        Raises:
            BusTimeout: nobody answers.
            ChecksumMismatch: answers came, none whose checksum holds.
            InvalidData: something else came, or a concentration of 0xffff.
        """
        mono_ns, frame = await self._ask()
        values = decode.values(frame)
        if mono_ns < self._warm_at_ns:
            values = decode.unavailable()
        return Reading(mono_ns=mono_ns, values=values, raw=decode.ticks(frame))

    async def close(self) -> None:
        """Close the line; the sensor measures on, so that it stays warm."""
        await self._line.close()

    async def _ask(self) -> tuple[int, bytes]:
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._ask_once()
            except (BusTimeout, ChipError):
                continue
        return await self._ask_once()

    async def _ask_once(self) -> tuple[int, bytes]:
        await self._listener.forget()
        await self._line.write(frames.READ)
        return await self._listener.next(timeout_s=ANSWER_TIMEOUT_S)
