"""The build step that packs models and tables into the wheel. All else about the project is in pyproject.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# Where `matcher/foundations/artefacts.py` looks for them.
_IN_WHEEL = Path("matcher", "_artefacts")
_PACKED = (
    "data/DATA_CARD.md",
    "data/reference",
    "data/programme",
    "models/MODEL_CARD.md",
    "models/encoder",
    "models/ranking",
    "models/reader",
)


class BuildWithArtefacts(build_py):
    """Copy code as usual, then models and tables. An editable install reads them where they are."""

    def run(self) -> None:
        """Build into `build_lib`."""
        super().run()
        for source, target in self._artefacts():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return the files that `run` writes."""
        return [*super().get_outputs(include_bytecode), *(str(target) for _, target in self._artefacts())]

    def _artefacts(self) -> list[tuple[Path, Path]]:
        if self.editable_mode:
            return []
        top = Path(__file__).resolve().parent
        packed = [top / name for name in _PACKED]
        files = [path for root in packed for path in (root, *sorted(root.rglob("*"))) if path.is_file()]
        return [(path, Path(self.build_lib) / _IN_WHEEL / path.relative_to(top)) for path in files]


setup(cmdclass={"build_py": BuildWithArtefacts})
