"""The SDS198's reports. Replies and commands are those of the family, in `drivers.novafitness`."""

from typing import Final

CHIP: Final = "sds198"

DATA_HEADER: Final = b"\xaa\xcf"
"""Then a reserved word, PM100 low byte first, and the device id (avaldebe/PyPMS, src/pms/sensors/novafitness/
sds198.py; capture sds198.hexdump). The SDS011 sends C0 for CF."""
