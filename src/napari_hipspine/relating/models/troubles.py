"""What can be wrong with a model or one of its terms, as words that stand in its table."""

from __future__ import annotations

from enum import StrEnum


class Trouble(StrEnum):
    """One word per trouble; `sentence` says it in full."""

    SEPARATION = "separation"
    NOT_CONVERGED = "not_converged"
    SINGULAR_FIT = "singular_fit"
    CONSTANT_COLUMN = "constant_column"
    COLLINEAR_COLUMN = "collinear_column"
    CONSTANT_OUTCOME = "constant_outcome"
    TOO_FEW_ROWS = "too_few_rows"
    FEW_EVENTS = "few_events"
    FEW_GROUPS = "few_groups"
    PERFECT_FIT = "perfect_fit"
    INTERVAL_UNBOUNDED = "interval_unbounded"
    GROUPS_SAY_NOTHING = "groups_say_nothing"
    TOO_FEW_GROUPS = "too_few_groups"

    @property
    def sentence(self) -> str:
        """What it means for the numbers."""
        return _SENTENCES[self]

    @property
    def empties_numbers(self) -> bool:
        """Whether the model has no numbers because of it."""
        return self in _EMPTYING


_EMPTYING = frozenset(
    {
        Trouble.SEPARATION,
        Trouble.NOT_CONVERGED,
        Trouble.CONSTANT_OUTCOME,
        Trouble.TOO_FEW_ROWS,
        Trouble.PERFECT_FIT,
        Trouble.GROUPS_SAY_NOTHING,
        Trouble.TOO_FEW_GROUPS,
    }
)

_SENTENCES = {
    Trouble.SEPARATION: "The terms tell the outcome apart without error, so that coefficients have no finite "
    "maximum; no numbers are given. Firth's penalty gives finite ones.",
    Trouble.NOT_CONVERGED: "The fit did not reach a maximum; no numbers are given.",
    Trouble.SINGULAR_FIT: "The variance between groups, or their correlation, is estimated at the edge of what is "
    "possible (zero, or one); intervals do not carry the doubt about it.",
    Trouble.CONSTANT_COLUMN: "The column holds one value only and was left out of the fit.",
    Trouble.COLLINEAR_COLUMN: "The column follows from the others, but for a ten-millionth of its length, and was left "
    "out of the fit.",
    Trouble.CONSTANT_OUTCOME: "The outcome has one value only; no numbers are given.",
    Trouble.TOO_FEW_ROWS: "There are no more rows than coefficients; no numbers are given.",
    Trouble.FEW_EVENTS: "Fewer than 10 events (or non-events) per term: estimates are unsteady.",
    Trouble.FEW_GROUPS: "Few groups: standard errors that rest on the number of groups are too small.",
    Trouble.PERFECT_FIT: "The model meets every value without error; no numbers are given.",
    Trouble.INTERVAL_UNBOUNDED: "The profile of the likelihood does not fall far enough: an end of the interval is "
    "left empty; or p, where the penalised likelihood without the term was not found.",
    Trouble.TOO_FEW_GROUPS: "There are no more groups than coefficients: standard errors that rest on the groups "
    "cannot be told; no numbers are given.",
    Trouble.GROUPS_SAY_NOTHING: "There is one group only, or every group is one row: what differs between groups "
    "cannot be told from the rest; no numbers are given.",
}
