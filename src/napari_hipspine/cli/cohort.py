"""`hipspine cohort`: every subject of a manifest becomes rows of one table, on this computer or on a cluster."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from ..domain.protocol import FatMethod, read_protocol
from .measure import VARIATIONS
from .progress import terminal_bar

if TYPE_CHECKING:
    from ..workflows.cohort_runners import Runner, SlurmWish
    from ..workflows.measure_cohort import CohortOutcome
    from ..workflows.measure_entry import CohortProtocol

SOME_FAILED, NONE_MEASURED, INTERRUPTED = 1, 3, 130
"""Exit codes when some rows have no result, when no row has one, and after Ctrl-C."""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("cohort", help="measure every subject of a manifest", description=__doc__)
    parser.add_argument("manifest", type=Path, help="CSV with subject_id, image (or water and fat), labels, ...")
    parser.add_argument("--out", type=Path, required=True, help="folder for tables and results; the same goes on")
    how = parser.add_argument_group("how all are measured")
    how.add_argument("--protocol", type=Path, help="all settings from a TOML file")
    how.add_argument("--fat-method", choices=[m.value for m in FatMethod], help="in place of what fits each image")
    how.add_argument("--variations", action="store_true", help=VARIATIONS)
    where = parser.add_argument_group("where (by default in this process, one subject after the other)")
    place = where.add_mutually_exclusive_group()
    place.add_argument("--workers", type=int, metavar="N", help="processes of this computer")
    place.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="a dask cluster that is running already")
    place.add_argument("--slurm", action="store_true", help="jobs of a SLURM cluster, started and ended by this run")
    _add_slurm_options(parser)
    parser.set_defaults(run=run)


def _add_slurm_options(parser: argparse.ArgumentParser) -> None:
    slurm = parser.add_argument_group("what is asked of SLURM")
    slurm.add_argument("--slurm-jobs", type=int, default=4, help="jobs, each one worker (%(default)s)")
    slurm.add_argument("--slurm-cores", type=int, default=2, help="cores of a job (%(default)s)")
    slurm.add_argument("--slurm-memory", default="8GB", help="memory of a job (%(default)s)")
    slurm.add_argument("--slurm-walltime", default="02:00:00", help="longest time of a job (%(default)s)")
    slurm.add_argument("--slurm-queue", help="partition")
    slurm.add_argument("--slurm-account", help="account")
    slurm.add_argument("--print-job-script", action="store_true", help="show the script of a job and end")


def run(arguments: argparse.Namespace) -> int:
    """Measure what is new or changed, and say how it went."""
    from ..workflows.cohort_runners import slurm_cluster
    from ..workflows.measure_cohort import measure_cohort, open_manifest

    if arguments.print_job_script:
        with slurm_cluster(_slurm_wish(arguments)) as cluster:
            print(cluster.job_script())
        return 0
    entries, settings = open_manifest(arguments.manifest), _settings(arguments)
    try:
        with _runner(arguments) as runner:
            if runner.watched_at:
                print(f"Watch it at {runner.watched_at}", file=sys.stderr)
            bar = terminal_bar("measuring")
            outcome = measure_cohort(entries, arguments.out, settings=settings, runner=runner, progress=bar)
    except KeyboardInterrupt:
        print(f"Stopped. Finished rows are kept in {arguments.out}; the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    return _tell(outcome, arguments.out)


def _tell(outcome: CohortOutcome, folder: Path) -> int:
    print(folder / "measurements.csv")
    print(outcome.in_words)
    if not outcome.failed:
        return 0
    print(f"See {folder / 'failures.csv'} for what was expected, found and can be done.", file=sys.stderr)
    return SOME_FAILED if outcome.n_done else NONE_MEASURED


def _settings(arguments: argparse.Namespace) -> CohortProtocol:
    from ..workflows.measure_entry import CohortProtocol

    protocol = read_protocol(arguments.protocol) if arguments.protocol else None
    chosen = (("fat_method", FatMethod(arguments.fat_method)),) if arguments.fat_method else ()
    return CohortProtocol(protocol, chosen, has_variations=arguments.variations)


def _runner(arguments: argparse.Namespace) -> AbstractContextManager[Runner]:
    from ..workflows.cohort_runners import on_slurm, runner_of

    if arguments.slurm:
        return on_slurm(_slurm_wish(arguments))
    return runner_of(n_workers=arguments.workers, scheduler=arguments.scheduler)


def _slurm_wish(arguments: argparse.Namespace) -> SlurmWish:
    from ..workflows.cohort_runners import SlurmWish

    if arguments.slurm_jobs < 1 or arguments.slurm_cores < 1:
        raise InvalidChoice("Expected at least one job of at least one core, found fewer.")
    return SlurmWish(
        arguments.slurm_jobs,
        arguments.slurm_cores,
        arguments.slurm_memory,
        arguments.slurm_walltime,
        arguments.slurm_queue,
        arguments.slurm_account,
    )
