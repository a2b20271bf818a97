"""What a person asks of a correlation table, checked when made."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from ..domain.anatomy import Region, find_level
from ..domain.errors import InvalidChoice
from ..domain.tables import ALL_SLICES
from .intervals import IntervalMethod
from .multiplicity import Family
from .p_values import PMethod


class SideRule(StrEnum):
    """Which side of the patient a value is taken from; ``both`` joins the two sides."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


class BilateralRule(StrEnum):
    """How the fractions of two sides are joined; areas and volumes are always added.

    `POOLED` is the fraction of both muscles taken as one, weighted by their pixels. `MEAN` and `SUM` weigh the sides
    alike; they order subjects in the same way, so rho is the same.
    """

    POOLED = "pooled"
    MEAN = "mean"
    SUM = "sum"


class MissingRule(StrEnum):
    """Whether a subject with a gap stays in the cells it has values for (`PAIRWISE`) or leaves all (`COMPLETE`)."""

    PAIRWISE = "pairwise"
    COMPLETE = "complete"


@dataclass(frozen=True)
class Measure:
    """One measure that can be ranked: its word, its column, and what joining sides and comparing subjects needs."""

    word: str
    column: str
    is_fraction: bool
    needs_one_contrast: bool

    @property
    def shown_unit(self) -> str:
        """The unit people are shown; fractions are shown in percent."""
        if self.is_fraction:
            return "%"
        return "mm³" if self.column.endswith("_mm3") else "mm²"


MEASURES = (
    Measure("csa", "csa_mm2", is_fraction=False, needs_one_contrast=False),
    Measure("fcsa", "fcsa_mm2", is_fraction=False, needs_one_contrast=True),
    Measure("fi", "fi", is_fraction=True, needs_one_contrast=True),
    Measure("ff", "ff", is_fraction=True, needs_one_contrast=True),
    Measure("ff_of_sums", "ff_of_sums", is_fraction=True, needs_one_contrast=True),
    Measure("ff_signal_calibrated", "ff_signal_calibrated", is_fraction=True, needs_one_contrast=True),
    Measure("lean_area", "lean_area_mm2", is_fraction=False, needs_one_contrast=True),
    Measure("volume", "volume_mm3", is_fraction=False, needs_one_contrast=False),
)
"""Every measure of a measurement table that can be related. What the fat threshold touches needs one contrast."""


