"""Write the lock files from the ranges in `pyproject.toml`: exact versions with hashes, for every platform.

    python .ci/lock.py [--upgrade]

Locked versions stay while they fit the ranges. With `--upgrade` every package gets the newest version that fits.

- `requirements.lock`: what a service runs on: the product with PostgreSQL and sign-in.
- `requirements-dev.lock`: the same versions, and what tests, checks and releases need.
- `requirements-cpu.lock`: the build of torch without graphics cards, if this machine's pip is offered one.
- `requirements-cuda.lock`: libraries that only the published build of torch needs.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ROOT / "requirements.lock"
DEV = ROOT / "requirements-dev.lock"
CPU = ROOT / "requirements-cpu.lock"
CUDA = ROOT / "requirements-cuda.lock"

_CUDA = re.compile(r"(nvidia-|cuda-|triton==)")
_TORCH = re.compile(r"torch==[\d.]+")


def main() -> None:
    """Write the four files."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    cuda = _blocks(CUDA)
    product = _compile(_blocks(PRODUCT) + cuda, ["--extra", "postgres", "--extra", "oidc", *upgrade])
    dev = _compile(_blocks(DEV) + cuda, ["--extra", "dev", *upgrade], constraints=product)
    for path, blocks in ((PRODUCT, product), (DEV, dev)):
        _write(path, [block for block in blocks if not _CUDA.match(block)])
    _write(CUDA, [block for block in product if _CUDA.match(block)])
    _write(CPU, _cpu_build(_blocks(CPU)))


def _compile(locked: list[str], options: list[str], constraints: Sequence[str] = ()) -> list[str]:
    """Return a block of lines for each package, at its version in `constraints` or, if that fits, in `locked`."""
    with tempfile.TemporaryDirectory() as folder:
        output, fixed = Path(folder) / "locked.txt", Path(folder) / "fixed.txt"
        _write(output, locked)
        _write(fixed, constraints)
        every = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet"]
        uv = [sys.executable, "-m", "uv", "pip", "compile", *every, "--output-file", output, "--constraint", fixed]
        subprocess.run([*uv, *options, "pyproject.toml"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return [re.sub(r"^ *#? *-c .*\n", "", block, flags=re.MULTILINE) for block in _blocks(output)]


def _cpu_build(locked: list[str]) -> list[str]:
    """Return a block for the build of torch that pip prefers here if it is no published one, otherwise `locked`."""
    pinned = _TORCH.findall((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[0]
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
    answer = subprocess.run([*pip, "--report", "-", pinned], cwd=ROOT, check=True, capture_output=True, text=True)
    build = json.loads(answer.stdout)["install"][0]
    if not build["metadata"]["version"].endswith("+cpu"):
        return [block for block in locked if block.startswith(f"{pinned}+")]
    digest = build["download_info"]["archive_info"]["hashes"]["sha256"]
    return [f"{pinned}+cpu \\\n    --hash=sha256:{digest}\n"]


def _blocks(path: Path) -> list[str]:
    """Return the lines of each package in a lock file, none if there is no file."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [block for block in re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE) if block and block[0] != "#"]


def _write(path: Path, blocks: Sequence[str]) -> None:
    path.write_text("".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    main()
