"""Severe fat per muscle and side as columns of a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..relating.outcomes import SEVERE, spread_severe
from ..relating.wide_columns import choose_where, has_doubtful_psoas
from .joined_tables import SUBJECT, join_people, read_measurements

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SevereRows:
    """Which rows of measurements say where fat is severe.

    Parameters
    ----------
    measurements : tuple of path
        Tables with ``severe`` per muscle and side, read as one.
    level, session : str, optional
        Only rows of these.
    """

    measurements: tuple[Path, ...]
    level: str | None = None
    session: str | None = None

    @property
    def sentence(self) -> str:
        """What the columns were made from."""
        parts = [f"{name} {value}" for name, value in (("level", self.level), ("session", self.session)) if value]
        return (
            f"severe_MUSCLE_SIDE: fat of one half or more, from the measurements ({', '.join(parts) or 'all rows'}); "
            "fat of the psoas that a signal threshold told is left out."
        )


def add_severe(table: pd.DataFrame, chosen: SevereRows) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with ``severe_MUSCLE_SIDE`` of every person's measurements, and the names of these columns.

    Raises
    ------
    TableInvalid
        If nothing is left of the measurements, or a person has several rows of one muscle and side.
    """
    wanted = {"level": chosen.level, "session": chosen.session}
    words = {column: (word,) if word is not None else () for column, word in wanted.items()}
    rows = choose_where(read_measurements(chosen.measurements), **words)
    doubtful = has_doubtful_psoas(rows)
    if doubtful.any() and SEVERE in rows.columns:
        rows = rows.assign(**{SEVERE: rows[SEVERE].mask(doubtful, "")})
    wide = spread_severe(rows)
    # what is empty for everybody is no exposure
    wide = wide.dropna(axis="columns", how="all")
    names = tuple(name for name in wide.columns if str(name).startswith(f"{SEVERE}_"))
    return join_people(table, wide, [SUBJECT]), names
