"""PLY files hold what the surface holds: read back by the letter of the format."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest

from napari_hipspine.cli import main
from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.colours import structure_colour
from napari_hipspine.domain.surface import Surface, enclosed_volume
from napari_hipspine.writing.surfaces import surface_as_ply

LEFT = find_structure("psoas_major", "left")
CORNERS = np.array([[10, 0, 0], [20, 0, 0], [10, 30, 0], [10, 0, 40]], np.float32)
TRIANGLES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
TYPES = {"float": "<f4", "uchar": "u1"}


def read_ply(raw: bytes) -> tuple[np.ndarray, np.ndarray, list[str]]:
    head, _, body = raw.partition(b"end_header\n")
    lines = head.decode("ascii").splitlines()
    n_corners, n_triangles = (int(line.split()[2]) for line in lines if line.startswith("element"))
    words = [line.split() for line in lines if line.startswith("property") and "list" not in line]
    corners = np.frombuffer(body, dtype=[(name, TYPES[kind]) for _, kind, name in words], count=n_corners)
    rest = body[corners.nbytes :]
    faces = np.frombuffer(rest, dtype=[("n", "u1"), ("corners", "<i4", 3)])
    assert len(faces) == n_triangles
    assert (faces["n"] == 3).all()
    return corners, faces["corners"], lines


def test_a_tetrahedron_comes_back_with_its_colour_and_fat():
    shares = np.array([0.0, 0.25, np.nan, 1.0], np.float32)
    corners, triangles, lines = read_ply(surface_as_ply(Surface(LEFT, CORNERS, TRIANGLES, shares)))
    assert np.column_stack([corners[name] for name in "xyz"]).tolist() == CORNERS.tolist()
    assert triangles.tolist() == TRIANGLES.tolist()
    np.testing.assert_array_equal(corners["fat_share"], shares)
    assert [int(corners[name][0]) for name in ("red", "green", "blue")] == [
        round(255 * channel) for channel in structure_colour(LEFT)
    ]
    assert "comment psoas_major left" in lines
    assert any("unit mm" in line and "LPS" in line for line in lines)
    plain, _, _ = read_ply(surface_as_ply(Surface(LEFT, CORNERS, TRIANGLES)))
    assert "fat_share" not in plain.dtype.names


def test_the_tetrahedron_has_the_volume_of_the_formula():
    surface = Surface(LEFT, CORNERS, TRIANGLES)
    assert surface.volume_mm3 == pytest.approx(10 * 30 * 40 / 6)
    assert surface.centroid_mm == pytest.approx(CORNERS.mean(axis=0))


def test_the_command_writes_muscles_where_they_lie_in_the_patient(tmp_path, capsys):
    affine = np.diag([-0.8, -0.8, 4.0, 1.0])
    affine[:3, 3] = (32.0, 40.0, -20.0)
    labels = np.zeros((80, 100, 12), np.uint8)
    labels[50:70, 30:60, 2:10], labels[10:30, 30:60, 2:10] = 1, 2
    signal = np.where(labels > 0, 100, 300).astype(np.int16)
    signal[50:70, 45:60] = 300
    for name, voxels in (("labels", labels), ("image", signal)):
        nibabel.save(nibabel.Nifti1Image(voxels, affine), tmp_path / f"{name}.nii.gz")
    naming = tmp_path / "naming.csv"
    naming.write_text("value,muscle,side\n1,psoas_major,left\n2,psoas_major,right\n")
    out, files = tmp_path / "out", ["--labels", str(tmp_path / "labels.nii.gz"), "--naming", str(naming)]
    assert main(["surfaces", *files, "--out", str(out)]) == 0
    corners, triangles, _ = read_ply((out / "psoas_major_left.ply").read_bytes())
    places = np.column_stack([corners[name] for name in "xyz"])
    # NIfTI counts to the right and to the front, DICOM to the left and to the back.
    assert places[:, 0].min() == pytest.approx(-32 + 0.8 * 49.5, abs=0.5)
    assert places[:, 0].max() == pytest.approx(-32 + 0.8 * 69.5, abs=0.5)
    assert places[:, 2].max() == pytest.approx(-20 + 4 * 9.5, abs=0.8)
    assert enclosed_volume(places, triangles) == pytest.approx(20 * 30 * 8 * 0.64 * 4, rel=0.02)
    assert "fat_share" not in corners.dtype.names
    assert json.loads((out / "run.json").read_text())["inputs"][0]["path"] == files[1]

    said = ["--image", str(tmp_path / "image.nii.gz"), "--contrast", "T2", "--fat-polarity", "bright"]
    assert main(["surfaces", *files, *said, "--threshold", "200", "--out", str(out)]) == 0
    corners, _, _ = read_ply((out / "psoas_major_left.ply").read_bytes())
    at_front, at_back = (corners["fat_share"][test] for test in (corners["y"] < -12, corners["y"] > 4))
    assert at_front.max() < 0.05
    assert at_back.min() > 0.95
    lean, _, _ = read_ply((out / "psoas_major_right.ply").read_bytes())
    assert lean["fat_share"].max() == 0
