"""Whose numbers the correlation table holds: the result's, the published ones, or what two tables differ by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ..relating.extra_tables import SENSITIVITY
from ..relating.multiplicity import Family
from ..relating.published import published_correlations
from ..relating.sensitivity import summarise_variations
from ..workflows.relation import Relation
from ..writing.correlation_differences import variation_table

if TYPE_CHECKING:
    import pandas as pd

RESULT, PUBLISHED = "this result", "published"


class Source(StrEnum):
    """Where the numbers come from."""

    RESULT = "result"
    PUBLISHED = "published"
    AGAINST_PUBLISHED = "against_published"
    VARIATION = "variation"


@dataclass(frozen=True)
class Shown:
    """One choice of numbers.

    Parameters
    ----------
    source : Source
        Where they come from.
    variation : str
        What was done otherwise, of a variation.
    """

    source: Source
    variation: str = ""

    @property
    def words(self) -> str:
        """The choice in words."""
        if self.source is Source.VARIATION:
            return f"Difference: {self.names[0]} − {RESULT}"
        return {
            Source.RESULT: "This result",
            Source.PUBLISHED: "Published Table 1",
            Source.AGAINST_PUBLISHED: f"Difference: {RESULT} − {PUBLISHED}",
        }[self.source]

    @property
    def names(self) -> tuple[str, str]:
        """What both tables of a difference are called."""
        if self.source is Source.VARIATION:
            return self.variation.replace("_", " "), RESULT
        return RESULT, PUBLISHED

    def tables(self, relation: Relation) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """The table, and the one it is held against, if it is."""
        family = relation.request.family if relation.request is not None else Family.ALL
        main = relation.correlations
        if self.source is Source.PUBLISHED:
            return published_correlations(family=family), None
        if self.source is Source.AGAINST_PUBLISHED:
            return main, published_correlations(family=family)
        if self.source is Source.VARIATION:
            return variation_table(relation.extra[SENSITIVITY.name], main, self.variation), main
        return main, None


def shown_choices(relation: Relation) -> tuple[Shown, ...]:
    """What can be shown of a relation; the published table stands beside nothing but itself."""
    if relation.values is None:
        return (Shown(Source.RESULT),)
    sensitivity = relation.extra.get(SENSITIVITY.name)
    found = summarise_variations(sensitivity) if sensitivity is not None else ()
    variations = [Shown(Source.VARIATION, one.name) for one in found if one.n_cells]
    return (Shown(Source.RESULT), Shown(Source.PUBLISHED), Shown(Source.AGAINST_PUBLISHED), *variations)
