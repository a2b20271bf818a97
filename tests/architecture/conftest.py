"""The project as files: what the architecture tests look at."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "src" / "napari_hipspine"


@dataclass(frozen=True)
class Source:
    """One Python file of the package: its path inside the package, its text, and what Python makes of it."""

    name: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """First folder or file name: ``reading`` of ``reading/nifti.py``, ``phantom`` of ``phantom.py``."""
        return self.name.split("/")[0].removesuffix(".py")


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    """Every Python file of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(Source(path.relative_to(PACKAGE).as_posix(), text, ast.parse(text)))
    assert found
    return found


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def package() -> Path:
    """The folder of the package's sources."""
    return PACKAGE


@pytest.fixture
def run_python(tmp_path):
    """Run a program in a fresh interpreter far from the checkout; give its output, fail with its error."""

    def run(program: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
