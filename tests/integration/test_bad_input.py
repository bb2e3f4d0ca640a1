"""Bad input at the command line: a clear error with file, line, field and remedy, or a correct result."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.commands import Command

GOOD = b'{"id": "p1", "name": "Falls clinic"}'
NEED = b'{"id": "n1", "title": "Falls prevention"}'


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def profile(**fields: object) -> bytes:
    return json.dumps({"id": "p2", "name": "Memory clinic", **fields}).encode()


def need(**fields: object) -> bytes:
    return json.dumps({"id": "n2", "title": "Memory clinic", **fields}).encode()


# For each case: the second line of the file, the invalid field, and parts of the texts of the problem and the remedy.
PROFILES = {
    "50 MB in one line": (b'{"id": "p2", "name": "' + b"a" * 50_000_000 + b'"}', None, "is longer than", "shorten"),
    "not UTF-8": (b'{"id": "p2", "name": "caf\xe9"}', None, "is not UTF-8 at byte 26", "UTF-8"),
    "not JSON": (b"id,name", None, "is not JSON", "one JSON object"),
    "a number as name": (profile(name=5), "name", "must be text", "Enter a name"),
    "a text as amount": (profile(turnover="a lot"), "turnover", "must be a number", "in pounds"),
    "a text as list": (profile(capabilities="care"), "capabilities", "must be a list", "format"),
    "an inner text as list": (
        profile(capabilities=[{"title": "T", "cpv": "85100000"}]),
        "capabilities.0.cpv",
        "must be a list",
        "8 digits",
    ),
    "a fraction of a person": (profile(employees=1.5), "employees", "whole number", "whole number"),
    "true as amount": (profile(turnover=True), "turnover", "must be a number", "in pounds"),
    "an unknown sector": (profile(sector="guild"), "sector", "'charity'", "Use one of: charity, "),
    "the id of line 1": (GOOD, "id", "is already the id of line 1", "another id"),
    "an invalid postcode": (profile(postcode="NOWHERE"), "postcode", "'NOWHERE' is not a UK postcode", "LS11 5QN"),
    "a name of punctuation": (profile(name="— … !?"), "name", "must contain a letter or a digit", "at least one word"),
    "no name": (b'{"id": "p2"}', "name", "is missing", "Enter a name"),
    "an invalid region": (
        profile(coverage={"regions": ["Atlantis"]}),
        "coverage.regions.0",
        "'Atlantis'",
        "London",
    ),
    "an invalid date": (
        profile(accreditations=[{"scheme": "DSPT", "expires": "31/03/2026"}]),
        "accreditations.0.expires",
        "'31/03/2026' is not a date",
        "2026-03-31",
    ),
    "too long a text": (profile(summary="word " * 30_000), "summary", "at most 100000", "100,000"),
}
NEEDS = {
    "50 MB in one line": (b'{"id": "n2", "title": "' + b"a" * 50_000_000 + b'"}', None, "is longer than", "shorten"),
    "not UTF-8": (b'{"id": "n2", "title": "caf\xe9"}', None, "is not UTF-8 at byte 27", "UTF-8"),
    "a list as title": (need(title=["a"]), "title", "must be text", "Enter a title"),
    "a text as object": (need(buyer="ICB"), "buyer", "must be an object", "format"),
    "an unknown sector": (
        need(requirements={"sectors": ["guild"]}),
        "requirements.sectors.0",
        "'charity'",
        "Use one of",
    ),
    "the id of line 1": (NEED, "id", "is already the id of line 1", "another id"),
    "an invalid postcode": (need(postcode="12345"), "postcode", "is not a UK postcode", "LS11 5QN"),
    "a title of punctuation": (need(title="..."), "title", "must contain a letter or a digit", "at least one word"),
    "an unknown stage": (need(stage="soon"), "stage", "'idea'", "Use one of: idea"),
    "a negative value": (need(value=-1), "value", "greater than or equal to 0", "0 or more"),
}


@pytest.mark.parametrize("case", PROFILES)
def test_a_bad_profile_is_refused_and_nothing_is_imported(command: Command, tmp_path: Path, case: str) -> None:
    line, field, problem, remedy = PROFILES[case]
    file = write(tmp_path / "profiles.jsonl", GOOD, line)
    refused = command("import", "profiles", file)
    where = f"error: {file}, line 2, {field}: " if field else f"error: {file}, line 2: "
    assert refused.code == 1
    assert refused.complaint.startswith(where)
    assert problem in refused.complaint
    assert remedy in refused.complaint.partition(problem)[2]
    assert len(refused.complaint) < 1_000, "a long line is not printed"
    done = command("search", "falls", "--json")
    assert json.loads(done.out)["considered"] == 0


@pytest.mark.parametrize("case", PROFILES)
def test_a_bad_profile_is_skipped_and_written_to_the_rejects_file(command: Command, tmp_path: Path, case: str) -> None:
    line, field, problem, remedy = PROFILES[case]
    file = write(tmp_path / "profiles.jsonl", GOOD, line, b'{"id": "p3", "name": "Meals"}')
    done = command("import", "profiles", file, "--on-error", "skip", "--json")
    assert done.code == 0
    report = json.loads(done.out)
    assert (report["added"], report["rejected"]) == (2, 1)
    [kept] = map(json.loads, Path(report["rejects_file"]).read_text().splitlines())
    assert (kept["file"], kept["line"], kept.get("field")) == (str(file), 2, field)
    assert problem in kept["problem"]
    assert remedy in kept["remedy"]


@pytest.mark.parametrize("case", NEEDS)
@pytest.mark.parametrize("order", [("import", "needs", "{file}"), ("bulk", "--needs", "{file}", "--out", "{out}")])
def test_a_bad_need_is_refused(command: Command, tmp_path: Path, case: str, order: tuple[str, ...]) -> None:
    line, field, problem, remedy = NEEDS[case]
    file = write(tmp_path / "needs.jsonl", NEED, line)
    refused = command(*(part.format(file=file, out=tmp_path / "out") for part in order))
    where = f"error: {file}, line 2, {field}: " if field else f"error: {file}, line 2: "
    assert refused.code == 1
    assert refused.complaint.startswith(where)
    assert problem in refused.complaint
    assert remedy in refused.complaint.partition(problem)[2]
    assert not (tmp_path / "out").exists()
    assert "there is no need" in command("search", "--need", "n1").complaint


@pytest.mark.parametrize("content", [b"", b"\n \n"])
@pytest.mark.parametrize("kind", ["profiles", "needs"])
def test_an_empty_file(command: Command, tmp_path: Path, kind: str, content: bytes) -> None:
    file = tmp_path / "empty.jsonl"
    file.write_bytes(content)
    refused = command("import", kind, file)
    assert refused.code == 1
    assert refused.complaint == f"error: {file}: contains no records. Use a file with one record on each line"


def test_a_missing_file_and_an_empty_folder(command: Command, tmp_path: Path) -> None:
    missing = tmp_path / "missing.jsonl"
    assert (
        f"{missing}: there is no such file or folder. Check the path" in command("import", "needs", missing).complaint
    )
    empty = tmp_path / "folder"
    empty.mkdir()
    assert f"{empty}: the folder contains no file that can be read" in command("import", "needs", empty).complaint


def test_long_texts_and_texts_without_words_are_accepted_where_allowed(command: Command, tmp_path: Path) -> None:
    long = " ".join(f"word{n}" for n in range(9_999)) + " zebra"
    file = write(
        tmp_path / "profiles.jsonl",
        GOOD,
        profile(capabilities=[{"title": "Care", "description": long}]),
        profile(id="p3", summary="… — !!! ...", capabilities=[{"title": "Other", "outcomes": ["", "?"]}]),
        profile(id="p4", summary="a" * 90_000),
    )
    assert command("import", "profiles", file).code == 0
    done = command("search", "zebra", "--json")
    assert done.code == 0
    results = json.loads(done.out)["results"]
    assert len(results) == 4
    assert results[0]["profile_id"] == "p2", "the last of 10,000 words is found"
    assert any("zebra" in quote["text"] for quote in results[0]["evidence"])


SEARCHES = {
    "no text": ("",),
    "blanks": (" \n\t ",),
    "punctuation": ("?! … —",),
    "control characters": ("\x01\x02\u200b",),
    "bytes that are not UTF-8": ("\udcff\udcfe",),
    "too long a text": ("falls " * 20_000,),
    "an unknown region": ("falls", "--region", "Atlantis"),
    "an unknown sector": ("falls", "--sector", "guild"),
    "an accreditation without words": ("falls", "--accreditation", "--- "),
    "an unknown size": ("falls", "--size", "huge"),
    "an unknown identifier": ("falls", "--identifier", "passport:1"),
    **{f"{amount} as an amount": ("falls", "--max-turnover", amount) for amount in ("nan", "inf", "-1", "lots")},
    "a negative sequence number": ("falls", "--changed-since", "-1"),
    "no results requested": ("falls", "--top", "0"),
    "text and need": ("falls", "--need", "n1"),
    "neither text nor need": (),
    "an unknown option": ("falls", "--regoin", "London"),
}
NAMED = {
    "an unknown region": "regions.0: 'Atlantis' is not a region: North East, ",
    "an unknown sector": "sectors.0: input should be 'charity', ",
    "an unknown identifier": "identifiers.0: ",
    "nan as an amount": "max_turnover: must be a number",
    "no results requested": "--top",
    "lots as an amount": "--max-turnover",
    "an unknown option": "--regoin",
    "too long a text": "100,000 characters",
}


@pytest.mark.parametrize("case", SEARCHES)
def test_a_bad_search_exits_with_2(command: Command, case: str) -> None:
    refused = command("search", *SEARCHES[case])
    assert refused.code == 2
    assert NAMED.get(case, "") in refused.complaint
    assert len(refused.complaint) < 1_000


@pytest.mark.parametrize(
    "text",
    [
        "word " * 10_000,
        "falls\udcff",
        "<script>falls</script> & 'quotes' \" ; DROP TABLE revision",
        "[bold]falls[/bold] [/nothing]",
        "wörter die niemand kennt 日本",
        "--- " + "a" * 600,
        "a" * 90_000,
        "&" + "amp;" * 20_000 + " falls",
        "<p " * 20_000 + ">" * 20_000 + " falls",
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_unusual_searches_give_results(command: Command, tmp_path: Path, text: str, form: tuple[str, ...]) -> None:
    assert command("import", "profiles", write(tmp_path / "p.jsonl", GOOD)).code == 0
    done = command("search", *form, "--", text)
    assert (done.code, done.err) == (0, "")
    assert "Falls clinic" in done.out


def test_a_home_that_cannot_be_used(command: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "file", GOOD)
    assert "cannot be created" in command("--home", file, "search", "falls").complaint
    home = tmp_path / "other"
    home.mkdir()
    (home / "register.sqlite").write_bytes(b"this is no database" * 100)
    assert command("--home", home, "search", "falls").complaint


def test_search_works_if_the_index_cannot_be_written(command: Command, tmp_path: Path) -> None:
    assert command("import", "profiles", write(tmp_path / "p.jsonl", GOOD)).code == 0
    home = tmp_path / "home"
    shutil.rmtree(home / "index")
    (home / "index").write_text("a file where the folder should be")
    done = command("search", "falls", "--json")
    assert done.code == 0
    assert json.loads(done.out)["results"][0]["profile_id"] == "p1"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MATCHER_ENCODER", "nowhere"), ("MATCHER_RANKING_MODEL", "nowhere"), ("MATCHER_CANDIDATES", "few")],
)
def test_a_bad_setting_is_named(command: Command, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    assert variable in command("search", "falls").complaint
