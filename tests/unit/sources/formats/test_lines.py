"""Lines of a file are read in the same way from a plain file, a compressed file and a pipe."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest

from matcher.foundations.errors import InvalidInput
from matcher.sources.formats.lines import read_lines

CONTENT = b"\xef\xbb\xbffirst\r\n\n  \nsecond"


@pytest.mark.parametrize("content", [CONTENT, gzip.compress(CONTENT)], ids=["plain", "gzip"])
def test_a_byte_order_mark_and_blank_lines_are_skipped(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    assert [(line.number, line.content) for line in read_lines(tmp_path / "a.txt")] == [(1, b"first"), (4, b"second")]


@pytest.mark.parametrize("content", [CONTENT, gzip.compress(CONTENT)], ids=["plain", "gzip"])
def test_a_pipe_is_read_without_positions(tmp_path: Path, content: bytes) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    lines = list(read_lines(pipe))
    writer.join()
    assert [(line.content, line.position) for line in lines] == [(b"first", 0), (b"second", 0)]


def test_a_file_of_blank_lines_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\n\n")
    with pytest.raises(InvalidInput, match="contains no records") as refused:
        list(read_lines(tmp_path / "a.txt"))
    assert refused.value.place.file == str(tmp_path / "a.txt")
