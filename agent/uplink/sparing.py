"""Imports a library without a module that it asks for and never uses here.

In: the module's name. Out: an import that finds an empty one in its place. Never: a change that outlasts the import.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let what is imported inside find an empty module called `name`, unless the real one is there already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        del sys.modules[name]
