"""What is ranked: one value per subject for each muscle and measure of the lumbar spine and of the hip."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from ..domain.anatomy import Region, core_muscles
from ..domain.errors import InvalidChoice
from .chosen_rows import check_measurements, choose_rows
from .comparability import count_unstated, leave_out_psoas_threshold, refuse_mixed_contrast
from .joined_sides import JoinedValues, join_sides
from .multiplicity import CellName
from .request import MissingRule, RelateRequest, find_measure

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

PUBLISHED_ORDER = (
    *("erector_spinae", "multifidus", "psoas_major"),
    *("gluteus_minimus", "gluteus_medius", "gluteus_maximus"),
    *("rectus_femoris", "tensor_fasciae_latae", "sartorius"),
)
"""Order of columns and rows in Table 1 of Mielke et al., kept so that own tables stand beside it."""


class ColumnName(NamedTuple):
    """A muscle, what was measured of it, and where."""

    muscle: str
    measure: str
    level: str = ""


@dataclass(frozen=True)
class RegionValues:
    """Values of one region.

    Attributes
    ----------
    columns
        Muscle, measure and level; levels as asked for, and in each the muscles in the order of the published table.
    values
        Shape ``(n_subjects, n_columns)``; NaN is missing.
    reasons
        Why a value is missing, same shape; empty where there is one.
    """

    columns: tuple[ColumnName, ...]
    values: FloatArray
    reasons: npt.NDArray[np.object_]

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels the values were read at, in the order of the columns."""
        return tuple(dict.fromkeys(column.level for column in self.columns))

    def column(self, muscle: str, measure: str, level: str = "") -> FloatArray:
        """Values of one muscle and measure, one per subject; of the only level, or of the one named.

        Raises
        ------
        InvalidChoice
            If it was not selected, or at several levels and none is named.
        """
        wanted = [
            place
            for place, name in enumerate(self.columns)
            if name[:2] == (muscle, measure) and level in ("", name.level)
        ]
        if len(wanted) != 1:
            found = f"{muscle} {measure} {level}".rstrip() + (f" at {len(wanted)} levels" if wanted else "")
            raise InvalidChoice(
                f"Expected a selected muscle and measure{' at one level' if wanted else ''}, found {found}.",
                hint=f"Selected: {', '.join(' '.join(one) for one in self.columns)}.",
            )
        values: FloatArray = self.values[:, wanted[0]]
        return values


@dataclass(frozen=True)
class SubjectPairs:
    """Both values of one cell for the subjects that have them; all three of one length."""

    subjects: tuple[str, ...]
    lumbar: FloatArray
    hip: FloatArray


@dataclass(frozen=True)
class SubjectValues:
    """Lumbar and hip values of the same subjects, in the order of their ids.

    Attributes
    ----------
    subjects
        All subjects of the tables handed in, also those without any value (the complete ones if so asked).
    lumbar, hip
        Their values.
    notes
        What a reader of the results should know, as sentences.
    """

    subjects: tuple[str, ...]
    lumbar: RegionValues
    hip: RegionValues
    notes: tuple[str, ...]

    def pairs(self, cell: CellName) -> SubjectPairs:
        """The subjects with both values of a cell, in order.

        Raises
        ------
        InvalidChoice
            If the cell's muscles and measures were not selected.
        """
        lumbar = self.lumbar.column(cell.lumbar_muscle, cell.lumbar_measure, cell.lumbar_level)
        hip = self.hip.column(cell.hip_muscle, cell.hip_measure, cell.hip_level)
        both = ~np.isnan(lumbar) & ~np.isnan(hip)
        subjects = tuple(s for s, has_both in zip(self.subjects, both.tolist(), strict=True) if has_both)
        return SubjectPairs(subjects, lumbar[both], hip[both])


