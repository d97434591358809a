"""What is not believed is in `test_attacks`; here is what is."""

import pytest

from agent.control.documents import MAX_DOCUMENT_BYTES, ControlKey, verify
from agent.wire import cose
from agent.wire.control import MAX_AUTHORITY_BYTES, MAX_COMMANDS, MAX_REFERENCE_BYTES
from agent.wire.orders import Command, Order, Role
from tests.support.orders import BELIEVED, UNIT, control, signed
from tests.support.wire import P256_KEY


@pytest.mark.parametrize("role", Role)
def test_document_has_the_role_of_its_key_as_the_unit_knows_it(role: Role) -> None:
    data = signed(control(Order.HOLD), role=role)
    document = verify(data, BELIEVED, unit=UNIT)
    assert (document.control, document.role, document.local) == (control(Order.HOLD), role, False)
    assert document.digest == cose.envelope_hash(data)


def test_document_under_a_hardware_key_is_believed() -> None:
    known = {P256_KEY.kid: ControlKey(P256_KEY.public, Role.ROOT)}
    assert verify(signed(control(Order.HOLD), key=P256_KEY), known, unit=UNIT).role is Role.ROOT


def test_largest_document_that_the_format_allows_is_short_enough() -> None:
    streams = [f"{number:03}".ljust(64, "x") for number in range(MAX_COMMANDS)]
    largest = control(
        *(Command(stream=stream, order=Order.PURGE, until_ms=2**62) for stream in streams),
        reference="r" * MAX_REFERENCE_BYTES,
        authority="a" * MAX_AUTHORITY_BYTES,
        version=2**62,
        expires_ms=2**62,
    )
    data = signed(largest)
    assert len(data) <= MAX_DOCUMENT_BYTES
    assert len(verify(data, BELIEVED, unit=UNIT, local=True).control.commands) == MAX_COMMANDS
