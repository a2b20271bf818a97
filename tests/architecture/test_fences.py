"""The fences between the rooms stand, ignore nothing, and notice whoever climbs over."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TRESPASSERS = {
    "cli/trespasser.py": "import matplotlib\nimport napari\nimport qtpy\n",
    "domain/trespasser.py": "from napari_hipspine.relating import trespasser\nimport zarr\n",
    "keeping/trespasser.py": "from napari_hipspine.reading import trespasser\n",
    "reading/trespasser.py": "def read():\n    import napari\n",
    "relating/trespasser.py": "import matplotlib\n",
    "viewer/contributions.py": "import qtpy\n",
    "viewer/layers.py": "import qtpy\n",
    "viewer/session.py": "import napari\nfrom napari_hipspine.viewer import layers\n",
    "viewer/steps.py": "from napari_hipspine.viewer.widgets import trespasser\n",
    "viewer/widgets/trespasser.py": "",
    "workflows/trespasser.py": "import matplotlib\nimport napari_hipspine.cli\n",
    "utils.py": "",
}
"""Lines added to a copy of the package, so that every contract is broken by at least one of them."""


@pytest.fixture(scope="module")
def fences(repository) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]


def _lint(folder: Path) -> subprocess.CompletedProcess:
    """Check the package in ``folder/src`` against the contracts in ``folder/pyproject.toml``."""
    script = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [script, "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "400", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied_package(repository, package, tmp_path) -> Path:
    shutil.copy(repository / "pyproject.toml", tmp_path)
    for source in package.rglob("*.py"):
        copy = tmp_path / "src" / package.name / source.relative_to(package)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)
    return tmp_path


def test_nothing_is_ignored(fences):
    ignoring = {"exclude_type_checking_imports", "exhaustive_ignores", "ignore_imports"}
    for table in (fences, *fences["contracts"]):
        assert ignoring.isdisjoint(table)


def test_package_keeps_within_the_fences(copied_package):
    done = _lint(copied_package)
    assert done.returncode == 0, done.stdout


def test_every_fence_notices_a_trespasser(copied_package, fences):
    """With the forbidden imports added to a copy of the package, each contract reports itself broken."""
    for name, lines in TRESPASSERS.items():
        path = copied_package / "src" / "napari_hipspine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in path.parents[: len(Path(name).parts) - 1]:
            (folder / "__init__.py").touch()
        path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + "\n" + lines)
    output = _lint(copied_package).stdout
    broken = set(re.findall(r"^(.+?) BROKEN", output, flags=re.MULTILINE))
    assert broken == {contract["name"] for contract in fences["contracts"]}
    assert "napari_hipspine.utils" in output


def _held(fences: dict, toolkit: str) -> set[str]:
    """Rooms and modules that some contract keeps from a toolkit."""
    return {
        module
        for contract in fences["contracts"]
        if contract["type"] == "forbidden" and toolkit in contract["forbidden_modules"]
        for module in contract["source_modules"]
    }


def _children(folder: Path, name: str) -> set[str]:
    """Packages and modules straight inside a package."""
    found = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    return {f"{name}.{child}" for child in found - {"__init__"}}


def test_no_room_is_forgotten(fences, package):
    """A new room or a new module of the viewer that nobody wrote into the contracts is noticed."""
    rooms = _children(package, "napari_hipspine")
    assert rooms - _held(fences, "napari") == {"napari_hipspine.viewer"}
    modules = _children(package / "viewer", "napari_hipspine.viewer")
    assert modules - _held(fences, "qtpy") == {"napari_hipspine.viewer.widgets", "napari_hipspine.viewer.workers"}
