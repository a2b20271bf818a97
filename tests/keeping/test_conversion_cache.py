"""The conversion cache: whole or not at all, rebuilt when damaged, never in the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.cli import main
from napari_hipspine.domain.blocks import blocks_of
from napari_hipspine.domain.errors import UnreadableImage
from napari_hipspine.keeping import cache_use
from napari_hipspine.keeping.conversion_cache import ENVIRONMENT_VARIABLE, FolderCache, default_cache

SHAPE = (7, 30, 20)


@pytest.fixture
def voxels():
    return np.random.default_rng(0).integers(-500, 500, SHAPE).astype(np.int16)


@pytest.fixture
def cache(tmp_path):
    return FolderCache(tmp_path / "cache")


def _slabs(voxels, step):
    return (voxels[start : start + step] for start in range(0, voxels.shape[0], step))


def _keep(cache, voxels, key="a", step=3):
    return cache.keep(key, voxels.shape, voxels.dtype, _slabs(voxels, step))


def test_kept_voxels_come_back(cache, voxels):
    assert cache.find("a") is None
    kept = _keep(cache, voxels)
    assert np.array_equal(kept[...], voxels)
    assert np.array_equal(cache.find("a")[...], voxels)
    assert cache.find("a").dtype == np.int16
    assert cache.find("b") is None


@given(n_slices=st.integers(1, 40), step=st.integers(1, 45), dtype=st.sampled_from([">i2", "<f4", "u1", "f8"]))
@settings(max_examples=15, deadline=None)
def test_however_the_slabs_are_cut(tmp_path_factory, n_slices, step, dtype):
    cache = FolderCache(tmp_path_factory.mktemp("cache"))
    voxels = np.arange(n_slices * 6, dtype=dtype).reshape(n_slices, 2, 3)
    assert np.array_equal(_keep(cache, voxels, step=step)[...], voxels)


@pytest.mark.parametrize(
    ("shape", "dtype", "chunks"),
    [
        ((30, 600, 700), np.uint16, (2, 512, 512)),
        ((30, 600, 700), np.float64, (1, 512, 512)),
        ((30, 100, 100), np.uint8, (16, 100, 100)),
        ((3, 100, 100), np.uint8, (3, 100, 100)),
    ],
)
def test_chunks_are_few_slices(cache, shape, dtype, chunks):
    kept = cache.keep("a", shape, np.dtype(dtype), [np.zeros(shape, dtype)])
    assert kept.chunks == chunks
    assert blocks_of(kept).block_shape == chunks


def test_air_is_not_stored(cache):
    kept = cache.keep("a", (4, 64, 64), np.dtype("i2"), [np.zeros((4, 64, 64), "i2")])
    assert kept.nchunks_initialized == 0


def test_a_failing_source_leaves_nothing(cache, voxels):
    def broken():
        yield voxels[:3]
        raise ValueError("the file ends early")

    with pytest.raises(ValueError, match="ends early"):
        cache.keep("a", SHAPE, voxels.dtype, broken())
    assert cache.find("a") is None
    assert list(cache.root.iterdir()) == []


@pytest.mark.parametrize("n_slices", [5, 9])
def test_slabs_that_do_not_add_up_are_refused(cache, voxels, n_slices):
    wrong = np.zeros((n_slices, *SHAPE[1:]), voxels.dtype)
    with pytest.raises(UnreadableImage, match="Expected 7 slices to keep"):
        cache.keep("a", SHAPE, voxels.dtype, [wrong])
    assert cache.entries() == ()


def test_slabs_of_another_size_are_refused(cache, voxels):
    with pytest.raises(UnreadableImage, match="slabs of 30 x 20"):
        cache.keep("a", SHAPE, voxels.dtype, [voxels[:, 1:]])


def _lose_marker(folder):
    (folder / "complete.json").unlink()


def _break_marker(folder):
    (folder / "complete.json").write_text("{")


def _lose_chunk(folder):
    next(file for file in folder.rglob("c/**/*") if file.is_file()).unlink()


def _cut_chunk(folder):
    chunk = next(file for file in folder.rglob("c/**/*") if file.is_file())
    chunk.write_bytes(chunk.read_bytes()[:-3])


def _lose_metadata(folder):
    (folder / "voxels.zarr" / "zarr.json").unlink()


def _other_key(folder):
    marker = json.loads((folder / "complete.json").read_text())
    (folder / "complete.json").write_text(json.dumps({**marker, "key": "another"}))


@pytest.mark.parametrize("damage", [_lose_marker, _break_marker, _lose_chunk, _cut_chunk, _lose_metadata, _other_key])
def test_damaged_entries_are_not_found_and_are_rebuilt(cache, voxels, damage):
    _keep(cache, voxels)
    (entry,) = cache.entries()
    damage(entry.path)
    assert cache.find("a") is None
    assert np.array_equal(_keep(cache, voxels)[...], voxels)
    assert np.array_equal(cache.find("a")[...], voxels)
    assert [folder.name for folder in cache.root.iterdir()] == [entry.path.name]


def test_keys_are_safe_as_names(cache, voxels):
    key = "/data/../sub: 1|*?\u00e4" * 50
    assert np.array_equal(_keep(cache, voxels, key)[...], voxels)
    assert cache.entries()[0].key == key


def leave_all(cache: FolderCache) -> None:
    """As if every program that used an entry had ended."""
    for mark in cache.root.glob("*/used-by-*"):
        mark.rename(mark.with_name(f"{mark.name.rpartition('-')[0]}-999999999"))


def test_entry_that_a_living_program_reads_is_never_removed(cache, voxels):
    kept = _keep(cache, voxels, "read")
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    leave_all(cache)
    (mark_of_other,) = (folder / cache_use._mark_of(other.pid) for folder in cache.root.iterdir())
    mark_of_other.touch()
    assert cache.clear() == 0
    assert np.array_equal(kept[...], voxels)
    other.communicate(b"\n")
    assert cache.clear() > 0
    assert cache.entries() == ()


def test_beyond_its_limit_the_cache_forgets_what_was_used_longest_ago(cache, voxels):
    for age, key in ((300, "old"), (900, "oldest"), (100, "young")):
        _keep(cache, voxels, key)
        (folder,) = (entry.path for entry in cache.entries() if entry.key == key)
        for file in folder.rglob("*"):
            os.utime(file, (time.time() - age, time.time() - age))
    leave_all(cache)
    assert cache.find("old") is not None
    leave_all(cache)
    one = cache.entries()[0].n_bytes
    limited = FolderCache(cache.root, most_bytes=int(2.5 * one))
    _keep(limited, voxels, "new")
    assert {entry.key for entry in limited.entries()} == {"old", "new"}


def test_killed_conversion_leaves_nothing_that_is_found_and_is_cleared_away(cache, voxels):
    killed = """
