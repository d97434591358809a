"""`lamppost schema`: the JSON Schema of the configuration, for editors that complete and mark keys.

Exit code: 0.
"""

import argparse
import json
from pathlib import Path

from agent.cli.main import OK
from agent.config.catalogue import installed
from agent.config.schema import schema


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command: none."""
    parser.epilog = (
        "Write it to a file, and name that file in the first line of the configuration: #:schema ./unit.schema.json. "
        "Run it where the configuration is: it offers the devices that files in the folder devices there declare."
    )


def run(options: argparse.Namespace) -> int:
    """Print the schema and return the exit code."""
    del options
    print(json.dumps(schema(installed(Path())), indent=2, ensure_ascii=False))
    return OK
