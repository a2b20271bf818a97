from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy.stats import norm, rankdata, ttest_1samp, ttest_ind
from sklearn.decomposition import PCA

from napari_hipspine.domain.errors import TableInvalid, UnknownLabel
from napari_hipspine.relating.cells import correlate_values
from napari_hipspine.relating.correlation import bonett_wright_interval
from napari_hipspine.relating.covariates import select_covariates
from napari_hipspine.relating.deviations import exact_mean, subtract_mean
from napari_hipspine.relating.intervals import IntervalMethod, fieller_interval
from napari_hipspine.relating.norms import list_norms
from napari_hipspine.relating.p_values import student_p
from napari_hipspine.relating.partial import correlate_partial_ranks
from napari_hipspine.relating.profile import find_profile
from napari_hipspine.relating.reference_tables import read_reference
from napari_hipspine.relating.request import RelateRequest
from napari_hipspine.relating.subject_values import SubjectValues, select_values

MakeCohort = Callable[..., pd.DataFrame]


@pytest.fixture
def values(make_cohort: MakeCohort) -> SubjectValues:
    return select_values(make_cohort(20), RelateRequest(measures=("fi",)))


def make_reference(values: SubjectValues) -> pd.DataFrame:
    rows = [
        {"muscle": name.muscle, "measure": "fi", "mean": 0.15, "sd": 0.05, "n": 80, "scanner": "3 T"}
        for name in (*values.lumbar.columns, *values.hip.columns)
    ]
    return pd.DataFrame(rows)


def test_z_within_the_sample_have_mean_0_and_sd_1(values: SubjectValues) -> None:
    profile = find_profile(values)
    of_muscle = profile.norms.groupby("muscle")["z"]
    np.testing.assert_allclose(of_muscle.mean(), 0, atol=1e-12)
    np.testing.assert_allclose(of_muscle.std(ddof=1), 1)
    assert set(profile.norms["reference"]) == {"this sample"}
    assert profile.norms["percentile"].isna().all()
    assert profile.measures["mean_difference"].iloc[0] == pytest.approx(0, abs=1e-12)
    assert set(profile.muscles["mean_z"]) == {0.0}
    for table in (profile.measures, profile.muscles):
        assert table[["low", "high"]].isna().all(axis=None)


def test_differences_and_intervals_are_those_of_scipy(values: SubjectValues) -> None:
    profile = find_profile(values, reference=read_reference(make_reference(values), name="norms.csv"))
    first = profile.subjects.iloc[0]
    z = profile.norms[profile.norms["subject_id"] == first["subject_id"]].set_index("muscle")["z"]
    lumbar, hip = z[[c.muscle for c in values.lumbar.columns]], z[[c.muscle for c in values.hip.columns]]
    welch = ttest_ind(hip, lumbar, equal_var=False)
    assert first["difference"] == pytest.approx(hip.mean() - lumbar.mean())
    assert [first["low"], first["high"]] == pytest.approx(list(welch.confidence_interval()))
    student = ttest_1samp(profile.subjects["difference"], 0)
    assert profile.measures.loc[0, ["low", "high"]].tolist() == pytest.approx(list(student.confidence_interval()))
    assert profile.measures.loc[0, "n"] == 20


def test_a_value_at_the_mean_has_z_0_and_a_mean_of_z_of_both_signs_is_0() -> None:
    column = np.array([0.1, 0.2, 0.3])
    assert column.mean() != 0.2
    assert subtract_mean(column, exact_mean(column)).tolist()[1] == 0
    z = subtract_mean(column, exact_mean(column)) / column.std(ddof=1)
    assert exact_mean(z) == 0
    assert exact_mean(np.array([1.0, -1.0, 1e-9])) == pytest.approx(1e-9 / 3)
    assert subtract_mean([0.2 + 1e-12], 0.2)[0] == pytest.approx(1e-12, rel=1e-3)
    assert np.isnan(subtract_mean([np.nan], 0.2)[0])


def test_people_who_are_their_own_reference_differ_from_it_by_0(values: SubjectValues) -> None:
    columns = (*values.lumbar.columns, *values.hip.columns)
    cells = np.column_stack([values.lumbar.values, values.hip.values])
    rows = [{"muscle": c.muscle, "measure": "fi", "value": v} for c, v in zip(columns, cells.T, strict=True)]
    profile = find_profile(values, reference=read_reference(pd.DataFrame(rows).explode("value"), name="own.csv"))
    assert set(profile.muscles["mean_z"]) == {0.0}
    assert (profile.muscles["low"] < 0).all()


