from drivers.sim.pmsx003 import SimulatedPms
from tests.hil.uart import misread

FRAME = SimulatedPms().frame()


def test_line_at_the_right_speed_is_read_as_it_was_sent() -> None:
    assert misread(FRAME, sent=9600, read=9600) == FRAME
    assert misread(FRAME, sent=9600, read=9700) == FRAME  # one per cent is what receivers must bear


def test_line_at_another_speed_is_read_as_something_else() -> None:
    for read in (4800, 19200):
        arrived = misread(FRAME, sent=9600, read=read)
        assert arrived
        assert b"BM" not in arrived
    assert misread(FRAME, sent=9600, read=4800) != misread(FRAME, sent=9600, read=19200)


def test_line_that_is_slower_than_a_whole_byte_of_the_receiver_gives_nothing() -> None:
    assert misread(FRAME, sent=9600, read=115200) == b""
