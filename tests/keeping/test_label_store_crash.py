"""Whatever stops the program, every finished step is there afterwards and no half one."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from napari_hipspine.keeping.label_store_creation import create_empty_label_store
from napari_hipspine.keeping.label_store_errors import LabelsNotKept
from napari_hipspine.keeping.label_store_notes import FillNote, Notes
from napari_hipspine.keeping.label_store_opening import open_label_store
from napari_hipspine.keeping.label_store_status import Hand, Status

from .label_stores import SHAPE, STRUCTURES, axial_grid, new_store, voxels

HERE = Path(__file__).resolve().parent
# A busy machine finishes few steps between two kills; it is killed more often then.
MOST_KILLS = 100


def draw_step(labels, number):
    """A stroke over chunk borders on one slice, and now and then a slice wiped; on a store or a plain array."""
    at = number % SHAPE[0]
    if number % 7 == 6:
        labels[at] = 0
    for part in range(6):
        first = (37 * number + 11 * part) % 200
        labels[at, first : first + 80, 10 * part : 270 - 5 * part] = number % 60_000 + 1


def state_after(n_steps):
    labels = np.zeros(SHAPE, dtype=np.uint16)
    for number in range(n_steps):
        draw_step(labels, number)
    return labels


NURSERY = """
import os, sys
sys.path.insert(0, sys.argv[1])
import numcodecs.zstd, zarr
from napari_hipspine.keeping.label_store_opening import open_label_store
from pathlib import Path
from tests_keeping.test_label_store_crash import draw_step

for line in sys.stdin:
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        print("ended", flush=True)
        continue
    store, number = open_label_store(Path(sys.argv[2])), int(line)
    print(os.getpid(), flush=True)
    while True:
        with store.step("stroke"):
            draw_step(store.labels, number)
        number += 1
        print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are copied, which this system has not")
def test_killed_while_painting(tmp_path):
    place = create_empty_label_store(tmp_path / "killed", axial_grid(), STRUCTURES)
    draw, n_done, n_half = random.Random(1), 0, 0
    with _children(NURSERY, tmp_path, place) as nursery:
        for number_of_kill in range(MOST_KILLS):
            if number_of_kill >= 12 and n_done > 12 and n_half > 0:
                break
            nursery.stdin.write(f"{n_done}\n")
            nursery.stdin.flush()
            pid = int(nursery.stdout.readline())
            time.sleep(draw.uniform(0.01, 0.12))
            os.kill(pid, signal.SIGKILL)
            told = [line.strip() for line in iter(nursery.stdout.readline, "ended\n")]
            n_told = max([n_done, *(int(line) for line in told if line)])
            with open_label_store(place) as store:
                found = voxels(store)
                assert store.interruption is not None
                n_half += store.interruption.n_chunks_taken_back > 0
            # A step may have been finished in the moment before it was told.
            n_done = next(n for n in (n_told, n_told + 1) if np.array_equal(found, state_after(n)))
    assert n_done > 12
    assert n_half > 0
    with open_label_store(place) as store:
        for number in range(n_done - 1, n_done - 6, -1):
            store.undo()
            assert np.array_equal(voxels(store), state_after(number))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are copied, which this system has not")
def test_another_process_sees_finished_steps_only(tmp_path):
    place = create_empty_label_store(tmp_path / "watched", axial_grid(), STRUCTURES)
    seen = []
    with _children(NURSERY, tmp_path, place) as nursery:
        nursery.stdin.write("0\n")
        nursery.stdin.flush()
        pid = int(nursery.stdout.readline())
        for n_wanted in (1, 2, 4, 8, 12, 16):
            while int(nursery.stdout.readline()) < n_wanted:
                pass
            watching = open_label_store(place)
            assert f"process {pid} of this computer" in watching.read_only_reason
            seen += [watching.labels[...], watching.snapshot()[...]]
        os.kill(pid, signal.SIGKILL)
    first = 1
    for labels in seen:
        first = next(n for n in range(first, 400) if np.array_equal(labels, state_after(n)))
    assert first >= 16


def test_a_measuring_thread_sees_finished_steps_only(tmp_path):
    """Every step gives all slices one value; a view of half a step would show two."""
    done = threading.Event()
    found = []

    def measure(store):
        while not done.is_set():
            values = np.unique(store.snapshot()[...])
            found.append(values.tolist())

    with new_store(tmp_path) as store:
        store.labels[...] = 1
        with ThreadPoolExecutor(1) as pool:
            measuring = pool.submit(measure, store)
            for value in range(2, 25):
                with store.step("fill"):
                    for at in range(SHAPE[0]):
                        store.labels[at] = value
            done.set()
            measuring.result()
    assert {len(values) for values in found} == {1}
    assert len({values[0] for values in found}) > 2


