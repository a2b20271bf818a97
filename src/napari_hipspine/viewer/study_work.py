"""The statistics a reader asked for, worked out by the workflows the command line uses: tables, figures and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing
from ..domain.errors import InvalidChoice
from ..domain.subject import Progress
from ..domain.tables import MODELS, Table
from ..relating.agreement_tables import KAPPA, LIMITS, OVERLAPS, RELIABILITY
from ..relating.flow import FLOW, tabulate_flow
from ..relating.models.troubles import Trouble
from ..workflows.agree_readers import (
    ReaderAgreement,
    agree_outlines,
    agree_readers,
    agreement_figures,
    agreement_files,
    agreement_in_words,
    outline_files,
    outlines_in_words,
)
from ..workflows.describe_study import describe_in_words, describe_study, description_files, list_series_acquisitions
from ..workflows.model_cohort import NOT_ADJUSTED, CohortModel, model_cohort, model_files
from ..workflows.model_parts import part_figures
from ..workflows.open_subject import open_labels
from ..workflows.study_flow import close_study_flow, find_study_flow, flow_figures, flow_files, flow_in_words
from ..writing.model_text import format_models
from ..writing.tables import Contents
from .study_contracts import contract_of, title_of
from .study_wishes import AgreementWish, CountsFlowWish, DescriptionWish, ModelWish, OutlinesWish, PeopleFlowWish

if TYPE_CHECKING:
    import pandas as pd

Files = Mapping[str, Contents]

_SAID_ABOVE = ("kind", "method", "formula", "random", "part")
_COUNTS = {"trials": "n_trials", "events": "n_events", "groups": "n_groups"}
_TROUBLES_SAID = 3


@dataclass(frozen=True)
class ShownTable:
    """One table of an outcome: its title, its contract, and columns that are said elsewhere."""

    title: str
    contract: Table
    frame: pd.DataFrame
    said_above: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudyOutcome:
    """What came of one wish.

    Parameters
    ----------
    summary : str
        One or two sentences.
    text : str
        All there is to read, as a terminal would show it.
    tables : tuple of ShownTable
        The main one first.
    figures : mapping of str to callable
        What makes each matplotlib figure, by name; a figure that is shown is one's own, no thread shares it.
    files : mapping
        Contents of the files of the command line by name, or what makes them.
    """

    summary: str
    text: str
    tables: tuple[ShownTable, ...]
    figures: Mapping[str, Callable[[], Any]]
    files: Files


def model_study(wish: ModelWish, progress: Progress) -> StudyOutcome:
    """The model of a table, as `hipspine model` fits it."""
    found = model_cohort(wish.table, wish.request, wish.extras, progress=progress)
    one_model = ("model", "n", *_COUNTS.values(), *_SAID_ABOVE)
    said = _SAID_ABOVE if len(found.fits) > 1 else one_model
    made = () if found.made is None else (ShownTable("Columns made", found.made.contract, found.made.frame),)
    return StudyOutcome(
        _summarise_models(found),
        format_models(found.models, notes=found.notes),
        (
            ShownTable("Terms", MODELS, found.models, said),
            *(ShownTable(title_of(kind.name), kind, frame) for kind, frame in found.parts.tables),
            *made,
        ),
        part_figures(found.models, found.parts),
        model_files(found),
    )


def agreement_study(wish: AgreementWish | OutlinesWish, progress: Progress) -> StudyOutcome:
    """Agreement of readers on numbers or outlines, as `hipspine agree` finds it."""
    return _compare_outlines(wish, progress) if isinstance(wish, OutlinesWish) else _compare_numbers(wish, progress)


def _compare_numbers(wish: AgreementWish, progress: Progress) -> StudyOutcome:
    progress(0, 1, "comparing readers")
    found = agree_readers(
        [Path(path) for path in wish.tables],
        measures=wish.measures,
        grades=wish.grades,
        weights=wish.weights,
        possible_grades=list(wish.possible_grades) or None,
        by=wish.by,
    )
    progress(1, 1, "comparing readers")
    tables = [
        ShownTable("ICC and error", RELIABILITY, found.reliability, ("raters",)),
        ShownTable("Limits", LIMITS, found.limits),
    ]
    if len(found.kappa):
        tables.append(ShownTable("Kappa", KAPPA, found.kappa))
    return StudyOutcome(
        _summarise_agreement(found),
        agreement_in_words(found),
        tuple(tables),
        agreement_figures(found),
        agreement_files(found),
    )


def _compare_outlines(wish: OutlinesWish, progress: Progress) -> StudyOutcome:
    progress(0, 3, "reading the first label map")
    first = open_labels(wish.first)
    progress(1, 3, "reading the second label map")
    second = open_labels(wish.second)
    progress(2, 3, "comparing outlines")
    table = agree_outlines(first, second, distance=wish.distance, border=wish.border)
    files = outline_files(table, [wish.first.labels, wish.second.labels], distance=wish.distance, border=wish.border)
    progress(3, 3, "comparing outlines")
    return StudyOutcome(
        f"{len(table)} structures; HD95 by rule {wish.distance.value.replace('_', ' ')}, "
        f"outline {wish.border.value.replace('_', ' ')}.",
        outlines_in_words(table),
        (ShownTable("Outlines", OVERLAPS, table, ("distance_rule", "border_rule")),),
        {},
        files,
    )


def flow_study(wish: PeopleFlowWish | CountsFlowWish, progress: Progress) -> StudyOutcome:
    """The inclusion flow, as `hipspine flow` counts it."""
    progress(0, 1, "counting people")
    if isinstance(wish, PeopleFlowWish):
        study = find_study_flow(Path(wish.people), wish.steps, reason_column=wish.reason_column, rules=wish.rules)
    else:
        study = close_study_flow(wish.n_screened, wish.excluded, wish.n_analysed)
    progress(1, 1, "counting people")
    flow = study.flow
    return StudyOutcome(
        f"{flow.n_screened} screened, {flow.n_screened - flow.n_analysed} left, {flow.n_analysed} analysed. "
        "The sums close.",
        flow_in_words(study),
        (ShownTable("Flow", FLOW, tabulate_flow(flow)),),
        flow_figures(study),
        flow_files(study),
    )


def description_study(wish: DescriptionWish, progress: Progress) -> StudyOutcome:
    """The tables around a study, as `hipspine describe` makes them."""
    if wish.acquisitions and wish.images:
        raise InvalidChoice("Expected acquisitions from a table or from images, found both.")
    progress(0, 2, "reading")
    series = list_series_acquisitions([wish.images], progress=progress) if wish.images else wish.acquisitions or None
    progress(1, 2, "describing")
    tables = describe_study(
        participants=wish.participants or None,
        by=wish.by,
        variables=wish.variables or None,
        measurements=list(wish.measurements) or None,
        acquisitions=series,
        reference=wish.reference or None,
        clinic=wish.clinic,
    )
    inputs = [path for path in _paths_of(wish) if path]
    files = description_files(tables, inputs=inputs, by=wish.by, variables=wish.variables, clinic=wish.clinic)
    progress(2, 2, "describing")
    return StudyOutcome(
        "; ".join(f"{title_of(name)}: {len(frame)} rows" for name, frame in tables.items()) + ".",
        describe_in_words(tables),
        tuple(ShownTable(title_of(name), contract_of(name), frame) for name, frame in tables.items()),
        {},
        files,
    )


def _paths_of(wish: DescriptionWish) -> list[str]:
    """Files in the order in which the command line lists them."""
    clinic = (wish.clinic.side_covariates, wish.clinic.procedures)
    tables = (wish.participants, *wish.measurements, wish.acquisitions, wish.reference)
    return [*tables, *(path for path in clinic if isinstance(path, str)), wish.images]


def _summarise_models(found: CohortModel) -> str:
    """Formula, method and counts of the first model, how many there are, and what is wrong in words."""
    models = found.models
    row = models.iloc[0]
    random = f" + ({row['random']})" if row["random"] else ""
    n_models = len(found.fits)
    several = f" {n_models} models; here the first." if n_models > 1 else ""
    words = dict.fromkeys(word for cell in models["reason"] for word in str(cell).split(";") if word)
    troubles = [Trouble(word).sentence for word in words if word in tuple(Trouble)][:_TROUBLES_SAID]
    counts = [f"n {row['n']}"]
    counts += [f"{name} {row[column]}" for name, column in _COUNTS.items() if not is_missing(row[column])]
    said = [f"{row['formula']}{random}: {str(row['method']).replace('_', ' ')}, {', '.join(counts)}.{several}"]
    tests = "p_holm is adjusted over its family" if models["p_holm"].notna().any() else NOT_ADJUSTED.rstrip(".")
    return " ".join([*said, *troubles, f"Associations in this sample; {tests}."])


def _summarise_agreement(found: ReaderAgreement) -> str:
    raters = dict.fromkeys(rater for rated in found.rated for rater in rated.raters)
    return f"{len(found.rated)} quantities by {', '.join(raters) or 'nobody'}."
