"""The agent in another boot: `python -m tests.crash.rebooted_agent FILE run ...`, FILE holding that boot's id.

After a power cut the kernel is another one, and gives another `/proc/sys/kernel/random/boot_id`; nothing else of the
agent is touched.
"""

import sys
from pathlib import Path

from agent import clock
from agent.cli.main import main

if __name__ == "__main__":
    clock._BOOT_ID = Path(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
