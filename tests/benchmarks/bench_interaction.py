"""How soon a reader sees what a tool makes: CPU time and 95th percentile of the tools of outlining on 512 x 512 pixels.

Run ``python tests/benchmarks/bench_interaction.py``. The tools are those of the dock; nothing here opens a window.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from goals import Goal, judged

from napari_hipspine.domain.anatomy import Region
from napari_hipspine.phantom import make_subject
from napari_hipspine.segmenting.fill_between import fill_between, touching_slices
from napari_hipspine.segmenting.flow_store import FlowMemory
from napari_hipspine.segmenting.outline import livewire, outline_to_mask, rounded_outline
from napari_hipspine.segmenting.scribbles import region_from_scribbles
from napari_hipspine.segmenting.tidy import tidied

SECTION = "Outlining, 512 × 512 pixels a slice"
SIZE = 512
N_SLICES = 11
REPEATS = 15


class Scene:
    """A lumbar phantom on 512 x 512 pixels, the muscle that is outlined, and strokes and clicks on it."""

    def __init__(self) -> None:
        from scipy.ndimage import binary_erosion, zoom

        found = make_subject(31).regions[Region.LUMBAR]
        middle = found.volume.grid.shape[0] // 2
        chosen = slice(middle - N_SLICES // 2, middle + N_SLICES // 2 + 1)
        image = np.asarray(found.volume.voxels[chosen]).astype(np.float32)
        labels = np.asarray(found.label_map.labels[chosen])
        scale = (1, SIZE / image.shape[1], SIZE / image.shape[2])
        self.image, self.labels = zoom(image, scale, order=1), zoom(labels, scale, order=0).astype(np.uint16)
        spacing = found.volume.grid.spacing_mm
        self.spacing = (spacing[0], spacing[1] / scale[1], spacing[2] / scale[2])
        self.slice, self.of_slice = self.image[N_SLICES // 2], self.labels[N_SLICES // 2]
        values, counts = np.unique(self.of_slice[self.of_slice > 0], return_counts=True)
        self.value = int(values[counts.argmax()])
        inside = self.of_slice == self.value
        self.scribbles = np.zeros(self.of_slice.shape, dtype=np.uint8)
        self.scribbles[binary_erosion(inside, iterations=12)] = 1
        self.anchors = _around(inside, 12)
        self.drawn = np.zeros_like(self.labels)
        self.drawn[[0, -1]] = self.labels[[0, -1]]

    @property
    def pixel(self) -> tuple[float, float]:
        return self.spacing[1], self.spacing[2]


def _around(mask: np.ndarray, n: int) -> np.ndarray:
    """So many points on the border of a mask, in order around its middle."""
    rows, columns = np.nonzero(mask)
    middle = np.array([rows.mean(), columns.mean()])
    found = []
    for angle in np.linspace(0, 2 * np.pi, n, endpoint=False):
        way = np.array([np.sin(angle), np.cos(angle)])
        steps = [middle + step * way for step in range(SIZE)]
        on_way = [p for p in steps if 0 <= p[0] < SIZE and 0 <= p[1] < SIZE and mask[int(p[0]), int(p[1])]]
        found.append(on_way[-1] if on_way else middle)
    return np.array(found)


def latency(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, float, float]:
    """Median and 95th percentile on the clock, and median CPU time [ms]; the first call is left out."""
    work()
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    return float(np.median(walls)), float(np.percentile(walls, 95)), float(np.median(cpus))


def goals() -> list[Goal]:
    scene, store = Scene(), FlowMemory()
    keys = {"key_slices": [0, N_SLICES - 1], "spacing_mm": scene.spacing}
    tools: list[tuple[str, Callable[[], Any], float]] = [
        ("strokes inside and outside (geodesic race)", lambda: scribbled(scene), 100),
        ("livewire through 12 clicks", lambda: wired(scene), 100),
        ("rounded outline through 12 clicks", lambda: clicked(scene), 100),
        ("tidying one muscle", lambda: tidied(scene.of_slice, [scene.value], spacing_mm=scene.pixel), 100),
    ]
    rows = [_row(name, *latency(work), most) for name, work, most in tools]
    by_shape = latency(lambda: fill_between(None, scene.drawn, **keys), 5)
    n_between = N_SLICES - 2
    rows.append(_figure(f"filling {n_between} slices by shape, all muscles", by_shape))
    fill_between(scene.image, scene.drawn, flows=store, **keys)
    again = {"flows": store, "wanted": touching_slices([0, N_SLICES - 1], 0)}
    rows.append(
        _figure(
            f"refilling {n_between} slices by the picture after an edit",
            latency(lambda: fill_between(scene.image, scene.drawn, **keys, **again), 3),
        )
    )
    strokes, wire = latency(lambda: scribbled(scene), 5), latency(lambda: wired(scene), 5)
    peers: list[tuple[str, Callable[[], Any], tuple[float, float, float], float]] = [
        ("strokes beside scikit-image random_walker (cg_j)", lambda: by_random_walker(scene), strokes, 5),
        ("strokes beside scikit-image MCP_Geometric, two fronts", lambda: by_geodesic_fronts(scene), strokes, 1),
        ("livewire beside scikit-image route_through_array, 12 clicks", lambda: by_routes(scene), wire, 1),
    ]
    return rows + [_beside(name, mine, latency(peer, 1), times) for name, peer, mine, times in peers]


def scribbled(scene: Scene) -> np.ndarray:
    return region_from_scribbles(scene.slice, scene.scribbles, pixel_spacing_mm=scene.pixel)


def wired(scene: Scene) -> np.ndarray:
    return livewire(scene.slice, scene.anchors, pixel_spacing_mm=scene.pixel)


def clicked(scene: Scene) -> np.ndarray:
    return outline_to_mask(rounded_outline(scene.anchors), (SIZE, SIZE))


def _row(name: str, wall: float, late: float, cpu: float, most: float) -> Goal:
    told = f"{wall:.0f} ms, 95 %: {late:.0f} ms ({cpu:.0f} ms CPU)"
    return Goal(name, told, "", "", f"95 % within {most:.0f} ms", judged(late, cpu) <= most, SECTION)


def _figure(name: str, took: tuple[float, float, float]) -> Goal:
    wall, late, cpu = took
    return Goal(name, f"{wall:.0f} ms, 95 %: {late:.0f} ms ({cpu:.0f} ms CPU)", "", "", "", None, SECTION)


def _framed(scene: Scene) -> np.ndarray:
    """Strokes with a frame outside, as our race takes it."""
    seeds = scene.scribbles.astype(np.int32)
    seeds[[0, -1]] = seeds[:, [0, -1]] = 2
    return seeds


def by_random_walker(scene: Scene) -> np.ndarray:
    from skimage.segmentation import random_walker

    return np.asarray(random_walker(scene.slice, _framed(scene), beta=130, mode="cg_j"))


def _cost(scene: Scene) -> np.ndarray:
    rows, columns = np.gradient(scene.slice)
    steep = np.hypot(rows, columns)
    return np.asarray(0.01 + steep / steep.max())


def by_geodesic_fronts(scene: Scene) -> np.ndarray:
    from skimage.graph import MCP_Geometric

    seeds, cost = _framed(scene), _cost(scene)
    inside, outside = (MCP_Geometric(cost).find_costs(np.argwhere(seeds == value))[0] for value in (1, 2))
    return np.asarray(inside < outside)


def by_routes(scene: Scene) -> list[Any]:
    from skimage.graph import route_through_array

    cost, clicks = 1.01 - _cost(scene), scene.anchors.round().astype(int)
    pairs = zip(clicks, np.roll(clicks, -1, axis=0), strict=True)
    return [route_through_array(cost, start, end) for start, end in pairs]


def _beside(name: str, ours: tuple[float, float, float], theirs: tuple[float, float, float], times: float) -> Goal:
    by_wall, by_cpu = theirs[0] / ours[0], theirs[2] / ours[2]
    return Goal(
        name,
        f"{ours[0]:.0f} ms ({ours[2]:.0f} ms CPU)",
        f"{theirs[0]:.0f} ms ({theirs[2]:.0f} ms CPU)",
        f"{by_wall:.1f} × (CPU {by_cpu:.1f} ×)",
        f"≥ {times:g} × faster",
        judged(by_wall, by_cpu) >= times,
        SECTION,
    )


def main() -> None:
    for goal in goals():
        print(f"{goal.what}: {goal.ours} | {goal.theirs} | {goal.ratio} | {goal.goal} | {goal.verdict}", flush=True)


if __name__ == "__main__":
    main()
