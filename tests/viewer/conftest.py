"""A small subject with known areas, in memory and as files, for everything that has a window or stands before one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap, Origin
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume
from napari_hipspine.viewer.label_places import fresh_place
from napari_hipspine.viewer.label_work import open_label_work
from napari_hipspine.viewer.series_work import SeriesWork, SubjectWords
from napari_hipspine.workflows.open_subject import ImageFiles, LabelFiles

SHAPE = (6, 60, 80)
STRUCTURES = {
    1: find_structure("multifidus", "left"),
    2: find_structure("multifidus", "right"),
    3: find_structure("erector_spinae", "left"),
    4: find_structure("erector_spinae", "right"),
}


def oriented_grid(*, rows_to: str = "P", columns_to: str = "L") -> Grid:
    """Axial slices to the head, 4 mm apart, pixels of 2 x 1 mm, rows and columns growing to the given letters."""
    affine = np.diag([0.0, 0.0, 0.0, 1.0])
    affine[2, 0] = 4.0
    affine[1, 1] = 2.0 if rows_to == "P" else -2.0
    affine[0, 2] = 1.0 if columns_to == "L" else -1.0
    affine[:3, 3] = (-12.0, 30.0, -40.0)
    return Grid(SHAPE, affine)


def muscle_pixels(grid: Grid) -> np.ndarray:
    """Labels with the muscles of both sides on the patient's sides, whatever the storage; the left ones smaller."""
    index = np.indices(SHAPE).reshape(3, -1)
    patient = grid.affine @ np.vstack([index, np.ones(index.shape[1])])
    middle = grid.affine @ [*(np.array(SHAPE) - 1) / 2, 1.0]
    to_left, to_back = ((patient[axis] - middle[axis]).reshape(SHAPE) for axis in (0, 1))
    labels = np.zeros(SHAPE, np.uint16)
    behind = to_back > 6
    labels[behind & (to_left > 2) & (to_left < 12)] = 1
    labels[behind & (to_left < -2) & (to_left > -14)] = 2
    labels[behind & (to_left > 15) & (to_left < 30)] = 3
    labels[behind & (to_left < -15) & (to_left > -32)] = 4
    labels[0] = 0
    return labels


def picture(labels: np.ndarray) -> np.ndarray:
    """Muscle at 300 with streaks of fat at 900, fat around, air at the rim; seeded."""
    random = np.random.default_rng(7)
    signal = np.full(SHAPE, 900.0)
    signal[labels > 0] = 300.0
    signal[(labels > 0) & (random.random(SHAPE) < 0.15)] = 900.0
    signal += random.normal(0, 12, SHAPE)
    signal[:, :3], signal[:, -3:], signal[:, :, :3], signal[:, :, -3:] = 4, 4, 4, 4
    return signal.astype(np.int16)


def make_volume(grid: Grid, labels: np.ndarray, *, polarity: FatPolarity = FatPolarity.BRIGHT) -> Volume:
    return Volume(picture(labels), grid, Contrast.T2, polarity)


@dataclass(frozen=True)
class Subject:
    """A T2 series with its labels, opened and as files."""

    volume: Volume
    label_map: LabelMap
    pictures: ImageFiles
    outlines: LabelFiles


def make_subject(folder: Path, *, rows_to: str = "A", columns_to: str = "R") -> Subject:
    import nibabel

    grid = oriented_grid(rows_to=rows_to, columns_to=columns_to)
    labels = muscle_pixels(grid)
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine
    stored = ras[:, [2, 1, 0, 3]]
    image, outlines = folder / "sub-007_T2w.nii", folder / "sub-007_dseg.nii"
    for path, voxels in ((image, picture(labels)), (outlines, labels)):
        nibabel.save(nibabel.Nifti1Image(voxels.transpose(2, 1, 0), stored), path)
    naming = folder / "naming.csv"
    rows = [f"{value},{s.muscle.id},{s.side.value}" for value, s in STRUCTURES.items()]
    naming.write_text("\n".join(["value,muscle,side", *rows]) + "\n", encoding="utf-8")
    return Subject(
        make_volume(grid, labels),
        LabelMap(labels, grid, STRUCTURES),
        ImageFiles(image=image, contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT),
        LabelFiles(outlines, naming),
    )


@pytest.fixture
def subject(tmp_path) -> Subject:
    """A subject stored with rows to the front and columns to the patient's right: the display must flip both."""
    return make_subject(tmp_path)


@pytest.fixture
def series() -> Iterator[SeriesWork]:
    """A series with empty labels in a store, the four muscles named."""
    grid = oriented_grid()
    empty = LabelMap(np.zeros(SHAPE, np.uint16), grid, STRUCTURES, origin=Origin.DRAWN)
    kept = open_label_work(fresh_place("drawn"), empty)
    volume = make_volume(grid, muscle_pixels(grid))
    yield SeriesWork("sub-007", volume, SubjectWords("sub-007"), label_map=kept.store.label_map(), label_work=kept)
    kept.close()


def draw(series: SeriesWork, *slices: int, values=(1, 2, 3, 4)) -> np.ndarray:
    """Draw muscles on some slices as they are; the truth on all."""
    truth = muscle_pixels(series.volume.grid)
    for index in slices:
        drawn = series.label_work.store.labels[index]
        chosen = np.isin(truth[index], values)
        drawn[chosen] = truth[index][chosen]
        series.label_work.store.labels[index] = drawn
    return truth


def dice(one: np.ndarray, other: np.ndarray) -> float:
    """Overlap of two masks."""
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Nothing is converted into the cache of whoever runs the tests, and nothing is painted among their labels."""
    monkeypatch.setenv("NAPARI_HIPSPINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NAPARI_HIPSPINE_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("NAPARI_HIPSPINE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NAPARI_HIPSPINE_LOGS", str(tmp_path / "logs"))


@pytest.fixture
def told():
    """Every notification that reaches the user."""
    from napari.utils.notifications import notification_manager

    heard = []

    def hear(notification) -> None:
        heard.append(str(notification.message))

    notification_manager.notification_ready.connect(hear)
    yield heard
    notification_manager.notification_ready.disconnect(hear)


@pytest.fixture
def window(make_napari_viewer_proxy, qtbot):
    """A viewer as plugins get it, with the main dock in it."""
    from napari_hipspine.viewer.widgets.main_dock import MainDock

    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    yield viewer, dock
    dock.leave()


def show(viewer, subject) -> None:
    """Image and labels as a reader or a sample hands them to napari."""
    from napari.layers import Layer

    from napari_hipspine.viewer.layers import image_layers, labels_layer

    layers = image_layers(subject.volume, name="sub-007 · T2", pictures=subject.pictures)
    for layer in [*layers, labels_layer(subject.label_map, name="muscles", outlines=subject.outlines)]:
        viewer.add_layer(Layer.create(*layer))


def measure(dock, qtbot) -> None:
    """Measure as the buttons would, and wait for the table."""
    dock.measure_now()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=60_000)
