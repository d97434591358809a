"""What the process promises about its own memory: no core file, no debugger, no text of an unexpected error.

In: nothing. Out: limits set in the kernel, and hooks in the interpreter. Never: a reason to stop; a kernel that
refuses is reported.
"""

import ctypes
import logging
import os
import resource
from typing import Final

from agent import tracebacks

_LOG = logging.getLogger(__name__)
_PR_SET_DUMPABLE: Final = 4


def keep_memory_private() -> None:
    """Forbid core files, attaching, and texts in tracebacks: raw readings and identifiers live in this process.

    Every command that opens a sensor calls this before it does. Not dumpable says more than the limit: the kernel
    minds the limit only where it writes core files itself, not where it pipes them to a program (core(5)); and it
    lets nobody without capabilities look into the process (proc(5)).
    """
    tracebacks.install()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        _LOG.warning("the kernel does not let this process forbid core files: %s", os.strerror(ctypes.get_errno()))
