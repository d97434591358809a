"""The receiver's errors.

    ReceiverError
    |-- RegistryError      the device registry or the configuration says something impossible
    |-- StorageError       the store cannot be opened or written
    `-- BrokerError        the broker cannot be used; retried

What is wrong with a message from a unit is `agent.wire.errors.WireError` and below, or `Refused`.
"""


class ReceiverError(Exception):
    """Base of everything the receiver raises on purpose."""


class RegistryError(ReceiverError):
    """The device registry or the configuration says something impossible."""


class StorageError(ReceiverError):
    """The store cannot be opened or written."""


class BrokerError(ReceiverError):
    """The broker cannot be used now."""
