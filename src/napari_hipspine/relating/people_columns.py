"""Numbers of the people beside the muscles: what a participants table holds, correlated with every muscle."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .cells import correlate_values
from .covariates import CovariateValues
from .extra_tables import PEOPLE_COLUMNS
from .multiplicity import Family
from .request import RelateRequest
from .subject_values import ColumnName, RegionValues, SubjectValues

if TYPE_CHECKING:
    import pandas as pd

FAMILY = "people_columns"
_NAMES = {"lumbar_muscle": "column", "hip_muscle": "muscle", "hip_measure": "measure", "hip_level": "level"}


def correlate_people(
    values: SubjectValues,
    people: CovariateValues,
    request: RelateRequest,
    *,
    covariates: CovariateValues | None = None,
) -> pd.DataFrame:
    """Spearman's rho of each column of the people with each lumbar and hip value, as `PEOPLE_COLUMNS`.

    p, intervals, covariates and reasons are those of the request; all its cells are one family of their own.

    Parameters
    ----------
    values
        Values of the subjects.
    people
        Columns of the same subjects, such as pelvic incidence.
    request
        What was asked of the main result.
    covariates
        What is held constant.
    """
    columns = RegionValues(
        tuple(ColumnName(name, "") for name in people.names),
        people.values,
        np.where(np.isnan(people.values), "not_measured", "").astype(object),
    )
    muscles = RegionValues(
        (*values.lumbar.columns, *values.hip.columns),
        np.column_stack([values.lumbar.values, values.hip.values]),
        np.column_stack([values.lumbar.reasons, values.hip.reasons]),
    )
    found = correlate_values(
        SubjectValues(values.subjects, columns, muscles, ()), replace(request, family=Family.ALL), covariates=covariates
    ).rename(columns=_NAMES)
    named = found.assign(family=[FAMILY if label else "" for label in found["family"]])
    return PEOPLE_COLUMNS.frame(
        {name: row[name] for name in PEOPLE_COLUMNS.column_names} for row in named.to_dict("records")
    )