@dataclass(frozen=True)
class RelateRequest:
    """Every choice that can change a correlation table. Words are accepted for the choices (``side="left"``).

    Parameters
    ----------
    measures
        Words of `MEASURES`, in the order of the table's rows and columns.
    lumbar_level, hip_level
        Level read for each region, or several, each with columns of its own; None takes the only one there is.
    session
        Session read for both regions; None takes the only one of each region.
    lumbar_session, hip_session
        Session read for one region, where the two were examined on different visits.
    side, bilateral
        Side of the patient, and how the fractions of both sides are joined.
    family, p_method, missing
        Tests adjusted together, how p is found, what becomes of subjects with gaps.
    allow_psoas_threshold_fi
        Keep psoas FI found with a signal threshold, which is known to be unreliable.
    mixed_contrast
        Rank subjects measured on different contrasts in one column.
    interval
        How the interval of each coefficient is found.
    covariates
        Columns of a participants table held constant (partial Spearman); p then is Student's t, or drawn from permuted
        residuals of the ranks with `PERMUTATION`.
    seed
        Start of the random numbers of drawn orders and samples.

    Raises
    ------
    InvalidChoice
        If a word is none of its choices, a measure is unknown or named twice, the seed is negative, or covariates
        are asked for with a p that does not know them.
    UnknownLabel
        If a level is not in the vocabulary.
    """

    measures: tuple[str, ...] = ("fcsa", "fi")
    lumbar_level: str | tuple[str, ...] | None = None
    hip_level: str | tuple[str, ...] | None = None
    session: str | None = None
    lumbar_session: str | None = None
    hip_session: str | None = None
    side: SideRule = SideRule.BOTH
    bilateral: BilateralRule = BilateralRule.POOLED
    family: Family = Family.ALL
    p_method: PMethod = PMethod.AUTO
    missing: MissingRule = MissingRule.PAIRWISE
    allow_psoas_threshold_fi: bool = False
    mixed_contrast: bool = False
    interval: IntervalMethod = IntervalMethod.BONETT_WRIGHT
    covariates: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        choices = {
            "side": SideRule,
            "bilateral": BilateralRule,
            "family": Family,
            "p_method": PMethod,
            "missing": MissingRule,
            "interval": IntervalMethod,
        }
        for name, kind in choices.items():
            object.__setattr__(self, name, _read_choice(kind, getattr(self, name), name))
        object.__setattr__(self, "measures", tuple(find_measure(word).word for word in self.measures))
        if not self.measures or len(set(self.measures)) < len(self.measures):
            raise InvalidChoice(
                f"Expected each measure once, found {', '.join(self.measures) or 'none'}, in the measures to relate.",
                hint=f"Known: {', '.join(m.word for m in MEASURES)}.",
            )
        for region in (Region.LUMBAR, Region.HIP):
            self._check_levels(region)
        object.__setattr__(self, "covariates", tuple(self.covariates))
        if self.covariates:
            self._check_covariates()
        if self.seed < 0:
            raise InvalidChoice(f"Expected a seed of 0 or more, found {self.seed}.", hint="Any whole number will do.")

    def levels(self, region: Region) -> tuple[str, ...]:
        """Levels asked for in one region; none where the only one there is was asked for."""
        given = self.lumbar_level if region is Region.LUMBAR else self.hip_level
        return (given,) if isinstance(given, str) else tuple(given or ())

    def session_of(self, region: Region) -> str | None:
        """Session asked for in one region; None where the only one there is was asked for."""
        own = self.lumbar_session if region is Region.LUMBAR else self.hip_session
        return self.session if own is None else own

    def _check_levels(self, region: Region) -> None:
        levels = self.levels(region)
        for level in levels:
            if level != ALL_SLICES:
                find_level(level)
        if len(set(levels)) < len(levels):
            raise InvalidChoice(
                f"Expected each {region} level once, found {', '.join(levels)}.", hint="Leave out the double ones."
            )

    def _check_covariates(self) -> None:
        if len(set(self.covariates)) < len(self.covariates):
            raise InvalidChoice(
                f"Expected each covariate once, found {', '.join(self.covariates)}.", hint="Leave out the double ones."
            )
        if self.p_method in (PMethod.EXACT, PMethod.EDGEWORTH):
            raise InvalidChoice(
                f"Expected p method auto, t or permutation with covariates, found {self.p_method}.",
                hint="What covariates leave over of ranks is no set of orders, so that orders cannot be counted.",
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for provenance."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            k: list(v) if isinstance(v, tuple) else str(v) if isinstance(v, StrEnum) else v for k, v in plain.items()
        }


def find_measure(word: str) -> Measure:
    """A measure by its word or its column (``fcsa`` or ``fcsa_mm2``).

    Raises
    ------
    InvalidChoice
        If there is none; the hint lists those there are.
    """
    for measure in MEASURES:
        if word in (measure.word, measure.column):
            return measure
    raise InvalidChoice(
        f"Expected a measure that can be related, found {word!r}.",
        hint=f"Known: {', '.join(m.word for m in MEASURES)}.",
    )


def _read_choice(kind: type[StrEnum], given: str, name: str) -> StrEnum:
    if given in tuple(kind):
        return kind(given)
    raise InvalidChoice(
        f"Expected {name.replace('_', ' ')} to be one of {', '.join(kind)}, found {given!r}.",
        hint="Choose one of these words.",
    )
