"""From files to tables on the command line, on real images."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.undated import undated

from napari_hipspine.domain.provenance import RESEARCH_ONLY

TABLES = ("slices.csv", "measurements.csv", "columns.json", "run.json")

# Fat fractions of the lumbar Dixon subject, by two rules, computed with plain numpy when the data were described.
FF = {("erector_spinae", "right"): 0.132, ("multifidus", "right"): 0.149, ("multifidus", "left"): 0.129}
FF |= {("erector_spinae", "left"): 0.122}
FF_OF_SUMS = {("erector_spinae", "right"): 0.146, ("multifidus", "right"): 0.160, ("multifidus", "left"): 0.138}
FF_OF_SUMS |= {("erector_spinae", "left"): 0.136}


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def test_a_dixon_subject_gives_the_known_fat_fractions(hipspine, lumbar_dixon, tmp_path: Path) -> None:
    said = hipspine("measure", *lumbar_dixon, "--accept-header-mismatch", "--out", tmp_path / "out")
    assert said.exit_code == 0, said.err
    table = read(tmp_path / "out" / "measurements.csv").set_index(["muscle", "side"])
    for structure, expected in FF.items():
        assert table.loc[structure, "ff"] == pytest.approx(expected, abs=0.002)
        assert table.loc[structure, "ff_of_sums"] == pytest.approx(FF_OF_SUMS[structure], abs=0.002)
    assert set(table["flags"]) == {"header_mismatch_accepted"}
    assert set(table["level"]) == {"all"}


def test_areas_per_slice_equal_a_slow_count(hipspine, lumbar_dixon, tmp_path: Path) -> None:
    hipspine("measure", *lumbar_dixon, "--accept-header-mismatch", "--out", tmp_path / "out")
    labels = nib.load(lumbar_dixon[lumbar_dixon.index("--labels") + 1])
    pixel_mm2 = float(np.prod(labels.header.get_zooms()[:2], dtype=float))
    stored = np.asarray(labels.dataobj)
    values = {("erector_spinae", "right"): 1, ("multifidus", "right"): 2, ("multifidus", "left"): 3}
    values |= {("erector_spinae", "left"): 4}
    slices = read(tmp_path / "out" / "slices.csv")
    assert len(slices) == 4 * stored.shape[2]
    for row in slices.itertuples():
        n_pixels = int((stored[:, :, row.slice_index] == values[row.muscle, row.side]).sum())
        assert row.n_pixels == n_pixels
        assert row.csa_mm2 == pytest.approx(n_pixels * pixel_mm2, rel=1e-6)


def test_equal_inputs_give_equal_bytes(hipspine, lumbar_dixon, tmp_path: Path) -> None:
    for name in ("one", "two"):
        hipspine("measure", *lumbar_dixon, "--accept-header-mismatch", "--out", tmp_path / name)
    for file in TABLES:
        assert undated(tmp_path / "one" / file) == undated(tmp_path / "two" / file)


def test_a_level_takes_its_window_and_a_muscle_its_own(hipspine, lumbar_dixon, tmp_path: Path) -> None:
    where = ("--level", "L4=slice:12", "--level", "multifidus@L4:mid_disc=mm:80", "--window", "slices:3")
    hipspine("measure", *lumbar_dixon, "--accept-header-mismatch", *where, "--out", tmp_path / "out")
    slices = read(tmp_path / "out" / "slices.csv")
    taken = slices[slices["level"] == "L4"].groupby("muscle")["slice_index"].unique().map(list).to_dict()
    assert taken == {"erector_spinae": [11, 12, 13], "multifidus": [19, 20, 21]}
    table = read(tmp_path / "out" / "measurements.csv")
    assert set(table[table["muscle"] == "multifidus"]["slice_position"]) == {"mid_disc"}
    assert set(table["n_slices"]) == {3}


def test_choosing_a_level_changes_nothing_in_the_slice_table_but_its_level(hipspine, lumbar_dixon, tmp_path) -> None:
    accepted = (*lumbar_dixon, "--accept-header-mismatch")
    hipspine("measure", *accepted, "--out", tmp_path / "all")
    hipspine("measure", *accepted, "--level", "L4=slice:12", "--out", tmp_path / "l4")
    whole, l4 = (read(tmp_path / name / "slices.csv") for name in ("all", "l4"))
    where = ["level", "slice_position"]
    pd.testing.assert_frame_equal(whole.drop(columns=where), l4.drop(columns=where))


def test_what_a_result_rests_on_stands_beside_it(hipspine, lumbar_dixon, tmp_path: Path) -> None:
    hipspine("measure", *lumbar_dixon, "--accept-header-mismatch", "--subject", "s7", "--out", tmp_path / "out")
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    columns = json.loads((tmp_path / "out" / "columns.json").read_text())
    assert run["research_only"] == columns["research_only"] == RESEARCH_ONLY
    assert run["subject"]["subject_id"] == "s7"
    assert run["settings"]["protocol"]["fat_method"] == "dixon"
    assert [len(one["sha256"]) for one in run["inputs"]] == [64, 64, 64]
    assert run["notes"][0].startswith("headers of water and fat disagree (first voxel 317.61 mm apart); ")
    assert run["notes"][0].endswith("the geometry of water was taken")
    units = {c["name"]: c["unit"] for c in columns["tables"]["slices"]["columns"]}
    assert (units["csa_mm2"], units["fi"], units["position_mm"]) == ("mm2", "1", "mm")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Expected water and fat on one grid"),
        (("--accept-header-mismatch", "--level", "L4=slice:29"), "Expected a slice from 0 to 28, found 29"),
        (("--accept-header-mismatch", "--level", "L4=slice:1e999"), "Expected a slice from 0 to 28, found 1e999"),
        (("--accept-header-mismatch", "--level", "L4"), "Expected a level as LEVEL=slice:12"),
        (("--accept-header-mismatch", "--level", "L9=slice:2"), "Expected a level of the vocabulary, found 'L9'"),
        (("--accept-header-mismatch", "--level", "L4=mm:-35"), "Expected a level from 0.0 to 112.0 mm"),
        (("--accept-header-mismatch", "--level", "L4=slice:3", "--window", "slices:2"), "Expected an odd number"),
        (("--accept-header-mismatch", "--level", "L4=slice:3", "--window", "wide"), "Expected a window as slices:3"),
        (("--accept-header-mismatch", "--fat-method", "otsu"), "Expected the fat method dixon"),
        (("--accept-header-mismatch", "--fat-method", "otsu", "--threshold", "9"), "Expected the manual fat method"),
        (("--accept-header-mismatch", "--protocol", "no.toml"), "Expected a protocol in TOML"),
        (("--accept-header-mismatch", "--series", "1"), "found a series beside water and fat"),
        (("--accept-header-mismatch", "--contrast", "T2"), "Expected --contrast with one T1, T2 or PD image"),
        (("--accept-header-mismatch", "--fat-polarity", "dark"), "Expected --fat-polarity with one T1, T2 or PD"),
        (("--accept-header-mismatch", "--allow-fat-suppressed"), "Expected --allow-fat-suppressed with one T1"),
        (("--accept-header-mismatch", "--naming", "musclemap-wholebody"), "1 (48953 voxels)"),
        (("--accept-header-mismatch", "--image", "x.nii"), "found image and water and fat"),
    ],
)
def test_a_refusal_writes_nothing_and_says_why(hipspine, lumbar_dixon, tmp_path: Path, options, message) -> None:
    said = hipspine("measure", *lumbar_dixon, *options, "--out", tmp_path / "out")
    assert said.exit_code == 2
    assert message in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()


def test_a_full_or_missing_disk_is_said_in_words(hipspine, lumbar_dixon) -> None:
    said = hipspine("measure", *lumbar_dixon, "--accept-header-mismatch", "--out", "/proc/nowhere")
    assert said.exit_code == 2
    assert "Expected a folder that can be written" in said.err


def test_series_are_listed_as_json_with_their_geometry(hipspine, shared_data: Path) -> None:
    said = hipspine("info", shared_data / "nifti-orientations" / "example4d.nii.gz", "--json")
    listed = json.loads(said.out)
    assert len(listed) == 2
    assert listed[0]["shape"] == [24, 96, 128]
    assert listed[0]["spacing_mm"] == pytest.approx([2.2, 2.0, 2.0], abs=1e-3)
    assert np.array(listed[0]["affine_lps"]).shape == (4, 4)
    assert {"orientation", "dtype", "contrast", "fat_polarity"} <= set(listed[0])


def test_several_series_are_listed_and_none_is_guessed(hipspine, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "nifti-orientations"
    said = hipspine(
        *("measure", "--image", folder / "example4d.nii.gz", "--labels", folder / "example4d.nii.gz"),
        *("--naming", "itksnap", "--out", tmp_path / "out"),
    )
    assert said.exit_code == 2
    assert "--series" in said.err


def test_two_echoes_of_one_series_are_measured_as_water_and_fat(hipspine, shared_data: Path, tmp_path: Path) -> None:
    """The trap of the GE series: both echoes carry one image type, and only the echo time tells them apart."""
    folder = shared_data / "dicom-dualecho-ge"
    listed = json.loads(hipspine("info", folder, "--json").out)
    assert len(listed) == 2
    n_slices, n_rows, n_columns = listed[0]["shape"]
    labels = np.zeros((n_columns, n_rows, n_slices), np.uint8)
    labels[190:220, 330:350, 2:5] = 2
    labels[290:320, 330:350, 2:5] = 1
    lps = np.array(listed[0]["affine_lps"])[:, [2, 1, 0, 3]]
    nib.Nifti1Image(labels, np.diag([-1, -1, 1, 1]) @ lps).to_filename(tmp_path / "labels.nii.gz")
    (tmp_path / "labels.csv").write_text("value,muscle,side\n1,erector_spinae,left\n2,erector_spinae,right\n")
    said = hipspine("measure", "--image", folder, "--labels", tmp_path / "labels.nii.gz", "--out", tmp_path / "out")
    assert said.exit_code == 0, said.err
    table = read(tmp_path / "out" / "measurements.csv").set_index("side")
    assert table["flags"].str.contains("two_echo_ambiguous").all()
    assert table["severe"].isna().all()
    assert table.loc["left", "ff"] == pytest.approx(table.loc["left", "ff_of_sums"], abs=0.1)
    declared = ("--image", folder, "--labels", tmp_path / "labels.nii.gz", "--contrast", "T1")
    refused = hipspine("measure", *declared, "--out", tmp_path / "no")
    assert refused.exit_code == 2
    assert "found water and fat of one series, in dicom-dualecho-ge" in refused.err
    run = (tmp_path / "out" / "run.json").read_text()
    assert "CPTAC" not in run
    assert "1.3.6.1.4.1.14519" not in run


def test_the_vocabulary_comes_in_three_forms(hipspine) -> None:
    as_csv = hipspine("vocabulary", "export", "--csv").out
    as_json = json.loads(hipspine("vocabulary", "export", "--json").out)
    as_html = hipspine("vocabulary", "export", "--html").out
    assert "gluteus_minimus" in as_csv
    assert "gluteus_minimus" in json.dumps(as_json)
    assert "gluteus_minimus" in as_html
    assert RESEARCH_ONLY in as_html


def test_the_published_table_comes_back(hipspine, tmp_path: Path) -> None:
    said = hipspine("relate", "--reference", "mielke", "--out", tmp_path / "out")
    assert said.exit_code == 0, said.err
    assert "72 tests, family: all; smallest q 0.27" in said.out
    table = read(tmp_path / "out" / "correlations.csv")
    assert len(table) == 72
    assert table["q"].min() == pytest.approx(0.2736, abs=5e-5)
    assert set(table["p_method"]) == {"published"}


def test_labels_are_shown_converted_and_measured_the_same(hipspine, shared_data: Path, tmp_path: Path) -> None:
    labels = shared_data / "totalseg-mr" / "example_seg_mr.nii.gz"
    image = shared_data / "totalseg-mr" / "example_mr_sm.nii.gz"
    shown = hipspine("labels", "show", labels, "--naming", "totalsegmentator-total-mr")
    assert "autochthonous back muscles left" in shown.out
    assert "(liver)" in shown.out
    converted = tmp_path / "muscles.nii.gz"
    assert (
        hipspine(*("labels", "convert", labels, "--naming", "totalsegmentator-total-mr", "--out", converted)).exit_code
        == 0
    )
    declared = ("--contrast", "T1", "--fat-polarity", "bright", "--subject", "s1")
    naming = ("--naming", "totalsegmentator-total-mr")
    hipspine("measure", "--image", image, "--labels", labels, *naming, *declared, "--out", tmp_path / "a")
    said = hipspine("measure", "--image", image, "--labels", converted, *declared, "--out", tmp_path / "b")
    assert said.exit_code == 0, said.err
    assert (tmp_path / "a" / "slices.csv").read_bytes() == (tmp_path / "b" / "slices.csv").read_bytes()
    assert set(read(tmp_path / "a" / "measurements.csv")["muscle"]) == {"autochthon", "iliopsoas"}


def test_polarity_is_asked_for_and_never_guessed(hipspine, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "totalseg-mr"
    said = hipspine(
        *("measure", "--image", folder / "example_mr_sm.nii.gz", "--labels", folder / "example_seg_mr.nii.gz"),
        *("--naming", "totalsegmentator-total-mr", "--contrast", "T1", "--out", tmp_path / "out"),
    )
    assert said.exit_code == 2
    assert "--fat-polarity" in said.err
    assert not (tmp_path / "out").exists()


def test_a_naming_that_swaps_the_sides_is_refused(hipspine, shared_data: Path, tmp_path: Path) -> None:
    labels = shared_data / "musclemap-labels" / "lumbar_input_dseg.nii.gz"
    said = hipspine("labels", "convert", labels, "--naming", "musclemap-pelvis", "--out", tmp_path / "x.nii.gz")
    assert said.exit_code == 2
    assert "Expected the left of every muscle further to the patient's left" in said.err


def test_a_phantom_comes_with_its_truth(hipspine, tmp_path: Path) -> None:
    said = hipspine("phantom", "--seed", "3", "--subject", "p3", "--out", tmp_path)
    assert said.exit_code == 0, said.err
    anat = tmp_path / "sub-p3" / "anat"
    levels = read(tmp_path / "levels.csv")
    l4 = levels[(levels["region"] == "lumbar") & (levels["level"] == "L4")].iloc[0]
    measured = hipspine(
        *(
            "measure",
            "--image",
            anat / "sub-p3_region-lumbar_T2w.nii.gz",
            "--contrast",
            "T2",
            "--fat-polarity",
            "bright",
        ),
        *("--labels", anat / "sub-p3_region-lumbar_dseg.nii.gz", "--level", f"L4:mid_vertebra=mm:{l4.position_mm}"),
        *("--out", tmp_path / "out"),
    )
    assert measured.exit_code == 0, measured.err
    truth = read(tmp_path / "true_slices.csv")
    truth = truth[truth["region"] == "lumbar"].set_index(["muscle", "side", "slice_index"])
    for row in read(tmp_path / "out" / "slices.csv").itertuples():
        assert row.n_pixels == truth.loc[(row.muscle, row.side, row.slice_index), "n_pixels"]


@pytest.mark.parametrize("divided_by", [1, 100])
def test_the_thigh_map_with_wild_background_is_read_in_either_unit(hipspine, shared_data, tmp_path, divided_by) -> None:
    """The trap of the GE thigh: its fat-fraction map runs from -6877 to 3480 and is cropped against the mask."""
    folder = shared_data / "thigh-dixon-ge"
    published = nib.load(folder / "fatfraction.nii.gz")
    fraction = np.asarray(published.dataobj)
    nib.Nifti1Image(fraction / divided_by, published.affine).to_filename(tmp_path / "map.nii")
    (tmp_path / "naming.csv").write_text("value,muscle,side\n1,vastus_lateralis,left\n")
    said = hipspine(
        *("measure", "--fat-fraction", tmp_path / "map.nii", "--labels", folder / "mask.nii.gz"),
        *("--naming", tmp_path / "naming.csv", "--out", tmp_path / "out"),
    )
    assert said.exit_code == 0, said.err
    row = read(tmp_path / "out" / "slices.csv").iloc[0]
    inside = fraction[np.asarray(nib.load(folder / "mask.nii.gz").dataobj)[:, 128:384] > 0] / 100
    assert row.ff == pytest.approx(inside.mean(), rel=1e-9)
    assert row.n_outside == ((inside < 0) | (inside > 1)).sum()


def test_a_published_table_of_volumes_is_no_measurement_table(hipspine, shared_data: Path, tmp_path: Path) -> None:
    """The trap of the volumes table: its columns are muscles by number, without levels or sides."""
    table = shared_data / "tables" / "MRI_volume_internal_test331.csv"
    said = hipspine("relate", table, "--out", tmp_path / "out")
    assert said.exit_code == 2
    assert "subject_id" in said.err
    assert not (tmp_path / "out").exists()


def test_a_window_needs_a_level(hipspine, lumbar_dixon, tmp_path: Path) -> None:
    said = hipspine(
        *("measure", *lumbar_dixon, "--accept-header-mismatch", "--window", "slices:3", "--out", tmp_path / "out")
    )
    assert said.exit_code == 2
    assert "Expected a level for the window" in said.err


def test_an_assumed_orientation_can_be_stated(hipspine, tmp_path: Path) -> None:
    """A plain zarr says nothing of the patient: axial is assumed and flagged until somebody says how it lies."""
    import zarr

    rng = np.random.default_rng(5)
    labels = np.zeros((4, 30, 40), np.uint16)
    labels[:, 8:22, 4:18], labels[:, 8:22, 24:38] = 1, 2
    for name, voxels in (("image", rng.integers(40, 60, labels.shape, dtype=np.int16)), ("labels", labels)):
        array = zarr.create_array(tmp_path / f"{name}.zarr", data=voxels)
        array.attrs["spacing_mm"] = [4.0, 1.0, 1.0]
    tables = {}
    for letters, (left, right) in {"SPL": (2, 1), "SPR": (1, 2)}.items():
        naming = tmp_path / f"{letters}.csv"
        naming.write_text(f"value,muscle,side\n{left},multifidus,left\n{right},multifidus,right\n")
        said = hipspine(
            *("measure", "--image", tmp_path / "image.zarr", "--labels", tmp_path / "labels.zarr"),
            *("--naming", naming, "--fat-polarity", "bright", "--orientation", letters, "--out", tmp_path / letters),
        )
        assert said.exit_code == 0, said.err
        tables[letters] = read(tmp_path / letters / "slices.csv")
        assert not tables[letters]["flags"].str.contains("orientation_assumed").any()
    wrong = hipspine(
        *("measure", "--image", tmp_path / "image.zarr", "--labels", tmp_path / "labels.zarr", "--naming"),
        *(tmp_path / "SPR.csv", "--fat-polarity", "bright", "--out", tmp_path / "wrong"),
    )
    assert "Expected the left of every muscle further to the patient's left" in wrong.err
