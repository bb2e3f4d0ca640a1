from __future__ import annotations

from pathlib import Path

import pytest

from matcher.evaluation.judgements import MAX_GRADE, read_judgements
from matcher.foundations.errors import InvalidInput


def _file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "qrels.tsv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_tabs_spaces_blank_lines_and_a_byte_order_mark_are_accepted(tmp_path: Path) -> None:
    path = _file(tmp_path, "\ufeffn1\t0\tp1\t1\r\n\r\nn1 0  p2 0\nn2\t0\tp1\t3")
    judgements = read_judgements(path)
    assert judgements.grades == {"n1": {"p1": 1, "p2": 0}, "n2": {"p1": 3}}
    assert len(judgements) == 3


@pytest.mark.parametrize(
    ("text", "line", "field", "problem"),
    [
        ("n1 0 p1 1\nn1 0 p2\n", 2, None, "has 3 columns, not 4"),
        ("n1 0 p1 1 more\n", 1, None, "has 5 columns, not 4"),
        ("need_id 0 profile_id relevance\n", 1, "relevance", "'relevance' is not a whole number"),
        ("n1 0 p1 1.0\n", 1, "relevance", "'1.0' is not a whole number"),
        ("n1 0 p1 -1\n", 1, "relevance", "'-1' is not a whole number"),
        ("n1 0 p1 ²\n", 1, "relevance", "'²' is not a whole number"),
        (f"n1 0 p1 {MAX_GRADE + 1}\n", 1, "relevance", f"from 0 to {MAX_GRADE}"),
        ("n1 0 p1 1\nn2 0 p1 1\nn1 0 p1 0\n", 3, None, "already judged on line 1"),
        ("\n \n", None, None, "contains no judgements"),
        (b"n1 0 \xff 1\n", None, None, "is not UTF-8 text"),
    ],
)
def test_errors_name_file_line_field_and_remedy(
    tmp_path: Path, text: str | bytes, line: int | None, field: str | None, problem: str
) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(InvalidInput) as raised:
        read_judgements(path)
    place = raised.value.place
    assert (place.file, place.line, place.field) == (str(path), line, field)
    assert problem in raised.value.problem
    assert raised.value.remedy


@pytest.mark.parametrize("name", ["absent.tsv", "."])
def test_an_unreadable_path_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_judgements(tmp_path / name)
