"""InterMAT, fat in muscles and lean volume of a cohort, from the region tables of its people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.errors import InvalidChoice, TableInvalid
from ...domain.tables import REGIONS, SEPARATOR
from ..comparability import describe_contrast
from .volume_indices import INTERMAT, LEAN, LEAN_OF_FF

if TYPE_CHECKING:
    import pandas as pd

INTRAMUSCULAR = "intramuscular_fat_cm3"
REGION_VOLUMES = {
    INTERMAT.volume: "intermat_mm3",
    INTRAMUSCULAR: "intramuscular_fat_mm3",
    LEAN.volume: "lean_volume_mm3",
    LEAN_OF_FF.volume: "lean_volume_of_ff_mm3",
}
"""Columns of a cohort by the column of the region table they are made from."""

LEAN_MEASURES = (INTRAMUSCULAR, LEAN.volume, LEAN_OF_FF.volume)
"""Those that are sums over the muscles of a row."""

SHOWN_AT_MOST = 5
_MM3_PER_CM3 = 1000.0


def list_region_volumes(
    regions: pd.DataFrame, *, mixed_contrast: bool = False, source: str = "the region tables"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One row per person (and session) with volumes [cm³], and what they rest on as sentences.

    Volumes of other muscles than most people have cannot be compared: they are left empty, InterMAT too, since its
    compartment lies around these muscles.

    Parameters
    ----------
    regions : data frame
        Rows as `REGIONS` of `domain.tables` says.
    mixed_contrast : bool
        Whether people whose fat was told by a fat fraction and by a threshold may stand in one column.
    source : str
        For messages.

    Raises
    ------
    TableInvalid
        If a person has several rows, or columns are missing.
    InvalidChoice
        If compartments were found by different rules, contrasts are mixed, or no set of muscles is the most frequent.
    """
    import pandas as pd

    table = REGIONS.check(regions, source=source)
    who = ["subject_id", *(["session"] if table["session"].ne("").any() else [])]
    _refuse_double(table, who, source)
    _refuse_mixed(table, source, mixed_contrast=mixed_contrast)
    is_usual, muscles = _usual_muscles(table, source)
    found = pd.DataFrame({name: table[name] for name in who})
    for name, column in REGION_VOLUMES.items():
        if table[column].notna().any():
            volume = table[column].to_numpy(dtype=np.float64, na_value=np.nan) / _MM3_PER_CM3
            found[name] = np.where(is_usual, volume, np.nan)
    return found, _say(table, is_usual, muscles)


def _refuse_double(table: pd.DataFrame, who: list[str], source: str) -> None:
    twice = table[table.duplicated(who, keep=False)]
    if len(twice):
        first = twice["subject_id"].iloc[0]
        regions = sorted(set(twice.loc[twice["subject_id"] == first, "region"]))
        raise TableInvalid(
            f"Expected one region row per {' and '.join(who)}, found several for {first} ({', '.join(regions)}), "
            f"in {source}.",
            hint="Hand in the files of one region, series and reader.",
        )


def _refuse_mixed(table: pd.DataFrame, source: str, *, mixed_contrast: bool) -> None:
    rules = sorted({_rule_of(row) for row in table.to_dict("records")})
    if len(rules) > 1:
        raise InvalidChoice(
            f"Expected compartments found by one rule, found {'; '.join(rules)}, in {source}.",
            hint="Measure all people by the same rule: volumes of different compartments cannot be compared.",
        )
    contrasts = table.groupby(describe_contrast(table))["subject_id"].nunique()
    if len(contrasts) > 1 and not mixed_contrast:
        found = "; ".join(f"{name}: {count} people" for name, count in contrasts.items())
        raise InvalidChoice(
            f"Expected fat told in one way, found {found}, in {source}.",
            hint="Model each by itself, or allow it with --mixed-contrast.",
        )


def _rule_of(row: dict[Any, Any]) -> str:
    radius = row["closing_radius_mm"]
    return f"{row['rule']}" + ("" if radius is None or radius != radius else f", {radius:g} mm")


def _usual_muscles(table: pd.DataFrame, source: str) -> tuple[np.ndarray, list[str]]:
    """Who has the most frequent set of muscles, and which it is."""
    sets = table["muscles"].map(lambda cell: SEPARATOR.join(sorted(str(cell).split(SEPARATOR))))
    counts = sets.value_counts()
    if len(counts) > 1 and counts.iloc[0] == counts.iloc[1]:
        raise InvalidChoice(
            f"Expected most people with the same muscles, found {len(counts)} sets, {counts.iloc[0]} people with each "
            f"of two, in {source}.",
            hint="Volumes of different muscles cannot be compared: hand in those that hold the same.",
        )
    return (sets == counts.index[0]).to_numpy(), counts.index[0].split(SEPARATOR)


def _say(table: pd.DataFrame, is_usual: np.ndarray, muscles: list[str]) -> tuple[str, ...]:
    slices = table["n_slices"].dropna()
    rule, names = _rule_of(table.to_dict("records")[0]), ", ".join(muscles) or "not stated"
    told = [f"InterMAT as defined here and lean volume: compartment {rule}; muscles {names}."]
    if len(slices) and slices.min() < slices.max():
        told.append(f"Volumes grow with the slices measured: {slices.min()} to {slices.max()} slices per person.")
    others = table.loc[~is_usual, "subject_id"].tolist()
    if others:
        shown = ", ".join(others[:SHOWN_AT_MOST]) + (" …" if len(others) > SHOWN_AT_MOST else "")
        told.append(f"{len(others)} people with other muscles have no volumes: {shown}.")
    flags = table["flags"].str.split(SEPARATOR).explode()
    counts = flags[flags != ""].value_counts()
    told += [f"Flag {flag}: {count} of {len(table)} people." for flag, count in counts.items()]
    empty = table.loc[table["reason"] != "", "reason"].value_counts()
    return (*told, *(f"Empty ({reason}): {count} of {len(table)} people." for reason, count in empty.items()))
