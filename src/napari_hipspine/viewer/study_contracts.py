"""Contracts of the statistics tables by name, so that the screen can give their columns units and meanings."""

from __future__ import annotations

from ..domain.tables import CORRELATIONS, Table
from ..relating.acquisitions import ACQUISITION_CHECKS, ACQUISITIONS
from ..relating.affected_sides import AFFECTED, AFFECTED_SUMMARY
from ..relating.demographics import DEMOGRAPHICS
from ..relating.diagnostics import DIAGNOSTICS
from ..relating.extra_tables import FAMILIES, MULTIPLICITY, NORMS, POWER, PROFILE, PROFILE_SUBJECTS, SENSITIVITY
from ..relating.plausibility import WARNINGS
from ..relating.procedures import PROCEDURES
from ..relating.time_points import CHANGES, COURSE

_BESIDE_CORRELATIONS = (MULTIPLICITY, FAMILIES, POWER, SENSITIVITY, PROFILE, PROFILE_SUBJECTS)
_OF_STUDIES = (DEMOGRAPHICS, WARNINGS, ACQUISITIONS, ACQUISITION_CHECKS, NORMS)
_OF_CLINICS = (AFFECTED, AFFECTED_SUMMARY, PROCEDURES, CHANGES, COURSE, DIAGNOSTICS)
_CONTRACTS = {table.name: table for table in (*_BESIDE_CORRELATIONS, *_OF_STUDIES, *_OF_CLINICS)}
_CONTRACTS["profile_partial"] = CORRELATIONS
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
