"""Water and fat from what a scanner computed or from two echoes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_hipspine.domain.errors import GridMismatch, SeriesAmbiguous, UnreadableImage
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.volume import Contrast, FatPolarity, Source, Volume
from napari_hipspine.reading import dicom_voxels, water_fat
from napari_hipspine.reading.volumes import list_volumes
from napari_hipspine.reading.water_fat import (
    computed_pair,
    echo_pair,
    open_water_fat,
    open_water_fat_pair,
    water_fat_from_echoes,
)

GRID = Grid((2, 3, 4), np.diag([5.0, 1.0, 1.0, 1.0]))


def _volume(values=None, *, grid=GRID, scale=(1.0, 0.0), contrast=Contrast.UNKNOWN, series="1.2", **facts):
    voxels = np.zeros(grid.shape, np.int16) if values is None else values
    source = Source(format="dicom", series=series, header=facts)
    return Volume(voxels, grid, voxel_scale=scale, contrast=contrast, source=source)


def _echo(echo_ms, tesla=3.0, sequence="GR", **more):
    return _volume(EchoTime=echo_ms, MagneticFieldStrength=tesla, ScanningSequence=sequence, **more)


_VOXELS = arrays(np.int16, GRID.shape, elements=st.integers(-(2**15), 2**15 - 1))


@given(in_phase=_VOXELS, out_of_phase=_VOXELS)
@settings(max_examples=20, deadline=None)
def test_water_and_fat_add_up_to_in_phase_and_subtract_to_out_of_phase_exactly(in_phase, out_of_phase):
    pair = water_fat_from_echoes(_volume(in_phase), _volume(out_of_phase))
    water, fat = pair.water.voxels[:], pair.fat.voxels[:]
    assert water.dtype == fat.dtype == np.float32
    np.testing.assert_array_equal(water + fat, in_phase)
    np.testing.assert_array_equal(water - fat, out_of_phase)


def test_scales_of_both_echoes_are_respected():
    ones = np.ones(GRID.shape, np.int16)
    pair = water_fat_from_echoes(_volume(ones, scale=(3.0, 1.0)), _volume(ones, scale=(2.0, 0.0)))
    assert (float(pair.water.voxels[0, 0, 0]), float(pair.fat.voxels[0, 0, 0])) == (3.0, 1.0)
    assert pair.water.voxel_scale == (1.0, 0.0)
    assert pair.water.voxels.dtype == np.float64


def test_the_pair_says_what_it_is_and_that_it_is_ambiguous():
    pair = water_fat_from_echoes(_echo(2.46), _echo(1.23))
    assert pair.flags == ("two_echo_ambiguous",)
    assert (pair.water.contrast, pair.fat.contrast) == (Contrast.WATER, Contrast.FAT)
    assert (pair.water.fat_polarity, pair.fat.fat_polarity) == (FatPolarity.DARK, FatPolarity.BRIGHT)
    assert pair.water.source.header["EchoTimes"] == (2.46, 1.23)
    assert "EchoTime" not in pair.water.source.header


def test_negative_fat_stays_negative():
    out = np.full(GRID.shape, 10, np.int16)
    pair = water_fat_from_echoes(_volume(np.full(GRID.shape, 4, np.int16)), _volume(out))
    assert (pair.fat.voxels[...] == -3).all()


def test_echoes_on_two_grids_are_refused():
    moved = Grid(GRID.shape, np.diag([6.0, 1, 1, 1]))
    with pytest.raises(GridMismatch, match="Expected both echoes on one grid, found spacing 5 x 1 x 1"):
        water_fat_from_echoes(_volume(), _volume(grid=moved))


@pytest.mark.parametrize(
    ("tesla", "out_ms", "in_ms"), [(1.5, 2.30, 4.60), (3.0, 1.15, 2.30), (3.0, 3.45, 2.30), (1.5, 2.044, 4.212)]
)
def test_phase_follows_echo_time_and_field_strength(tesla, out_ms, in_ms):
    out, inside = _echo(out_ms, tesla), _echo(in_ms, tesla)
    found = echo_pair((out, inside))
    assert found is not None
    assert found[0] is inside
    assert found[1] is out


@pytest.mark.parametrize(
    "volumes",
    [
        (),
        (_echo(1.15), _echo(3.45)),
        (_echo(1.15), _echo(1.72)),
        (_echo(1.15), _echo(2.30), _echo(4.60)),
        (_echo(11.5, sequence="SE"), _echo(23.0, sequence="SE")),
        (_volume(EchoTime=1.15, ScanningSequence="GR"), _volume(EchoTime=2.3, ScanningSequence="GR")),
        (_echo(1.15, series="1.2"), _echo(2.30, series="1.3")),
    ],
    ids=["none", "both out", "between", "three echoes", "spin echoes", "no field strength", "two series"],
)
def test_no_pair_is_made_where_it_would_be_a_guess(volumes):
    assert echo_pair(volumes) is None


def test_image_type_decides_before_echo_times():
    marked_in = _echo(1.15, contrast=Contrast.IN_PHASE)
    marked_out = _echo(2.30, contrast=Contrast.OUT_OF_PHASE)
    found = echo_pair((marked_out, marked_in))
    assert found is not None
    assert found[0] is marked_in


def test_trap_dual_echo_series_becomes_water_and_fat(shared_data):
    folder = shared_data / "dicom-dualecho-ge"
    out, inside = list_volumes(folder)
    pair = open_water_fat(folder)
    assert pair.flags == ("two_echo_ambiguous",)
    in_phase, out_of_phase = inside.voxels[9].astype(float), out.voxels[9].astype(float)
    np.testing.assert_array_equal(pair.water.voxels[9], (in_phase + out_of_phase) / 2)
    np.testing.assert_array_equal(pair.fat.voxels[9], (in_phase - out_of_phase) / 2)
    body = in_phase > 200
    assert np.median(in_phase[body]) > np.median(out_of_phase[body])
    by_uid = open_water_fat(folder, series=out.source.series)
    assert by_uid.grid == pair.grid


def test_opening_a_pair_reads_no_pixels(shared_data, monkeypatch):
    read = []
    monkeypatch.setattr(dicom_voxels, "read_pixels", lambda *a, **k: read.append(a))
    pair = open_water_fat(shared_data / "dicom-dualecho-ge")
    assert pair.water.blocks().block_shape == (1, 512, 512)
    assert read == []


def test_a_place_without_a_pair_is_refused_with_the_list(shared_data):
    with pytest.raises(UnreadableImage, match=r"(?s)found neither.*0: t2_tse_tra.*--water and --fat"):
        open_water_fat(shared_data / "dicom-pelvis-siemens" / "t2_tse_tra")


def test_what_the_scanner_computed_comes_before_the_echoes(monkeypatch):
    volumes = (
        _echo(1.15, contrast=Contrast.OUT_OF_PHASE),
        _echo(2.30, contrast=Contrast.IN_PHASE),
        _echo(2.30, contrast=Contrast.WATER),
        _echo(2.30, contrast=Contrast.FAT),
    )
    monkeypatch.setattr(water_fat, "list_volumes", lambda path, cache: volumes)
    pair = open_water_fat("somewhere")
    assert pair.flags == ()
    assert pair.water is volumes[2]


def test_water_and_fat_in_series_of_their_own_are_a_pair_when_they_are_the_only_ones(monkeypatch):
    water = _volume(contrast=Contrast.WATER, series="1.2")
    fat = _volume(contrast=Contrast.FAT, series="1.3")
    monkeypatch.setattr(water_fat, "list_volumes", lambda path, cache: (water, fat))
    assert open_water_fat("somewhere").fat is fat
    assert computed_pair((water, fat, replace(fat))) is None


def test_two_series_with_a_pair_each_are_asked_about(monkeypatch):
    volumes = tuple(
        _volume(contrast=contrast, series=series)
        for series in ("1.2", "1.3")
        for contrast in (Contrast.WATER, Contrast.FAT)
    )
    monkeypatch.setattr(water_fat, "list_volumes", lambda path, cache: volumes)
    with pytest.raises(SeriesAmbiguous, match="found 2"):
        open_water_fat("somewhere")
    assert open_water_fat("somewhere", series=3).water is volumes[2]


def test_of_a_folder_with_both_each_option_takes_what_its_header_says(monkeypatch, tmp_path):
    volumes = tuple(_echo(2.30, contrast=one) for one in (Contrast.IN_PHASE, Contrast.FAT, Contrast.WATER))
    monkeypatch.setattr(water_fat, "list_volumes", lambda path, cache: volumes)
    water, fat = open_water_fat_pair(tmp_path, tmp_path)
    assert water.voxels is volumes[2].voxels
    assert fat.voxels is volumes[1].voxels


def test_two_files_are_opened_as_water_and_fat(shared_data):
    folder = shared_data / "thigh-dixon-ge"
    water, fat = open_water_fat_pair(folder / "water.nii.gz", folder / "fat.nii.gz")
    assert (water.contrast, fat.contrast) == (Contrast.WATER, Contrast.FAT)
    assert water.grid.same_as(fat.grid)


def test_a_folder_that_does_not_say_which_is_water_is_asked_about(shared_data):
    folder = shared_data / "dicom-dualecho-ge"
    with pytest.raises(SeriesAmbiguous, match=r"found 2"):
        open_water_fat_pair(folder, folder)
