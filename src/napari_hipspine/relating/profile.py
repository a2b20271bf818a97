"""Whether hip and lumbar muscles change alike: z of every muscle, their means, and what all muscles share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from .correlation import SMALLEST_N
from .covariates import CovariateValues
from .deviations import exact_mean, subtract_mean
from .extra_tables import NORMS, PROFILE, PROFILE_MUSCLES, PROFILE_PARTIAL, PROFILE_SUBJECTS
from .intervals import IntervalMethod
from .multiplicity import Family
from .norms import norm_cells
from .profile_partial import correlate_given_all_muscles
from .ranks import FloatArray, mid_ranks
from .reference_values import ReferenceValues
from .reliability import NO_SPREAD
from .request import SideRule
from .subject_values import SubjectValues

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = "this sample"
DDOF = 1


@dataclass(frozen=True)
class MuscleProfile:
    """What one cohort's muscles have in common and how hip and lumbar muscles differ.

    Attributes
    ----------
    norms
        z of every subject, muscle and measure, as `NORMS`.
    subjects
        Mean hip z − mean lumbar z of every subject, as `PROFILE_SUBJECTS`.
    measures
        The same over the subjects, and the share of the first principal component, as `PROFILE`.
    muscles
        Mean z of every muscle over the subjects, as `PROFILE_MUSCLES`.
    partial
        Correlations given covariates, the mean of all muscles, and both, as `PROFILE_PARTIAL`.
    """

    norms: pd.DataFrame
    subjects: pd.DataFrame
    measures: pd.DataFrame
    muscles: pd.DataFrame
    partial: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by its name."""
        named = (NORMS, PROFILE_SUBJECTS, PROFILE, PROFILE_MUSCLES, PROFILE_PARTIAL)
        frames = (self.norms, self.subjects, self.measures, self.muscles, self.partial)
        return {table.name: frame for table, frame in zip(named, frames, strict=True)}


def find_profile(
    values: SubjectValues,
    *,
    reference: ReferenceValues | None = None,
    people: Mapping[str, Mapping[str, Any]] | None = None,
    covariates: CovariateValues | None = None,
    side: SideRule = SideRule.BOTH,
    family: Family = Family.ALL,
    interval: IntervalMethod = IntervalMethod.BONETT_WRIGHT,
    seed: int = 0,
) -> MuscleProfile:
    """The muscle profile of a cohort.

    Without a reference z is taken within the sample; then the mean difference between hip and lumbar muscles is 0 by
    construction and only the order of the subjects says something.

    Parameters
    ----------
    values
        Values of the subjects.
    reference
        Reference file.
    people
        Age and sex by subject, for reference groups that differ in them.
    covariates
        What is held constant in the partial correlations besides the mean of all muscles.
    side
        Side the values are of.
    family
        Tests adjusted together in the partial correlations.
    interval
        How their intervals are found.
    seed
        Start of the random numbers of drawn samples.
    """
    norms = _list_norms(values, reference, people or {}, side)
    columns = ["region", "muscle", "measure", "level"]
    z = norms.pivot(index="subject_id", columns=columns, values="z").reindex(values.subjects)
    measures = list(dict.fromkeys(name.measure for name in values.lumbar.columns))
    subject_rows: list[dict[str, Any]] = []
    measure_rows: list[dict[str, Any]] = []
    means = np.full((len(values.subjects), len(measures)), np.nan)
    for k, measure in enumerate(measures):
        lumbar, hip = (
            z.loc[:, [c for c in z.columns if c[0] == region and c[2] == measure]].to_numpy(dtype=np.float64)
            for region in ("lumbar", "hip")
        )
        everything = np.column_stack([lumbar, hip])
        has_any = ~np.isnan(everything).all(axis=1)
        means[has_any, k] = np.nanmean(everything[has_any], axis=1)
        rows = [_differ(hip[s], lumbar[s]) for s in range(len(values.subjects))]
        subject_rows += [
            {"subject_id": subject, "measure": measure} | row
            for subject, row in zip(values.subjects, rows, strict=True)
        ]
        name = reference.name if reference else SAMPLE
        over_subjects = _over_subjects(rows, has_reference=reference is not None)
        measure_rows.append({"measure": measure, "reference": name} | over_subjects | _first_share(everything))
    return MuscleProfile(
        norms=norms.drop(columns="region"),
        subjects=PROFILE_SUBJECTS.frame(subject_rows),
        measures=PROFILE.frame(measure_rows),
        muscles=PROFILE_MUSCLES.frame(_list_muscles(norms, has_reference=reference is not None)),
        partial=correlate_given_all_muscles(
            values, means, measures, covariates=covariates, family=family, interval=interval, seed=seed
        ),
    )


