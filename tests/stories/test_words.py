"""Every text that comes out of the statistics is read for the words that are never said, and carries the fixed line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.writing.wording import find_forbidden_words

LUMBAR, HIP = ("multifidus", "psoas_major"), ("gluteus_medius", "sartorius")
COHORT = Path(__file__).parents[1] / "oracles" / "models_cohort.csv"
TEXTS = {".csv", ".html", ".json", ".txt"}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measurements of 20 people in which fat goes together, with gaps; their ages; a reference; two readers."""
    folder, generator = tmp_path_factory.mktemp("study"), np.random.default_rng(4)
    rows = [
        {"subject_id": f"{k:02d}", "level": "L4" if muscle in LUMBAR else "greater_trochanter", "muscle": muscle}
        | {"side": side, "csa_mm2": generator.uniform(300, 900), "fat_method": "otsu"}
        | {"fi": min(0.9, max(0.01, k / 25 + generator.normal(0, 0.05))), "reason": ""}
        for k in range(20)
        for muscle in LUMBAR + HIP
        for side in ("left", "right")
    ]
    table = pd.DataFrame(rows)
    table.loc[5, ["fi", "csa_mm2", "reason"]] = [np.nan, np.nan, "implant"]
    table["fcsa_mm2"] = table["csa_mm2"] * (1 - table["fi"])
    table.to_csv(folder / "measurements.csv", index=False)
    table.assign(fi=table["fi"] * 0.95).to_csv(folder / "second.csv", index=False)
    people = pd.DataFrame({"subject_id": [f"{k:02d}" for k in range(20)], "sex": ["f", "m"] * 10})
    people.assign(age=generator.integers(50, 80, 20)).to_csv(folder / "people.csv", index=False)
    norms = [{"muscle": m, "measure": "fi", "mean": 0.2, "sd": 0.1, "n": 50} for m in LUMBAR + HIP]
    pd.DataFrame(norms).to_csv(folder / "norms.csv", index=False)
    return folder


def commands(study: Path) -> dict[str, tuple[object, ...]]:
    tables = study / "measurements.csv"
    held = ("--covariates", "age,sex", "--participants", study / "people.csv")
    return {
        "relate": ("relate", tables, *held, "--reference-values", study / "norms.csv", "--allow-psoas-threshold-fi"),
        "again": ("relate", tables, "--family", "hip_row", "--interval", "bootstrap", "--profile"),
        "published": ("relate", "--reference", "mielke"),
        "agree": ("agree", tables, study / "second.csv"),
        "flow": ("flow", "--counts", "screened=143", "prior surgery=107", "poor images=5", "analysed=31"),
        "describe": ("describe", "--participants", study / "people.csv", "--measurements", tables),
        "model": ("model", COHORT, "--formula", "cbp ~ lmm_z * intermat_z + age", "--random", "1|centre"),
    }


@pytest.mark.parametrize("name", ["relate", "again", "published", "agree", "flow", "describe", "model"])
def test_what_is_written_and_printed_says_only_what_may_be_said(hipspine, study: Path, tmp_path: Path, name) -> None:
    if name == "again":
        hipspine(*commands(study)["relate"], "--out", tmp_path / "first")
    said = hipspine(*commands(study)[name], "--out", tmp_path / name)
    assert said.exit_code == 0, said.err
    written = [path for path in (tmp_path / name).iterdir() if path.suffix in TEXTS]
    assert len(written) >= 2
    texts = {path.name: path.read_text(encoding="utf-8") for path in written} | {"printed": said.out + said.err}
    assert {where: find_forbidden_words(text) for where, text in texts.items() if find_forbidden_words(text)} == {}
    for where, text in texts.items():
        if not where.endswith(".csv"):
            assert RESEARCH_ONLY in text, where
    if name == "relate":
        assert "associated, given age and sex, in this sample" in texts["sentences.txt"]
    if name == "again":
        assert "results were first shown with family all" in texts["correlations.csv"]
