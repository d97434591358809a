"""The driver of a TFmini: it sends a hundred frames a second, and this gives out the newest of them at a lower rate.

In: a serial line. Out: readings, `rate_hz` a second. Never: a frame whose checksum does not hold, a reading for every
frame of a sensor that cannot be slowed down, a setting that outlasts a power cut.

The sensor is asked to send fewer frames. Whether it does or not (a first TFmini does not know the command, one whose
RX is not connected does not hear it, and the manual says that a setting must be stored to take effect), nothing is
read until the next reading is due; what has come meanwhile is then taken in one read, and only its last frame is
decoded. So a sensor costs the same at any rate of its own.
"""

from dataclasses import dataclass

from drivers.bus.api import SerialLine
from drivers.framing import FixedFramer
from drivers.listener import Listener
from drivers.reading import Clock, Reading
from drivers.tfmini import decode, frames

FRAME_TIMEOUT_S = 3.0
"""Three frames at the lowest rate that it can be set to, 1 Hz."""

_NS_PER_S = 1_000_000_000
_FASTEST_HZ = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `[sensor.NAME.options]` may say.

    Attributes:
        rate_hz: readings a second, 1 to 100; 1000 divided by it must be a whole number.
    """

    rate_hz: int = 10

    def __post_init__(self) -> None:
        """Refuse a rate that the sensor cannot be set to."""
        if not 1 <= self.rate_hz <= _FASTEST_HZ or not frames.settable(self.rate_hz):
            expected = f"1 to {_FASTEST_HZ} Hz by which 1000 can be divided"
            raise ValueError(f"rate_hz: expected {expected}, found {self.rate_hz}")


def framer() -> FixedFramer:
    """Return a fresh framer for this sensor's frames."""
    return FixedFramer(frames.HEADER, length=frames.LENGTH, valid=frames.valid)


class Tfmini:
    """One Benewake TFmini-S or TFmini Plus, or a first TFmini."""

    def __init__(self, line: SerialLine, clock: Clock, options: Options) -> None:
        self._line = line
        self._clock = clock
        self._rate_hz = options.rate_hz
        self._listener = Listener(frames.CHIP, line, clock, parser=framer)
        self._due_ns = 0

    async def open(self) -> None:
        """Ask for centimetres and the rate; the answers are not waited for."""
        await self._listener.open()
        await self._line.write(frames.CENTIMETRES)
        await self._line.write(frames.frame_rate(self._rate_hz))
        self._due_ns = self._clock.mono_ns()

    async def sample(self) -> Reading:
        """Return the reading of the newest frame, not before it is due. Cancelling it loses nothing that is due.

        Raises:
            BusTimeout: no frame came.
            ChecksumMismatch: frames came, none whose checksum holds.
            InvalidData: something else came.
        """
        early_ns = self._due_ns - self._clock.mono_ns()
        if early_ns > 0:
            await self._clock.sleep(early_ns / _NS_PER_S)
        mono_ns, frame = await self._listener.newest(timeout_s=FRAME_TIMEOUT_S)
        self._due_ns = mono_ns + _NS_PER_S // self._rate_hz
        return Reading(mono_ns=mono_ns, values=decode.values(frame), raw=decode.ticks(frame))

    async def close(self) -> None:
        """Close the line; the sensor goes on."""
        await self._line.close()
