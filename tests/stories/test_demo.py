"""The demo: the main job on the shipped samples, without a window."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.domain.tables import CORRELATIONS, MEASUREMENTS, SLICES
from napari_hipspine.sample_data import sample_subjects


def test_the_demo_measures_every_sample_and_relates_the_cohort(hipspine, tmp_path: Path) -> None:
    said = hipspine("demo", "--window", "none", "--out", tmp_path)
    assert said.exit_code == 0, said.err
    series = [one for subject in sample_subjects() for one in subject.series]
    for one in series:
        folder = tmp_path / f"{one.subject_id}-{one.region.value}"
        assert list(pd.read_csv(folder / "slices.csv").columns) == SLICES.column_names
        table = pd.read_csv(folder / "measurements.csv")
        assert list(table.columns) == MEASUREMENTS.column_names
        assert set(table["level"]) == {one.level_plan.placements[0].level.id}
        assert set(table["subject_id"]) == {f"sub-{one.subject_id}"}
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,") == len(series)
    assert RESEARCH_ONLY in page
    related = pd.read_csv(tmp_path / "cohort" / "correlations.csv")
    assert list(related.columns) == CORRELATIONS.column_names
    assert "Gluteus minimus" in said.out
    assert RESEARCH_ONLY in said.out


def test_a_muscle_that_ends_above_the_trochanter_is_absent_and_not_zero(hipspine, tmp_path: Path) -> None:
    hipspine("demo", "--window", "none", "--out", tmp_path)
    table = pd.read_csv(tmp_path / "phantom02-hip" / "measurements.csv").set_index(["muscle", "side"])
    row = table.loc[("gluteus_minimus", "left")]
    assert pd.isna(row["csa_mm2"])
    assert row["reason"] == "absent_at_level"
