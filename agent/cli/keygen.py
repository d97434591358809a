"""`lamppost keygen PATH`: makes the unit's key, shows its thumbprint, and says what to do with it.

A unit also needs a control state, without which all of its streams are suspended: it is made beside the store, unless
one is there already. Keys of the city and of its receiver need none: `--no-state`.

Exit codes: 0 the key is there; 1 it could not be made, and nothing was changed.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent import keys
from agent.cli.main import OK
from agent.control.errors import ControlError
from agent.control.state import create
from agent.errors import KeyFileError
from agent.wire.keyfile import VerifyKey

_STATE: Final = Path("/var/lib/lamppost")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("path", type=Path, help="the new private key; it must not exist")
    parser.add_argument("--public", type=Path, metavar="OUT", help="also write the public key to this file")
    state = parser.add_mutually_exclusive_group()
    state.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        default=_STATE,
        help="folder of the unit's store, where its control state is made; default: %(default)s",
    )
    state.add_argument("--no-state", action="store_true", help="make none: this is no unit's key")


def run(options: argparse.Namespace) -> int:
    """Make the key, print what to do next, and return the exit code."""
    path: Path = options.path
    public: Path | None = options.public
    if public is not None:
        _refuse_existing(path, public)
    said = "" if options.no_state else _make_state(path, options.state)
    key = keys.generate(str(path)).public
    print(f"The private key is in {path}. It is this unit's identity: never copy it to another machine.")
    if public is not None:
        _write(public, key)
        print(f"The public key is in {public}.")
    print(f"Thumbprint: {keys.describe(key)}")
    if options.no_state:
        return OK
    print(said)
    print()
    print("Next, have the city register it: send the public key to the backend's office, and read them the")
    print("thumbprint over the telephone. In the receiver's devices.toml it becomes, with the id from [unit]:")
    print()
    print("[unit.THE-ID-OF-THIS-UNIT]")
    print(f'key = """\n{key.pem}"""')
    print('alg = "Ed25519"')
    print(f"valid_from = {datetime.now(tz=UTC):%Y-%m-%d}T00:00:00Z")
    return OK


def _make_state(path: Path, folder: Path) -> str:
    """Make the control state, before the key: a key without it is a unit that says nothing."""
    hopeless = path.exists() or path.is_symlink() or not path.parent.is_dir()
    if hopeless or str(path).startswith(keys.CREDENTIAL):
        return ""  # the key will be refused, and nothing is to be changed
    try:
        made = create(folder)
    except ControlError as error:
        raise KeyFileError(
            f"{error}. Name the folder of [buffer] after --state; for the city's keys say --no-state"
        ) from error
    if made:
        return f"The control state is in {folder}: every stream runs until the city orders otherwise."
    return f"There is a control state in {folder} already. It stays as it is; see lamppost control status."


def _refuse_existing(path: Path, public: Path) -> None:
    if public == path:
        raise KeyFileError(f"{public}: the public key needs a file of its own. Name another one after --public")
    if public.exists() or public.is_symlink():
        raise KeyFileError(f"{public}: there is a file already. Move it away, or name another one after --public")
    if not public.parent.is_dir():
        raise KeyFileError(f"{public}: there is no folder {public.parent}. Make it first")


def _write(public: Path, key: VerifyKey) -> None:
    try:
        with public.open("x", encoding="ascii") as file:
            file.write(key.pem)
    except OSError as error:
        raise KeyFileError(
            f"{public}: cannot write the public key: {error.strerror}. The private key was made; its public half is:"
            f"\n{key.pem}"
        ) from error
