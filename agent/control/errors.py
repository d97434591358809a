"""Why a control document is not believed, or why the state of control cannot be used.

LamppostError
|-- ControlError             the files of the control state cannot be read or written
|   |-- Busy                 another process has them
|   `-- StateLost            none of them is whole: every stream is suspended
`-- WireError
    `-- Untrusted
        `-- Unheeded         signed by a city key, and still without any effect
            |-- OtherUnit    it is for another unit
            |-- Overtaken    a document with this version, or a higher one, was taken before
            |-- Leap         its version is too far above the highest one
            |-- NoBaseline   the control state is lost, and nobody knows which versions were taken
            `-- Crowded      too many documents in a short time; it is tried again

Texts name rules, never what a document says.
"""

from agent.errors import LamppostError
from agent.wire.errors import Untrusted


class ControlError(LamppostError):
    """The files of the control state cannot be used."""


class Busy(ControlError):
    """Another process has the control state: an agent is running."""


class StateLost(ControlError):
    """No file of the control state is whole."""


class Unheeded(Untrusted):
    """Signed by a city key, and still without any effect."""


class OtherUnit(Unheeded):
    """A sound document for another unit."""


class Overtaken(Unheeded):
    """A sound document whose version, or a higher one, was taken before."""


class Leap(Unheeded):
    """A sound document whose version is so high that few would be left above it."""


class NoBaseline(Unheeded):
    """A sound document, but nobody knows any more which versions were taken."""


class Crowded(Unheeded):
    """A sound document in a flood of them."""
