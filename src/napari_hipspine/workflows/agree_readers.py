"""How well readers agree: on the numbers of measurement tables, and on the outlines of label maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..domain.errors import InvalidChoice
from ..domain.label_map import LabelMap
from ..domain.provenance import RESEARCH_ONLY, Provenance, fingerprints
from ..measuring.agreement import BorderRule, DistanceRule, Overlap, find_overlaps
from ..relating.agreement_tables import KAPPA, LIMITS, OVERLAPS, RELIABILITY
from ..relating.grade_agreement import KappaWeights
from ..relating.raters import (
    FILE,
    RatedValues,
    RaterColumn,
    pair_raters,
    tabulate_kappa,
    tabulate_limits,
    tabulate_reliability,
)
from ..relating.request import MEASURES
from ..writing.tables import Contents, as_json, columns_as_json, table_as_csv
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

    Table: TypeAlias = pd.DataFrame | str | Path


@dataclass(frozen=True)
class ReaderAgreement:
    """Agreement on numbers.

    Attributes
    ----------
    reliability, limits, kappa
        Tables of `relating.agreement_tables`; kappa is empty where nothing was graded.
    rated
        The values behind them.
    provenance
        Files, choices and versions.
    """

    reliability: pd.DataFrame
    limits: pd.DataFrame
    kappa: pd.DataFrame
    rated: tuple[RatedValues, ...]
    provenance: Provenance


def agree_readers(
    tables: Sequence[Table],
    *,
    measures: Sequence[str] = ("fcsa", "fi"),
    grades: Sequence[str] = (),
    weights: KappaWeights = KappaWeights.LINEAR,
    possible_grades: Sequence[float] | None = None,
    by: RaterColumn | None = None,
) -> ReaderAgreement:
    """Intraclass correlation, measurement error, limits of agreement and kappa of two or more raters.

    Parameters
    ----------
    tables
        Measurement tables of all raters; one may hold several.
    measures, grades
        Measures, and additional columns that hold grades.
    weights, possible_grades
        How grades that differ count, and every possible grade.
    by
        What tells the raters apart.
    """
    import pandas as pd

    if not tables:
        raise InvalidChoice("Expected at least one measurement table, found none.", hint="Name a measurements.csv.")
    names = _file_names(tables)
    frames = [
        (read_table(one, what="a measurement table") if isinstance(one, str | Path) else one).assign(**{FILE: name})
        for one, name in zip(tables, names, strict=True)
    ]
    together = pd.concat([frame.astype(object) for frame in frames], ignore_index=True)
    source = ", ".join(names)
    rated = pair_raters(together, measures, by=by, source=source)
    graded = pair_raters(together, grades, by=by, source=source) if grades else []
    settings = {
        "measures": list(measures),
        "grades": list(grades),
        "weights": weights.value,
        "possible_grades": list(possible_grades or ()),
        "by": by.value if by else None,
        "raters": list(dict.fromkeys(rater for one in (*rated, *graded) for rater in one.raters)),
    }
    paths = [Path(one) for one in tables if isinstance(one, str | Path)]
    return ReaderAgreement(
        tabulate_reliability(rated),
        tabulate_limits(rated),
        tabulate_kappa(graded, weights=weights, grades=possible_grades),
        tuple(rated),
        Provenance("agree", settings, fingerprints(paths)),
    )


def agree_outlines(
    first: LabelMap,
    second: LabelMap,
    *,
    distance: DistanceRule = DistanceRule.MAX_OF_DIRECTED,
    border: BorderRule = BorderRule.SLICE_OUTLINE,
) -> pd.DataFrame:
    """Dice and distance of the outlines of two label maps, the second brought onto the grid of the first.

    Raises
    ------
    GridMismatch
        If no flip, permutation, crop or pad joins the two grids.
    """
    overlaps = find_overlaps(first, second.on_grid(first.grid), distance=distance, border=border)
    rules = {"distance_rule": distance.value, "border_rule": border.value}
    return OVERLAPS.frame(_overlap_row(one) | rules for one in overlaps)


def outline_files(
    table: pd.DataFrame, labels: Sequence[str | Path], *, distance: DistanceRule, border: BorderRule
) -> dict[str, Contents]:
    """The table of outlines and what it rests on, by file name.

    Parameters
    ----------
    table
        As `agree_outlines` made it.
    labels
        Files of both label maps.
    distance, border
        The rules it was made with.
    """
    settings = {"distance_rule": distance.value, "border_rule": border.value}
    provenance = Provenance("agree --labels", settings, fingerprints(labels))
    return {
        "overlaps.csv": table_as_csv(table),
        "columns.json": columns_as_json(OVERLAPS),
        "run.json": as_json(provenance.as_dict()),
    }


def outlines_in_words(table: pd.DataFrame) -> str:
    """Dice and distance as a terminal shows them, a line per structure."""
    lines = [
        f"{row.muscle} {row.side}: "
        + (said_plainly(row.reason) or f"Dice {row.dice:.3f}, HD95 {row.hd95_mm:.2f} mm, HD {row.hd_mm:.2f} mm")
        for row in table.itertuples(index=False)
    ]
    return "\n".join([*lines, RESEARCH_ONLY])


def agreement_files(agreement: ReaderAgreement) -> dict[str, Contents]:
    """Tables and what their columns mean, figures, and what they rest on, by file name."""
    from ..figures.png import pictures_of

    tables = {RELIABILITY: agreement.reliability, LIMITS: agreement.limits}
    if len(agreement.kappa):
        tables[KAPPA] = agreement.kappa
    return {
        **{f"{kind.name}.csv": table_as_csv(frame) for kind, frame in tables.items()},
        **pictures_of(agreement_figures(agreement)),
        "columns.json": columns_as_json(*tables),
        "run.json": as_json(agreement.provenance.as_dict()),
    }


def agreement_in_words(agreement: ReaderAgreement) -> str:
    """Reliability, limits of agreement and kappa as a terminal shows them, a line per quantity."""
    lines = []
    for row in agreement.reliability.itertuples(index=False):
        numbers = f"ICC(2,1) {row.icc21:.3f} ({_interval(row.icc21_low, row.icc21_high)})"
        numbers += f", SEM {_amount(row.measure, row.sem_within)}"
        lines.append(f"{_what(row)}: n {row.n}, {_numbers_or_reason(row.icc21, numbers, row.reason)}")
    for row in agreement.limits.itertuples(index=False):
        bias, lower, upper = (_amount(row.measure, one) for one in (row.bias, row.lower, row.upper))
        numbers = f"bias {bias}, limits of agreement {lower} to {upper}"
        what = f"{_what(row)}, {row.second} - {row.first}"
        lines.append(f"{what}: n {row.n}, {_numbers_or_reason(row.bias, numbers, row.reason)}")
    for row in agreement.kappa.itertuples(index=False):
        numbers = f"kappa {row.kappa:.3f} ({_interval(row.kappa_low, row.kappa_high)}, weights {row.weights})"
        what = f"{_what(row)}, {row.first} and {row.second}"
        lines.append(f"{what}: n {row.n}, {_numbers_or_reason(row.kappa, numbers, row.reason)}")
    return "\n".join([*lines, RESEARCH_ONLY])


def _interval(low: Any, high: Any) -> str:
    return f"{low:.3f} to {high:.3f}" if low == low else "no interval"


def _numbers_or_reason(value: Any, numbers: str, reason: Any) -> str:
    """The numbers, with the reason where one stands beside them; the reason alone where there is no number."""
    why = said_plainly(reason)
    return why if value != value else f"{numbers} [{why}]" if why else numbers


def _amount(measure: Any, value: Any) -> str:
    """A difference with its unit: fractions in percentage points; grades have none."""
    known = {one.word: one for one in MEASURES}.get(measure)
    if known is None:
        return f"{value:.4g}"
    if known.is_fraction:
        return f"{100 * value:.4g} percentage points"
    return f"{value:.4g} {known.shown_unit}"


def said_plainly(reason: Any) -> str:
    """A reason as words without underscores; empty where there is none."""
    return str(reason).replace("_", " ")


def _what(row: Any) -> str:
    return f"{row.muscle} {row.measure} {row.side} {row.level}"


def agreement_figures(agreement: ReaderAgreement) -> dict[str, Callable[[], Any]]:
    """What makes one Bland-Altman figure, by name, per quantity and pair of raters with enough subjects."""
    from ..figures.bland_altman import bland_altman, has_enough_pairs

    figures: dict[str, Callable[[], Any]] = {}
    for rated in agreement.rated:
        for first, second in combinations(range(len(rated.raters)), 2):
            if has_enough_pairs(rated, first=first, second=second):
                pair = f"_{first + 1}-{second + 1}" if len(rated.raters) > 2 else ""
                name = f"bland_altman_{'_'.join(rated.what)}{pair}"
                figures[name] = partial(bland_altman, rated, first=first, second=second)
    return figures


def _file_names(tables: Sequence[Table]) -> list[str]:
    """A name for each table: its file name, with its folder where names repeat."""
    names = [Path(one).name if isinstance(one, str | Path) else f"table {k + 1}" for k, one in enumerate(tables)]
    if len(set(names)) == len(names):
        return names
    return [
        f"{Path(one).parent.name}/{name}" if isinstance(one, str | Path) else name
        for one, name in zip(tables, names, strict=True)
    ]


def _overlap_row(overlap: Overlap) -> dict[str, str | int | float | None]:
    return {
        "muscle": overlap.structure.muscle.id,
        "side": overlap.structure.side.value,
        "n_first": overlap.n_first,
        "n_second": overlap.n_second,
        "n_both": overlap.n_both,
        "dice": overlap.dice,
        "hd95_mm": overlap.hd95_mm,
        "hd_mm": overlap.hd_mm,
        "reason": "not_measured" if overlap.dice is None else "",
    }
