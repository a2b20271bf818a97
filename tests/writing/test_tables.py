"""Files are written whole or not at all."""

from pathlib import Path

import pytest

from napari_hipspine.domain.errors import Cancelled, HipSpineError
from napari_hipspine.writing.tables import write_whole


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    contents = {"one.csv": "a\n", "nowhere/two.csv": "b\n"}
    with pytest.raises(HipSpineError, match="Expected a folder that can be written, found No such file"):
        write_whole(tmp_path / "out", contents)
    assert not (tmp_path / "out").exists()


def test_what_was_there_stays_when_the_new_cannot_be_written(tmp_path: Path) -> None:
    write_whole(tmp_path, {"one.csv": "old\n"})
    with pytest.raises(HipSpineError, match="Expected a folder that can be written"):
        write_whole(tmp_path, {"one.csv": "new\n", "nowhere/two.csv": "b\n"})
    assert (tmp_path / "one.csv").read_text() == "old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["one.csv"]


def test_what_makes_a_file_is_called_in_its_turn_and_stopping_leaves_nothing(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    paths = write_whole(tmp_path / "a", {"x.txt": "x", "y.png": lambda: b"y"}, progress=lambda *said: told.append(said))
    assert [path.read_bytes() for path in paths] == [b"x", b"y"]
    assert told == [(0, 2, "writing x.txt"), (1, 2, "writing y.png")]

    def stop(done: int, _total: int, _doing: str) -> None:
        if done:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        write_whole(tmp_path / "b", {"x.txt": "x", "y.txt": "y"}, progress=stop)
    assert not (tmp_path / "b").exists()
