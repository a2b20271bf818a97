"""Importing costs little: no window, no heavy toolkit, before something asks for it."""

from __future__ import annotations

import ast

import pytest

HEAVY = (
    "cv2",
    "dask.array",
    "matplotlib",
    "numba",
    "pandas",
    "scipy.stats",
    "SimpleITK",
    "skimage",
    "sklearn",
    "statsmodels",
)
"""What neither the public door, nor floor 0, nor the command line may load while being imported."""

WINDOW = ("magicgui", "napari", "PyQt5", "PyQt6", "PySide6", "qtpy", "superqt", "vispy")
"""What only the viewer may need."""

BLOCK_WINDOW = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {WINDOW!r}:
            raise ImportError(f"blocked by the test: {{name}}")
        return None

sys.meta_path.insert(0, Blocked())
"""

LIST_CORE = """
import pkgutil, napari_hipspine

def core_modules():
    prefix = napari_hipspine.__name__ + "."
    for found in pkgutil.iter_modules(napari_hipspine.__path__, prefix):
        if found.name == prefix + "viewer":
            continue
        yield found.name
        if found.ispkg:
            folders = [napari_hipspine.__path__[0] + "/" + found.name.removeprefix(prefix)]
            yield from (inner.name for inner in pkgutil.walk_packages(folders, found.name + "."))
"""


def test_core_needs_no_window(run_python, package):
    """Every module outside the viewer, and the viewer's session, import where napari and Qt do not exist."""
    program = BLOCK_WINDOW + LIST_CORE
    program += "import importlib\nnames = list(core_modules())\n"
    if (package / "viewer" / "session.py").exists():
        program += "names.append('napari_hipspine.viewer.session')\n"
    program += "for name in names:\n    importlib.import_module(name)\nprint(*names)"
    imported = run_python(program).split()
    assert "napari_hipspine.domain.grid" in imported
    assert len(imported) == len(set(imported))


def test_public_door_opens_without_a_window(run_python):
    """Every name the package offers can be had where napari and Qt do not exist."""
    program = BLOCK_WINDOW + "import napari_hipspine\n"
    program += "for name in napari_hipspine.__all__:\n    print(name, getattr(napari_hipspine, name) is not None)"
    lines = run_python(program).splitlines()
    assert lines
    assert all(line.endswith(" True") for line in lines)


def test_blocking_blocks(run_python):
    """The tests above would notice: an import of napari fails in their process."""
    program = BLOCK_WINDOW + "try:\n    import napari\nexcept ImportError as error:\n    print(error)"
    assert run_python(program).startswith("blocked by the test: napari")


@pytest.mark.parametrize(
    ("what", "imports"),
    [
        ("the public door", "import napari_hipspine"),
        ("the command line", "import napari_hipspine.cli"),
        (
            "floor 0",
            LIST_CORE
            + "import importlib\n"
            + "floor = [name for name in core_modules() if name.startswith('napari_hipspine.domain')]\n"
            + "assert len(floor) > 5, floor\n"
            + "[importlib.import_module(name) for name in floor]",
        ),
    ],
)
def test_import_is_light(run_python, what, imports):
    """No heavy toolkit is loaded by importing the door, the command line or any module of floor 0."""
    loaded = run_python(f"{imports}\nimport sys\nprint(*sys.modules, sep='\\n')").split()
    assert "napari_hipspine" in loaded
    assert [name for name in HEAVY if name in loaded] == [], f"loaded by importing {what}"


def _imports_when_loaded(tree: ast.AST) -> set[str]:
    """Top-level packages imported outside functions and outside ``if TYPE_CHECKING``."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
        else:
            found |= _imports_when_loaded(node)
    return found


def test_floor_0_imports_tables_and_lazy_arrays_inside_functions(sources):
    """Dask and pandas are named in floor 0 only inside functions or for type checkers."""
    offenders = {
        source.name: sorted(_imports_when_loaded(source.tree) & {"dask", "pandas"})
        for source in sources
        if source.room == "domain"
    }
    assert offenders
    assert {name: found for name, found in offenders.items() if found} == {}


def test_command_line_reaches_the_viewer_only_inside_functions(sources):
    """The window is looked for when a command opens it, not when the command line starts."""
    for source in sources:
        if source.room != "cli":
            continue
        for node in source.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "viewer" not in ast.unparse(node), f"{source.name}:{node.lineno}"