import os, signal, sys
import numpy as np
from pathlib import Path
from napari_hipspine.keeping.conversion_cache import FolderCache
def slabs():
    yield np.ones((16, 30, 20), np.int16)
    yield np.ones((16, 30, 20), np.int16)
    os.kill(os.getpid(), signal.SIGKILL)
FolderCache(Path(sys.argv[1])).keep("killed", (64, 30, 20), np.dtype(np.int16), slabs())
"""
    done = subprocess.run([sys.executable, "-c", killed, str(cache.root)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert any(cache.root.iterdir())
    assert cache.find("killed") is None
    assert cache.entries() == ()
    _keep(cache, voxels, "next")
    assert [entry.key for entry in cache.entries()] == ["next"]
    assert len(list(cache.root.iterdir())) == 1


def test_cancelled_conversion_leaves_nothing(cache, shared_data):
    """Progress of the decompression and of the writing is told, and may stop either."""
    from napari_hipspine.domain.errors import Cancelled
    from napari_hipspine.reading.volumes import open_volume
    from napari_hipspine.viewer.openings import WatchedCache

    path, told = shared_data / "totalseg-mr" / "example_mr_sm.nii.gz", []

    def stop_at(words):
        def tell(done, total, doing):
            told.append(doing)
            if doing.startswith(words):
                raise Cancelled("Cancelled.")

        return tell

    for words in ("decompressing", "converting"):
        with pytest.raises(Cancelled):
            open_volume(path, cache=WatchedCache(cache, stop_at(words))).voxels[0]
        assert told[-1].startswith(words)
        assert cache.entries() == ()
        assert list(cache.root.iterdir() if cache.root.is_dir() else ()) == []


def test_command_shows_and_clears(cache, voxels, monkeypatch, capsys):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(cache.root))
    _keep(cache, voxels)
    assert main(["cache"]) == 0
    assert "1 converted images" in capsys.readouterr().out
    leave_all(cache)
    assert main(["cache", "--clear"]) == 0
    assert "0 converted images, 0.00 GB" in capsys.readouterr().out
    monkeypatch.setenv("NAPARI_HIPSPINE_CACHE_GB", "much")
    assert main(["cache"]) == 2
    assert "Expected a number of GB, found 'much'" in capsys.readouterr().err


def test_listing_and_clearing(cache, voxels):
    assert (cache.entries(), cache.n_bytes(), cache.clear()) == ((), 0, 0)
    _keep(cache, voxels, "large")
    _keep(cache, voxels[:2], "small")
    (cache.root / "unfinished-x").mkdir()
    (cache.root / "notes.txt").write_text("mine")
    assert [entry.key for entry in cache.entries()] == ["large", "small"]
    assert cache.entries()[0].n_bytes > cache.entries()[1].n_bytes > 0
    assert cache.clear() == 0
    assert [entry.key for entry in cache.entries()] == ["large", "small"]
    leave_all(cache)
    before = cache.n_bytes()
    assert cache.clear() == before - len("mine")
    assert [file.name for file in cache.root.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, voxels):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableImage, match="cache folder that can be written") as caught:
        _keep(FolderCache(tmp_path / "file" / "cache"), voxels)
    assert ENVIRONMENT_VARIABLE in caught.value.hint


def test_default_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    assert default_cache() == FolderCache(tmp_path)
    monkeypatch.delenv(ENVIRONMENT_VARIABLE)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache().root == tmp_path / "napari-hipspine" / "volumes"
    monkeypatch.setattr("sys.platform", "darwin")
    assert default_cache().root == Path.home() / "Library" / "Caches" / "napari-hipspine" / "volumes"


def test_a_compressed_file_is_converted_once(cache, shared_data, monkeypatch):
    """The reader of .nii.gz finds its voxels in the cache the second time."""
    from napari_hipspine.reading.volumes import open_volume

    path = shared_data / "totalseg-mr" / "example_mr_sm.nii.gz"
    first = open_volume(path, cache=cache).voxels[...]
    assert len(cache.entries()) == 1
    monkeypatch.setattr(FolderCache, "keep", None)
    assert np.array_equal(open_volume(path, cache=cache).voxels[...], first)


def test_kept_arrays_are_read_only(cache, voxels):
    kept = _keep(cache, voxels)
    assert isinstance(kept, zarr.Array)
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 0
