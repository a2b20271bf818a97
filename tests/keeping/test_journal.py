"""Journal files: frames come back, torn ones never were, damage is noticed, old files are dropped."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_hipspine.keeping.journal import Journal, JournalReader, frames_between, journal_files
from napari_hipspine.keeping.journal_frames import FrameKind, frames_in, packed_frame
from napari_hipspine.keeping.label_store_errors import HistoryTooShort

contents = st.lists(st.tuples(st.sampled_from(list(FrameKind)[1:]), st.binary(max_size=40)), max_size=8)


def _packed(frames):
    return b"".join(packed_frame(kind, content) for kind, content in frames)


def _unpacked(data):
    return [(frame.kind, bytes(frame.content)) for frame in frames_in(data, 0)]


@given(frames=contents)
def test_frames_come_back(frames):
    assert _unpacked(_packed(frames)) == frames


@given(frames=contents, n=st.integers(0, 400))
def test_of_a_cut_journal_whole_frames_come_back(frames, n):
    data = _packed(frames)[:n]
    found = _unpacked(data)
    assert found == frames[: len(found)]
    assert len(_packed(frames[: len(found) + 1])) > n or len(found) == len(frames)


@given(frames=contents.filter(len), at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed(frames, at, flip):
    data = bytearray(_packed(frames))
    data[at % len(data)] ^= flip
    found = _unpacked(bytes(data))
    assert found != frames
    good = [frame for frame in found if frame[0] is not FrameKind.DAMAGED]
    assert len(good) == len(frames) - 1
    assert all(frame in frames for frame in good)


def test_a_reader_follows_a_writer_through_its_files(tmp_path):
    journal, reader = Journal(tmp_path, 0), JournalReader(tmp_path, 0)
    written = []
    for number in range(6):
        journal.append(FrameKind.CHUNK, bytes([number]))
        written.append(bytes([number]))
        if number % 2:
            journal.start_new_file()
        if number in (2, 5):
            assert [bytes(frame.content) for frame in reader.new_frames()] == written
            written.clear()
    assert list(reader.new_frames()) == []
    assert len(journal_files(tmp_path)) == 4
    assert [bytes(frame.content) for frame in frames_between(tmp_path, 17, 51)] == [b"\1", b"\2"]
    journal.close()


def test_old_files_are_dropped_but_not_those_still_needed(tmp_path):
    journal = Journal(tmp_path, 0, limit_bytes=60)
    for _ in range(5):
        journal.append(FrameKind.MARK, bytes(14))
        journal.start_new_file()
    assert journal.drop_oldest(keep_from=30) == 30
    assert journal.drop_oldest(keep_from=150) == 90
    assert [base for base, _ in journal_files(tmp_path)] == [90, 120, 150]
    with pytest.raises(HistoryTooShort, match="oldest part was dropped"):
        list(frames_between(tmp_path, 30, 60))
    journal.close()


def test_a_damaged_end_of_an_older_file_is_a_gap(tmp_path):
    journal = Journal(tmp_path, 0)
    journal.append(FrameKind.MARK, b"one")
    journal.start_new_file()
    journal.append(FrameKind.MARK, b"two")
    journal.close()
    first = journal_files(tmp_path)[0][1]
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    found = [(frame.kind, bytes(frame.content)) for frame in JournalReader(tmp_path, 0).new_frames()]
    assert found == [(FrameKind.DAMAGED, b""), (FrameKind.MARK, b"two")]


def test_what_the_disk_does_not_take_whole_is_cut_off(tmp_path, monkeypatch):
    journal = Journal(tmp_path, 0)
    journal.append(FrameKind.MARK, b"one")
    real, calls = os.write, []

    def full(file, data):
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(file, bytes(data)[:5])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        journal.append(FrameKind.MARK, b"two")
    monkeypatch.undo()
    journal.append(FrameKind.MARK, b"three")
    journal.close()
    assert calls == [19, 14]
    assert [bytes(frame.content) for frame in JournalReader(tmp_path, 0).new_frames()] == [b"one", b"three"]
