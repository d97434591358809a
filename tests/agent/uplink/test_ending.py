"""Why a connection ended, from what the broker said and the library logged."""

import logging
import ssl

import pytest

from agent.uplink.ending import Ending
from agent.uplink.problems import Refused


def test_ending_of_which_nothing_is_known_is_a_hang_up() -> None:
    ending = Ending()
    assert ending.error is None
    assert isinstance(ending.why(), ConnectionResetError)


def test_ending_is_the_first_error_that_was_logged_with_an_exception() -> None:
    ending, alert = Ending(), ssl.SSLError(1, "alert")
    ending.logger.error("Connection failed")
    ending.logger.warning("failed to receive on socket: %s", ValueError())
    ending.logger.error("failed to receive on socket: %s", alert)
    ending.logger.error("failed to send on socket: %s", BrokenPipeError())
    assert ending.error is alert
    assert ending.why() is alert


def test_ending_with_a_reason_of_the_broker_is_that_whatever_was_logged() -> None:
    ending = Ending()
    ending.logger.error("failed to receive on socket: %s", OSError())
    ending.code = 0x8E
    why = ending.why()
    assert isinstance(why, Refused)
    assert why.code == 0x8E


def test_lines_of_the_library_reach_no_log_and_no_other_connection(caplog: pytest.LogCaptureFixture) -> None:
    ending, other = Ending(), Ending()
    with caplog.at_level(logging.DEBUG):
        ending.logger.error("failed to receive on socket: %s", OSError())
    assert caplog.records == []
    assert other.error is None
