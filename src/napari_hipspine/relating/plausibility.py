"""Values far from what is published, as warnings; nothing is left out for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing
from ..domain.tables import BOTH_SIDES, MEASUREMENTS, Table, read_columns

if TYPE_CHECKING:
    import pandas as pd

CSA_LIMITS_CM2 = {
    "multifidus": (2.0, 20.0),
    "erector_spinae": (5.0, 35.0),
    "psoas_major": (3.0, 35.0),
    "quadratus_lumborum": (2.0, 15.0),
    "gluteus_maximus": (15.0, 90.0),
    "gluteus_medius": (8.0, 50.0),
    "gluteus_minimus": (2.0, 20.0),
    "tensor_fasciae_latae": (1.0, 12.0),
    "sartorius": (0.8, 8.0),
    "rectus_femoris": (1.0, 16.0),
}
"""Cross-sectional area of one side, wider than published means ± 3 SD; no source for sartorius and tensor."""

NO_SOURCE = ("sartorius", "tensor_fasciae_latae")
"""Muscles whose area limits are a guess."""

FAT_LIMITS = (0.0, 0.9)
FAT_LIMITS_OF = {"psoas_major": (0.0, 0.4)}
"""Limits of fat fractions, 0-1."""

WARNINGS = Table(
    name="warnings",
    columns=read_columns(
        """
subject_id | t | | one person, a pseudonym
session | t | | visit or time point
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary
side | t | | left, right (the patient's) or both
measure | t | | what was measured
value | n | | the value, in the unit of its measure
low | n | | smallest value without a warning
high | n | | largest value without a warning
text | t | | the warning in words
"""
    ),
    key=("subject_id", "session", "level", "muscle", "side", "measure"),
    required=("subject_id", "muscle", "side", "measure"),
)

_FAT_MEASURES = ("fi", "ff")
_ROUNDING = 1e-9


def find_implausible(measurements: pd.DataFrame, *, source: str = "the given table") -> pd.DataFrame:
    """A warning for each area or fat fraction outside its limits, and each fCSA above its CSA, as `WARNINGS`."""
    table = MEASUREMENTS.check(measurements, source=source)
    rows: list[dict[str, Any]] = []
    for record in table.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        where = {name: row[name] for name in ("subject_id", "session", "level", "muscle", "side")}
        for measure, (low, high) in _limits(row).items():
            value = row[measure]
            if is_missing(value) or low <= value <= high:
                continue
            shown = _shown(measure, value, low, high, guessed=row["muscle"] in NO_SOURCE)
            rows.append(where | {"measure": measure, "value": value, "low": low, "high": high, "text": shown})
        if (
            not is_missing(row["csa_mm2"])
            and not is_missing(row["fcsa_mm2"])
            and row["fcsa_mm2"] > row["csa_mm2"] * (1 + _ROUNDING)
        ):
            limits = {"measure": "fcsa_mm2", "value": row["fcsa_mm2"], "low": 0.0, "high": row["csa_mm2"]}
            rows.append(where | limits | {"text": "the area without fat is larger than the whole area"})
    return WARNINGS.frame(rows)


def _limits(row: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Limits of one row's measures; both sides together may have twice the area."""
    fat = FAT_LIMITS_OF.get(row["muscle"], FAT_LIMITS)
    limits = dict.fromkeys(_FAT_MEASURES, fat)
    area = CSA_LIMITS_CM2.get(row["muscle"])
    if area is not None:
        sides = 2 if row["side"] == BOTH_SIDES else 1
        limits["csa_mm2"] = (area[0] * 100 * sides, area[1] * 100 * sides)
    return limits


def _shown(measure: str, value: float, low: float, high: float, *, guessed: bool) -> str:
    scale, unit = (100.0, "%") if measure in _FAT_MEASURES else (0.01, "cm²")
    far, limit = ("below", low) if value < low else ("above", high)
    number = _told_apart(value * scale, limit * scale)
    sourced = "; no source for these limits" if guessed and unit == "cm²" else ""
    return f"{number} {unit} is {far} {low * scale:.3g} to {high * scale:.3g} {unit}{sourced}: look again"


def _told_apart(value: float, limit: float) -> str:
    """A value with three digits, or as many as it takes to be another than the limit."""
    shown = (f"{value:.{digits}g}" for digits in range(3, 18))
    return next((text for text in shown if float(text) != float(f"{limit:.3g}")), repr(value))
