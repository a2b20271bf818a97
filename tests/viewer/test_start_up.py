"""Opening a dock loads no heavy toolkit, and what it needs later is made ready behind its back."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from napari_hipspine.measuring import warm_up
from napari_hipspine.measuring.kernels import PLAIN, are_compiled, compiled_kernels, kernels_for

HEAVY = ("SimpleITK", "cv2", "dask.array", "matplotlib", "pandas", "scipy.stats", "sklearn", "statsmodels")

OPEN_DOCKS = """
import sys
import napari
from qtpy.QtWidgets import QApplication

viewer = napari.Viewer(show=False)
for name in ("Hip-spine muscles", "Lumbar-hip correlations", "Cohort statistics"):
    viewer.window.add_plugin_dock_widget("napari-hipspine", name)
    QApplication.processEvents()
print(*sys.modules, sep="\\n")
sys.stdout.flush()
# What napari tidies up at its end is none of this test's business.
import os
os._exit(0)
"""


@pytest.fixture(scope="module")
def loaded():
    """Modules of a fresh program once every dock is open."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb"}
    done = subprocess.run(
        [sys.executable, "-c", OPEN_DOCKS], capture_output=True, text=True, timeout=120, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stdout.split())


def test_docks_open_without_heavy_toolkits(loaded):
    assert "napari_hipspine.viewer.widgets.main_dock" in loaded
    assert "napari_hipspine.viewer.widgets.statistics_dock" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_tabs_that_nobody_has_seen_are_not_there_yet(loaded):
    assert "napari_hipspine.viewer.widgets.cohort_editor" in loaded
    assert "napari_hipspine.viewer.widgets.courses_editor" not in loaded
    assert "napari_hipspine.viewer.widgets.regions_editor" not in loaded


def test_loops_are_compiled_ahead_on_a_thread_that_nobody_waits_for():
    are_compiled.cache_clear()
    assert kernels_for(1) is PLAIN
    thread = warm_up.compile_ahead()
    assert thread.daemon
    assert thread.name == warm_up.THREAD_NAME
    thread.join(timeout=120)
    assert not thread.is_alive()
    kernels = compiled_kernels()
    assert kernels is not None
    assert len(kernels.sum_ranges.signatures) >= 3
    assert kernels_for(1) is kernels


def test_nothing_happens_where_nothing_can_be_compiled(monkeypatch):
    monkeypatch.setattr(warm_up, "compiled_kernels", lambda: None)
    thread = warm_up.compile_ahead()
    thread.join(timeout=10)
    assert not thread.is_alive()
