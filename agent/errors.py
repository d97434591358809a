"""The agent's errors; each stage adds its own under these.

LamppostError
|-- ConfigurationError   a file says something impossible; carries file, line, column
|-- KeyFileError         a key file that is missing, readable by others, or not a key
|-- WireError            bytes that are not what the wire format says
|   `-- Untrusted        a signature, key, role or context that does not hold
|-- SensorError          a required sensor cannot be used
|-- StoreError           the outbox cannot do what it must
`-- UplinkError          the broker cannot be used; retried
"""


class LamppostError(Exception):
    """Base of everything the agent raises on purpose."""


class ConfigurationError(LamppostError):
    """A file says something impossible."""


class KeyFileError(LamppostError):
    """A key file that is missing, readable by others, or not a key."""


class SensorError(LamppostError):
    """A required sensor cannot be used."""


class StoreError(LamppostError):
    """The outbox cannot do what it must."""


class UplinkError(LamppostError):
    """The broker cannot be used now."""
