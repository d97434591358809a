"""A simulated Si7021: it is given an air, and answers as the chip does. Knows nothing of the driver."""

from drivers.sim.chip import NotAcknowledged


class Si7021Chip:
    """One chip.

    Attributes:
        temperature_c, humidity_pct: of the air.
        chip_id: what it calls itself.
        busy_reads: how many reads after a measurement's start it does not acknowledge yet.
        broken_sum: spoils the checksums.
    """

    def __init__(self, *, temperature_c: float = 21.5, humidity_pct: float = 43.0) -> None:
        self.temperature_c = temperature_c
        self.humidity_pct = humidity_pct
        self.chip_id = 0x15
        self.busy_reads = 1
        self.broken_sum = False
        self._answer = b""
        self._busy = 0
        self._user = 0x3A

    def write(self, data: bytes) -> None:
        """Take a command."""
        code = data[0] if len(data) == 1 else None
        if code == 0xF5:
            self._measure(round((self.humidity_pct + 6) / 125 * 65536))
        elif code == 0xF3:
            self._measure(round((self.temperature_c + 46.85) / 175.72 * 65536))
        elif code == 0xE7:
            self._answer = bytes([self._user])
        elif data == b"\xfc\xc9":
            self._answer = bytes([self.chip_id, 0xFF, 0xB5, 0xFF, 0xFF, 0xCB])
        elif code == 0xFE:
            self._answer, self._busy = b"", 0

    def read(self, length: int) -> bytes:
        """Give the answer to the last command, once it is there."""
        if self._busy:
            self._busy -= 1
            raise NotAcknowledged
        return self._answer[:length].ljust(length, b"\xff")

    def stop(self) -> None:
        """End a transaction."""

    def _measure(self, code: int) -> None:
        code = min(0xFFFF, max(0, code)) & 0xFFFC
        self._busy = self.busy_reads
        data = code.to_bytes(2, "big")
        self._answer = data + bytes([self._sum(data) ^ self.broken_sum])

    @staticmethod
    def _sum(data: bytes) -> int:
        remainder = int.from_bytes(data, "big") << 8
        for bit in range(len(data) * 8 + 7, 7, -1):
            if remainder >> bit & 1:
                remainder ^= 0x131 << (bit - 8)
        return remainder
