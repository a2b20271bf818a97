"""Files are written whole or not at all."""

from pathlib import Path

import pytest

from napari_hipspine.domain.errors import HipSpineError
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
