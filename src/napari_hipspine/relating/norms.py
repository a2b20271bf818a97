"""z and percentile of every row of a measurement table against a reference file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing
from ..domain.tables import MEASUREMENTS
from .extra_tables import NORMS
from .reference_values import NO_REFERENCE, ReferenceValues
from .request import find_measure

if TYPE_CHECKING:
    import pandas as pd


def list_norms(
    measurements: pd.DataFrame,
    reference: ReferenceValues,
    *,
    measures: Sequence[str] = ("csa", "fcsa", "fi"),
    people: Mapping[str, Mapping[str, Any]] | None = None,
    source: str = "the given table",
) -> pd.DataFrame:
    """One row per measurement row and measure that has a value, as `NORMS`.

    Parameters
    ----------
    people
        Age and sex by subject, for reference groups that differ in them.
    """
    table = MEASUREMENTS.check(measurements, source=source)
    rows: list[dict[str, Any]] = []
    for record in table.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        for measure in map(find_measure, measures):
            if is_missing(row[measure.column]):
                continue
            cells = {name: row[name] for name in ("subject_id", "session", "level", "muscle", "side")}
            cells |= {"measure": measure.word, "value": float(row[measure.column])}
            rows.append(cells | norm_cells(reference, cells, (people or {}).get(row["subject_id"], {})))
    return NORMS.frame(rows)


def norm_cells(reference: ReferenceValues, row: Mapping[str, Any], person: Mapping[str, Any]) -> dict[str, Any]:
    """z, percentile and reference group of one value, or why there is none."""
    norm = reference.find(row["muscle"], row["measure"], row["value"], person, side=row["side"], level=row["level"])
    if norm is None:
        return {"reference": reference.name, "reason": NO_REFERENCE}
    found = {"z": norm.z, "percentile": norm.percentile, "reference": reference.name}
    return found | {"reference_n": norm.n, "reference_group": norm.group}