def test_an_interval_of_no_width_is_none_and_says_why(values: SubjectValues) -> None:
    same = replace(values, hip=replace(values.hip, values=np.full_like(values.hip.values, 0.2)))
    profile = find_profile(same, reference=read_reference(make_reference(values), name="norms.csv"))
    of_hip = profile.muscles[profile.muscles["region"] == "hip"]
    assert set(of_hip["reason"]) == {"no_spread"}
    assert of_hip[["low", "high"]].isna().all(axis=None)
    assert set(profile.muscles.loc[profile.muscles["region"] == "lumbar", "reason"]) == {""}


def test_share_of_the_first_component_when_all_is_one_and_when_nothing_is_shared(
    make_cohort: MakeCohort,
) -> None:
    table = make_cohort(300)
    generator = np.random.default_rng(0)
    table["fi"] = generator.uniform(0.1, 0.5, len(table))
    alone = find_profile(select_values(table, RelateRequest(measures=("fi",)))).measures.iloc[0]
    assert alone["first_share"] == pytest.approx(alone["equal_share"], abs=0.05)
    assert alone["equal_share"] == pytest.approx(1 / 9)
    table["fi"] = table.groupby("subject_id")["fi"].transform("first")
    one = find_profile(select_values(table, RelateRequest(measures=("fi",)))).measures.iloc[0]
    assert one["first_share"] == pytest.approx(1)
    assert [one["n_muscles"], one["n_complete"]] == [9, 300]


def test_correlations_given_the_mean_of_all_muscles(make_cohort: MakeCohort) -> None:
    values = select_values(make_cohort(30), RelateRequest(measures=("fcsa", "fi")))
    profile = find_profile(values)
    norms = profile.norms.set_index(["subject_id", "muscle", "measure"])["z"].unstack("measure")
    means = norms.groupby("subject_id").mean()
    cell = profile.partial.set_index(["lumbar_muscle", "lumbar_measure", "hip_muscle", "hip_measure"])
    row = cell.loc["multifidus", "fi", "sartorius", "fcsa"]
    x, y = values.lumbar.column("multifidus", "fi")[:, None], values.hip.column("sartorius", "fcsa")[:, None]
    expected = correlate_partial_ranks(x, y, means[["fcsa", "fi"]].to_numpy())
    assert row["rho"] == pytest.approx(expected.rho[0, 0])
    assert row["p"] == pytest.approx(student_p(row["rho"], 30 - 2))
    assert [row["rho_low"], row["rho_high"]] == pytest.approx(
        [float(one) for one in bonett_wright_interval(row["rho"], 30 - 2)]
    )
    assert row["covariates"] == "mean_of_all_muscles_fcsa;mean_of_all_muscles_fi"
    assert [row["df"], cell.loc["multifidus", "fi", "sartorius", "fi"]["df"]] == [26, 27]


def test_partial_intervals_are_by_the_formula_asked_for(values: SubjectValues) -> None:
    rows = find_profile(values, interval=IntervalMethod.FIELLER).partial
    low, high = fieller_interval(rows["rho"], rows["n"] - 1)
    np.testing.assert_allclose(rows[["rho_low", "rho_high"]], np.column_stack([low, high]))
    limits = ["rho_low", "rho_high"]
    plain, drawn = find_profile(values).partial, find_profile(values, interval=IntervalMethod.BOOTSTRAP).partial
    pd.testing.assert_frame_equal(plain.drop(columns=limits), drawn.drop(columns=limits))
    assert (drawn["rho_low"] < drawn["rho"]).all()
    assert (drawn["rho"] < drawn["rho_high"]).all()
    again = find_profile(values, interval=IntervalMethod.BOOTSTRAP).partial
    pd.testing.assert_frame_equal(drawn, again)
    assert not drawn[limits].equals(plain[limits])
    assert (plain["rho_low"] != rows["rho_low"]).all()


