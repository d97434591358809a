"""How a TFmini is told from others on a serial line, for `lamppost scan`."""

from typing import Final

from drivers.identity import SerialIdentity, by_count
from drivers.tfmini.driver import framer

IDENTITY: Final = SerialIdentity(hear=by_count(framer), by="the checksums of its frames")