@contextlib.contextmanager
def _children(program, tmp_path, place):
    """A process from which painters are copied, so that each need not load everything anew."""
    package = tmp_path / "path" / "tests_keeping"
    package.parent.mkdir()
    package.symlink_to(HERE)
    command = [sys.executable, "-c", program, str(package.parent), str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery:
        yield nursery
        nursery.stdin.close()


FULL = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from pathlib import Path
from napari_hipspine.keeping.label_store_errors import LabelsNotKept
from napari_hipspine.keeping.label_store_opening import open_label_store
from tests_keeping.test_label_store_crash import draw_step

def allow(n_bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))

store = open_label_store(Path(sys.argv[2]))
told = []
store.observe(lambda change: told.append(change.stage.value))
allow(20_000)
number, refusals = 0, []
while len(refusals) < 2:
    try:
        with store.step("stroke"):
            draw_step(store.labels, number)
        number += 1
    except LabelsNotKept as error:
        refusals.append(str(error))
before = store.labels[...]
noise = np.random.default_rng(0).integers(0, 60_000, before.shape[1:])
try:
    with store.step("noise"):
        store.labels[0, 0, 0] = 9
        store.labels[0] = noise
except LabelsNotKept as error:
    refusals.append(str(error))
assert np.array_equal(store.labels[...], before)
assert told[-2:] == ["taken_back", "taken_back"], told
if sys.argv[3] == "goes on":
    allow(resource.RLIM_INFINITY)
    with store.step("stroke"):
        draw_step(store.labels, number)
    number += 1
print(number, *refusals, sep="\\n")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files, which this system has not")
@pytest.mark.parametrize("then", ["goes on", "ends"])
def test_a_full_disk_costs_no_finished_step(tmp_path, then):
    place = create_empty_label_store(tmp_path / "full", axial_grid(), STRUCTURES)
    package = tmp_path / "path" / "tests_keeping"
    package.parent.mkdir()
    package.symlink_to(HERE)
    command = [sys.executable, "-c", FULL, str(package.parent), str(place), then]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    number, *said = done.stdout.splitlines()
    assert int(number) > 3
    assert said[0].startswith("Expected a disk that takes what was painted, found File too large: this step was taken")
    assert "all earlier ones are kept" in said[0]
    assert said[1] == "Free disk space, then paint on."
    with open_label_store(place) as store:
        assert np.array_equal(voxels(store), state_after(int(number)))
        store.undo()
        assert np.array_equal(voxels(store), state_after(int(number) - 1))


def test_an_interrupted_sitting_can_be_kept_or_discarded(tmp_path):
    store = new_store(tmp_path)
    store.labels[0] = 1
    store.mark("end of the first sitting")
    store.close()
    store = open_label_store(store.folder)
    assert store.interruption is None
    store.labels[1] = 2
    store.labels[2] = 2
    store.begin_step()
    store.labels[0] = 2
    copy = tmp_path / "copy"
    shutil.copytree(store.folder, copy, ignore=shutil.ignore_patterns("*.lock"))
    with open_label_store(copy) as again:
        assert (again.interruption.n_steps, again.interruption.n_chunks_taken_back) == (2, 4)
        assert [np.unique(one).tolist() for one in again.labels[...]] == [[1], [2], [2]]
        again.discard_since(again.interruption.opened)
        assert [np.unique(one).tolist() for one in again.labels[...]] == [[1], [0], [0]]
    store.cancel_step()
    store.flush()
    store.close()


class Died(BaseException):
    """The process is gone: from here on nothing reaches the disk."""


