"""One writer at a time: the living are respected, the dead of this computer are succeeded."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from napari_hipspine.keeping.label_store_errors import LabelsReadOnly
from napari_hipspine.keeping.label_store_opening import open_label_store
from napari_hipspine.keeping.lock_file import is_alive, take_writer_lock

from .label_stores import new_store

HOLD = """
import pathlib, sys
from napari_hipspine.keeping.lock_file import take_writer_lock
take_writer_lock(pathlib.Path(sys.argv[1]))
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "writer.lock"


def _change(path, **other):
    path.write_text(json.dumps({**json.loads(path.read_text()), **other}))


@pytest.fixture
def dead_pid():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_lock_says_who_and_where_and_is_given_back(path):
    lock = take_writer_lock(path)
    assert json.loads(path.read_text())["pid"] == os.getpid()
    assert socket.gethostname() in json.loads(path.read_text())["host"]
    assert lock.is_ours()
    assert lock.left_by is None
    lock.release()
    assert not path.exists()
    assert not lock.is_ours()


def test_two_in_one_program(path):
    take_writer_lock(path)
    with pytest.raises(LabelsReadOnly, match="this very program"):
        take_writer_lock(path)


def test_a_living_process_is_respected(path):
    program = [sys.executable, "-c", HOLD, str(path)]
    child = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        child.stdout.readline()
        with pytest.raises(LabelsReadOnly, match=f"process {child.pid} of this computer"):
            take_writer_lock(path)
        child.kill()
        child.wait()
        lock = take_writer_lock(path)
    assert lock.left_by.pid == child.pid
    assert lock.is_ours()


def test_a_dead_process_is_succeeded(path, dead_pid):
    take_writer_lock(path)
    _change(path, pid=dead_pid)
    assert not is_alive(dead_pid)
    assert take_writer_lock(path).left_by.pid == dead_pid
    assert [file.name for file in path.parent.iterdir()] == ["writer.lock"]


def test_a_number_given_again_to_another_process_is_no_owner(path):
    take_writer_lock(path)
    _change(path, pid=os.getppid(), started="1")
    if not is_alive(os.getppid()):
        pytest.fail("the process that runs the tests has ended")
    assert take_writer_lock(path).left_by.started == "1"


def test_another_computer_is_respected_even_if_its_process_number_is_dead_here(path, dead_pid):
    take_writer_lock(path)
    _change(path, pid=dead_pid, host="reading-room-2")
    with pytest.raises(LabelsReadOnly, match=f"reading-room-2 .process {dead_pid}") as refused:
        take_writer_lock(path)
    assert "remove the file writer.lock" in refused.value.hint


def test_a_lock_being_made_is_respected_for_a_moment(path):
    path.touch()
    with pytest.raises(LabelsReadOnly, match="just begun"):
        take_writer_lock(path)
    os.utime(path, (time.time() - 60,) * 2)
    assert take_writer_lock(path).is_ours()


def test_only_one_takes_over(path, dead_pid):
    take_writer_lock(path)
    _change(path, pid=dead_pid)
    guard = path.with_name("writer.lock.takeover")
    guard.touch()
    with pytest.raises(LabelsReadOnly, match="taking over"):
        take_writer_lock(path)
    os.utime(guard, (time.time() - 60,) * 2)
    assert take_writer_lock(path).is_ours()
    assert not guard.exists()


def test_somebody_elses_lock_is_not_released(path):
    lock = take_writer_lock(path)
    _change(path, token="another")
    lock.release()
    assert path.exists()


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(LabelsReadOnly, match="can be written, found No such file"):
        take_writer_lock(tmp_path / "none" / "writer.lock")


def test_the_second_opener_looks_on(tmp_path):
    with new_store(tmp_path) as store:
        store.labels[0, 0, 0] = 1
        second = open_label_store(store.folder)
        assert second.is_read_only
        assert "this very program" in second.read_only_reason
        with pytest.raises(LabelsReadOnly, match="Nothing was painted"):
            second.labels[0, 0, 0] = 2
        store.begin_step()
        store.labels[0, 0, 0] = 2
        second.refresh()
        assert (second.labels[0, 0, 0], store.labels[0, 0, 0]) == (1, 2)
        store.commit_step()
        assert second.labels[0, 0, 0] == 1
        assert second.snapshot()[0, 0, 0] == 2
        second.refresh()
        assert second.labels[0, 0, 0] == 2
        assert second.statuses() == store.statuses()
        second.close()
        assert not store.is_read_only
    with open_label_store(store.folder) as third:
        assert not third.is_read_only


def test_who_lost_the_lock_stops_writing(tmp_path):
    store = new_store(tmp_path)
    store.labels[0, 0, 0] = 1
    _change(store.folder / "writer.lock", token="another")
    with pytest.raises(LabelsReadOnly, match="somebody else has taken over"):
        store.labels[0, 0, 0] = 2
    store.close()
    assert store.labels[0, 0, 0] == 1
    assert (store.folder / "writer.lock").exists()
