import pytest

from drivers.bus.framing import LineFormat, Parity


@pytest.mark.parametrize(
    ("form", "bits", "words"),
    [
        (LineFormat(9600), 10, "9600 8N1"),
        (LineFormat(19200, Parity.EVEN, 1), 11, "19200 8E1"),
        (LineFormat(19200, Parity.NONE, 2), 11, "19200 8N2"),
        (LineFormat(1200, Parity.ODD, 2), 12, "1200 8O2"),
    ],
)
def test_format_is_called_as_manuals_call_it_and_counts_every_bit(form: LineFormat, bits: int, words: str) -> None:
    assert form.words() == words
    assert form.byte_s == pytest.approx(bits / form.baudrate)
