"""The example of the documentation: three shipped subjects from images to a model, nothing edited by hand."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from napari_hipspine.sample_data import sample_folder

PAGE = Path(__file__).parents[2] / "docs" / "how_to" / "model.md"


@pytest.fixture
def example() -> tuple[str, list[str]]:
    """The table of people and the commands, as they are printed."""
    section = PAGE.read_text(encoding="utf-8").partition("### From images to a model")[2]
    people, commands = re.findall(r"```(?:bash)?\n(.*?)```", section, flags=re.DOTALL)[:2]
    return people, commands.strip().splitlines()


def words_of(command: str, folder: Path) -> list[str]:
    """What a shell hands to the command."""
    found: list[str] = []
    for word in shlex.split(command.replace("$S", str(sample_folder())))[1:]:
        found += sorted(map(str, folder.glob(word))) if "*" in word else [word]
    return found


def test_the_printed_example_runs(hipspine, example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people, commands = example
    (tmp_path / "people.csv").write_text(people)
    monkeypatch.chdir(tmp_path)
    for command in commands:
        said = hipspine(*words_of(command, tmp_path))
        assert said.exit_code == 0, said.err
    model = pd.read_csv("modelled/model.csv")
    assert model["n"].tolist() == [3] * len(model)
    assert model.loc[model["part"] == "fixed", "reason"].isna().all()
    made = pd.read_csv("modelled/made_columns.csv", index_col="subject_id")
    regions = pd.concat(pd.read_csv(path) for path in Path("regions").glob("*/regions.csv")).set_index("subject_id")
    table = pd.read_csv("people.csv", index_col="subject_id")
    expected = regions["lean_volume_mm3"] / 1000 / (table["weight_kg"] / table["height_m"] ** 2)
    pd.testing.assert_series_equal(made["lmm_index_cm3_per_kg_m2"], expected[made.index], check_names=False, rtol=1e-12)
    z = (regions["intermat_mm3"] - regions["intermat_mm3"].mean()) / regions["intermat_mm3"].std()
    pd.testing.assert_series_equal(made["intermat_cm3_z"], z[made.index], check_names=False, rtol=1e-9)
    notes = " ".join(json.loads(Path("modelled/run.json").read_text())["notes"])
    assert "compartment muscles_closed, 8 mm" in notes
    assert "reference all of this table (n 3, ddof 1)" in notes
