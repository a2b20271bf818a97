"""A cohort is measured once, wherever, and whatever happens on the way."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from napari_hipspine.domain.errors import Cancelled, HipSpineError, InvalidChoice, TableInvalid
from napari_hipspine.domain.protocol import FatMethod
from napari_hipspine.domain.tables import MEASUREMENTS
from napari_hipspine.keeping.cohort_store import CohortStore
from napari_hipspine.workflows import cohort_runners
from napari_hipspine.workflows.cohort_runners import Cluster, SchedulerLost, SlurmWish, connected, slurm_cluster
from napari_hipspine.workflows.measure_cohort import measure_cohort, open_manifest
from napari_hipspine.workflows.measure_entry import CohortProtocol, EntryFailed
from napari_hipspine.workflows.measured_tables import open_cohort

from .cohorts import rows_of, write_manifest, write_small_subject

TABLES = ("measurements.csv", "slices.csv")
N_ROWS = 5


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return folder, write_small_subject(folder)


@pytest.fixture(scope="module")
def entries(study):
    folder, row = study
    return open_manifest(write_manifest(folder / "manifest.csv", rows_of(row, N_ROWS)))


@pytest.fixture(scope="module")
def alone(entries, tmp_path_factory):
    """What one process makes of the cohort."""
    folder = tmp_path_factory.mktemp("alone")
    outcome = measure_cohort(entries, folder)
    assert [len(outcome.measured), len(outcome.kept), len(outcome.failed)] == [N_ROWS, 0, 0]
    return folder


@pytest.fixture(scope="module")
def cluster():
    """A real cluster of two processes."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as processes,
        distributed.Client(processes, set_as_default=False) as client,
    ):
        yield client


def same_tables(one: Path, other: Path) -> bool:
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in TABLES)


def n_subjects(folder: Path) -> int:
    text = (folder / "measurements.csv").read_text(encoding="utf-8")
    return len({row["subject_id"] for row in csv.DictReader(io.StringIO(text))})


def _swap_two_labels(path):
    import nibabel as nib
    import numpy as np

    labels = nib.load(path)
    voxels = np.asarray(labels.dataobj).copy()
    voxels[0, 0, 0] = voxels.max()
    nib.save(nib.Nifti1Image(voxels, labels.affine, labels.header), path)


@contextmanager
def _own_cluster(folder):
    """A scheduler and a worker in processes of their own, and where the scheduler listens."""
    said = folder / "scheduler.json"
    start = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    scheduler = subprocess.Popen([*start, "--no-dashboard", "--scheduler-file", said], stderr=subprocess.DEVNULL)
    worker = None
    try:
        address = _address(said)
        start = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
        worker = subprocess.Popen([*start, "--no-dashboard"], stderr=subprocess.DEVNULL)
        yield scheduler, address
    finally:
        for process in filter(None, (worker, scheduler)):
            process.kill()
            process.wait()


def _address(said):
    for _ in range(600):
        with contextlib.suppress(OSError, ValueError):
            return json.loads(said.read_text(encoding="utf-8"))["address"]
        time.sleep(0.05)
    raise TimeoutError("The scheduler did not start.")


class StopAfter:
    """Progress that does something once a number of rows is done."""

    def __init__(self, n_rows, then):
        self.n_rows, self.then = n_rows, then

    def __call__(self, done, total, doing):
        if done == self.n_rows:
            self.then()


def cancel():
    raise Cancelled("Stopped.")


def test_tables_are_sorted_and_fit_their_contract(alone):
    table = pd.read_csv(alone / "measurements.csv", keep_default_na=False, dtype=str)
    assert list(dict.fromkeys(table["subject_id"])) == [f"sub-{number:02d}" for number in range(N_ROWS)]
    MEASUREMENTS.check(table.replace("", None))


def test_each_row_is_what_measuring_it_alone_gives(alone, study, entries, tmp_path):
    from napari_hipspine.cli import main

    folder, row = study
    options = [("--image", folder / row["image"]), ("--labels", folder / row["labels"])]
    options += [("--naming", folder / row["naming"]), ("--contrast", row["contrast"])]
    options += [("--fat-polarity", row["fat_polarity"]), ("--subject", "sub-02"), ("--out", tmp_path)]
    assert main(["measure", *(str(word) for option in options for word in option)]) == 0
    entry = next(entry for entry in entries if entry.subject_id == "sub-02")
    assert same_tables(tmp_path, alone / "subjects" / entry.name)


def test_a_second_run_does_nothing_and_changes_no_byte(alone, entries):
    before = {name: (alone / name).read_bytes() for name in TABLES}
    outcome = measure_cohort(entries, alone)
    assert [len(outcome.measured), len(outcome.kept)] == [0, N_ROWS]
    assert before == {name: (alone / name).read_bytes() for name in TABLES}


