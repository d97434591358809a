"""What the process promises about its own memory: no core file, no debugger.

In: nothing. Out: limits set in the kernel. Never: a reason to stop; a kernel that refuses is reported.
"""

import ctypes
import logging
import os
import resource
from typing import Final

_LOG = logging.getLogger(__name__)
_PR_SET_DUMPABLE: Final = 4


def keep_memory_private() -> None:
    """Forbid core files and attaching to this process: raw readings and identifiers live in its memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        _LOG.warning("the kernel does not let this process forbid core files: %s", os.strerror(ctypes.get_errno()))
