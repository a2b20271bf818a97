"""All subjects of a manifest, each measured once: what is there already and still true is not done again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.cohort import FAILURES, CohortEntry, read_entries
from ..domain.provenance import RESEARCH_ONLY, installed_versions, present_moment
from ..domain.subject import Progress, stay_silent
from ..domain.tables import MEASUREMENTS, SLICES
from ..keeping.cohort_store import CohortStore
from ..writing.tables import as_json, columns_as_json, table_as_csv
from .cohort_runners import Runner, ThisProcess
from .measure_entry import CohortProtocol, EntryDone, EntryFailed, measure_entry, wish_of
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class CohortOutcome:
    """What came of a cohort.

    Parameters
    ----------
    n_entries : int
        Rows of the manifest.
    kept : list of CohortEntry
        Rows measured by an earlier run, from the same files with the same choices.
    measured : list of CohortEntry
        Rows measured by this run.
    failed : list of EntryFailed
        Rows without results.
    """

    n_entries: int
    kept: list[CohortEntry] = field(default_factory=list)
    measured: list[CohortEntry] = field(default_factory=list)
    failed: list[EntryFailed] = field(default_factory=list)

    @property
    def n_done(self) -> int:
        """Rows that have results."""
        return len(self.kept) + len(self.measured)

    @property
    def in_words(self) -> str:
        """How many came to what."""
        return (
            f"{len(self.measured)} measured, {len(self.kept)} kept from before, {len(self.failed)} failed, "
            f"of {self.n_entries}."
        )

    @property
    def n_left(self) -> int:
        """Rows that nobody has come to."""
        return self.n_entries - self.n_done - len(self.failed)


def open_manifest(path: str | Path) -> tuple[CohortEntry, ...]:
    """The rows of a manifest; places in it are looked for from its own folder on.

    Raises
    ------
    TableInvalid
        With everything that is wrong with it.
    """
    place = Path(path)
    return read_entries(read_table(place, what="a manifest"), place.resolve().parent, source=place.name)


def measure_cohort(
    entries: tuple[CohortEntry, ...],
    folder: Path,
    *,
    settings: CohortProtocol | None = None,
    runner: Runner | None = None,
    progress: Progress = stay_silent,
) -> CohortOutcome:
    """Measure every row that is new or changed, and write the tables of all.

    Parameters
    ----------
    entries : tuple of CohortEntry
        Rows, in the order of the tables.
    folder : Path
        Where results are kept.
    settings : CohortProtocol, optional
        How all are measured; by default as fits each image.
    runner : Runner, optional
        Where the work is done; by default in this process.
    progress : Progress
        Told how many rows are done; what it raises stops the run.

    Returns
    -------
    CohortOutcome
        With failures as values: one subject never stops the others.

    Raises
    ------
    HipSpineError
        If the folder is in use or cannot be written.
    SchedulerLost
        If the cluster has gone.

    Notes
    -----
    However it ends, by a wish to stop, an error or a lost scheduler, the tables hold every finished row, sorted.
    """
    chosen, store = settings or CohortProtocol(), CohortStore(folder)
    with store.written():
        outcome = _look(entries, store, chosen)
        _write_tables(store, entries, outcome)
        store.write(_described(chosen))
        done = {entry.name for entry in outcome.kept}
        waiting = [entry for entry in entries if entry.name not in done]
        try:
            for _ in _worked_through(waiting, store, outcome, chosen, runner or ThisProcess()):
                progress(outcome.n_entries - outcome.n_left, outcome.n_entries, "subjects")
        finally:
            _write_tables(store, entries, outcome)
    return outcome


def _look(entries: tuple[CohortEntry, ...], store: CohortStore, settings: CohortProtocol) -> CohortOutcome:
    kept = [entry for entry in entries if store.is_current(entry, wish_of(entry, settings))]
    return CohortOutcome(len(entries), kept)


def _worked_through(
    waiting: list[CohortEntry], store: CohortStore, outcome: CohortOutcome, settings: CohortProtocol, runner: Runner
) -> Iterator[None]:
    """Rows as they come; the tables grow by each."""
    work = partial(measure_entry, settings=settings, folder=store.folder.resolve())
    with closing(runner.run(waiting, work)) as outcomes:  # type: ignore[type-var]
        for one in outcomes:
            if isinstance(one, EntryDone):
                outcome.measured.append(one.entry)
                store.append(one.entry)
            else:
                outcome.failed.append(one)
                header, _, rows = table_as_csv(failures_table([one])).encode().partition(b"\n")
                store.append_rows("failures.csv", header + b"\n", rows)
            yield


def _write_tables(store: CohortStore, entries: tuple[CohortEntry, ...], outcome: CohortOutcome) -> None:
    """The tables of all rows that are done, sorted as the manifest's rows are."""
    done = {entry.name for entry in (*outcome.kept, *outcome.measured)}
    place = {entry.name: number for number, entry in enumerate(entries)}
    store.join([entry for entry in entries if entry.name in done])
    outcome.failed.sort(key=lambda one: place[one.entry.name])
    store.write({"failures.csv": table_as_csv(failures_table(outcome.failed))})


def failures_table(failed: list[EntryFailed]) -> pd.DataFrame:
    """Rows without results, as a table."""
    rows = (
        {
            "subject_id": one.entry.subject_id,
            "session": one.entry.session,
            "reader_id": one.entry.reader_id,
            "entry": one.entry.name,
            "step": one.failure.step,
            "message": one.failure.message,
            "hint": one.failure.hint,
        }
        for one in failed
    )
    return FAILURES.frame(rows)


def _described(settings: CohortProtocol) -> dict[str, str]:
    run = {
        "research_only": RESEARCH_ONLY,
        "command": "cohort",
        "made_at": present_moment(),
        "settings": settings.as_dict(),
        "versions": installed_versions(),
    }
    return {"run.json": as_json(run), "columns.json": columns_as_json(MEASUREMENTS, SLICES, FAILURES)}