def _list_norms(
    values: SubjectValues, reference: ReferenceValues | None, people: Mapping[str, Mapping[str, Any]], side: SideRule
) -> pd.DataFrame:
    """z of every value, and its region."""
    rows, regions = list[dict[str, Any]](), list[str]()
    for region, of_region in (("lumbar", values.lumbar), ("hip", values.hip)):
        for place, name in enumerate(of_region.columns):
            in_sample, n = _sample_z(of_region.values[:, place]), int((~np.isnan(of_region.values[:, place])).sum())
            for s, subject in enumerate(values.subjects):
                value = float(of_region.values[s, place])
                row: dict[str, Any] = {
                    "subject_id": subject,
                    "level": name.level,
                    "muscle": name.muscle,
                    "side": side.value,
                }
                row |= {"measure": name.measure, "value": value}
                if np.isnan(value):
                    row |= {"reason": of_region.reasons[s, place]}
                elif reference is None:
                    row |= {"z": in_sample[s], "reference": SAMPLE, "reference_n": n}
                else:
                    row |= norm_cells(reference, row, people.get(subject, {}))
                rows.append(row)
                regions.append(region)
    return NORMS.frame(rows).assign(region=regions)


def _list_muscles(norms: pd.DataFrame, *, has_reference: bool) -> list[dict[str, Any]]:
    """Mean z of every muscle with Student's interval over the subjects."""
    rows = []
    for key, of_muscle in norms.groupby(["region", "level", "muscle", "measure"], sort=False):
        z = of_muscle["z"].dropna().to_numpy(dtype=np.float64)
        row = dict(zip(("region", "level", "muscle", "measure"), key, strict=True)) | {"n": z.size}
        named = next((word for word in of_muscle["reference"] if word), "")
        rows.append(row | {"reference": named} | _mean_with_interval(z, "mean_z", has_reference=has_reference))
    return rows


def _sample_z(column: FloatArray) -> FloatArray:
    """z within the sample; missing where the column does not vary."""
    present = column[~np.isnan(column)]
    if present.size <= DDOF:
        return np.full(column.shape, np.nan)
    left = subtract_mean(column, exact_mean(present))
    return left / present.std(ddof=DDOF) if np.nanmax(np.abs(left)) > 0 else np.full(column.shape, np.nan)


def _differ(hip: FloatArray, lumbar: FloatArray) -> dict[str, Any]:
    """Mean hip z − mean lumbar z of one person, with Welch's interval over the muscles."""
    hip, lumbar = hip[~np.isnan(hip)], lumbar[~np.isnan(lumbar)]
    row: dict[str, Any] = {"n_hip": hip.size, "n_lumbar": lumbar.size}
    if not hip.size or not lumbar.size:
        return row | {"reason": "not_measured"}
    means = exact_mean(hip), exact_mean(lumbar)
    difference = float(subtract_mean(*means))
    row |= {"mean_hip_z": means[0], "mean_lumbar_z": means[1], "difference": difference}
    if hip.size < 2 or lumbar.size < 2:
        return row
    a, b = hip.var(ddof=1) / hip.size, lumbar.var(ddof=1) / lumbar.size
    if a + b == 0:
        return row | {"reason": NO_SPREAD}
    freedom = (a + b) ** 2 / (a**2 / (hip.size - 1) + b**2 / (lumbar.size - 1))
    half = _t_limit(freedom) * sqrt(a + b)
    return row | {"low": difference - half, "high": difference + half}


def _over_subjects(rows: list[dict[str, Any]], *, has_reference: bool) -> dict[str, Any]:
    """Mean of the differences with Student's interval over the subjects."""
    differences = np.array([row["difference"] for row in rows if "difference" in row])
    return {"n": differences.size} | _mean_with_interval(differences, "mean_difference", has_reference=has_reference)


def _mean_with_interval(values: FloatArray, name: str, *, has_reference: bool) -> dict[str, Any]:
    """Mean under a name, with Student's interval where there are enough values.

    Within the sample the mean is 0 by construction, and an interval would look like a finding.
    """
    if not values.size:
        return {}
    mean = exact_mean(values)
    if values.size < SMALLEST_N or not has_reference:
        return {name: mean}
    if np.ptp(values) == 0:
        return {name: mean, "reason": NO_SPREAD}
    half = _t_limit(values.size - 1) * float(values.std(ddof=1)) / sqrt(values.size)
    return {name: mean, "low": mean - half, "high": mean + half}


def _first_share(z: FloatArray) -> dict[str, Any]:
    """Share of the first principal component of the ranks, over subjects with all muscles that have values."""
    used = z[:, ~np.isnan(z).all(axis=0)]
    complete = used[~np.isnan(used).any(axis=1)]
    found: dict[str, Any] = {"n_muscles": used.shape[1], "n_complete": complete.shape[0]}
    if complete.shape[0] < SMALLEST_N or used.shape[1] < 2 or (np.ptp(complete, axis=0) == 0).any():
        return found
    ranks = np.array([mid_ranks(column) for column in complete.T])
    share = float(np.linalg.eigvalsh(np.corrcoef(ranks))[-1] / used.shape[1])
    return found | {"first_share": share, "equal_share": 1 / used.shape[1]}


def _t_limit(freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))
