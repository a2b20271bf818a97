"""Tools of other groups: told what is missing, heard while they run, stopped when cancelled, never trusted blindly."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import nibabel
import numpy as np
import pytest

from napari_hipspine.domain.errors import Cancelled, InvalidChoice, PackageMissing, ToolFailed, WeightsMissing
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.reading.namings import TABLED
from napari_hipspine.segmenting.adapters import tools
from napari_hipspine.segmenting.adapters.child_process import run_beside
from napari_hipspine.segmenting.adapters.musclemap import MuscleMap, models_folder
from napari_hipspine.segmenting.adapters.tools import (
    Device,
    ToolWish,
    Weights,
    find_tool,
    require_size,
    segmenting_tools,
    task_of,
)
from napari_hipspine.segmenting.adapters.totalsegmentator import TotalSegmentator, weights_folder

from .fake_tools import install_musclemap, install_totalsegmentator

TOTAL_MR = ("850", "851")


@pytest.fixture
def picture(tmp_path) -> Path:
    signal = np.zeros((6, 5, 4), np.int16)
    signal[1:3], signal[4:] = 400, 500
    folder = tmp_path / "a, folder"
    folder.mkdir()
    nibabel.save(nibabel.Nifti1Image(signal, np.diag([2.0, 2.0, 5.0, 1.0])), folder / "picture.nii")
    return folder / "picture.nii"


def run(tool, picture, *, progress=stay_silent, **wish):
    out = picture.with_name("result.nii.gz")
    done = tool.segment(picture, out, ToolWish(**{"task": "", **wish}), progress)
    return done, np.asarray(nibabel.load(out).dataobj)


def listening(heard: list[tuple[int, int, str]]):
    def hear(done: int, total: int, doing: str) -> None:
        heard.append((done, total, doing))

    return hear


def test_every_tool_names_tasks_whose_naming_there_is():
    for tool in segmenting_tools():
        assert find_tool(tool.name).title == tool.title
        assert task_of(tool, "") is tool.tasks[0]
        assert all(task.naming in TABLED and task.says for task in tool.tasks)
    assert task_of(TotalSegmentator(), "").id == "total_mr"
    with pytest.raises(InvalidChoice, match=r"Expected a tool \(totalsegmentator, musclemap\), found 'dafne'"):
        find_tool("dafne")
    with pytest.raises(InvalidChoice, match="Expected a task of MuscleMap"):
        MuscleMap().why_not(ToolWish("total_mr"))


def test_totalsegmentator_without_package_or_weights_says_how_to_get_them(tmp_path, picture, monkeypatch):
    missing = TotalSegmentator().why_not(ToolWish("total_mr"))
    assert isinstance(missing, PackageMissing)
    assert "pip install 'napari-hipspine[totalsegmentator]'" in missing.hint
    assert "Apache-2.0" in missing.hint
    with pytest.raises(PackageMissing, match="Expected the package totalsegmentator"):
        run(TotalSegmentator(), picture)
    install_totalsegmentator(tmp_path, monkeypatch, models=("850",))
    missing = TotalSegmentator().why_not(ToolWish("total_mr"))
    assert isinstance(missing, WeightsMissing)
    assert missing.message.endswith(f"(model 851), found none, in {weights_folder()}.")
    assert "totalseg_download_weights -t total_mr" in missing.hint
    assert "-t total_fast_mr" in TotalSegmentator().why_not(ToolWish("total_mr_fast")).hint
    assert TotalSegmentator().why_not(ToolWish("total_mr", weights=Weights.DOWNLOAD)) is None
    assert "totalsegmentator" not in sys.modules


def test_totalsegmentator_weights_lie_where_its_own_variables_say(monkeypatch, tmp_path):
    monkeypatch.delenv("TOTALSEG_WEIGHTS_PATH", raising=False)
    monkeypatch.delenv("TOTALSEG_HOME_DIR", raising=False)
    assert weights_folder() == Path.home() / ".totalsegmentator" / "nnunet" / "results"
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(tmp_path))
    assert weights_folder() == tmp_path / "nnunet" / "results"
    monkeypatch.setenv("TOTALSEG_WEIGHTS_PATH", str(tmp_path / "elsewhere"))
    assert weights_folder() == tmp_path / "elsewhere"


def test_totalsegmentator_runs_in_a_process_of_its_own_and_is_heard(tmp_path, picture, monkeypatch):
    install_totalsegmentator(tmp_path, monkeypatch, models=TOTAL_MR)
    heard = []
    _, labels = run(TotalSegmentator(), picture, progress=listening(heard), device=Device.CPU)
    assert set(np.unique(labels)) == {0, 40, 41}
    assert {done for done, total, _ in heard if total == 100} >= {10, 55}
    assert all(doing.startswith("TotalSegmentator") for _, _, doing in heard)
    assert "totalsegmentator" not in sys.modules


def test_totalsegmentator_fetches_nothing_unless_it_may(tmp_path, picture, monkeypatch):
    """A model that the package wants and nobody foresaw is not fetched behind the user's back."""
    install_totalsegmentator(tmp_path, monkeypatch, models=TOTAL_MR)
    monkeypatch.setattr("napari_hipspine.segmenting.adapters.totalsegmentator.missing_weights", lambda task: ())
    with pytest.raises(ToolFailed, match="exit code 1") as refused:
        run(TotalSegmentator(), picture, task="vertebrae_mr")
    assert "nothing may be fetched" in refused.value.hint
    run(TotalSegmentator(), picture, task="vertebrae_mr", weights=Weights.DOWNLOAD)
    assert (weights_folder() / "Dataset756_fetched").exists()


