"""Where the rows of a cohort are worked through: in this process, or on a dask cluster here or elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..domain.cohort import CohortEntry
from ..domain.errors import HipSpineError, InvalidChoice, PackageMissing
from ..domain.subject import SubjectFailure
from .measure_entry import EntryFailed, EntryOutcome

if TYPE_CHECKING:
    from distributed import Client

Work = Callable[[CohortEntry], EntryOutcome]

_WAITS_FOR_SCHEDULER = "15s"
_TRIES_AFTER_DEATH = 1
"""How often a row is tried again after the worker it ran on has died: once, since a row may be what kills it."""


class Runner(Protocol):
    """Something that works through rows and gives outcomes as they come."""

    @property
    def watched_at(self) -> str:
        """Address of a page to watch the work on; empty where there is none."""

    def run(self, entries: Sequence[CohortEntry], work: Work) -> Iterator[EntryOutcome]:
        """Outcomes in the order in which they are finished.

        Raises
        ------
        SchedulerLost
            If the cluster is gone; what was finished is kept.
        """


class SchedulerLost(HipSpineError):
    """The cluster went away while there was work to do."""


class ThisProcess:
    """One row after the other; each is measured on the threads of this computer."""

    watched_at = ""

    def run(self, entries: Sequence[CohortEntry], work: Work) -> Iterator[EntryOutcome]:
        """Outcomes in the order of the rows."""
        yield from map(work, entries)


class Cluster:
    """One task for each row on a dask cluster; places travel, voxels do not.

    Parameters
    ----------
    client : distributed.Client
        Speaks with the scheduler.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def watched_at(self) -> str:
        """Address of the cluster's dashboard."""
        return str(self._client.dashboard_link or "")

    def run(self, entries: Sequence[CohortEntry], work: Work) -> Iterator[EntryOutcome]:
        """Outcomes in the order in which they are finished."""
        as_completed: Any = _distributed().as_completed
        client: Any = self._client
        waiting = dict(zip(client.map(work, entries, pure=False), entries, strict=True))
        try:
            for future in as_completed(list(waiting), loop=client.loop):
                if future.status == "cancelled":
                    raise _lost(len(waiting))
                yield _outcome(future, waiting.pop(future))
        finally:
            if waiting and client.status == "running":
                client.cancel(list(waiting), force=True)


def _outcome(future: Any, entry: CohortEntry) -> EntryOutcome:
    """What a task came to; a worker that died with it is a failure of the row."""
    # A result that went with its worker before it was fetched is made again; this waits for it.
    error = future.exception()
    if error is None:
        outcome: EntryOutcome = future.result()
        return outcome
    failure = SubjectFailure(
        entry.subject_id,
        "working",
        f"Expected the worker to finish this row, found it ended each time ({type(error).__name__}).",
        "Most often memory has run out: give each worker more, or run fewer of them. The same command tries again.",
    )
    return EntryFailed(entry, failure)


def _lost(n_left: int) -> SchedulerLost:
    return SchedulerLost(
        f"Expected the scheduler to stay until all rows were done, found it gone with {n_left} of them left.",
        hint="Finished rows are kept. Start the scheduler again; the same command goes on where this one stopped.",
    )


def runner_of(*, n_workers: int | None = None, scheduler: str | None = None) -> AbstractContextManager[Runner]:
    """A cluster that runs already, processes of this computer, or this process, whichever is asked for first."""
    if scheduler:
        return connected(scheduler)
    return nullcontext(ThisProcess()) if n_workers is None else on_this_computer(n_workers)


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A cluster that is running already.

    Raises
    ------
    InvalidChoice
        If no scheduler answers there.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=_WAITS_FOR_SCHEDULER, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InvalidChoice(
            f"Expected a dask scheduler, found none that answers ({error}), at {address}.",
            hint="Start it with: dask scheduler; and workers, in an environment like this one, with: dask worker URL",
        ) from error
    with client, _quiet():
        yield Cluster(client)


@contextmanager
def on_this_computer(n_workers: int) -> Iterator[Cluster]:
    """A cluster of processes of this computer, for as long as it is needed.

    Raises
    ------
    InvalidChoice
        If the number of workers is not positive.
    """
    if n_workers < 1:
        raise InvalidChoice(f"Expected at least one worker, found {n_workers}.")
    distributed = _distributed()
    with (
        _patient_settings(),
        distributed.LocalCluster(
            n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield Cluster(client)


@dataclass(frozen=True)
class SlurmWish:
    """What is asked of SLURM for each job; every job is one worker.

    Parameters
    ----------
    n_jobs : int
        Jobs.
    n_cores : int
        Cores of a job.
    memory : str
        Memory of a job: ``8GB``.
    walltime : str
        Longest time of a job: ``02:00:00``.
    queue, account : str, optional
        Partition and account, where the site asks for them.
    """

    n_jobs: int = 4
    n_cores: int = 2
    memory: str = "8GB"
    walltime: str = "02:00:00"
    queue: str | None = None
    account: str | None = None


def slurm_cluster(wish: SlurmWish) -> Any:
    """A cluster whose workers SLURM will start; `job_script` of it is what is handed to ``sbatch``.

    Raises
    ------
    PackageMissing
        If dask-jobqueue is not installed.
    """
    try:
        import dask_jobqueue
    except ImportError as missing:
        raise PackageMissing(
            f"Expected dask-jobqueue for --slurm, found none ({missing}).",
            hint="Install it with: pip install 'napari-hipspine[slurm]'",
        ) from missing
    jobqueue: Any = dask_jobqueue
    return jobqueue.SLURMCluster(
        cores=wish.n_cores,
        processes=1,
        memory=wish.memory,
        walltime=wish.walltime,
        queue=wish.queue,
        account=wish.account,
        job_name="hipspine",
        scheduler_options={"dashboard_address": ":0"},
    )


@contextmanager
def on_slurm(wish: SlurmWish) -> Iterator[Cluster]:
    """A cluster of SLURM jobs, for as long as it is needed."""
    distributed = _distributed()
    with slurm_cluster(wish) as cluster, distributed.Client(cluster, set_as_default=False) as client:
        cluster.scale(jobs=wish.n_jobs)
        yield Cluster(client)


@contextmanager
def _patient_settings() -> Iterator[None]:
    """A worker that dies once is replaced and its row tried again; one that dies twice with a row is not."""
    import dask

    with dask.config.set({"distributed.scheduler.allowed-failures": _TRIES_AFTER_DEATH}):
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """A lost scheduler is said once, in our words; the client would log every try to reach it."""
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as missing:
        raise PackageMissing(
            f"Expected dask's distributed for a cluster, found none ({missing}).",
            hint="Install it with: pip install 'napari-hipspine[cluster]'; or leave --workers out.",
        ) from missing
    return distributed
