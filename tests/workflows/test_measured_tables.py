"""What stands beside measured tables is found, believed where it belongs to them, and used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.errors import HipSpineError, InvalidChoice
from napari_hipspine.workflows.measured_tables import open_cohort
from napari_hipspine.workflows.relate_beside import add_sensitivity
from napari_hipspine.workflows.relate_cohort import RelateRequest, relate_cohort

LEVELS = {"multifidus": "L4", "sartorius": "greater_trochanter"}
N_SUBJECTS = 12


def measure(folder: Path, subject: str, *, seed: int, method: str = "otsu", **settings: Any) -> Path:
    """A folder as measuring writes it; what the run says is given."""
    generator = np.random.default_rng(seed)
    rows = [
        {"subject_id": subject, "level": level, "muscle": muscle, "side": side, "csa_mm2": generator.uniform(300, 900)}
        | {"fi": generator.uniform(0, 0.6), "fat_method": method}
        for muscle, level in LEVELS.items()
        for side in ("left", "right")
    ]
    table = pd.DataFrame(rows)
    table["fcsa_mm2"] = table["csa_mm2"] * (1 - table["fi"])
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "measurements.csv", index=False)
    names = ("threshold_plus_10_percent", "outline_minus_half_pixel")
    varied = pd.concat([table.assign(variation=name, fi=generator.uniform(0, 0.6, len(table))) for name in names])
    varied.to_csv(folder / "variations.csv", index=False)
    run = {"command": "measure", "subject": {"subject_id": subject}, "settings": settings}
    (folder / "run.json").write_text(json.dumps(run))
    return folder / "measurements.csv"


def images(contrast: str, polarity: str = "bright") -> list[dict[str, str]]:
    return [{"contrast": contrast, "fat_polarity": polarity}]


def make_study(folder: Path, **settings: Any) -> list[Path]:
    told = {"images": images("T2"), "variations": {}} | settings
    return [measure(folder / f"s{k:02d}", f"s{k:02d}", seed=k, **told) for k in range(N_SUBJECTS)]


def test_the_contrast_is_read_from_the_run_beside_a_table(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    cohort = open_cohort(study)
    assert set(cohort.measured["contrast"]) == {"T2"}
    assert cohort.source == "12 tables measurements.csv"
    assert not any("Contrast not stated" in note for note in relate_cohort(cohort).notes)
    other = measure(tmp_path / "s03", "s03", seed=3, images=images("PD"))
    with pytest.raises(InvalidChoice, match="found PD, threshold: 1 subjects; T2, threshold: 11 subjects"):
        relate_cohort([*study[:3], other, *study[4:]])
    mixed = relate_cohort([*study[:3], other, *study[4:]], RelateRequest(mixed_contrast=True))
    assert set(mixed.correlations["n"]) == {N_SUBJECTS}
    areas = relate_cohort([*study[:3], other, *study[4:]], RelateRequest(measures=("csa",)))
    assert set(areas.correlations["n"]) == {N_SUBJECTS}


def test_fat_suppressed_series_are_another_contrast_and_fat_fractions_have_none(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    measure(tmp_path / "s03", "s03", seed=3, images=images("T2", "dark"))
    with pytest.raises(InvalidChoice, match="found T2 fat dark, threshold: 1 subjects; T2, threshold: 11 subjects"):
        relate_cohort(study)
    pair, fraction = [*images("water"), *images("fat")], images("fat_fraction")
    dixon = [
        measure(tmp_path / f"s{k:02d}", f"s{k:02d}", seed=k, method="dixon", images=pair if k % 2 else fraction)
        for k in range(N_SUBJECTS)
    ]
    assert set(relate_cohort(dixon).correlations["n"]) == {N_SUBJECTS}


def test_a_column_of_the_table_goes_before_the_run_and_a_foreign_run_is_not_believed(tmp_path: Path) -> None:
    path = measure(tmp_path / "a", "a", seed=1, images=images("PD"))
    table = pd.read_csv(path).assign(contrast=["T2", "", "", ""])
    table.to_csv(path, index=False)
    assert open_cohort(path).measured["contrast"].tolist() == ["T2", "PD", "PD", "PD"]
    run = json.loads((tmp_path / "a" / "run.json").read_text())
    for spoilt in (run | {"subject": {"subject_id": "b"}}, run | {"command": "relate"}, []):
        (tmp_path / "a" / "run.json").write_text(json.dumps(spoilt))
        found = open_cohort(path)
        assert found.measured["contrast"].tolist() == ["T2", "", "", ""]
        assert found.beside == ()
        assert not found.variations
    renamed = path.rename(tmp_path / "a" / "mine.csv")
    assert open_cohort(renamed).beside == ()


def test_variations_beside_are_used_by_themselves_and_those_of_an_earlier_run_are_not(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    related = add_sensitivity(relate_cohort(study), study)
    table = related.extra["sensitivity"]
    source = table.drop_duplicates("variation").set_index("variation")["source"]
    assert source["threshold_plus_10_percent"] == source["outline_minus_half_pixel"] == "measured"
    assert source["threshold_minus_10_percent"] == source["slice_plus_1"] == "missing"
    assert source["bilateral_mean"] == "computed"
    moved = table[table["variation"] == "threshold_plus_10_percent"]
    assert (moved["n"] == N_SUBJECTS).all()
    assert (moved["rho_difference"].abs() > 0).any()
    named = {Path(one.path).name for one in related.provenance.inputs}
    assert named == {"measurements.csv", "run.json", "variations.csv"}
    cohort = open_cohort(study)
    pd.testing.assert_frame_equal(add_sensitivity(relate_cohort(cohort), cohort).extra["sensitivity"], table)
    for k in range(N_SUBJECTS):
        measure(tmp_path / f"s{k:02d}", f"s{k:02d}", seed=k, images=images("T2"))
    again = add_sensitivity(relate_cohort(study), study).extra["sensitivity"]
    assert set(again["source"]) == {"computed", "missing"}


def test_variations_of_some_subjects_are_told(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    measure(tmp_path / "s03", "s03", seed=3, images=images("T2"))
    notes = add_sensitivity(relate_cohort(study), study).notes
    (said,) = (note for note in notes if note.startswith("Held against threshold_plus_10_percent"))
    assert said.endswith("; not on the same subjects in every cell.")


def test_slices_left_out_while_measuring_are_not_asked_for_again(tmp_path: Path) -> None:
    rows = [{"subject_id": "s03", "region": "lumbar", "side": "both", "slices": [4, 6], "kind": "fusion"}]
    study = make_study(tmp_path)
    measure(tmp_path / "s03", "s03", seed=3, images=images("T2"), implants={"rows": rows})
    implants = tmp_path / "implants.csv"
    implants.write_text("subject_id,region,kind,slice_first,slice_last\ns03,lumbar,fusion,4,6\n")
    notes = relate_cohort(study, implants=implants).notes
    assert "Implants: 1 rows with slices were acted on while measuring." in notes
    implants.write_text("subject_id,region,kind,slice_first,slice_last\ns03,lumbar,fusion,4,7\n")
    with pytest.raises(HipSpineError, match="a slice table for implants that touch some slices") as refusal:
        relate_cohort(study, implants=implants)
    assert "Measure with --implants" in refusal.value.hint


def test_the_table_of_a_cohort_is_known_by_the_folders_of_its_rows(tmp_path: Path) -> None:
    study = make_study(tmp_path / "subjects")
    joined = tmp_path / "measurements.csv"
    pd.concat([pd.read_csv(path, dtype=str) for path in study]).to_csv(joined, index=False)
    (tmp_path / "run.json").write_text(json.dumps({"command": "cohort", "settings": {}}))
    cohort = open_cohort(joined)
    assert set(cohort.measured["contrast"]) == {"T2"}
    assert cohort.files == tuple(study)
    assert set(cohort.variations or {}) == {"threshold_plus_10_percent", "outline_minus_half_pixel"}
    measure(tmp_path / "subjects" / "gone", "gone", seed=99, images=images("PD"))
    assert open_cohort(joined).files == tuple(study)
    measure(tmp_path / "subjects" / "s03", "s03", seed=98, images=images("PD"))
    other = open_cohort(joined)
    assert other.files == (joined,)
    assert "contrast" not in other.measured.columns