def test_other_settings_measure_all_anew(alone, entries, tmp_path):
    folder = shutil.copytree(alone, tmp_path / "copy")
    outcome = measure_cohort(entries, folder, settings=CohortProtocol(chosen=(("fat_method", FatMethod.OTSU),)))
    assert len(outcome.measured) == N_ROWS
    assert not same_tables(alone, folder)


def test_only_the_changed_and_the_new_are_measured(study, tmp_path):
    _, row = study
    shutil.copytree(study[0], tmp_path / "study")
    own = tmp_path / "study" / "own.nii.gz"
    shutil.copy(tmp_path / "study" / row["labels"], own)
    rows = [{"subject_id": "a", **row}, {"subject_id": "b", **row, "labels": own.name}]
    manifest = write_manifest(tmp_path / "study" / "two.csv", rows)
    measure_cohort(open_manifest(manifest), tmp_path / "out")
    own.touch()
    assert len(measure_cohort(open_manifest(manifest), tmp_path / "out").kept) == 2
    _swap_two_labels(own)
    write_manifest(manifest, [*rows, {"subject_id": "c", **row}])
    outcome = measure_cohort(open_manifest(manifest), tmp_path / "out")
    assert [entry.subject_id for entry in outcome.kept] == ["a"]
    assert [entry.subject_id for entry in outcome.measured] == ["b", "c"]


def test_a_row_that_fails_now_leaves_no_old_numbers(study, tmp_path):
    folder, row = shutil.copytree(study[0], tmp_path / "study"), study[1]
    manifest = write_manifest(folder / "manifest.csv", rows_of(row, 1))
    measure_cohort(open_manifest(manifest), tmp_path / "out")
    assert n_subjects(tmp_path / "out") == 1
    (folder / row["image"]).write_bytes(b"no image at all")
    outcome = measure_cohort(open_manifest(manifest), tmp_path / "out")
    assert outcome.failed[0].failure.step == "opening"
    assert (tmp_path / "out" / "measurements.csv").read_text(encoding="utf-8") == ""
    failures = pd.read_csv(tmp_path / "out" / "failures.csv")
    assert failures.loc[0, "subject_id"] == "sub-00"
    assert "Expected" in failures.loc[0, "message"]


def test_a_stopped_run_goes_on(entries, alone, tmp_path):
    with pytest.raises(Cancelled):
        measure_cohort(entries, tmp_path, progress=StopAfter(2, cancel))
    assert n_subjects(tmp_path) == 2
    outcome = measure_cohort(entries, tmp_path)
    assert [len(outcome.kept), len(outcome.measured)] == [2, N_ROWS - 2]
    assert same_tables(alone, tmp_path)


def test_tables_grow_by_whole_subjects(entries, tmp_path):
    seen = []
    measure_cohort(entries[:3], tmp_path, progress=lambda done, total, doing: seen.append((done, n_subjects(tmp_path))))
    assert seen == [(1, 1), (2, 2), (3, 3)]


def test_two_runs_never_write_into_one_folder(entries, tmp_path):
    with CohortStore(tmp_path).written(), pytest.raises(HipSpineError, match="nobody measures into"):
        measure_cohort(entries, tmp_path)


def test_a_cluster_gives_the_same_bytes(cluster, entries, alone, tmp_path):
    outcome = measure_cohort(entries, tmp_path, runner=Cluster(cluster))
    assert len(outcome.measured) == N_ROWS
    assert same_tables(alone, tmp_path)


def test_a_killed_worker_loses_nothing(cluster, entries, alone, tmp_path):
    def kill_one():
        os.kill(next(iter(cluster.run(os.getpid).values())), signal.SIGKILL)

    outcome = measure_cohort(entries, tmp_path, runner=Cluster(cluster), progress=StopAfter(1, kill_one))
    assert len(outcome.measured) == N_ROWS
    assert same_tables(alone, tmp_path)


def die_with(entry):
    if entry.subject_id == "sub-01":
        os._exit(1)
    return EntryFailed(entry, None)


def test_a_row_that_kills_its_worker_is_a_failure_and_no_endless_trial(cluster, entries):
    import cloudpickle
    import dask

    # the workers cannot import this file
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        outcomes = {one.entry.subject_id: one.failure for one in Cluster(cluster).run(entries, die_with)}
    assert len(outcomes) == N_ROWS
    assert outcomes["sub-01"].step == "working"
    assert "memory" in outcomes["sub-01"].hint


