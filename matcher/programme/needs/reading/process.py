"""Reading process: reads one file of needs and reports on it, as `Reading` describes.

python -m matcher.programme.needs.reading.process < request.json
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from matcher.foundations.errors import InvalidInput, Unavailable, UserError
from matcher.programme.needs.needs_file import ReadSummary, read_needs
from matcher.programme.needs.preview import preview_of
from matcher.programme.needs.reading.reading import NeedsSource, ReadingLimits, out_of_memory
from matcher.programme.needs.reading.saved_needs import save_needs
from matcher.programme.programme import Programme


def main() -> None:
    """Read the file in the request on standard input, and print the report."""
    request = json.load(sys.stdin.buffer)
    source = NeedsSource(**{**request["source"], "path": Path(request["source"]["path"])})
    limits = ReadingLimits(**request["limits"])
    _apply(limits)
    read = _TASKS[request["task"]]
    try:
        answer = {"result": read(source, limits, **request["options"])}
    except MemoryError:
        answer = {"error": _described(out_of_memory(source.path, limits.memory))}
    except (InvalidInput, Unavailable) as error:
        answer = {"error": _described(error)}
    _report(answer)


def _preview(source: NeedsSource, limits: ReadingLimits, first: int) -> Any:
    preview = preview_of(source.path, source.chosen, source.sheet, first=first, max_rows=limits.rows)
    return preview.model_dump(mode="json")


def _save(source: NeedsSource, limits: ReadingLimits, out: str, on_error: Any, programme: Any) -> Any:
    summary = ReadSummary()
    needs = read_needs(
        source.path,
        Path(out),
        on_error=on_error,
        chosen=source.chosen,
        sheet=source.sheet,
        summary=summary,
        max_rows=limits.rows,
    )
    save_needs(needs, Path(out), Programme.model_validate(programme), lambda count: _report({"accepted": count}))
    return TypeAdapter(ReadSummary).dump_python(summary, mode="json")


def _apply(limits: ReadingLimits) -> None:
    """Limit this process. Its memory could hold contact details, so it leaves no core dump."""
    with suppress(ImportError):
        import resource

        wanted = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, limits.memory)]
        if limits.cpu_seconds is not None:
            wanted.append((resource.RLIMIT_CPU, limits.cpu_seconds))
        for kind, most in wanted:
            with suppress(OSError, ValueError):
                # The limit for the processor is the soft one, which ends the process with a signal of its own.
                resource.setrlimit(kind, (most, most + 1 if kind == resource.RLIMIT_CPU else most))
    os.nice(limits.niceness)


def _described(error: UserError) -> dict[str, Any]:
    place = {"file": error.place.file, "line": error.place.line, "field": error.place.field}
    return {"kind": type(error).__name__, "problem": error.problem, "remedy": error.remedy, "place": place}


def _report(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


_TASKS: Final[dict[str, Callable[..., Any]]] = {"preview": _preview, "save": _save}

if __name__ == "__main__":
    main()
