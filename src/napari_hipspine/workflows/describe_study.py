"""The tables around a study: who the people are, how they were scanned, which values to look at again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import InvalidChoice
from ..domain.provenance import RESEARCH_ONLY, Provenance, fingerprints
from ..domain.subject import Progress, stay_silent
from ..relating.acquisitions import ACQUISITION_CHECKS, ACQUISITIONS, check_acquisitions, list_acquisitions
from ..relating.demographics import DEMOGRAPHICS, describe_people
from ..relating.extra_tables import NORMS
from ..relating.norms import list_norms
from ..relating.plausibility import WARNINGS, find_implausible
from ..writing.tables import as_json, columns_as_json, table_as_csv
from .describe_clinic import CLINIC_TABLES, ClinicTables, name_of, read
from .measured_tables import list_tables, read_as_one
from .relate_beside import open_people, open_reference

if TYPE_CHECKING:
    import pandas as pd

    from .measured_tables import OneTable, Tables


DESCRIPTIONS = {
    table.name: table for table in (DEMOGRAPHICS, WARNINGS, ACQUISITIONS, ACQUISITION_CHECKS, NORMS, *CLINIC_TABLES)
}
"""Contract of every table, by its name."""


def describe_study(
    *,
    participants: OneTable | None = None,
    by: str | None = None,
    variables: Sequence[str] | None = None,
    measurements: Tables | None = None,
    acquisitions: OneTable | None = None,
    reference: OneTable | None = None,
    clinic: ClinicTables | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables by name, as far as what was handed in allows.

    ``demographics`` of participants; ``warnings`` of measurements; ``acquisitions`` and, with measurements,
    ``acquisition_checks``; ``norms`` of measurements against a reference file; the tables of `ClinicTables`.

    Parameters
    ----------
    participants
        One row per subject_id; age and sex are also used for reference groups.
    by, variables
        Column of groups, and columns to describe.
    measurements
        Measurement tables.
    acquisitions
        One row per series.
    reference
        Reference values.
    clinic
        What hip-spine clinics ask.

    Raises
    ------
    HipSpineError
        If nothing was handed in, or a table breaks its contract.
    """
    asked = clinic or ClinicTables()
    if participants is None and measurements is None and acquisitions is None and asked.procedures is None:
        raise InvalidChoice(
            "Expected participants, measurements, acquisitions or procedures to describe, found none.",
            hint="Hand in a table of people with --participants.",
        )
    if reference is not None and measurements is None:
        raise InvalidChoice("Expected measurements beside reference values, found none.")
    tables: dict[str, pd.DataFrame] = {}
    measured = read_as_one(list_tables(measurements)) if measurements is not None else None
    if participants is not None:
        people = read(participants, "a participants table")
        tables["demographics"] = describe_people(people, variables=variables, by=by, source=name_of(participants))
    if measured is not None:
        names = ", ".join(name_of(one) for one in list_tables(measurements or ()))
        tables["warnings"] = find_implausible(measured, source=names)
    if acquisitions is not None:
        series, source = read(acquisitions, "a table of acquisitions"), name_of(acquisitions)
        tables["acquisitions"] = list_acquisitions(series, source=source)
        if measured is not None:
            tables["acquisition_checks"] = check_acquisitions(measured, series, source=source)
    if reference is not None and measured is not None:
        who = open_people(participants) if participants is not None else None
        tables["norms"] = list_norms(measured, open_reference(reference), people=who)
    return tables | asked.describe(measured, participants)


def list_series_acquisitions(images: Sequence[str | Path], *, progress: Progress = stay_silent) -> pd.DataFrame:
    """One row per series of DICOM images with what their headers say of the acquisition; no person is named.

    Parameters
    ----------
    images
        Files or folders; the subject is the ``sub-…`` part of a name, else the name.
    progress
        Told the files read.
    """
    import pandas as pd

    from ..reading.volumes import list_volumes
    from .subject_key import series_word, subject_of_path

    rows = []
    for number, path in enumerate(images):
        progress(number, len(images), "reading headers")
        for volume in list_volumes(path):
            rows_mm, columns_mm = volume.grid.spacing_mm[1:]
            facts = {name: volume.source.header.get(name, "") for name in HEADER_FACTS}
            row = {"subject_id": subject_of_path(path), "series": series_word(volume), **facts}
            rows.append(
                row | {"pixel_mm": f"{rows_mm:.3g} x {columns_mm:.3g}", "slice_mm": f"{volume.grid.spacing_mm[0]:.3g}"}
            )
    return pd.DataFrame(rows)


HEADER_FACTS = (
    "Manufacturer",
    "ManufacturerModelName",
    "MagneticFieldStrength",
    "RepetitionTime",
    "EchoTime",
)
"""Header elements of an acquisition table; none can name a person."""


def description_files(
    tables: dict[str, pd.DataFrame],
    *,
    inputs: Sequence[str | Path] = (),
    by: str | None = None,
    variables: Sequence[str] | None = None,
    clinic: ClinicTables | None = None,
) -> dict[str, str]:
    """Tables as CSV by file name, what their columns mean, and what they rest on.

    Parameters
    ----------
    tables
        As `describe_study` made them.
    inputs
        Files and folders they were made from.
    by, variables, clinic
        The choices they were made with.
    """
    settings = {
        "tables": sorted(tables),
        "by": by or "",
        "variables": list(variables or ()),
        **(clinic or ClinicTables()).as_dict(),
    }
    provenance = Provenance("describe", settings, fingerprints(inputs))
    files = {f"{name}.csv": table_as_csv(table) for name, table in tables.items()}
    contracts = [DESCRIPTIONS[name] for name in tables]
    return {**files, "columns.json": columns_as_json(*contracts), "run.json": as_json(provenance.as_dict())}


def describe_in_words(tables: dict[str, pd.DataFrame]) -> str:
    """What a terminal shows: Table 1 in lines, and how many warnings there are."""
    lines = []
    if "demographics" in tables:
        for row in tables["demographics"].to_dict("records"):
            group = "" if row["group"] == "all" else f" [{row['group']}]"
            missing = f", missing {row['n_missing']}" if row["n_missing"] else ""
            category = f" {row['category']}" if row["category"] else ""
            lines.append(f"{row['variable']}{category}{group}: {row['text']}{missing}")
    if "warnings" in tables:
        found = tables["warnings"]
        lines.append(f"{len(found)} values to look at again")
        for row in found.head(SHOWN_WARNINGS).to_dict("records"):
            lines.append(f"  {row['subject_id']} {row['muscle']} {row['side']} {row['measure']}: {row['text']}")
    return "\n".join([*lines, RESEARCH_ONLY])


SHOWN_WARNINGS = 10
