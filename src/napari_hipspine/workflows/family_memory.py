"""The families under which a study was shown: read before, and kept before anything is shown again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from ..relating.family_history import FamilyHistory
from ..relating.multiplicity import Family
from .measured_tables import MeasuredCohort

if TYPE_CHECKING:
    import pandas as pd

_SAME_STUDY = ("subject_id", "session", "level", "muscle", "side", "csa_mm2", "fi", "ff")
"""Columns by which the same measurements are known again, wherever they lie."""


def remember_family(
    cohort: MeasuredCohort, family: Family, *, of_folder: FamilyHistory
) -> tuple[FamilyHistory, tuple[str, ...]]:
    """The history with this family as the last one, kept, and a note where it could not be.

    It is read from this program's data folder, where a study is known by the place of its tables and by their content,
    and held against that of the folder of the results; what says most is believed.

    Parameters
    ----------
    cohort : MeasuredCohort
        What is related.
    family : Family
        Under which results are about to be shown.
    of_folder : FamilyHistory
        What the folder of the results says of itself.
    """
    from ..keeping.shown_families import keep_shown_families, read_shown_families

    studies = _names_of(cohort)
    known = [word for word in read_shown_families(studies) if word in tuple(Family)]
    of_user = FamilyHistory(tuple(Family(word) for word in known))
    history = max(of_folder, of_user, key=lambda one: len(one.shown)).shown_with(family)
    try:
        keep_shown_families(studies, [one.value for one in history.shown])
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        return history, (f"The family could not be kept for this user ({why}): a later change of it may go unnoticed.",)
    return history, ()


def _names_of(cohort: MeasuredCohort) -> tuple[str, ...]:
    """By what a study is known: the place of its tables, and what stands in them."""
    places = "\n".join(sorted(str(path.absolute()) for path in cohort.files))
    return (*((f"tables {places}",) if places else ()), f"content {_digest(cohort.measured)}")


def _digest(measured: pd.DataFrame) -> str:
    """A digest of the rows, whatever their order and whether they are text or numbers."""
    import pandas as pd

    present = [name for name in _SAME_STUDY if name in measured.columns]
    as_read = {
        name: (
            pd.to_numeric(measured[name], errors="coerce").astype(np.float64)
            if name.endswith("_mm2") or name in ("fi", "ff")
            else measured[name].fillna("").astype(str)
        )
        for name in present
    }
    rows = np.sort(pd.util.hash_pandas_object(pd.DataFrame(as_read), index=False).to_numpy())
    return hashlib.sha256(rows.tobytes()).hexdigest()