def test_a_lost_scheduler_loses_no_finished_row(entries, alone, tmp_path):
    pytest.importorskip("distributed")
    with (
        _own_cluster(tmp_path) as (scheduler, address),
        connected(address) as runner,
        pytest.raises(SchedulerLost, match="goes on where this one stopped"),
    ):
        measure_cohort(entries, tmp_path / "out", runner=runner, progress=StopAfter(1, scheduler.kill))
    n_kept = n_subjects(tmp_path / "out")
    assert 1 <= n_kept < N_ROWS
    outcome = measure_cohort(entries, tmp_path / "out")
    assert len(outcome.kept) >= n_kept
    assert same_tables(alone, tmp_path / "out")


ROOM = 55_000
"""Bytes a file may have: the voxels of the small subject have their room, the slices of twelve subjects have not."""

LITTLE_ROOM = """
import resource, sys
from napari_hipspine.cli import main
room = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on file sizes, which this system has not")
def test_a_full_disk_loses_no_finished_row(study, tmp_path):
    manifest = write_manifest(study[0] / "twelve.csv", rows_of(study[1], 12))
    command = [sys.executable, "-c", LITTLE_ROOM, str(ROOM), "cohort", manifest, "--out", tmp_path / "out"]
    said = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "Make room" in said.stderr
    written = {name: (tmp_path / "out" / name).read_bytes() for name in TABLES}
    outcome = measure_cohort(open_manifest(manifest), tmp_path / "out")
    assert len(outcome.kept) == 12
    for name, then in written.items():
        now = (tmp_path / "out" / name).read_bytes()
        assert set(then.splitlines(keepends=True)) <= set(now.splitlines(keepends=True))
        assert len(now) > ROOM or now == then


@pytest.mark.skipif(sys.platform == "win32", reason="needs the signal of Ctrl-C, which this system sends otherwise")
def test_ctrl_c_leaves_what_is_finished_and_says_so(study, tmp_path):
    out = tmp_path / "out"
    start = [sys.executable, "-c", "import sys; from napari_hipspine.cli import main; sys.exit(main(sys.argv[1:]))"]
    manifest = write_manifest(study[0] / "long.csv", rows_of(study[1], 60))
    run = subprocess.Popen([*start, "cohort", manifest, "--out", out], stderr=subprocess.PIPE, text=True)
    while not (out / "measurements.csv").exists() or not n_subjects(out):
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "the same command goes on" in said
    finished = {place.name for place in (out / "subjects").iterdir()}
    rows = tuple(entry for entry in open_manifest(manifest) if entry.name in finished)
    assert 1 <= len(rows) == len(measure_cohort(rows, out).kept) < 60


def test_the_script_of_a_slurm_job_asks_for_what_was_wished():
    pytest.importorskip("dask_jobqueue")
    wish = SlurmWish(n_cores=3, memory="12GB", walltime="04:30:00", queue="long", account="hips")
    with slurm_cluster(wish) as cluster:
        script = cluster.job_script()
    for line in ("-J hipspine", "-p long", "-A hips", "--cpus-per-task=3", "--mem=12G", "-t 04:30:00"):
        assert f"#SBATCH {line}" in script
    assert "dask_worker" in script


def test_no_scheduler_is_said_in_words(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cohort_runners, "_WAITS_FOR_SCHEDULER", "1s")
    with pytest.raises(InvalidChoice, match="found none that answers"), connected("tcp://127.0.0.1:1"):
        pass


def test_a_manifest_tells_all_its_problems_at_once(study):
    folder, row = study
    rows = [
        {"subject_id": "a", **row, "image": "nowhere.nii.gz"},
        {"subject_id": "b", **row, "fat_fraction": row["image"]},
        {"subject_id": "c", **row, "image": "", "water": row["image"]},
    ]
    with pytest.raises(TableInvalid) as refusal:
        open_manifest(write_manifest(folder / "bad.csv", rows))
    said = refusal.value.message
    assert "Row 1 (a): found nothing in" in said
    assert "Row 2 (b): expected image, or water and fat, or fat_fraction; found image, fat_fraction." in said
    assert "Row 3 (c): expected image, or water and fat, or fat_fraction; found water." in said


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([{"subject_id": "a", "fat_polartiy": "dark"}], "found fat_polartiy"),
        ([{"subject_id": "a"}, {"subject_id": "a"}], "found several for subject_id a"),
    ],
)
def test_columns_and_rows_are_not_guessed(study, rows, found):
    folder, row = study
    with pytest.raises(TableInvalid, match=found):
        open_manifest(write_manifest(folder / "bad.csv", [{**row, **one} for one in rows]))


def test_variations_of_every_row_are_measured_and_related(entries, tmp_path):
    measure_cohort(entries[:2], tmp_path / "varied", settings=CohortProtocol(has_variations=True))
    cohort = open_cohort(tmp_path / "varied" / "measurements.csv")
    assert len(cohort.files) == 2
    assert "outline_plus_half_pixel" in (cohort.variations or {})
    assert measure_cohort(entries[:2], tmp_path / "varied").kept == []
