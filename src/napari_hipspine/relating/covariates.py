"""Age, sex and what else is held constant, from a participants table to numbers per subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.cells import is_missing
from ..domain.errors import InvalidChoice, TableInvalid
from .ranks import FloatArray

if TYPE_CHECKING:
    import pandas as pd

SUBJECT_COLUMN = "subject_id"


@dataclass(frozen=True)
class CovariateValues:
    """Covariates of the subjects of a correlation table.

    Attributes
    ----------
    names
        Columns of the participants table.
    values
        Shape ``(n_subjects, n_covariates)``; NaN is missing.
    notes
        How words became numbers, and whom no value was found for.
    """

    names: tuple[str, ...]
    values: FloatArray
    notes: tuple[str, ...]


def select_covariates(
    participants: pd.DataFrame, names: Sequence[str], subjects: Sequence[str], *, source: str = "the given table"
) -> CovariateValues:
    """One number per subject and covariate, in the order of `subjects`.

    A column of two words (female, male) becomes 0 and 1; more than two words have no order and are refused.

    Raises
    ------
    TableInvalid
        If the table has no subject_id, holds a subject twice, or a column is neither of numbers nor of two words.
    InvalidChoice
        If a covariate is no column, or has one value only among the subjects.
    """
    rows = rows_by_subject(participants, source=source)
    absent = [name for name in names if name not in participants.columns]
    if absent:
        raise InvalidChoice(
            f"Expected the covariates {', '.join(names)}, found no column {', '.join(absent)}, in {source}.",
            hint=f"Columns: {', '.join(map(str, participants.columns))}.",
        )
    values, notes = np.full((len(subjects), len(names)), np.nan), list[str]()
    for place, name in enumerate(names):
        cells = [rows[subject][name] if subject in rows else None for subject in subjects]
        values[:, place], coding = _as_numbers(cells, name, source)
        present = values[~np.isnan(values[:, place]), place]
        if np.unique(present).size < 2:
            raise InvalidChoice(
                f"Expected a covariate with different values, found {np.unique(present).size} value in {name}, "
                f"in the {len(subjects)} subjects of {source}.",
                hint="Leave it out.",
            )
        notes += [coding] if coding else []
        if present.size < len(subjects):
            notes.append(f"{len(subjects) - present.size} of {len(subjects)} subjects have no {name}.")
    return CovariateValues(tuple(names), values, tuple(notes))


def rows_by_subject(table: pd.DataFrame, *, source: str) -> dict[str, dict[str, Any]]:
    """The row of each subject of a table with one row per subject.

    Raises
    ------
    TableInvalid
        If the table has no subject_id, an empty one, or one twice.
    """
    if SUBJECT_COLUMN not in table.columns:
        raise TableInvalid(
            f"Expected a column {SUBJECT_COLUMN}, found {', '.join(map(str, table.columns))}, in {source}.",
            hint="Name the column of pseudonyms subject_id.",
        )
    ids = ["" if is_missing(one) else str(one) for one in table[SUBJECT_COLUMN]]
    twice = sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []
    if twice or "" in ids:
        found = f"several for {', '.join(twice[:5])}" if any(twice) else "a row without one"
        raise TableInvalid(
            f"Expected one row per {SUBJECT_COLUMN}, found {found}, in {source}.", hint="Keep one row per subject."
        )
    records = ({str(k): v for k, v in record.items()} for record in table.to_dict("records"))
    return dict(zip(ids, records, strict=True))


def _as_numbers(cells: list[Any], name: str, source: str) -> tuple[FloatArray, str]:
    """Numbers of a column, and how its words were turned into them."""
    present = [cell for cell in cells if not is_missing(cell)]
    try:
        numbers = [np.nan if is_missing(cell) else float(cell) for cell in cells]
    except (TypeError, ValueError):
        words = sorted({str(cell) for cell in present})
        if len(words) > 2:
            raise TableInvalid(
                f"Expected numbers or two words in {name}, found {len(words)} words ({', '.join(words[:4])}), "
                f"in {source}.",
                hint="Give numbers in a meaningful order, or a column of two words.",
            ) from None
        code = {word: float(k) for k, word in enumerate(words)}
        numbers = [np.nan if is_missing(cell) else code[str(cell)] for cell in cells]
        return np.array(numbers), f"{name}: {', '.join(f'{word} = {k:g}' for word, k in code.items())}."
    if np.isinf(numbers).any():
        raise TableInvalid(f"Expected finite numbers in {name}, found an infinite one, in {source}.")
    return np.array(numbers, dtype=np.float64), ""
