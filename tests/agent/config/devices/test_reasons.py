"""Examples of serial devices of which no sample comes: why is said, with what was found."""

import pytest

from tests.agent.config.devices.test_mistakes import problems
from tests.support.devices import ANEMOMETER, DISTANCE

PATTERN = ANEMOMETER.replace(
    'form = "delimited"\nseparator = ","\nfields = 3', "form = \"pattern\"\npattern = 'W,(?P<v>[0-9.]+),.*'"
).replace("field = 2", 'field = "v"')
JSON = ANEMOMETER.replace('form = "delimited"\nseparator = ","\nfields = 3', 'form = "json"').replace(
    "field = 2", 'field = "v"'
)
LONG = 'length_from = { at = 1, plus = 1, shortest = 3, longest = 6 }\nchecksum = { kind = "sum8" }'


@pytest.mark.parametrize("text", [ANEMOMETER, DISTANCE, PATTERN])
def test_made_up_devices_are_right(text: str) -> None:
    assert problems(text)[0] == []


@pytest.mark.parametrize(
    ("text", "old", "new", "expected", "found"),
    [
        (DISTANCE, 'header = "FF"', 'header = "55 AA"', "a frame that begins with 55 AA", "FF 07 A1 A7"),
        (DISTANCE, "length = 4", "length = 5", "5 bytes from the header on", "4 bytes"),
        (
            DISTANCE,
            'length = 4\nchecksum = { kind = "sum8" }',
            LONG,
            "a number in it that says 3 to 6 bytes, with what is added to it",
            "another length",
        ),
        (DISTANCE, 'checksum = { kind = "sum8" }', 'footer = "0D"', "0D at its end", "A7"),
        (DISTANCE, "sum8", "xor8", "59, the xor8 of what is before", "A7"),
        (
            DISTANCE,
            "length = 4",
            'length = 4\nrequire = [{ at = 1, is = [8, 9], otherwise = "it is cold" }]',
            "8 or 9 at 1, as require says",
            "7: it is cold",
        ),
        (ANEMOMETER, "270\\r\\n", "270", '"\n" at the line\'s end', '"W,12.5,270", without'),
        (ANEMOMETER, "fields = 3", 'fields = 3\nbegins = "X"', 'a line that begins with "X"', '"W,12.5,270\r"'),
        (ANEMOMETER, "fields = 3", "fields = 3\nlongest = 5", "at most 5 bytes in a line", "10 bytes"),
        (
            ANEMOMETER,
            "fields = 3",
            'fields = 3\nchecksum = { kind = "xor8", before = "*" }',
            'a checksum of kind "xor8" in hexadecimal digits behind "*"',
            '"W,12.5,270"',
        ),
        (ANEMOMETER, 'separator = ","', 'separator = ";"', '3 fields with ";" between them', '1 in "W,12.5,270"'),
        (ANEMOMETER, 'separator = ","\n', "", "3 fields with spaces between them", '1 in "W,12.5,270"'),
        (ANEMOMETER, "field = 2", "field = 1", 'a number in field 1, for channel "speed"', '"W"'),
        (
            ANEMOMETER,
            "fields = 3",
            'fields = 3\nrequire = [{ field = 1, is = ["X", "Y"] }]',
            'field 1 to be "X" or "Y", as require says',
            '"W"',
        ),
        (PATTERN, "W,(?P", "V,(?P", "a line that is, as a whole, as the pattern says", '"W,12.5,270"'),
        (JSON, "W,12.5,270", "[12.5]", "an object of JSON", '"[12.5]"'),
        (
            ANEMOMETER.replace("fields = 3\n", ""),
            "field = 2",
            "field = 9",
            "at least one field that belongs to a channel",
            "the fields 1, 2, 3",
        ),
    ],
)
def test_example_of_which_no_sample_comes_is_told_why(
    text: str, old: str, new: str, expected: str, found: str
) -> None:
    assert old in text
    told, _ = problems(text.replace(old, new, 1))
    problem = next(each for each in told if each.severity == "error")
    assert (problem.code, problem.source) == ("example-fails", "[[example]]")
    assert problem.expected == expected
    assert problem.found == found


@pytest.mark.parametrize(("wrong", "right"), [("xor8", "sum8"), ("crc8", "sum8")])
def test_checksum_of_another_kind_is_answered_with_the_one_that_holds(wrong: str, right: str) -> None:
    ((problem,), _) = problems(DISTANCE.replace("sum8", wrong))
    assert problem.hint == f'this would hold: kind = "{right}"'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('separator = ","', 'separator = "\\t"'),
        ('separator = ","', 'separator = " "'),
        ("fields = 3", 'fields = 3\nend = "\\r\\n"'),
        ("fields = 3", 'fields = 3\nend = "\\r"'),
    ],
)
def test_mark_of_blank_space_is_a_mark(old: str, new: str) -> None:
    text = ANEMOMETER.replace(old, new)
    between = new.removeprefix('separator = "').removesuffix('"') if new.startswith("separator") else ","
    assert problems(text.replace("W,12.5,270", f"W{between}12.5{between}270"))[0] == []


@pytest.mark.parametrize("key", ["separator", "end"])
def test_mark_of_nothing_is_none(key: str) -> None:
    text = ANEMOMETER.replace('separator = ","\n', "").replace("fields = 3", f'fields = 3\n{key} = ""')
    assert [(problem.code, problem.source) for problem in problems(text)[0]] == [("wrong-value", f'{key} = ""')]
