"""How a MaxBotix sensor is told from others on a serial line, for `lamppost scan`."""

from typing import Final

from drivers.identity import SerialIdentity, by_count
from drivers.maxbotix import lines

IDENTITY: Final = SerialIdentity(hear=by_count(lines.parser), by="the form of its lines")
