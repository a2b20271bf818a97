"""A subject whose picture and outlines lie on a web server is measured as one on the disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from napari_hipspine.reading.label_maps import open_label_map
from napari_hipspine.reading.volumes import open_volume
from napari_hipspine.sample_data import sample_subjects
from napari_hipspine.writing.ome_zarr import write_ome_zarr_image, write_ome_zarr_labels


def test_picture_and_outlines_on_a_web_server(hipspine, serve, tmp_path: Path) -> None:
    pytest.importorskip("obstore")
    series = sample_subjects()[0].series[0]
    volume = replace(open_volume(series.image), contrast=series.contrast, fat_polarity=series.fat_polarity)
    write_ome_zarr_image(volume, tmp_path / "sub-phantom01.ome.zarr")
    write_ome_zarr_labels(open_label_map(series.labels, series.naming), tmp_path / "labels.ome.zarr")
    with serve(tmp_path) as served:
        for root, out in ((str(tmp_path), "here"), (served.url, "there")):
            image, labels = f"{root}/sub-phantom01.ome.zarr", f"{root}/labels.ome.zarr"
            said = hipspine("measure", "--image", image, "--labels", labels, "--out", tmp_path / out)
            assert said.exit_code == 0, said.err
    for table in ("slices.csv", "measurements.csv"):
        assert (tmp_path / "here" / table).read_bytes() == (tmp_path / "there" / table).read_bytes()
    run = json.loads((tmp_path / "there" / "run.json").read_text())
    assert run["inputs"][0] == {"path": f"{served.url}/sub-phantom01.ome.zarr", "sha256": "", "n_bytes": 0}