class _Disk:
    """Counts what is done to the disk, and from a given act on refuses it or lets the process die in the middle."""

    def __init__(self, monkeypatch, error, first, n=10**9):
        self.n_acts, self._error, self._refused = 0, error, range(first, first + n)
        write, replace, unlink, write_bytes = os.write, os.replace, Path.unlink, Path.write_bytes
        monkeypatch.setattr(os, "write", self._or(write, lambda file, data: write(file, bytes(data)[: len(data) // 2])))
        monkeypatch.setattr(os, "replace", self._or(replace))
        monkeypatch.setattr(Path, "unlink", self._or(unlink))
        monkeypatch.setattr(Path, "write_bytes", self._or(write_bytes, lambda p, data: write_bytes(p, data[:9])))

    def _or(self, act, half=lambda *_: None):
        def acted(*args, **named):
            self.n_acts += 1
            if self.n_acts - 1 not in self._refused:
                return act(*args, **named)
            if self.n_acts - 1 == self._refused.start:
                half(*args)
            raise self._error

        return acted


def _sitting(store):
    """A fill over several chunks that empties one, undo, redo, things said, and a change of mind."""

    def stroke():
        with store.step("fill between", hand=Hand.TOOL, fills={(0, 6): FillNote(1.5, "a")}):
            store.labels[0, 250:260, 10:20] = 5
            store.labels[0, 20:30, 10:20] = 6
            store.labels[0, :, 256:] = 0

    start = store.marks()[0]
    yield stroke
    yield store.undo
    yield store.redo
    yield lambda: store.say(Notes({(0, 6): Status.APPROVED}, extents={6: (None, 2)}, slabs={1: True}), "said")
    yield lambda: store.discard_since(start)
    yield store.undo


def _states(tmp_path):
    with new_store(tmp_path) as store:
        draw_step(store.labels, 0)
        states = [(voxels(store), _said(store))]
        for act in _sitting(store):
            act()
            states.append((voxels(store), _said(store)))
    return states


def _said(store):
    return store.statuses(), store.extents, store.fills, store.slabs


def _interrupted(tmp_path, monkeypatch, error, first, n=10**9):
    """A copy of the store as it lies on the disk after a sitting that was interrupted; how many acts were done."""
    store = new_store(tmp_path)
    draw_step(store.labels, 0)
    n_done = 0
    with monkeypatch.context() as patch:
        disk = _Disk(patch, error, first, n)
        try:
            for act in _sitting(store):
                act()
                n_done += 1
        except (Died, LabelsNotKept):
            pass
    copy = tmp_path / "copy"
    shutil.copytree(store.folder, copy, ignore=shutil.ignore_patterns("*.lock"))
    return store, copy, n_done, disk.n_acts


def _find(store, states):
    found = voxels(store), _said(store)
    return [n for n, state in enumerate(states) if np.array_equal(state[0], found[0]) and state[1] == found[1]]


def _all_acts(tmp_path, monkeypatch):
    """Number of times a sitting changes the disk."""
    (tmp_path / "count").mkdir()
    return _interrupted(tmp_path / "count", monkeypatch, None, 10**9)[3]


def test_death_at_every_act_on_the_disk(tmp_path, monkeypatch):
    states = _states(tmp_path)
    n_acts = _all_acts(tmp_path, monkeypatch)
    assert n_acts > 30
    for first in range(n_acts):
        folder = tmp_path / str(first)
        folder.mkdir()
        _, copy, n_done, _ = _interrupted(folder, monkeypatch, Died(), first)
        with open_label_store(copy) as again:
            found = _find(again, states)
            assert n_done in found or n_done + 1 in found, first
            again.labels[0, 0, 0] = 77
            again.undo()
            assert _find(again, states) == found


def test_a_disk_that_refuses_once_at_every_act(tmp_path, monkeypatch):
    states = _states(tmp_path)
    n_acts = _all_acts(tmp_path, monkeypatch)
    for first in range(n_acts):
        folder = tmp_path / str(first)
        folder.mkdir()
        full = OSError(errno.ENOSPC, "No space left on device")
        store, copy, n_done, _ = _interrupted(folder, monkeypatch, full, first, 1)
        assert n_done in _find(store, states), first
        store.labels[0, 0, 0] = 77
        store.undo()
        assert n_done in _find(store, states), first
        store.close()
        for folder in (copy, store.folder):
            with open_label_store(folder) as again:
                assert n_done in _find(again, states), first


def test_a_disk_that_refuses_even_to_take_back(tmp_path, monkeypatch):
    store = new_store(tmp_path)
    draw_step(store.labels, 0)
    before = voxels(store)
    store.begin_step()
    store.labels[0, 100, 100] = 9
    with monkeypatch.context() as patch:
        _Disk(patch, OSError(errno.ENOSPC, "No space left on device"), 0)
        with pytest.raises(LabelsNotKept, match="a half step is left"):
            store.labels[0, 299, 279] = 9
        with pytest.raises(LabelsNotKept, match="a half step is left"):
            store.undo()
    assert voxels(store)[0, 100, 100] == 9
    assert np.array_equal(store.snapshot()[...], before)
    store.labels[1, 0, 0] = 4
    before[1, 0, 0] = 4
    assert np.array_equal(voxels(store), before)
    store.close()
