"""A correlation table laid out as a page: hip muscles down, lumbar muscles across, and the words around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..domain.anatomy import find_level, find_muscle, vocabulary
from ..domain.tables import ALL_SLICES, SEPARATOR

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
"""p and q below this are marked."""

MEASURE_LABELS = {
    "csa": "CSA",
    "fcsa": "fCSA",
    "fi": "FI",
    "ff": "FF",
    "ff_of_sums": "FF (of sums)",
    "ff_signal_calibrated": "FF (calibrated)",
    "lean_area": "lean area",
    "volume": "volume",
}
"""How measures are headed; the words of tables stay as they are."""


class Heading(NamedTuple):
    """A muscle and a measure, heading a row or a column; a level where its region has several."""

    muscle: str
    measure: str
    level: str = ""

    @property
    def group(self) -> tuple[str, str]:
        """Muscle and level: what neighbouring rows or columns share a heading by."""
        return self.muscle, self.level

    @property
    def muscle_label(self) -> str:
        """Name of the muscle for people, with a capital, and of its level if it has one."""
        label = find_muscle(self.muscle).label
        at = f", {short_level(self.level)}" if self.level else ""
        return f"{label[:1].upper()}{label[1:]}{at}"

    @property
    def measure_label(self) -> str:
        """Name of the measure for people."""
        return MEASURE_LABELS.get(self.measure, self.measure)

    def __str__(self) -> str:
        return f"{self.muscle_label} {self.measure_label}"


@dataclass(frozen=True)
class Cell:
    """One cell; numbers are None where the table is empty.

    Parameters
    ----------
    hip, lumbar : Heading
        Row and column.
    n : int
        Subjects with both values.
    rho, low, high, p, q : float or None
        Coefficient, its interval, raw and adjusted p.
    p_method : str
        How p was found.
    reasons : tuple of str
        Why it is empty, in words for people.
    """

    hip: Heading
    lumbar: Heading
    n: int
    rho: float | None
    low: float | None
    high: float | None
    p: float | None
    q: float | None
    p_method: str
    reasons: tuple[str, ...]

    @property
    def is_below_alpha(self) -> bool:
        """Whether the raw p is below .05."""
        return self.p is not None and self.p < ALPHA

    @property
    def is_q_below_alpha(self) -> bool:
        """Whether the adjusted p is below .05."""
        return self.q is not None and self.q < ALPHA


@dataclass(frozen=True)
class CorrelationLayout:
    """Rows, columns and cells of a page, and the sentences above it.

    Parameters
    ----------
    hip_rows, lumbar_columns : tuple of Heading
        In the order in which the table names them.
    cells : dict
        `Cell` by (row, column).
    header : str
        How many tests, which family, smallest q.
    lumbar_title, hip_title : str
        Region and level.
    rules : str
        How sides and missing values were handled.
    """

    hip_rows: tuple[Heading, ...]
    lumbar_columns: tuple[Heading, ...]
    cells: dict[tuple[Heading, Heading], Cell]
    header: str
    lumbar_title: str
    hip_title: str
    rules: str


def lay_out(correlations: pd.DataFrame) -> CorrelationLayout:
    """The page of a correlation table.

    Parameters
    ----------
    correlations : pandas.DataFrame
        One row per cell, as `CORRELATIONS` of `domain.tables` says.
    """
    rows = [{str(name): value for name, value in row.items()} for row in correlations.to_dict("records")]
    levels = {name: tuple(dict.fromkeys(row[name] for row in rows)) for name in ("lumbar_level", "hip_level")}
    cells = [_read_cell(row | {name: "" for name, found in levels.items() if len(found) < 2}) for row in rows]
    first = rows[0] if rows else {}
    return CorrelationLayout(
        hip_rows=tuple(dict.fromkeys(cell.hip for cell in cells)),
        lumbar_columns=tuple(dict.fromkeys(cell.lumbar for cell in cells)),
        cells={(cell.hip, cell.lumbar): cell for cell in cells},
        header=_header(cells, correlations),
        lumbar_title=f"Lumbar muscles, {_describe_levels(levels['lumbar_level'])}",
        hip_title=f"Hip muscles, {_describe_levels(levels['hip_level'])}",
        rules=_rules(first),
    )


def describe_level(level: str) -> str:
    """A level in words."""
    if level in ("", ALL_SLICES):
        return "all labelled slices" if level else "level not stated"
    return find_level(level).label


def short_level(level: str) -> str:
    """A level as it stands beside a muscle: L4 for the fourth lumbar vertebra."""
    return describe_level(level).removesuffix(" vertebra")


def _describe_levels(levels: tuple[str, ...]) -> str:
    return ", ".join(map(describe_level, levels)) if levels else describe_level("")


def describe_reasons(reason: str) -> tuple[str, ...]:
    """The words of a reason cell as the vocabulary says them to people."""
    labels = {term.id: term.label for kind in ("flag", "reason") for term in vocabulary().of_kind(kind)}
    return tuple(labels.get(word, word.replace("_", " ")) for word in reason.split(SEPARATOR) if word)


def format_rho(rho: float | None) -> str:
    """A coefficient with three decimals and a true minus sign; a dash where there is none."""
    if rho is None:
        return "–"
    text = f"{rho:.3f}"
    return "0.000" if text == "-0.000" else text.replace("-", "−")


def format_p(p: float | None) -> str:
    """p or q with three decimals; never 0."""
    if p is None:
        return "–"
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def _read_cell(row: dict[str, Any]) -> Cell:
    rho, low, high, p, q = (_number(row[name]) for name in ("rho", "rho_low", "rho_high", "p", "q"))
    return Cell(
        hip=Heading(row["hip_muscle"], row["hip_measure"], row["hip_level"]),
        lumbar=Heading(row["lumbar_muscle"], row["lumbar_measure"], row["lumbar_level"]),
        n=int(row["n"]),
        rho=rho,
        low=low,
        high=high,
        p=p,
        q=q,
        p_method=row["p_method"],
        reasons=describe_reasons(row["reason"]),
    )


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _header(cells: list[Cell], correlations: pd.DataFrame) -> str:
    """The line above every table and figure."""
    tests = sum(cell.p is not None for cell in cells)
    labels = [label for label in dict.fromkeys(correlations["family"]) if label]
    family = labels[0].partition(":")[0] if labels else "none"
    several = f" ({len(labels)} families)" if len(labels) > 1 else ""
    smallest = min((cell.q for cell in cells if cell.q is not None), default=None)
    q_text = (
        "no q" if smallest is None else f"smallest q {f'{smallest:.2f}' if smallest >= 0.1 else format_p(smallest)}"
    )
    counted = f"{tests} test" if tests == 1 else f"{tests} tests"
    return f"{counted}, family: {family}{several}; {q_text}; exploratory, not for diagnosis"


def _rules(first: dict[Any, Any]) -> str:
    """How sides and missing values were handled and what was held constant, in sentences."""
    side = first.get("side_rule", "")
    sides = {"both": "Both sides", "left": "Left side", "right": "Right side"}.get(side, "Side not stated")
    bilateral = f", fractions joined by: {first['bilateral_rule']}" if first.get("bilateral_rule") else ""
    held = [word for word in (first.get("covariates") or "").split(SEPARATOR) if word]
    given = f" Partial coefficients, given {', '.join(held)}." if held else ""
    return f"{sides}{bilateral}. Missing values: {first.get('missing_rule') or 'not stated'}.{given}"
