"""How a public key in a configuration is told from a path; apart from `keyfile`, which loads cryptography.

In: text. Out: whether it is the key itself. Never: a look at the key.
"""

import re
from typing import Final

KEY_TEXT: Final = re.compile(r"\s*(-----BEGIN |MCow[A-Za-z0-9+/=]{56}$|MFkw[A-Za-z0-9+/=]{120}$)")
"""Matches PEM, and the base64 of an Ed25519 or a P-256 key in one line."""
