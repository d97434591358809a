"""The unit's own key: where it lives, and how it is shown.

In: what the configuration says. Out: a key that signs. Never: the key in any other form.

A key is a file of mode 0400, or a systemd credential: ``credential:NAME`` means the file NAME in the directory that
systemd gives the service in ``$CREDENTIALS_DIRECTORY``.
"""

from collections.abc import Mapping
from pathlib import Path

from agent.errors import KeyFileError
from agent.wire import keyfile
from agent.wire.keyfile import SigningKey, VerifyKey

CREDENTIAL = "credential:"
_DIRECTORY = "CREDENTIALS_DIRECTORY"


def load(source: str, environment: Mapping[str, str]) -> SigningKey:
    """Return the unit's key.

    Args:
        source: path of the key file, or ``credential:NAME``.
        environment: the process's environment.

    Raises:
        KeyFileError: missing, readable by others, or not a key.
    """
    name = source.removeprefix(CREDENTIAL)
    if name == source:
        return keyfile.load_private(Path(source))
    # A credential may belong to root and be lent through an access list, whose mask shows as the group's bits.
    return keyfile.load_private(_credential(name, environment), group_may_read=True)


def generate(source: str) -> SigningKey:
    """Make the unit's key file and return the key.

    Raises:
        KeyFileError: it exists, cannot be written, or is a credential, which only systemd can provide.
    """
    if source.startswith(CREDENTIAL):
        raise KeyFileError(
            f"{source}: a credential is provided by systemd. Make a key file, for example "
            "`lamppost keygen /etc/lamppost/unit.key`, and name it in LoadCredential="
        )
    return keyfile.generate(Path(source))


def describe(key: VerifyKey) -> str:
    """Return the thumbprint in groups of four hexadecimal digits, as people compare it over the telephone."""
    digits = key.thumbprint.hex()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _credential(name: str, environment: Mapping[str, str]) -> Path:
    if not name or "/" in name or name in {".", ".."}:
        raise KeyFileError(f"{CREDENTIAL}{name}: expected the plain name of a credential")
    directory = environment.get(_DIRECTORY)
    if directory is None:
        raise KeyFileError(
            f"{CREDENTIAL}{name}: this process was given no credentials. Start it by systemd with "
            f"LoadCredential={name}:/path/to/unit.key, or name a key file instead"
        )
    return Path(directory) / name