@pytest.mark.parametrize(
    ("mode", "message", "hint"),
    [
        ("fails", "found exit code 1", "CUDA out of memory"),
        ("writes nothing", "found no file result.nii.gz", "100/100"),
    ],
)
def test_totalsegmentator_that_fails_says_its_last_words(tmp_path, picture, monkeypatch, mode, message, hint):
    install_totalsegmentator(tmp_path, monkeypatch, models=TOTAL_MR)
    monkeypatch.setenv("FAKE_MODE", mode)
    with pytest.raises(ToolFailed, match=message) as refused:
        run(TotalSegmentator(), picture)
    assert hint in refused.value.hint


def test_cancelled_tool_is_stopped(tmp_path, picture, monkeypatch):
    install_totalsegmentator(tmp_path, monkeypatch, models=TOTAL_MR)
    started = tmp_path / "started"
    monkeypatch.setenv("FAKE_MODE", "hangs")
    monkeypatch.setenv("FAKE_STARTED", str(started))

    def cancel(done: int, total: int, doing: str) -> None:
        if started.exists() and started.read_text():
            raise Cancelled("Cancelled.")

    begun = time.monotonic()
    with pytest.raises(Cancelled):
        run(TotalSegmentator(), picture, progress=cancel)
    assert time.monotonic() - begun < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_program_that_does_not_start_is_refused(tmp_path):
    with pytest.raises(ToolFailed, match="Expected it to start, found No such file"):
        run_beside([tmp_path / "nothing"], title="it", folder=tmp_path, environment={}, progress=stay_silent)
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(ToolFailed, match="stopped by the system"):
        run_beside([sys.executable, "-c", killed], title="it", folder=tmp_path, environment={}, progress=stay_silent)


def test_musclemap_without_command_or_weights_says_how_to_get_them(tmp_path, picture, monkeypatch):
    missing = MuscleMap().why_not(ToolWish("wholebody"))
    assert isinstance(missing, PackageMissing)
    assert "https://github.com/MuscleMap/MuscleMap" in missing.hint
    assert "NAPARI_HIPSPINE_MM_SEGMENT" in missing.hint
    with pytest.raises(PackageMissing, match="Expected MuscleMap's command mm_segment"):
        run(MuscleMap(), picture)
    command = install_musclemap(tmp_path, monkeypatch, models=("wholebody/v1.1", "abdomen/v0.0"))
    assert models_folder(command) == tmp_path / "repository" / "scripts" / "models"
    missing = MuscleMap().why_not(ToolWish("wholebody"))
    assert isinstance(missing, WeightsMissing)
    assert str(models_folder(command)) in missing.message
    assert MuscleMap().why_not(ToolWish("abdomen")) is None


def test_musclemap_is_found_by_its_variable(tmp_path, monkeypatch):
    command = install_musclemap(tmp_path, monkeypatch, models=("wholebody/v1.4",))
    monkeypatch.setenv("PATH", "/usr/bin")
    assert isinstance(MuscleMap().why_not(ToolWish("wholebody")), PackageMissing)
    monkeypatch.setenv("NAPARI_HIPSPINE_MM_SEGMENT", str(command))
    assert MuscleMap().why_not(ToolWish("wholebody")) is None


def test_musclemap_runs_the_newest_model_it_has(tmp_path, picture, monkeypatch):
    """Folders hold commas, which the command would take for several pictures."""
    install_musclemap(tmp_path, monkeypatch, models=("wholebody/v1.2", "wholebody/v1.10", "wholebody/v1.9"))
    done, labels = run(MuscleMap(), picture)
    assert done.version == "model 1.10"
    assert set(np.unique(labels)) == {0, 6121, 6122}


def test_musclemap_regions_are_taken_only_from_the_version_whose_values_are_known(tmp_path, picture, monkeypatch):
    install_musclemap(tmp_path, monkeypatch, models=("abdomen/v0.0", "wholebody/v1.4"))
    _, labels = run(MuscleMap(), picture, task="abdomen")
    assert set(np.unique(labels)) == {0, 1, 2}
    monkeypatch.setenv("FAKE_MODE", "other model")
    with pytest.raises(ToolFailed, match=r"Expected the abdomen model of MuscleMap in version 0\.0, found 3\.1"):
        run(MuscleMap(), picture, task="abdomen")


def test_musclemap_that_only_logs_its_failure_has_failed(tmp_path, picture, monkeypatch):
    install_musclemap(tmp_path, monkeypatch, models=("wholebody/v1.4",))
    monkeypatch.setenv("FAKE_MODE", "fails")
    with pytest.raises(ToolFailed, match=r"found no file picture_dseg\.nii\.gz") as refused:
        run(MuscleMap(), picture)
    assert "RuntimeError: Auto chunking" in refused.value.hint


def test_pictures_too_large_for_memory_are_refused():
    require_size((1024, 1024, 1024), "it")
    with pytest.raises(InvalidChoice, match="Expected at most 1,073,741,824 voxels for it"):
        require_size((1025, 1024, 1024), "it")
    assert tools.MOST_VOXELS == 1024**3
