"""A correlation table with all that stands beside it, as the command line and the window ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.subject import Progress, stay_silent
from ..relating.family_history import FamilyHistory
from ..relating.request import RelateRequest
from .measured_tables import open_cohort
from .relate_beside import add_people_columns, add_profile, add_sensitivity
from .relate_cohort import relate_cohort
from .relation import Relation

if TYPE_CHECKING:
    from .measured_tables import OneTable


@dataclass(frozen=True)
class BesideChoices:
    """Tables that are read beside the measurements, and what is wished beside the result.

    Parameters
    ----------
    participants, implants : Path or None
        Covariates of the people, and implants whose muscles are left out.
    slices : tuple of Path
        Slice tables, where they do not stand beside the measurements.
    variations : tuple of (str, Path)
        Measurements taken otherwise, under the name of what was done; a name may have several files.
    wants_profile : bool
        Whether the muscle profile is made.
    reference_values : Path or None
        What z of the profile is taken against; given, the profile is made.
    columns : tuple of str
        Columns of the participants that are correlated with every muscle.
    """

    participants: Path | None = None
    implants: Path | None = None
    slices: tuple[Path, ...] = ()
    variations: tuple[tuple[str, Path], ...] = ()
    wants_profile: bool = False
    reference_values: Path | None = None
    columns: tuple[str, ...] = ()

    @property
    def has_profile(self) -> bool:
        """Whether the muscle profile is made."""
        return self.wants_profile or self.reference_values is not None

    def files_of_variations(self) -> dict[str, list[OneTable]]:
        """Files by the name of their variation."""
        by_name: dict[str, list[OneTable]] = {}
        for name, path in self.variations:
            by_name.setdefault(name, []).append(path)
        return by_name


def relate_wholly(
    tables: Sequence[Path],
    request: RelateRequest,
    beside: BesideChoices | None = None,
    *,
    history: FamilyHistory | None = None,
    progress: Progress = stay_silent,
) -> Relation:
    """The relation with its sensitivity to other choices and, where it is wished, the muscle profile.

    Parameters
    ----------
    tables, request
        As `relate_cohort` takes them.
    beside : BesideChoices, optional
        What else is read and made.
    history : FamilyHistory, optional
        Families under which results were shown from the folder of the results.
    progress : Progress
        Told every part; it may cancel between two of them.

    Raises
    ------
    HipSpineError
        If a table cannot be read or does not settle what to relate.
    """
    wished = beside or BesideChoices()
    progress(0, 3, "relating")
    cohort = open_cohort(list(tables))
    # People handed in for the profile or for columns of their own alone are no covariates.
    are_covariates = bool(request.covariates) or not (wished.has_profile or wished.columns)
    participants = wished.participants if are_covariates else None
    related = relate_cohort(cohort, request, participants=participants, implants=wished.implants, history=history)
    progress(1, 3, "relating under other choices")
    related = add_sensitivity(
        related,
        cohort,
        participants=participants,
        implants=wished.implants,
        slices=list(wished.slices) or None,
        variations=wished.files_of_variations(),
        progress=progress,
    )
    if wished.columns:
        related = add_people_columns(related, wished.columns, wished.participants)
    if wished.has_profile:
        progress(2, 3, "finding the muscle profile")
        related = add_profile(related, reference=wished.reference_values, participants=wished.participants)
    progress(3, 3, "relating")
    return related
