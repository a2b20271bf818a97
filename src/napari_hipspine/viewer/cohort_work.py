"""A whole manifest measured from the window, by the very run of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..domain.cohort import FAILURES, CohortEntry
from ..domain.protocol import FatMethod
from ..domain.subject import Progress
from ..domain.tables import MEASUREMENTS
from ..keeping.cohort_store import CohortStore
from ..workflows.cohort_runners import runner_of
from ..workflows.measure_cohort import CohortOutcome, failures_table, measure_cohort, open_manifest
from ..workflows.measure_entry import CohortProtocol
from ..workflows.read_tables import read_table
from .study_work import ShownTable, StudyOutcome


@dataclass(frozen=True)
class CohortWish:
    """A manifest to be measured.

    Parameters
    ----------
    manifest, folder : str
        Paths of the manifest and of the folder for results; a folder with results of it is gone on with.
    n_workers : int
        Processes of this computer; with none, one subject after the other in this one.
    scheduler : str
        Address of a dask cluster that is running; empty for none.
    fat_method : FatMethod, optional
        In place of what fits each image.
    """

    manifest: str = ""
    folder: str = ""
    n_workers: int = 0
    scheduler: str = ""
    fat_method: FatMethod | None = None

    @property
    def settings(self) -> CohortProtocol:
        """How all rows are measured."""
        return CohortProtocol(chosen=(("fat_method", self.fat_method),) if self.fat_method else ())


def cohort_study(wish: CohortWish, progress: Progress) -> StudyOutcome:
    """The tables of a cohort, as `hipspine cohort` measures it; cancelled, finished rows are kept and gone on from."""
    entries, folder = open_manifest(wish.manifest), Path(wish.folder)
    with runner_of(n_workers=wish.n_workers or None, scheduler=wish.scheduler or None) as runner:
        outcome = measure_cohort(entries, folder, settings=wish.settings, runner=runner, progress=progress)
    failures = failures_table(outcome.failed)
    tables = [ShownTable("Failures", FAILURES, failures)] if len(failures) else []
    if outcome.n_done:
        measured = read_table(folder / "measurements.csv", what="the measurements").replace("", None)
        checked = MEASUREMENTS.check(measured, source="measurements.csv")
        tables.append(ShownTable("Measurements", MEASUREMENTS, checked))
    names = ("measurements.csv", "slices.csv", "failures.csv", "run.json", "columns.json")
    files = {name: (folder / name).read_bytes() for name in names}
    summary = f"{outcome.in_words} Results are kept in {folder}."
    return StudyOutcome(summary, _all_there_is(outcome, summary), tuple(tables), {}, files)


def finished_entries(wish: CohortWish) -> tuple[CohortEntry, ...]:
    """Rows of the manifest that have results, also while the others are being measured."""
    names = CohortStore(Path(wish.folder)).finished_names()
    return tuple(entry for entry in open_manifest(wish.manifest) if entry.name in names)


def _all_there_is(outcome: CohortOutcome, summary: str) -> str:
    lines = [f"{one.entry.subject_id}: {one.failure.message} {one.failure.hint}" for one in outcome.failed]
    return "\n".join([summary, *lines])