def test_partial_correlations_given_people_and_all_muscles_are_those_of_pingouin(make_cohort: MakeCohort) -> None:
    values = select_values(make_cohort(40), RelateRequest(measures=("fcsa", "fi")))
    generator = np.random.default_rng(1)
    people = pd.DataFrame({"subject_id": values.subjects, "age": generator.integers(40, 80, 40)})
    people = people.assign(sex=["f", "m"] * 20, bmi=generator.normal(26, 4, 40))
    covariates = select_covariates(people, ("age", "sex", "bmi"), values.subjects)
    profile = find_profile(values, covariates=covariates)
    table = profile.partial
    assert len(table) == 3 * 72
    sets = ["age;sex;bmi", "mean_of_all_muscles_fi", "age;sex;bmi;mean_of_all_muscles_fi"]
    both_fi = table[(table["lumbar_measure"] == "fi") & (table["hip_measure"] == "fi")]
    assert both_fi["covariates"].drop_duplicates().tolist() == sets
    z = profile.norms[profile.norms["measure"] == "fi"].pivot(index="subject_id", columns="muscle", values="z")
    data = people.assign(sex=people["sex"].map({"f": 0.0, "m": 1.0}), mean_of_all_muscles_fi=z.mean(axis=1).to_numpy())
    data["x"], data["y"] = values.lumbar.column("multifidus", "fi"), values.hip.column("sartorius", "fi")
    of_pair = both_fi[(both_fi["lumbar_muscle"] == "multifidus") & (both_fi["hip_muscle"] == "sartorius")]
    for name, (_, row) in zip(sets, of_pair.iterrows(), strict=True):
        found = pingouin.partial_corr(data, "x", "y", covar=name.split(";"), method="spearman").iloc[0]
        p = next(found[column] for column in ("p_val", "p-val") if column in found)
        assert [row["rho"], row["p"]] == pytest.approx([found["r"], p])
        assert row["df"] == 40 - 2 - len(name.split(";"))
    for _, rows in both_fi.groupby("covariates"):
        assert (rows["family_size"] == 72).all()
    given_people = correlate_values(values, RelateRequest(covariates=("age", "sex", "bmi")), covariates=covariates)
    np.testing.assert_allclose(table["rho"][:72], given_people["rho"])
    np.testing.assert_allclose(table["q"][:72], given_people["q"])


def test_the_share_of_the_first_component_is_that_of_a_principal_component_analysis(values: SubjectValues) -> None:
    ranks = rankdata(np.column_stack([values.lumbar.values, values.hip.values]), axis=0)
    scaled = (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)
    share = PCA().fit(scaled).explained_variance_ratio_[0]
    assert find_profile(values).measures["first_share"].iloc[0] == pytest.approx(share)


def test_mean_z_of_every_muscle_against_a_reference(values: SubjectValues) -> None:
    profile = find_profile(values, reference=read_reference(make_reference(values), name="norms.csv"))
    row = profile.muscles.set_index("muscle").loc["sartorius"]
    z = (values.hip.column("sartorius", "fi") - 0.15) / 0.05
    assert [row["mean_z"], row["n"], row["reference"]] == [pytest.approx(z.mean()), 20, "norms.csv"]
    assert [row["low"], row["high"]] == pytest.approx(list(ttest_1samp(z, 0).confidence_interval()))
    assert profile.muscles["region"].tolist() == ["lumbar"] * 3 + ["hip"] * 6
    assert set(profile.tables()) == {"norms", "profile", "profile_subjects", "profile_muscles", "profile_partial"}


def test_a_reference_of_a_level_holds_there_only(values: SubjectValues) -> None:
    base = pd.DataFrame({"muscle": ["multifidus"] * 2, "measure": "fi", "mean": [0.1, 0.2], "sd": 0.05})
    reference = read_reference(base.assign(level=["L4", "L5"]), name="norms.csv")
    found = reference.find("multifidus", "fi", 0.2, {}, level="L4")
    assert found is not None
    assert [found.z, found.group] == [pytest.approx(2), "n not stated, age not stated, both sexes, L4"]
    assert reference.find("multifidus", "fi", 0.2, {}, level="L3") is None
    with pytest.raises(TableInvalid, match="one reference group per person"):
        read_reference(base, name="norms.csv").find("multifidus", "fi", 0.2, {}, level="L4")
    rows = find_profile(values, reference=reference).norms.set_index("muscle")
    assert rows.loc["multifidus", "z"].notna().all()
    assert set(rows.loc["erector_spinae", "reason"]) == {"no_reference"}


