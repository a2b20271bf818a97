"""What a user installs: the code and all data the code reads, and not much more."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

WHEEL_BYTES = 15_000_000


@pytest.fixture(scope="module")
def wheel(repository, package, tmp_path_factory) -> Path:
    """A wheel, built from a copy of the sources without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(repository / name, folder)
    shutil.copytree(package, folder / "src" / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", "."],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_wheel_holds_every_file_of_the_package(wheel, package):
    expected = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert inside == expected


def test_wheel_carries_the_licence(wheel):
    with ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")]


def test_wheel_is_small(wheel):
    assert wheel.stat().st_size <= WHEEL_BYTES
