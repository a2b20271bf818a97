"""Segmentations for 3D Slicer and ITK-SNAP come back with the same voxels, place and names."""

from __future__ import annotations

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import core_muscles, find_structure
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.reading.label_maps import look_at_labels, propose_names
from napari_hipspine.reading.slicer_segmentations import read_segments
from napari_hipspine.writing.label_maps import write_label_map


@pytest.fixture
def label_map() -> LabelMap:
    """All core muscles of both sides on an oblique grid, one of them without a voxel, and a value without a name."""
    turn = np.deg2rad(20)
    affine = np.eye(4)
    affine[:3, 0] = np.array([0.0, -np.sin(turn), np.cos(turn)]) * 4.0
    affine[:3, 1] = np.array([0.0, np.cos(turn), np.sin(turn)]) * 0.8
    affine[:3, 2] = np.array([-1.0, 0.0, 0.0]) * 0.7
    affine[:3, 3] = (31.5, -12.25, 7.125)
    pairs = [find_structure(muscle.id, side) for muscle in core_muscles() for side in ("left", "right")]
    structures = {5000 + 10 * number: structure for number, structure in enumerate(pairs)}
    labels = np.zeros((4, 9, 12), np.uint16)
    values = list(structures)[:-1]
    labels.reshape(-1)[7 : 7 + 3 * len(values)] = np.repeat(values, 3)
    labels[3, 8, 11] = 77
    return LabelMap(labels, Grid(labels.shape, affine), structures)


@pytest.mark.parametrize(("name", "naming"), [("m.seg.nrrd", "auto"), ("m.label", "itksnap"), ("m.nii.gz", "auto")])
def test_voxels_place_and_names_come_back(label_map, tmp_path, name, naming):
    written = write_label_map(label_map, tmp_path / name)
    look = look_at_labels(written)
    wanted = naming if naming != "auto" else ("slicer" if name.endswith("nrrd") else str(tmp_path / "m.csv"))
    proposal = propose_names(look, wanted)
    occurring = {value: s for value, s in label_map.structures.items() if (label_map.labels == value).any()}
    assert {value: s for value, s in proposal.named.items() if value in occurring} == occurring
    assert look.grid.same_as(label_map.grid)
    found = LabelMap(look.voxels, look.grid, {}).on_grid(label_map.grid).labels[...]
    assert (np.asarray(found) == np.where(label_map.labels == 77, 0, label_map.labels)).all()


def test_segmentation_is_the_same_bytes_every_time_and_says_where_each_muscle_lies(label_map, tmp_path):
    first = write_label_map(label_map, tmp_path / "a.seg.nrrd").read_bytes()
    assert write_label_map(label_map, tmp_path / "b.seg.nrrd").read_bytes() == first
    header = first.split(b"\n\n")[0].decode()
    at = np.argwhere(label_map.labels == 5000)
    extent = " ".join(f"{low} {high}" for low, high in zip(at.min(0)[::-1], at.max(0)[::-1], strict=True))
    assert f"Segment0_Extent:={extent}" in header
    assert "Segment19_Extent:=0 -1 0 -1 0 -1" in header
    named = {one.name: one for one in read_segments(tmp_path / "a.seg.nrrd")}
    assert named["erector spinae right"].codes == (("SCT", "44947003"),)
    assert named["erector spinae right"].modifiers == (("SCT", "24028007"),)


def test_simpleitk_places_the_voxels_where_they_were(label_map, tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.ReadImage(str(write_label_map(label_map, tmp_path / "a.seg.nrrd")))
    where = image.TransformIndexToPhysicalPoint((11, 8, 3))
    assert np.allclose(where, (label_map.grid.affine @ [3, 8, 11, 1])[:3])
    assert sitk.GetArrayFromImage(image)[0, 0, 7] == 5000


def test_description_has_the_colours_of_the_window(label_map, tmp_path):
    write_label_map(label_map, tmp_path / "m.label")
    lines = (tmp_path / "m.label").read_text().splitlines()
    assert lines[4].split()[:4] == ["0", "0", "0", "0"]
    assert lines[5].endswith('"multifidus left"')
    assert all(0 <= int(number) <= 255 for number in lines[5].split()[1:4])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.label", "m.nii.gz"]
