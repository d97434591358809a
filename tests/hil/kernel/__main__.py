"""`make hil-kernel`: see `tests.hil.kernel.runner`."""

import sys

from tests.hil.kernel.runner import main

if __name__ == "__main__":
    sys.exit(main())
