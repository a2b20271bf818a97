"""Numbers of one side of a person: which row goes with which muscles, and when there is no answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from napari_hipspine.cli import main
from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.relating.affected_sides import compare_sides, summarise_sides
from napari_hipspine.relating.request import RelateRequest
from napari_hipspine.relating.side_rows import rows_of_side
from napari_hipspine.workflows.relate_beside import add_profile
from napari_hipspine.workflows.relate_cohort import relate_cohort

PEOPLE = [f"s{number}" for number in range(8)]
LEFT = dict(zip(PEOPLE, (50, 60, 55, 80, 75, 66, 91, 42), strict=True))
RIGHT = dict(zip(PEOPLE, (71, 45, 88, 52, 64, 93, 40, 77), strict=True))


def make_sides() -> pd.DataFrame:
    """Strength of each side in a row of its own, age in a row that holds for both."""
    rows: list[dict[str, object]] = [{"subject_id": who, "side": "", "age": 30 + n} for n, who in enumerate(PEOPLE)]
    for side, strength in (("left", LEFT), ("right", RIGHT)):
        rows += [{"subject_id": who, "side": side, "strength_nm": value} for who, value in strength.items()]
    return pd.DataFrame(rows)


def make_measurements() -> pd.DataFrame:
    generator = np.random.default_rng(4)
    rows = [
        {"subject_id": who, "level": level, "muscle": muscle, "side": side, "csa_mm2": generator.uniform(500, 900)}
        for who in PEOPLE
        for level, muscle in (("L4", "multifidus"), ("greater_trochanter", "gluteus_medius"))
        for side in ("left", "right")
    ]
    return pd.DataFrame(rows)


def area(table: pd.DataFrame, muscle: str, side: str) -> list[float]:
    return (
        table[(table["muscle"] == muscle) & (table["side"] == side)].set_index("subject_id")["csa_mm2"][PEOPLE].tolist()
    )


@pytest.mark.parametrize(("side", "strength"), [("left", LEFT), ("right", RIGHT)])
def test_strength_of_a_side_goes_with_the_muscles_of_that_side(
    tmp_path: Path, side: str, strength: dict[str, int]
) -> None:
    measured = make_measurements()
    measured.to_csv(tmp_path / "measurements.csv", index=False)
    make_sides().to_csv(tmp_path / "sides.csv", index=False)
    wish = ["relate", str(tmp_path / "measurements.csv"), "--participants", str(tmp_path / "sides.csv")]
    wish += ["--measures", "csa", "--side", side]
    assert main([*wish, "--columns", "strength_nm,age", "--out", str(tmp_path / "out")]) == 0
    found = pd.read_csv(tmp_path / "out" / "people_columns.csv").set_index(["column", "muscle"])
    assert set(found["side_rule"]) == {side}
    for muscle in ("multifidus", "gluteus_medius"):
        expected = spearmanr(list(strength.values()), area(measured, muscle, side)).statistic
        assert found.loc[("strength_nm", muscle), "rho"] == pytest.approx(expected, abs=1e-12)
        by_age = spearmanr(range(8), area(measured, muscle, side)).statistic
        assert found.loc[("age", muscle), "rho"] == pytest.approx(by_age, abs=1e-12)


def test_strength_held_constant_is_that_of_the_side() -> None:
    measured = make_measurements()
    asked = RelateRequest(measures=("csa",), side="right", covariates=("strength_nm",))
    related = relate_cohort(measured, asked, participants=make_sides())
    lumbar, hip = (area(measured, muscle, "right") for muscle in ("multifidus", "gluteus_medius"))
    xy, xz, yz = (
        spearmanr(*pair).statistic for pair in ((lumbar, hip), (lumbar, [*RIGHT.values()]), (hip, [*RIGHT.values()]))
    )
    expected = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    assert related.correlations["rho"].item() == pytest.approx(expected, abs=1e-12)
    assert "Of the right side, as the muscles are: strength_nm." in related.notes


def test_both_sides_together_take_no_number_of_one_side() -> None:
    asked = RelateRequest(measures=("csa",), covariates=("age",))
    assert relate_cohort(make_measurements(), asked, participants=make_sides()).correlations["df"].item() == 5
    strength = RelateRequest(measures=("csa",), covariates=("age", "strength_nm"))
    with pytest.raises(InvalidChoice, match="both sides together, found strength_nm of each side"):
        relate_cohort(make_measurements(), strength, participants=make_sides())
    one_sided = make_sides().query("side != 'right'")
    with pytest.raises(InvalidChoice, match="found strength_nm of each side"):
        relate_cohort(make_measurements(), strength, participants=one_sided)


def test_the_muscle_profile_goes_with_numbers_of_a_side() -> None:
    asked = RelateRequest(measures=("csa",), side="left", covariates=("strength_nm",))
    related = relate_cohort(make_measurements(), asked, participants=make_sides())
    reference = pd.DataFrame({"muscle": ["multifidus", "gluteus_medius"], "measure": "csa", "mean": 700.0, "sd": 100.0})
    young, old = (reference.assign(side="left", age_low=low, age_high=low + 3) for low in (30, 34))
    both = pd.concat([young, old.assign(mean=600.0)])
    norms = add_profile(related, reference=both, participants=make_sides()).extra["norms"]
    of_muscle = norms[norms["muscle"] == "multifidus"].set_index("subject_id")
    assert of_muscle.loc["s0", "z"] == pytest.approx((of_muscle.loc["s0", "value"] - 700) / 100)
    assert of_muscle.loc["s7", "z"] == pytest.approx((of_muscle.loc["s7", "value"] - 600) / 100)


def test_a_session_is_settled_or_asked_for() -> None:
    visits = pd.concat([make_sides().assign(session=name, number=at) for at, name in enumerate(("before", "after"))])
    visits.loc[visits["side"] == "", "session"] = ""
    visits = visits.drop_duplicates(["subject_id", "side", "session"])
    left = RelateRequest(side="left", session="after")
    rows, _ = rows_of_side(visits, ["number"], left)
    assert rows["number"].tolist() == [1] * 8
    assert rows["age"].tolist() == list(range(30, 38))
    with pytest.raises(InvalidChoice, match="one session of the numbers of each side, found after, before"):
        rows_of_side(visits, ["number"], RelateRequest(side="left"))


def test_a_side_that_is_none_and_a_row_twice_are_refused() -> None:
    with pytest.raises(TableInvalid, match="found 'L', in row 2 of the given table"):
        rows_of_side(make_sides().assign(side="L"), ["age"], RelateRequest())
    with pytest.raises(TableInvalid, match="found two for s0 left"):
        rows_of_side(pd.concat([make_sides(), make_sides().iloc[8:9]]), ["age"], RelateRequest())
    plain = make_sides().drop(columns="side")
    assert rows_of_side(plain, ["age"], RelateRequest()) == (plain, ())


def test_numbers_of_the_affected_side_stand_beside_those_of_the_other() -> None:
    sides = make_sides().assign(note="seen", mark="0")
    sides["pain"] = ["" if not side else "yes" if side == "left" else "no" for side in sides["side"]]
    compared = compare_sides(make_measurements(), sides, column="pain", measures=("csa",))
    numbers = compared[compared["muscle"] == ""]
    assert set(numbers["measure"]) == {"strength_nm"}
    first = numbers.iloc[0]
    assert [first["affected"], first["unaffected"], first["difference"]] == [50, 71, -21]
    assert first["asymmetry"] == pytest.approx(-21 / 60.5)
    row = summarise_sides(compared).set_index("measure").loc["strength_nm"]
    assert row["n"] == 8
    assert row["mean_difference"] == pytest.approx(np.mean([LEFT[who] - RIGHT[who] for who in PEOPLE]))
    with pytest.raises(TableInvalid, match=r"words alone in strength_nm, found '12 kg' in row 11"):
        compare_sides(make_measurements(), sides.assign(strength_nm=["10", "12 kg"] * 12), column="pain")
