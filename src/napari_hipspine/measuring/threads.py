"""Runs of slices worked through one after the other, or on threads where there is enough to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..domain.subject import Progress

_ONE_WORKER_BELOW = 2**22
"""Fewer voxels than this are done before a second worker has started."""


def work_through(
    work: Callable[[slice], None],
    runs: Sequence[slice],
    *,
    pixels_per_slice: int,
    n_workers: int,
    progress: Progress,
) -> None:
    """Do the work for every run of slices.

    Parameters
    ----------
    work : callable
        Takes one run; may be called on several threads at once.
    runs : sequence of slice
        Slices, without a gap inside a run.
    pixels_per_slice : int
        Size of a slice.
    n_workers : int
        Threads.
    progress : Progress
        Told on the calling thread; what it raises stops the rest.
    """
    n_voxels = sum(run.stop - run.start for run in runs) * pixels_per_slice
    if n_workers < 2 or len(runs) < 2 or n_voxels < _ONE_WORKER_BELOW:
        for done, run in enumerate(runs):
            progress(done, len(runs), "measuring")
            work(run)
    else:
        _spread(work, runs, n_workers, progress)
    progress(len(runs), len(runs), "measuring")


def _spread(work: Callable[[slice], None], runs: Sequence[slice], n_workers: int, progress: Progress) -> None:
    with ThreadPoolExecutor(n_workers, thread_name_prefix="hipspine-measure") as pool:
        waiting = [pool.submit(work, run) for run in runs]
        try:
            for done, one in enumerate(waiting):
                progress(done, len(runs), "measuring")
                one.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
