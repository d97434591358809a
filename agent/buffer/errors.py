"""What can go wrong with the outbox's files.

StoreError
|-- StoreDamaged       the file does not hold what was written; answered by salvage
`-- StoreUnavailable   the file cannot be written now; retried
    `-- StoreFull      no space: the cap, the disk, or a quota
"""

from agent.errors import StoreError


class StoreDamaged(StoreError):
    """The file does not hold what was written."""


class StoreUnavailable(StoreError):
    """The file cannot be written now."""


class StoreFull(StoreUnavailable):
    """There is no space for what was to be written."""
