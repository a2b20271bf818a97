"""Contracts of the statistics tables by name, so that the screen can give their columns units and meanings."""

from __future__ import annotations

from ..domain.tables import Table
from ..relating.extra_tables import BESIDE
from ..workflows.describe_study import DESCRIPTIONS

_CONTRACTS = BESIDE | DESCRIPTIONS
_TITLES = {
    "multiplicity": "p, q and max-T per cell",
    "families": "Families and chance",
    "power": "Power per n",
    "sensitivity": "Under other choices",
    "demographics": "Table 1",
    "warnings": "Values to look at again",
    "norms": "Percentiles",
    "diagnostics": "2x2 table",
}


def contract_of(name: str) -> Table:
    """The contract of a table; one without known columns where there is none."""
    return _CONTRACTS.get(name) or Table(name, (), (), ())


def title_of(name: str) -> str:
    """What a table is called on the screen."""
    return _TITLES.get(name) or name[:1].upper() + name[1:].replace("_", " ")
