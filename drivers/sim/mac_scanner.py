"""A simulated travel-time scanner: people with devices pass by, or a list is read out.

It knows nothing of the driver.

In: a population or a list. Out: lines, and the sightings in them. Never: input, output, a real address: the random
ones are locally administered.
"""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

_LOCAL_UNICAST = 0x02
_NOT_RANDOM_BITS = 0x03
_STRONGEST_DBM, _WEAKEST_DBM = -40, -95

Sighting = tuple[bytes, int]


@dataclass(slots=True)
class _Device:
    address: bytes
    seconds_left: int
    rssi_dbm: int


class SimulatedScanner:
    """A scanner that hears every device in range once a second.

    Attributes:
        presented: the sightings of the last `frame`, in order: address and dBm.
        arrivals_per_s: devices that come into range a second, on average; from now on, when it is set.
    """

    def __init__(self, *, seed: int, arrivals_per_s: float = 0.5, stay_s: int = 30) -> None:
        """Make a street.

        Args:
            seed: the same seed gives the same street.
            arrivals_per_s: devices that come into range a second, on average.
            stay_s: seconds that a device stays, on average.
        """
        self._random = random.Random(seed)  # noqa: S311 - a street that a test can repeat
        self.arrivals_per_s = arrivals_per_s
        self._stay_s = stay_s
        self._devices: list[_Device] = []
        self.presented: list[Sighting] = []

    @property
    def addresses(self) -> set[bytes]:
        """Addresses of the devices that are in range now."""
        return {device.address for device in self._devices}

    def frame(self) -> bytes:
        """Return what the scanner sends in the next second."""
        self._pass_a_second()
        self.presented = [(device.address, device.rssi_dbm) for device in self._devices]
        return b"".join(render(address, rssi_dbm) for address, rssi_dbm in self.presented)

    def _pass_a_second(self) -> None:
        for device in self._devices:
            device.seconds_left -= 1
            device.rssi_dbm = min(max(device.rssi_dbm + self._random.randint(-3, 3), _WEAKEST_DBM), _STRONGEST_DBM)
        self._devices = [device for device in self._devices if device.seconds_left > 0]
        arrivals = int(self.arrivals_per_s)
        arrivals += self._random.random() < self.arrivals_per_s - arrivals
        self._devices += [self._arrive() for _ in range(arrivals)]

    def _arrive(self) -> _Device:
        first, *rest = self._random.randbytes(6)
        return _Device(
            address=bytes([first & ~_NOT_RANDOM_BITS | _LOCAL_UNICAST, *rest]),
            seconds_left=self._random.randint(1, 2 * self._stay_s - 1),
            rssi_dbm=self._random.randint(_WEAKEST_DBM, _STRONGEST_DBM),
        )


class ListedScanner:
    """A scanner that reports the sightings of a list, `each` at a time.

    Attributes:
        presented: the sightings of the last `frame`, in order.
    """

    def __init__(self, sightings: Iterable[Sighting], *, each: int = 100) -> None:
        self._waiting = deque(sightings)
        self._each = each
        self.presented: list[Sighting] = []

    def frame(self) -> bytes:
        """Return the next lines; nothing when the list has ended."""
        self.presented = [self._waiting.popleft() for _ in range(min(self._each, len(self._waiting)))]
        return b"".join(render(address, rssi_dbm) for address, rssi_dbm in self.presented)


def render(address: bytes, rssi_dbm: int) -> bytes:
    """Return the line for one sighting."""
    return f"{address.hex(':').upper()},{rssi_dbm}\r\n".encode()
