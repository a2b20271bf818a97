"""The shipped samples: small, complete, where their tables say, and what the phantom makes."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Region
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.grid import RAS_TO_LPS, Grid
from napari_hipspine.domain.tables import MEASUREMENTS
from napari_hipspine.domain.volume import Contrast
from napari_hipspine.phantom import make_region, sample_ids, sample_specs
from napari_hipspine.phantom.cohort import make_cohort
from napari_hipspine.phantom.files import write_measurements
from napari_hipspine.sample_data import (
    find_sample,
    published_correlations_table,
    sample_folder,
    sample_subjects,
    synthetic_measurements,
    true_level_placements,
)

TRUTHS = Path(__file__).resolve().parents[2] / "sample_data"
EVERY_SERIES = [(subject_id, region) for subject_id in sample_ids() for region in (Region.LUMBAR, Region.HIP)]


def _voxels(path):
    """Voxels as (slices, rows, columns)."""
    return np.asarray(nibabel.load(path).dataobj).transpose(2, 1, 0)


def _grid(path):
    image = nibabel.load(path)
    return Grid(image.shape[::-1], (RAS_TO_LPS @ image.affine)[:, [2, 1, 0, 3]])


def test_all_together_are_small():
    assert sum(path.stat().st_size for path in sample_folder().rglob("*") if path.is_file()) <= 12_000_000


def test_three_subjects_with_two_series_each():
    subjects = sample_subjects()
    assert [subject.subject_id for subject in subjects] == ["phantom01", "phantom02", "phantom03"]
    contrasts = [[series.contrast for series in subject.series] for subject in subjects]
    assert contrasts == [[Contrast.T2, Contrast.PD], [Contrast.T2, Contrast.PD], [Contrast.WATER, Contrast.WATER]]


@pytest.mark.parametrize(("subject_id", "region"), EVERY_SERIES)
def test_files_share_one_grid_and_are_stored_small(subject_id, region):
    series = find_sample(subject_id, region)
    files = [path for path in (series.image, series.fat, series.labels) if path]
    assert all(_grid(path).same_as(_grid(series.image)) for path in files)
    assert {nibabel.load(path).get_data_dtype() for path in files} == {np.dtype(np.uint16)}


@pytest.mark.parametrize(("subject_id", "region"), EVERY_SERIES)
def test_body_is_surrounded_by_air(subject_id, region):
    voxels = _voxels(find_sample(subject_id, region).image)
    edge = np.concatenate([voxels[:, [0, -1]].ravel(), voxels[:, :, [0, -1]].ravel()])
    assert np.percentile(edge, 99.9) < 0.2 * np.percentile(voxels, 90)


@pytest.mark.parametrize(("subject_id", "region"), EVERY_SERIES)
def test_true_answers_count_the_shipped_labels(subject_id, region):
    series = find_sample(subject_id, region)
    labels = _voxels(series.labels)
    with series.naming.open(encoding="utf-8", newline="") as table:
        value = {(row["muscle"], row["side"]): int(row["value"]) for row in csv.DictReader(table)}
    with (TRUTHS / "true_slices.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if (row["subject_id"], row["region"]) == (subject_id, region)]
    counted = [int((labels[int(r["slice_index"])] == value[r["muscle"], r["side"]]).sum()) for r in rows]
    assert counted == [int(r["n_pixels"]) for r in rows]
    assert sum(counted) == np.count_nonzero(labels)


@pytest.mark.parametrize(("subject_id", "region"), EVERY_SERIES)
def test_level_lies_on_the_slice_the_table_names(subject_id, region):
    series = find_sample(subject_id, region)
    (compared,) = series.level_plan.placements
    assert compared in true_level_placements(subject_id, region)
    with (sample_folder() / "levels.csv").open(encoding="utf-8", newline="") as table:
        (row,) = [
            row
            for row in csv.DictReader(table)
            if (row["subject_id"], row["region"], row["level"]) == (subject_id, region, compared.level.id)
        ]
    assert _grid(series.image).nearest_slice(compared.position_mm) == int(row["nearest_slice"])


@pytest.mark.parametrize(("subject_id", "is_there"), [("phantom01", True), ("phantom02", False)])
def test_gluteus_minimus_at_the_trochanter(subject_id, is_there):
    series = find_sample(subject_id, Region.HIP)
    level = _grid(series.image).nearest_slice(series.level_plan.placements[0].position_mm)
    labels = _voxels(series.labels)
    assert bool((labels[level] == 6101).any()) is is_there
    assert (labels == 6101).any()


def test_one_subject_lies_tilted():
    assert _grid(find_sample("phantom02", Region.LUMBAR).image).obliquity_deg == pytest.approx(3.0, abs=1e-3)


@pytest.mark.parametrize(("subject_id", "region"), [("phantom01", Region.HIP), ("phantom03", Region.LUMBAR)])
def test_shipped_slices_are_made_anew_without_a_difference(subject_id, region):
    spec = sample_specs(subject_id)[0 if region is Region.LUMBAR else 1]
    first = replace(spec.sampling, shape=(2, *spec.sampling.shape[1:]))
    again, series = make_region(replace(spec, sampling=first)), find_sample(subject_id, region)
    for path, made in zip((series.image, series.fat), again.volumes, strict=False):
        np.testing.assert_array_equal(_voxels(path)[:2], made.voxels)
    np.testing.assert_array_equal(_voxels(series.labels)[:2], again.label_map.labels)


def test_synthetic_cohort_is_made_anew_byte_for_byte(tmp_path):
    write_measurements(tmp_path / "again.csv", make_cohort())
    assert (tmp_path / "again.csv").read_bytes() == synthetic_measurements().read_bytes()


def test_synthetic_cohort_reads_as_measurements():
    import pandas as pd

    frame = MEASUREMENTS.check(pd.read_csv(synthetic_measurements()))
    assert frame["subject_id"].nunique() == 31
    assert set(frame["level"]) == {"L4", "greater_trochanter"}


def test_published_table_has_its_72_cells():
    with published_correlations_table().open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 72
    assert sum(row["bold"] == "true" for row in rows) == 9
    assert {row["n_inferred"] for row in rows} == {"14", "23", "27", "29"}


def test_unknown_sample_is_refused():
    with pytest.raises(InvalidChoice, match="Expected a sample series, found phantom09 hip"):
        find_sample("phantom09", Region.HIP)
