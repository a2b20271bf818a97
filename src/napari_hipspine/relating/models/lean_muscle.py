"""Lean muscle volume of a person, from the muscles measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...domain.errors import InvalidChoice, TableInvalid
from .columns import read_numbers_or_gaps
from .volume_indices import LEAN

if TYPE_CHECKING:
    import pandas as pd

N_MUSCLES = "n_muscles"

_MM3_PER_CM3 = 1000.0
_SIDES = ("left", "right")


def sum_lean_volumes(measurements: pd.DataFrame, muscles: Sequence[str]) -> pd.DataFrame:
    """Lean volume of the named muscles, both sides together, one row per person and session.

    The lean volume of a muscle is its volume times one minus the share of its voxels called fat (``fi``; on Dixon
    images: a fat fraction of one half or more). A person who lacks one of the muscles on one side has no sum: volumes
    of different muscles cannot be compared.

    Parameters
    ----------
    measurements : data frame
        Rows per muscle and side with ``volume_mm3`` and ``fi``.
    muscles : sequence of str
        Which muscles; they are part of the result's meaning.

    Raises
    ------
    InvalidChoice
        If no muscle is named.
    TableInvalid
        If columns are missing, or a person has several rows of one muscle and side.
    """
    import pandas as pd

    if not muscles:
        raise InvalidChoice("Expected at least one muscle for a lean volume, found none.")
    needed = ["subject_id", "muscle", "side", "volume_mm3", "fi"]
    lacking = [name for name in needed if name not in measurements.columns]
    if lacking:
        raise TableInvalid(f"Expected the columns {', '.join(needed)}, missing {', '.join(lacking)}.")
    who = [name for name in ("subject_id", "session") if name in measurements.columns]
    chosen = measurements[measurements["muscle"].isin(list(muscles)) & measurements["side"].isin(_SIDES)]
    twice = chosen.duplicated([*who, "muscle", "side"], keep=False)
    if twice.any():
        first = chosen[twice].iloc[0]
        raise TableInvalid(
            f"Expected one row per person, muscle and side, found several for {first['subject_id']}, "
            f"{first['muscle']}, {first['side']}.",
            hint="Hand in one level, series and reader.",
        )
    volume, fat = (read_numbers_or_gaps(chosen[name].tolist(), name) for name in ("volume_mm3", "fi"))
    lean = volume * (1 - fat)
    parts = chosen[who].assign(lean=lean / _MM3_PER_CM3)
    people = measurements[who].drop_duplicates().reset_index(drop=True)
    grouped = parts.groupby(who, sort=False)["lean"].agg(["sum", "count"]).reset_index()
    found = people.merge(grouped, on=who, how="left")
    n_muscles = found["count"].fillna(0).astype(int)
    complete = n_muscles == len(set(muscles)) * len(_SIDES)
    whole = np.where(complete, found["sum"].to_numpy(dtype=np.float64), np.nan)
    return pd.DataFrame({**{name: people[name] for name in who}, LEAN.volume: whole, N_MUSCLES: n_muscles})
