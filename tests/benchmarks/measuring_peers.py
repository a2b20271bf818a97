"""What people use to measure labelled volumes that do not fit into memory, each in its own usual way.

Every peer gives at least pixels and the sum of signal of each structure; only those that say so give them per slice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from fresh_process import Checksum
from large_volumes import N_STRUCTURES

VALUES = np.arange(1, N_STRUCTURES + 1)
PROPERTIES = ("label", "num_pixels", "intensity_mean", "intensity_std", "intensity_min", "intensity_max")


def _zarrs(folder: Path) -> tuple[Any, Any]:
    import zarr

    return zarr.open_array(folder / "image", mode="r"), zarr.open_array(folder / "labels", mode="r")


def _dask(folder: Path) -> tuple[Any, Any]:
    import dask.array as da

    return da.from_zarr(str(folder / "image")), da.from_zarr(str(folder / "labels"))


def regionprops(folder: Path) -> Checksum:
    """All voxels in memory, then scikit-image's table slice by slice."""
    from skimage.measure import regionprops_table

    image, labels = (array[:] for array in _zarrs(folder))
    n = total = 0
    for seen, of_slice in zip(image, labels, strict=True):
        found = regionprops_table(of_slice, seen, properties=PROPERTIES)
        n += int(found["num_pixels"].sum())
        total += round(float((found["num_pixels"] * found["intensity_mean"]).sum()))
    return n, total


def dask_where(folder: Path) -> Checksum:
    """A masked sum per slice, structure and measure in plain dask."""
    import dask

    image, labels = _dask(folder)
    wanted = []
    for value in VALUES:
        mask = labels == value
        signal = dask.array.where(mask, image, 0).astype(np.int64)
        wanted += [mask.sum(axis=(1, 2)), signal.sum(axis=(1, 2)), (signal * signal).sum(axis=(1, 2))]
    found = dask.compute(*wanted, scheduler="threads", num_workers=2)
    return int(sum(one.sum() for one in found[0::3])), int(sum(one.sum() for one in found[1::3]))


def flox(folder: Path) -> Checksum:
    """Grouped sums per slice on dask arrays."""
    import dask
    import flox as grouped

    image, labels = _dask(folder)
    groups = np.arange(N_STRUCTURES + 1)
    asked = [
        grouped.groupby_reduce(image, labels, func=func, expected_groups=groups, axis=(1, 2))[0]
        for func in ("count", "sum")
    ]
    n, total = dask.compute(*asked, scheduler="threads", num_workers=2)
    return int(n[:, 1:].sum()), int(total[:, 1:].sum())


def dask_image(folder: Path) -> Checksum:
    """Area and sum of each structure over all slices."""
    import dask
    from dask_image import ndmeasure

    image, labels = _dask(folder)
    asked = ndmeasure.area(image, labels, VALUES), ndmeasure.sum_labels(image, labels, VALUES)
    n, total = dask.compute(*asked, scheduler="threads", num_workers=2)
    return int(np.sum(n)), int(np.sum(total))


def _of_block(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    found = np.zeros((len(image), 1, 1, N_STRUCTURES + 1, 3))
    for seen, of_slice, target in zip(image, labels, found[:, 0, 0], strict=True):
        flat, signal = of_slice.ravel(), seen.ravel().astype(np.float64)
        for column, weights in enumerate((None, signal, signal * signal)):
            target[:, column] = np.bincount(flat, weights, N_STRUCTURES + 1)
    return found


def local_cluster(folder: Path) -> Checksum:
    """Counts, sums and squares of every block by numpy.bincount on a dask cluster of two processes."""
    import dask.array as da
    from dask.distributed import Client, LocalCluster

    image, labels = _dask(folder)
    blocks = da.map_blocks(
        _of_block,
        image,
        labels,
        dtype=np.float64,
        chunks=(image.chunks[0], *((1,) * n for n in image.numblocks[1:]), (N_STRUCTURES + 1,), (3,)),
        new_axis=[3, 4],
    )
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        found = blocks.sum(axis=(1, 2)).compute()
    return int(found[:, 1:, 0].sum()), int(found[:, 1:, 1].sum())


PEERS = {
    "load all + regionprops_table": regionprops,
    "dask `where`": dask_where,
    "flox on dask": flox,
    "dask-image (no slices)": dask_image,
    "LocalCluster + bincount": local_cluster,
}

SLOW = ("dask `where`", "dask-image (no slices)")
"""These are given less to measure."""
