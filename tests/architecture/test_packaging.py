"""What ``pyproject.toml`` promises is what the sources do."""

from __future__ import annotations

import ast
import sys
import tomllib
import warnings
from collections.abc import Mapping
from importlib.metadata import entry_points, packages_distributions, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import napari_hipspine


@pytest.fixture(scope="module")
def pyproject(repository) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


def _names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def _outside_imports(tree: ast.AST) -> set[str]:
    """Top-level packages a module imports from outside the package and the standard library."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"napari_hipspine"}


def _undeclared(imported: set[str], declared: set[str], distributions: Mapping[str, list[str]]) -> set[str]:
    return {
        name
        for name in imported
        if declared.isdisjoint(canonicalize_name(found) for found in distributions.get(name, [name]))
    }


def test_every_import_is_declared(sources, pyproject):
    """A toolkit used anywhere in the package stands in the dependencies or in an extra."""
    project = pyproject["project"]
    # these come with napari and are part of what it promises to plugins
    with_napari = {"magicgui", "qtpy", "superqt", "vispy"}
    extras = [text for listed in project["optional-dependencies"].values() for text in listed]
    declared = _names(project["dependencies"] + extras) | with_napari
    distributions = packages_distributions()
    offenders = {source.name: _undeclared(_outside_imports(source.tree), declared, distributions) for source in sources}
    assert {name: found for name, found in offenders.items() if found} == {}


def test_undeclared_imports_are_seen():
    tree = ast.parse("import json\ndef f():\n    from nibabel.affines import voxel_sizes")
    imported = _outside_imports(tree)
    assert imported == {"nibabel"}
    assert _undeclared(imported, {"numpy"}, {"nibabel": ["nibabel"]}) == {"nibabel"}
    assert _undeclared(imported, {"nibabel"}, {"nibabel": ["nibabel"]}) == set()


def test_base_install_has_no_window(pyproject):
    base = _names(pyproject["project"]["dependencies"])
    assert base.isdisjoint({"magicgui", "napari", "pyqt6", "pyqtgraph", "pyside6", "qtpy", "superqt"})


def test_no_copyleft_decoder(pyproject):
    """The JPEG decoder under the GPL is in no list."""
    project = pyproject["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    lists += [[text for text in group if isinstance(text, str)] for group in pyproject["dependency-groups"].values()]
    assert all("pylibjpeg-libjpeg" not in _names(listed) for listed in lists)


def test_one_version_everywhere(pyproject, repository):
    stated = pyproject["project"]["version"]
    assert version("napari-hipspine") == stated
    assert napari_hipspine.__version__ == stated
    assert f"\nversion: {stated}\n" in (repository / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## [{stated}]" in (repository / "CHANGELOG.md").read_text(encoding="utf-8")


def test_command_line_is_installed():
    (command,) = entry_points(group="console_scripts", name="hipspine")
    assert callable(command.load())


@pytest.mark.parametrize("module", ["napari_hipspine", "napari_hipspine.reading.nifti"])
def test_warnings_of_the_package_are_errors(module):
    program = compile("import warnings; warnings.warn('something is off')", module, "exec")
    with pytest.raises(UserWarning, match="something is off"):
        exec(program, {"__name__": module})


def test_warnings_of_others_are_not_errors():
    program = compile("import warnings; warnings.warn('something is off')", "other", "exec")
    with warnings.catch_warnings(record=True) as caught:
        exec(program, {"__name__": "napari_hipspine_other"})
    assert len(caught) == 1
