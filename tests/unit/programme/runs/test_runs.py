"""Runs: paused, cancelled, resumed and refused. A resumed run gives the same files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matcher.foundations.errors import Conflict, InvalidInput, NotFound, Unavailable
from matcher.programme.runs import InProcess, Job, Progress, RunOptions, Runs, State, StopRequest
from matcher.programme.runs.manifest import ToolVersions
from matcher.programme.runs.run import OnProgress
from matcher.records import Need, Profile
from matcher.store import Store
from tests.support.commands import Command
from tests.support.programmes import files_of, fill, made_needs, options, output_of, runs_in

OPTIONS = options(4)


RESULTS = {"report.html", "matches.xlsx", "matches.jsonl", "matches.csv", "matches.parquet", "figures.json"}


@pytest.fixture
def filled(file_store: Store) -> Store:
    """A store with profiles."""
    fill(file_store, 60)
    return file_store


def stopping(job: Job, request: StopRequest, at: int) -> OnProgress:
    """Return a callback that makes `request` once `at` needs are done."""

    def callback(progress: Progress) -> None:
        if progress.state is State.RUNNING and progress.phase == "matching" and progress.done == at:
            job.request_stop(request)

    return callback


def paused(runs: Runs, needs: list[Need], out: Path) -> Job:
    """Return a run paused after two chunks."""
    job = runs.create(needs, out, OPTIONS)
    done = runs.run(job.id, scheduler=InProcess(), on_progress=stopping(job, StopRequest.PAUSE, 8))
    assert (done.state, done.done) == (State.PAUSED, 8)
    assert job.progress() == done
    return job


def test_a_paused_run_resumes_where_it_stopped(filled: Store, tmp_path: Path) -> None:
    runs, needs = runs_in(tmp_path / "programmes", filled), made_needs(14)
    expected = output_of(runs, needs, tmp_path / "expected", InProcess(), chunk=3)
    job = paused(runs, needs, tmp_path / "out")
    reports: list[Progress] = []
    done = runs.run(job.id, scheduler=InProcess(), on_progress=reports.append)
    assert files_of(done.files) == expected
    assert next(p.done for p in reports if p.phase == "matching") == 8, "completed chunks are not repeated"
    assert (done.state, done.done, done.total) == (State.FINISHED, 14, 14)
    assert list(job.watch()) == [done]
    assert runs.run(job.id, scheduler=InProcess()) == done
    with pytest.raises(Conflict, match="is finished"):
        job.request_stop(StopRequest.CANCEL)
    assert not job.index_folder.exists()


@pytest.mark.parametrize("lost", [("index",), ("index", "vectors.npy"), ("chunk",)])
def test_a_change_of_the_register_does_not_affect_a_paused_run(
    filled: Store, tmp_path: Path, lost: tuple[str, ...]
) -> None:
    runs, needs = runs_in(tmp_path / "programmes", filled), made_needs(14)
    expected = output_of(runs, needs, tmp_path / "expected", InProcess(), chunk=3)
    job = paused(runs, needs, tmp_path / "out")
    with filled.writing() as writer:
        writer.put(Profile(id="new", name="New", summary=f"{needs[-1].title} {needs[-1].description}"))
    for name in lost:
        for path in job.folder.glob(f"{name}*"):
            if path.is_dir():
                (path / "CURRENT").write_text("{}")
            elif name == "chunk":
                path.write_bytes(path.read_bytes()[:-9])
            else:
                path.unlink()
    assert files_of(runs.run(job.id, scheduler=InProcess()).files) == expected


def test_a_cancelled_run_cannot_be_resumed(filled: Store, tmp_path: Path) -> None:
    runs = runs_in(tmp_path / "programmes", filled)
    job = runs.create(made_needs(9), tmp_path / "out", OPTIONS)
    done = runs.run(job.id, scheduler=InProcess(), on_progress=stopping(job, StopRequest.CANCEL, 4))
    assert done.state is State.CANCELLED
    assert not (tmp_path / "out").exists()
    with pytest.raises(Conflict, match="cancelled"):
        runs.run(job.id, scheduler=InProcess())


@pytest.mark.parametrize(
    ("request_to", "state"), [(StopRequest.PAUSE, State.PAUSED), (StopRequest.CANCEL, State.CANCELLED)]
)
def test_a_request_takes_effect_at_once_if_no_process_runs_the_job(
    filled: Store, tmp_path: Path, request_to: StopRequest, state: State
) -> None:
    job = runs_in(tmp_path / "programmes", filled).create(made_needs(9), tmp_path / "out", OPTIONS)
    assert job.progress().state is State.QUEUED
    job.request_stop(request_to)
    assert (job.progress().state, job.pending_request()) == (state, None)


def test_only_one_process_runs_a_job(filled: Store, tmp_path: Path) -> None:
    runs = runs_in(tmp_path / "programmes", filled)
    job = runs.create(made_needs(3), tmp_path / "out", OPTIONS)
    with Job(job.folder).locked(), pytest.raises(Conflict, match="another process is running"):
        runs.run(job.id, scheduler=InProcess())


def test_a_run_whose_process_has_ended_counts_as_queued(filled: Store, tmp_path: Path) -> None:
    job = runs_in(tmp_path / "programmes", filled).create(made_needs(3), tmp_path / "out", OPTIONS)
    job.save_progress(Progress(job.id, State.RUNNING, "matching", 1, 3))
    assert job.progress().state is State.QUEUED
    assert "resume" in job.progress().problem


@pytest.mark.parametrize("name", ["manifest.json", "needs.jsonl", "model.json"])
def test_damage_is_an_error(filled: Store, tmp_path: Path, name: str) -> None:
    runs = runs_in(tmp_path / "programmes", filled)
    job = runs.create(made_needs(3), tmp_path / "out", OPTIONS)
    (job.folder / name).write_bytes((job.folder / name).read_bytes().replace(b"n", b"m"))
    with pytest.raises(Unavailable, match="missing or damaged"):
        runs.run(job.id, scheduler=InProcess())


def test_a_run_that_cannot_be_executed_is_refused(filled: Store, tmp_path: Path) -> None:
    runs = runs_in(tmp_path / "programmes", filled)
    with pytest.raises(InvalidInput, match="need 2: an earlier need has the id 'n0'"):
        runs.create([*made_needs(1), *made_needs(1)], tmp_path / "out")
    with pytest.raises(InvalidInput, match="no needs to match"):
        runs.create([], tmp_path / "out")
    with pytest.raises(InvalidInput, match="at least"):
        runs.create(made_needs(1), tmp_path / "out", RunOptions(chunk=0))
    for id in ("unknown", "..", "../x", ""):
        with pytest.raises(NotFound):
            runs.jobs.job(id)
    assert runs.jobs.ids() == []


def test_removed_results_are_written_again(filled: Store, tmp_path: Path) -> None:
    runs = runs_in(tmp_path / "programmes", filled)
    done = runs.run(runs.create(made_needs(9), tmp_path / "out", OPTIONS).id, scheduler=InProcess())
    expected = files_of(done.files)
    assert set(expected) == RESULTS
    for file in done.files:
        Path(file).unlink()
    assert files_of(runs.run(done.id, scheduler=InProcess()).files) == expected


def test_a_run_with_an_unwritable_folder_fails_and_can_be_resumed(filled: Store, tmp_path: Path) -> None:
    runs, needs = runs_in(tmp_path / "programmes", filled), made_needs(9)
    expected = output_of(runs, needs, tmp_path / "expected", InProcess(), chunk=3)
    (tmp_path / "out").write_text("not a folder")
    job = runs.create(needs, tmp_path / "out", OPTIONS)
    with pytest.raises(Unavailable, match="out cannot be written"):
        runs.run(job.id, scheduler=InProcess())
    assert job.progress().state is State.FAILED
    (tmp_path / "out").unlink()
    assert files_of(runs.run(job.id, scheduler=InProcess()).files) == expected


def test_a_run_started_with_other_versions_is_refused(filled: Store, tmp_path: Path) -> None:
    runs = runs_in(tmp_path / "programmes", filled)
    job = paused(runs, made_needs(14), tmp_path / "out")
    manifest = job.manifest()
    reference = {**manifest.tools.reference, "terms.csv": "0" * 64}
    for tools, difference in (
        (ToolVersions(program="0.0.1", reference=manifest.tools.reference), "in place of 0.0.1"),
        (ToolVersions(program=manifest.tools.program, reference=reference), "the reference table terms.csv"),
    ):
        job.write("manifest.json", manifest.model_copy(update={"tools": tools}).sealed())
        with pytest.raises(Conflict, match=difference):
            runs.run(job.id, scheduler=InProcess())
        assert job.progress().state is State.FAILED
        assert difference in job.progress().problem
    job.write("manifest.json", manifest.sealed())
    assert runs.run(job.id, scheduler=InProcess()).state is State.FINISHED


def test_the_command_resumes_a_run(command: Command, tmp_path: Path) -> None:
    needs = tmp_path / "needs.jsonl"
    needs.write_text("\n".join(need.model_dump_json(exclude_none=True) for need in made_needs(5)))
    done = json.loads(command("bulk", "--needs", needs, "--out", tmp_path / "out", "--chunk", 2, "--json").out)
    assert (done["state"], done["needs"]) == ("finished", 5)
    again = json.loads(command("bulk", "--resume", done["run"], "--json").out)
    assert again == done
    assert "no run 'nonsense'" in command("bulk", "--resume", "nonsense").complaint
    assert command("bulk", "--needs", needs).code == 2
    assert command("bulk", "--needs", needs, "--out", tmp_path, "--resume", "x").code == 2
