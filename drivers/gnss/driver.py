"""The driver of a GNSS receiver that speaks NMEA 0183.

In: a serial line. Out: one reading an epoch, position of class `location`, time as a clock source. Never: a
sentence whose checksum does not hold, a sentence with a field that looks like somebody's identifier, a position
without a fix, a byte to the receiver.
"""

from collections.abc import Mapping

from drivers.bus.api import SerialLine
from drivers.errors import InvalidData
from drivers.gnss import decode
from drivers.gnss.epochs import EpochAssembler
from drivers.gnss.forms import odd_fields
from drivers.gnss.sentences import SentenceParser
from drivers.listener import Listener
from drivers.model import NoOptions
from drivers.reading import Clock, Reading
from drivers.tripwire import Tally

CHIP = "gnss"
EPOCH_TIMEOUT_S = 5.0
_NS_PER_S = 1_000_000_000


def sentence_parser() -> SentenceParser:
    """Return a fresh parser for the sentences that are used here."""
    return SentenceParser(decode.WANTED)


class Gnss:
    """One receiver. It is listened to and never spoken to: its settings are the technician's."""

    def __init__(self, line: SerialLine, clock: Clock, _options: NoOptions) -> None:
        self._line = line
        self._clock = clock
        self._listener = Listener(CHIP, line, clock, parser=sentence_parser)
        self._assembler = EpochAssembler()
        self._tally = Tally()

    @property
    def trips(self) -> Mapping[str, int]:
        """Sentences that were dropped because a field looked like somebody's identifier, by kind."""
        return self._tally.counts

    async def open(self) -> None:
        """Open the line; the receiver sends on its own."""
        await self._listener.open()
        self._assembler = EpochAssembler()

    async def sample(self) -> Reading:
        """Return the next epoch's reading; without a fix its position and time are None.

        Its `mono_ns` is that of the read that completed the epoch's first sentence, the one nearest to the moment
        that `utc` names.

        Raises:
            BusTimeout: nothing came.
            ChecksumMismatch: sentences came, none whose checksum holds.
            InvalidData: something else came, or sentences that are cut short.
        """
        deadline_ns = self._clock.mono_ns() + int(EPOCH_TIMEOUT_S * _NS_PER_S)
        while (left_ns := deadline_ns - self._clock.mono_ns()) > 0:
            mono_ns, body = await self._listener.next(timeout_s=left_ns / _NS_PER_S)
            if self._tally.stops(odd_fields(body)):
                continue
            part = decode.part(body)
            epoch = None if part is None else self._assembler.add(mono_ns, part)
            if epoch is not None:
                return Reading(mono_ns=epoch.mono_ns, values=epoch.values())
        raise InvalidData(CHIP, "sentences arrive, but no epoch: expected RMC, GGA or GNS with a time that moves")

    async def close(self) -> None:
        """Close the line."""
        await self._line.close()
