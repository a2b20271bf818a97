"""What is made beside a model, and what is done to its table before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..domain.errors import InvalidChoice
from ..relating.models.interaction import Dichotomy, parse_dichotomy
from ..relating.models.subgroups import FewEvents
from ..relating.outcomes import Outcome, parse_outcome
from .cohort_columns import CohortColumns


@dataclass(frozen=True)
class ModelExtras:
    """What is made beside the model, and what is done to the table before.

    Parameters
    ----------
    formulas : tuple of str
        Further formulas, each a model of its own.
    outcomes : tuple of str
        Further outcomes of the same terms: ``NAME`` of a column of 0 and 1, or ``NAME=COLUMN>=NUMBER``.
    by : str, optional
        Column whose every value gets a model of its own: subgroups or time points.
    few_events : FewEvents
        What is done with `by` where a plain logistic model has few events.
    z_columns : tuple of str
        Columns normalised before, as ``COLUMN_z``.
    z_within : str, optional
        Column of the groups within which they are normalised.
    z_reference : str, optional
        ``COLUMN=WORD`` of the rows whose mean and deviation are used; otherwise all.
    z_ddof : int
        Their standard deviation divides by n minus this.
    additive : tuple of str
        Two dichotomies such as ``lmm_z<0``, for interaction on the additive scale.
    draws, seed : int
        Resamples that correct accuracy for optimism, and the start of their random numbers.
    columns : CohortColumns
        Volumes, values per muscle and activity groups, added before anything else.

    Raises
    ------
    InvalidChoice
        If there are not two dichotomies, draws are negative, or a word is of another shape.
    """

    formulas: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    by: str | None = None
    few_events: FewEvents = FewEvents.FLAG
    z_columns: tuple[str, ...] = ()
    z_within: str | None = None
    z_reference: str | None = None
    z_ddof: int = 1
    additive: tuple[str, ...] = ()
    draws: int = 0
    seed: int = 0
    columns: CohortColumns = CohortColumns()

    def __post_init__(self) -> None:
        if len(self.additive) not in (0, 2):
            raise InvalidChoice(f"Expected two dichotomies, found {len(self.additive)}.")
        if min(self.draws, self.seed) < 0:
            raise InvalidChoice(f"Expected draws and a seed of 0 or more, found {self.draws} and {self.seed}.")
        if self.few_events not in tuple(FewEvents):
            raise InvalidChoice(f"Expected few events to be one of {', '.join(FewEvents)}, found {self.few_events!r}.")
        object.__setattr__(self, "few_events", FewEvents(self.few_events))
        if self.z_ddof not in (0, 1):
            raise InvalidChoice(f"Expected 0 or 1 to be taken off n for the deviation, found {self.z_ddof}.")
        for parsed in (self.dichotomies, self.parsed_outcomes, self.parsed_z_reference):
            del parsed

    @property
    def dichotomies(self) -> tuple[Dichotomy, ...]:
        """The two dichotomies, parsed."""
        return tuple(parse_dichotomy(text) for text in self.additive)

    @property
    def parsed_outcomes(self) -> tuple[Outcome, ...]:
        """The further outcomes, parsed."""
        return tuple(parse_outcome(text) for text in self.outcomes)

    @property
    def parsed_z_reference(self) -> tuple[str, str] | None:
        """Column and word of the rows z-scores refer to."""
        if self.z_reference is None:
            return None
        column, equals, word = (part.strip() for part in self.z_reference.partition("="))
        if not (column and equals and word):
            raise InvalidChoice(f"Expected the rows z-scores refer to as COLUMN=WORD, found {self.z_reference!r}.")
        return column, word

    def as_dict(self) -> dict[str, Any]:
        """Plain values for provenance."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        del plain["columns"]
        return plain | self.columns.as_dict() | {"few_events": self.few_events.value}
