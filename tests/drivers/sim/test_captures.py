from pathlib import Path

from drivers.sim.captures import read_hexdump, read_lines


def test_hexdump_gives_the_bytes_of_each_line_without_the_text_column(tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_text("00000000: 42 4d 00  BM.\n00000003: 61 62  a: b  c\n\n")

    assert read_hexdump(path) == [b"BM\x00", b"ab"]


def test_log_gives_its_lines_with_their_ends_without_comments(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"# comment\r\n&\x82$A\r\n$B\n#\n$C")

    assert read_lines(path) == [b"&\x82$A\r\n", b"$B\n", b"$C"]
