"""What a person asks of a model, checked when made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ...domain.errors import InvalidChoice
from .design import OutcomeKind
from .formula import Formula, RandomPart, parse_formula, parse_random
from .mixed_linear import Criterion
from .random_intercept import DEFAULT_POINTS

MOST_POINTS = 100


class Estimator(StrEnum):
    """How coefficients are found.

    `LIKELIHOOD` is maximum likelihood (restricted, for linear models with groups); `FIRTH` adds Firth's penalty to
    a logistic model; `GEE` averages a logistic model over the population of the groups.
    """

    LIKELIHOOD = "likelihood"
    FIRTH = "firth"
    GEE = "gee"


class Method(StrEnum):
    """What was fitted, as it stands in the table."""

    LOGISTIC = "logistic"
    FIRTH = "firth"
    GEE = "gee_logistic"
    MIXED_LOGISTIC = "mixed_logistic"
    LINEAR = "linear"
    MIXED_LINEAR = "mixed_linear"


@dataclass(frozen=True)
class ModelRequest:
    """Every choice that can change a model. Words are accepted for the choices (``kind="linear"``).

    Parameters
    ----------
    formula : str
        Such as ``cbp ~ lmm_z * intermat_z + age``.
    kind, estimator
        Whether the outcome is events or numbers, and how coefficients are found.
    random : str, optional
        Such as ``1|centre`` or ``1 + time|subject_id``.
    references : mapping of str to str
        Reference category by column; otherwise the first in order.
    n_points : int
        Quadrature points of a logistic model with groups; 1 is Laplace's approximation.
    criterion : Criterion
        Of a linear model with groups; likelihood-ratio tests need ``ml``.

    Raises
    ------
    InvalidChoice
        If a word is none of its choices, the formula cannot be read, or the choices do not go together.
    """

    formula: str
    kind: OutcomeKind = OutcomeKind.LOGISTIC
    random: str | None = None
    estimator: Estimator = Estimator.LIKELIHOOD
    references: Mapping[str, str] = field(default_factory=dict)
    n_points: int = DEFAULT_POINTS
    criterion: Criterion = Criterion.REML

    def __post_init__(self) -> None:
        for name, kind in (("kind", OutcomeKind), ("estimator", Estimator), ("criterion", Criterion)):
            object.__setattr__(self, name, _read_choice(kind, getattr(self, name), name))
        random = self.parsed_random
        if random is not None and random.group in self.parsed_formula.columns:
            raise InvalidChoice(f"Expected {random.group} as grouping or in the formula, found both.")
        if not 1 <= self.n_points <= MOST_POINTS:
            raise InvalidChoice(f"Expected 1 to {MOST_POINTS} quadrature points, found {self.n_points}.")
        if self.parsed_formula.response.is_counted and self.kind is OutcomeKind.LINEAR:
            raise InvalidChoice(f"Expected one number per row for a linear model, found counts, in {self.formula!r}.")
        if self.estimator is not Estimator.LIKELIHOOD and self.kind is OutcomeKind.LINEAR:
            raise InvalidChoice(f"Expected a logistic model for {self.estimator}, found a linear one.")
        if self.estimator is Estimator.FIRTH and random is not None:
            raise InvalidChoice("Expected no groups with Firth's penalty, found some.", hint="Leave out --random.")
        if self.estimator is Estimator.GEE and random is None:
            raise InvalidChoice("Expected groups for GEE, found none.", hint="Name them as --random '1|GROUP'.")
        if random is not None and random.slope is not None and self.kind is OutcomeKind.LOGISTIC:
            raise InvalidChoice(
                f"Expected 1|{random.group} for a logistic model, found a random slope of {random.slope}.",
                hint="Random slopes are fitted in linear models only.",
            )

    @property
    def parsed_formula(self) -> Formula:
        """The formula with its terms."""
        return parse_formula(self.formula)

    @property
    def parsed_random(self) -> RandomPart | None:
        """What varies between groups."""
        return parse_random(self.random) if self.random else None

    @property
    def method(self) -> Method:
        """What will be fitted."""
        if self.kind is OutcomeKind.LINEAR:
            return Method.MIXED_LINEAR if self.random else Method.LINEAR
        if self.estimator is not Estimator.LIKELIHOOD:
            return Method.FIRTH if self.estimator is Estimator.FIRTH else Method.GEE
        return Method.MIXED_LOGISTIC if self.random else Method.LOGISTIC

    def as_dict(self) -> dict[str, Any]:
        """Plain values for provenance."""
        return {
            "formula": self.formula,
            "kind": self.kind.value,
            "random": self.random or "",
            "estimator": self.estimator.value,
            "method": self.method.value,
            "references": dict(self.references),
            "n_points": self.n_points,
            "criterion": self.criterion.value,
        }


def _read_choice(kind: type[StrEnum], given: str, name: str) -> StrEnum:
    if given in tuple(kind):
        return kind(given)
    raise InvalidChoice(
        f"Expected {name} to be one of {', '.join(kind)}, found {given!r}.", hint="Choose one of these words."
    )
