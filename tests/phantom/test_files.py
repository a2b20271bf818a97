"""Phantoms as files: where they lie in the patient, and that the same call writes the same bytes."""

from __future__ import annotations

import csv

import nibabel
import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Region
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.grid import RAS_TO_LPS
from napari_hipspine.domain.volume import Contrast
from napari_hipspine.phantom import PhantomSubject, make_region, make_subject, sample_specs, small_spec
from napari_hipspine.phantom.files import level_rows, truth_columns, truth_rows, write_region, write_subject
from napari_hipspine.phantom.ready_made import SMALL_HIP_SAMPLING, SMALL_LUMBAR_SAMPLING


@pytest.fixture(scope="module")
def pair():
    return make_region(small_spec(7, contrast=Contrast.WATER))


def test_written_twice_byte_for_byte(pair, tmp_path):
    for name in ("once", "again"):
        write_region("p7", pair, tmp_path / name)
    first = sorted((tmp_path / "once").rglob("*.*"))
    assert [path.name for path in first] == [
        "sub-p7_region-lumbar_dseg.csv",
        "sub-p7_region-lumbar_dseg.nii.gz",
        "sub-p7_region-lumbar_fat.nii.gz",
        "sub-p7_region-lumbar_water.nii.gz",
    ]
    for path in first:
        other = tmp_path / "again" / path.relative_to(tmp_path / "once")
        assert path.read_bytes() == other.read_bytes()


def test_patients_left_is_where_the_header_says(pair, tmp_path):
    row = write_region("p7", pair, tmp_path)
    labels = nibabel.load(tmp_path / row["labels"])
    assert nibabel.aff2axcodes(labels.affine) == ("L", "P", "S")
    stored = np.asarray(labels.dataobj)
    assert stored.dtype == np.uint16
    world_x = {value: (labels.affine @ [*np.argwhere(stored == value).mean(axis=0), 1])[0] for value in (5101, 5102)}
    assert world_x[5101] < 0 < world_x[5102]


def test_header_carries_the_grid(pair, tmp_path):
    row = write_region("p7", pair, tmp_path)
    for name in (row["image"], row["fat"], row["labels"]):
        header = nibabel.load(tmp_path / name).header
        expected = (RAS_TO_LPS @ pair.volume.grid.affine)[:, [2, 1, 0, 3]]
        for code, matrix in ((header["sform_code"], header.get_sform()), (header["qform_code"], header.get_qform())):
            assert code == 1
            np.testing.assert_allclose(matrix, expected, atol=1e-4)
        assert header.get_xyzt_units()[0] == "mm"


def test_naming_table_names_every_value(pair, tmp_path):
    row = write_region("p7", pair, tmp_path)
    with (tmp_path / row["naming"]).open(encoding="utf-8", newline="") as table:
        names = {int(line["value"]): (line["muscle"], line["side"]) for line in csv.DictReader(table)}
    stored = set(np.unique(np.asarray(nibabel.load(tmp_path / row["labels"]).dataobj)).tolist()) - {0}
    assert stored == set(names)
    assert names[5111] == ("erector_spinae", "left")


def test_truth_at_levels_is_part_of_the_truth(pair):
    subject = PhantomSubject("p7", {Region.LUMBAR: pair})
    every, at_level = truth_rows(subject), truth_rows(subject, at_levels=["L4"])
    assert len(at_level) == 8
    assert set(at_level) < set(every)
    assert len(every[0]) == len(truth_columns())
    ((*_, nearest, _),) = level_rows(subject)
    assert {row[truth_columns().index("slice_index")] for row in at_level} == {nearest}


def test_a_person_at_random_has_both_regions_and_her_own_fat(tmp_path):
    samplings = {"lumbar": SMALL_LUMBAR_SAMPLING, "hip": SMALL_HIP_SAMPLING}
    subject = make_subject(12, **samplings)
    assert subject.subject_id == "phantom-seed12"
    rows = write_subject(subject, tmp_path)
    assert [(row["region"], row["contrast"]) for row in rows] == [("lumbar", "T2"), ("hip", "PD")]
    assert all((tmp_path / row[name]).is_file() for row in rows for name in ("image", "labels", "naming"))
    shares = subject.regions[Region.LUMBAR].spec.fat_fractions
    assert shares == subject.regions[Region.HIP].spec.fat_fractions
    assert len(set(shares.values())) == 20
    assert shares != make_subject(13, **samplings).regions[Region.HIP].spec.fat_fractions


def test_unknown_sample_subject_is_refused():
    with pytest.raises(InvalidChoice, match="Expected a sample subject, found 'phantom99'"):
        sample_specs("phantom99")
