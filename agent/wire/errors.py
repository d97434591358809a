"""What can be wrong with bytes from the other side, told apart as far as the receiver's states need it.

WireError
|-- MalformedPayload     signed, but not what docs/wire-format.md says; also a value of ours that it has no form for
|-- BadTopic             a topic, or a name in one, that is not ours
|-- NoSenml              a batch that its declaration does not describe
`-- Untrusted            nothing of the content may be used
    |-- NotAnEnvelope    not a COSE_Sign1 of our form
    |-- UnknownKey       signed under a key that is not the one expected
    |-- WrongAlgorithm   claims another algorithm than the key's
    |-- WrongType        a sound envelope of another kind
    `-- BadSignature     the signature does not hold

Texts name fields and rules, never content.
"""

from agent.errors import LamppostError


class WireError(LamppostError):
    """Bytes that are not what the wire format says."""


class MalformedPayload(WireError):
    """A payload that breaks the wire format."""


class BadTopic(WireError):
    """A topic, or a name in one, that is not ours."""


class NoSenml(WireError):
    """A batch that cannot be told in SenML with the declaration given."""


class Untrusted(WireError):
    """A signature, key, role or context that does not hold."""


class NotAnEnvelope(Untrusted):
    """Not a COSE_Sign1 of our form."""


class UnknownKey(Untrusted):
    """Signed under a key that is not the one expected."""


class WrongAlgorithm(Untrusted):
    """Claims another algorithm than the one its key is registered for."""


class WrongType(Untrusted):
    """An envelope of another kind than the one expected."""


class BadSignature(Untrusted):
    """The signature does not hold."""