def select_values(
    measurements: pd.DataFrame, request: RelateRequest, *, source: str = "the given table"
) -> SubjectValues:
    """One value per subject, muscle and measure, or a refusal; nothing is guessed.

    Raises
    ------
    TableInvalid, UnknownLabel, InvalidChoice
        If the table breaks its contract, or more than one level, session, series, reader or contrast is possible
        and none was chosen.
    """
    checked = check_measurements(measurements, request, source=source)
    core = checked["muscle"].isin([term.id for term in core_muscles()])
    subjects = sorted(set(checked.loc[core, "subject_id"]))
    chosen = {region: choose_rows(checked, region, request, source=source) for region in (Region.LUMBAR, Region.HIP)}
    in_table = set(checked["muscle"])
    lumbar, hip = (_region_values(rows, region, subjects, in_table, request, source) for region, rows in chosen.items())
    notes = _notes(chosen, sorted(set(checked.loc[~core, "muscle"])), request)
    complete = _are_complete(lumbar, hip)
    n_complete = f"{int(complete.sum())} of {len(subjects)} subjects have every value"
    if request.missing is MissingRule.PAIRWISE:
        note = f"{n_complete}; each cell uses all subjects with both of its values."
        return SubjectValues(tuple(subjects), lumbar, hip, (note, *notes))
    kept = [subject for subject, keep in zip(subjects, complete.tolist(), strict=True) if keep]
    lumbar, hip = _keep_subjects(lumbar, complete), _keep_subjects(hip, complete)
    return SubjectValues(tuple(kept), lumbar, hip, (f"{n_complete} and were used.", *notes))


def _region_values(
    rows: pd.DataFrame, region: Region, subjects: list[str], in_table: set[str], request: RelateRequest, source: str
) -> RegionValues:
    """Values of the region's muscles that occur in the table; at one of several levels those that occur there."""
    columns: list[ColumnName] = []
    joined: list[JoinedValues] = []
    levels = request.levels(region) or (str(rows["level"].iloc[0]),)
    muscles = [muscle for muscle in _order_of_table(region) if muscle in in_table]
    for level, muscle in product(levels, muscles):
        of_muscle = rows[(rows["level"] == level) & (rows["muscle"] == muscle)]
        if of_muscle.empty and len(levels) > 1:
            continue
        for measure in map(find_measure, request.measures):
            refuse_mixed_contrast(of_muscle, measure, request, source=source)
            values = join_sides(of_muscle, subjects, measure, request)
            joined.append(leave_out_psoas_threshold(values, of_muscle, subjects, measure, request))
            columns.append(ColumnName(muscle, measure.word, level))
    return RegionValues(
        columns=tuple(columns),
        values=np.column_stack([one.values for one in joined]),
        reasons=np.column_stack([one.reasons for one in joined]),
    )


def _order_of_table(region: Region) -> list[str]:
    """Core muscles of a region as the published table has them, those it lacks last."""
    ids = [term.id for term in core_muscles(region)]
    return [*(muscle for muscle in PUBLISHED_ORDER if muscle in ids), *(i for i in ids if i not in PUBLISHED_ORDER)]


def _are_complete(lumbar: RegionValues, hip: RegionValues) -> npt.NDArray[np.bool_]:
    """Which subjects have no gap; columns without any value do not count."""
    missing = np.isnan(np.column_stack([lumbar.values, hip.values]))
    return np.asarray(~missing[:, ~missing.all(axis=0)].any(axis=1), dtype=np.bool_)


def _keep_subjects(region: RegionValues, kept: npt.NDArray[np.bool_]) -> RegionValues:
    return RegionValues(region.columns, region.values[kept], region.reasons[kept])


def _notes(chosen: dict[Region, pd.DataFrame], left_out: list[str], request: RelateRequest) -> tuple[str, ...]:
    """Differences within the rows that are no reason to refuse, and muscles that take no part."""
    notes, tells_fat = [], any(find_measure(word).needs_one_contrast for word in request.measures)
    for region, rows in chosen.items():
        for column, words in (("fat_method", "Fat methods"), ("slice_position", "Slice positions")):
            found = sorted(set(rows[column]) - {""})
            if len(found) > 1:
                notes.append(f"{words} differ among the {region} rows: {', '.join(found)}.")
        unstated = count_unstated(rows) if tells_fat else 0
        if unstated:
            notes.append(
                f"Contrast not stated for {unstated} subjects of the {region} rows: T1, T2 and PD cannot be told apart."
            )
    if left_out:
        notes.append(f"Muscles of the table that take no part: {', '.join(left_out)}.")
    return tuple(notes)