def test_percentiles_of_a_summary_and_of_single_values(values: SubjectValues, make_cohort: MakeCohort) -> None:
    reference = read_reference(make_reference(values), name="norms.csv")
    summary = list_norms(make_cohort(5), reference, measures=("fi",))
    assert len(summary) == 5 * 9 * 2
    np.testing.assert_allclose(summary["percentile"], norm.cdf((summary["value"] - 0.15) / 0.05))
    assert set(summary["reference_group"]) == {"n 80, age not stated, both sexes, 3 T"}
    people = pd.DataFrame({"muscle": "multifidus", "measure": "fi", "value": [0.1, 0.2, 0.2, 0.4], "age": 60})
    found = read_reference(people, name="people.csv").find("multifidus", "fi", 0.2, {})
    assert found is not None
    assert found.percentile == 0.5
    assert found.z == pytest.approx((0.2 - 0.225) / people["value"].std(ddof=1))
    assert found.group == "n 4, age not stated, both sexes, ages 60 to 60"


def test_groups_differ_in_sex_and_age_and_a_person_is_in_one_or_none() -> None:
    rows = [
        {"muscle": "multifidus", "measure": "fi", "mean": mean, "sd": 0.1, "sex": sex, "age_low": 40, "age_high": 60}
        for mean, sex in ((0.2, "f"), (0.1, "m"))
    ]
    reference = read_reference(pd.DataFrame(rows), name="norms.csv")
    woman = reference.find("multifidus", "fi", 0.3, {"sex": "f", "age": "60"})
    assert woman is not None
    assert woman.z == pytest.approx(1)
    assert woman.group == "n not stated, age 40 to 60, f"
    for person in ({"sex": "f", "age": 61}, {"sex": "f"}, {"age": 50}):
        assert reference.find("multifidus", "fi", 0.3, person) is None
    double = read_reference(pd.DataFrame([*rows, rows[0]]), name="norms.csv")
    with pytest.raises(TableInvalid, match=r"one reference group per person, found n not stated.*in norms\.csv"):
        double.find("multifidus", "fi", 0.3, {"sex": "f", "age": 50})


def test_missing_values_keep_their_reason_and_a_muscle_without_reference_says_so(values: SubjectValues) -> None:
    values.lumbar.values[0, 0] = np.nan
    values.lumbar.reasons[0, 0] = "implant"
    reference = make_reference(values)
    without = read_reference(reference[reference["muscle"] != "sartorius"], name="norms.csv")
    rows = find_profile(values, reference=without).norms
    assert set(rows.loc[rows["muscle"] == "sartorius", "reason"]) == {"no_reference"}
    missing = rows[rows["value"].isna()]
    assert missing[["subject_id", "muscle", "reason"]].to_numpy().tolist() == [["000", "erector_spinae", "implant"]]


def test_reference_files_that_are_none_are_refused() -> None:
    base = pd.DataFrame({"muscle": ["multifidus"], "measure": ["fi"], "mean": [0.1], "sd": [0.0]})
    with pytest.raises(TableInvalid, match="reference values that vary, found SD 0 for multifidus fi"):
        read_reference(base, name="norms.csv")
    with pytest.raises(TableInvalid, match="either value or mean and sd, missing sd"):
        read_reference(base[["muscle", "measure", "mean"]], name="norms.csv")
    with pytest.raises(TableInvalid, match="a number in mean, found 'x'"):
        read_reference(base.assign(mean="x", sd=1), name="norms.csv")
    with pytest.raises(UnknownLabel):
        read_reference(base.assign(muscle="heart", sd=1), name="norms.csv")


def test_an_area_of_one_side_is_never_held_against_both() -> None:
    base = pd.DataFrame({"muscle": ["sartorius"], "measure": ["csa"], "mean": [400.0], "sd": [50.0]})
    with pytest.raises(TableInvalid, match="a side of left, right, both, each for sartorius csa, found none"):
        read_reference(base, name="norms.csv")
    each = read_reference(base.assign(side="each"), name="norms.csv")
    assert each.find("sartorius", "csa", 450.0, {}) is None
    for side in ("left", "right"):
        found = each.find("sartorius", "csa", 450.0, {}, side=side)
        assert found is not None
        assert found.z == 1
    both = read_reference(base.assign(side="both"), name="norms.csv")
    assert both.find("sartorius", "csa", 450.0, {}, side="left") is None
