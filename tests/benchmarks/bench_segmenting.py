"""How few outlines are enough: filling, scribbles and clicks against other tools, on slices nobody annotated.

    python tests/benchmarks/bench_segmenting.py [--data ../shared/data] [--seeds 71 72 73] [--only tum01 thigh ...]

Real data: one lumbar water volume with manual labels (LPM_Segmentator, case TUM01) and one pair of thighs with
automatic labels (QMRITools). Both were used to choose the numbers in the program. Phantoms are made from seeds given
here, of two kinds: ``still`` ones, whose fat does not move with the muscle, and the shipped ones (``moving``), whose
fat does, which flatters whatever follows the picture. A group with labelled images of its own runs the same table
with --image FILE --labels FILE (NIfTI, axial).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from fill_peers import peers
from outline_metrics import agreement, dice, mean_agreement
from robot_user import clicks, correct, first_scribbles, outlined
from still_fat import still_fat

from napari_hipspine.domain.anatomy import Region
from napari_hipspine.domain.errors import UnknownLabel
from napari_hipspine.phantom import make_subject
from napari_hipspine.reading.label_looks import label_voxels_of
from napari_hipspine.reading.volumes import open_volume
from napari_hipspine.segmenting.fill_between import fill_between, touching_slices
from napari_hipspine.segmenting.flow_store import FlowMemory
from napari_hipspine.segmenting.outline import outline_to_mask, rounded_outline
from napari_hipspine.segmenting.scribbles import region_from_scribbles

THIGH_LEFT_OUT = (49, 66, 101, 102, 103, 104)
STROKES = (1, 3, 5)
CLICKS = (6, 8, 12)
LEAST_AREA_MM2 = 150.0


@dataclass(frozen=True)
class Case:
    name: str
    image: np.ndarray
    labels: np.ndarray
    spacing_mm: tuple[float, float, float]
    names: dict[int, str]

    def keys(self, n_keys: int) -> list[int]:
        shown = np.flatnonzero(self.labels.any(axis=(1, 2)))
        return [round(float(at)) for at in np.linspace(shown[0], shown[-1], n_keys)]

    def extents(self) -> dict[int, tuple[int, int]]:
        shown = {int(v): np.flatnonzero((self.labels == v).any(axis=(1, 2))) for v in np.unique(self.labels) if v}
        return {value: (int(where[0]), int(where[-1])) for value, where in shown.items()}


def from_files(name: str, image: Path, labels: Path, *, left_out: tuple[int, ...] = ()) -> Case:
    picture = open_volume(image)
    drawn = np.array(label_voxels_of(open_volume(labels))[...])
    drawn[np.isin(drawn, left_out)] = 0
    if picture.grid.shape != drawn.shape or not drawn.any():
        raise UnknownLabel(f"Expected labels on the picture's grid, found shape {drawn.shape}, in {labels}.")
    return Case(name, np.array(picture.voxels[...], np.float32), drawn, picture.grid.spacing_mm, {})


def tum01(data: Path) -> Case:
    folder = data / "lumbar-dixon-tum01"
    labels = folder / "TUM01_water_manual_label_segmentation_L2-L5.nii.gz"
    return from_files("TUM01", folder / "TUM01_water_img_img_L2-L5.nii.gz", labels)


def thigh(data: Path) -> Case:
    folder = data / "thigh-labelled-qmri"
    return from_files("thigh", folder / "test.nii.gz", folder / "out.nii.gz", left_out=THIGH_LEFT_OUT)


def still_phantoms(seeds: list[int]) -> list[Case]:
    cases = []
    for seed in seeds:
        for region in (Region.LUMBAR, Region.HIP):
            made = still_fat(region, seed)
            cases.append(Case(f"{region.value} still {seed}", made.image, made.labels, made.spacing_mm, made.names))
    return cases


def moving_phantoms(seeds: list[int]) -> list[Case]:
    cases = []
    for seed in seeds:
        for region, found in make_subject(seed).regions.items():
            names = {value: structure.muscle.id for value, structure in found.label_map.structures.items()}
            voxels, labels = np.asarray(found.volume.voxels), np.asarray(found.label_map.labels)
            name = f"{region.value} moving {seed}"
            cases.append(Case(name, voxels.astype(np.float32), labels, found.volume.grid.spacing_mm, names))
    return cases


def by_robot(case: Case, keys: list[int]) -> np.ndarray:
    drawn = np.zeros_like(case.labels)
    for key in keys:
        drawn[key] = outlined(case.labels[key], 12, pixel_mm=case.spacing_mm[1], seed=key)
    return drawn


def exact(case: Case, keys: list[int]) -> np.ndarray:
    drawn = np.zeros_like(case.labels)
    drawn[keys] = case.labels[keys]
    return drawn


def guided(case: Case, drawn: np.ndarray, keys: list[int], **options: Any) -> np.ndarray:
    return fill_between(case.image, drawn, key_slices=keys, spacing_mm=case.spacing_mm, **options).labels


def show(what: str, case: Case, found: np.ndarray, keys: list[int], seconds: float) -> None:
    muscles = agreement(found, case.labels, case.spacing_mm, keys)
    mean = mean_agreement(muscles)
    worst = min(muscles, key=lambda value: muscles[value].dice)
    thin = [one.dice for value, one in muscles.items() if case.names.get(value) == "gluteus_minimus"]
    extra = f"  gluteus minimus {np.mean(thin):.3f}" if thin else ""
    print(
        f"{case.name:18} {len(keys):2} {what:28} {mean.dice:.4f}  {mean.hd95_mm:5.2f}  {mean.msd_mm:5.3f}  "
        f"worst {muscles[worst].dice:.3f} ({case.names.get(worst, worst)})  {seconds:5.1f} s{extra}"
    )


def run_fill(case: Case, n_keys: int, others: dict[str, Any], *, robot: bool, ends: bool) -> None:
    keys = case.keys(n_keys)
    drawn = exact(case, keys)
    jobs = {
        "hipspine": lambda: guided(case, drawn, keys),
        "hipspine, shape only": lambda: fill_between(None, drawn, key_slices=keys, spacing_mm=case.spacing_mm).labels,
    }
    if ends:
        jobs["hipspine, ends marked"] = lambda: guided(case, drawn, keys, extents=case.extents())
    if robot:
        clicked = by_robot(case, keys)
        jobs["hipspine, 12 noisy clicks"] = lambda: guided(case, clicked, keys)
    for name, peer in others.items():
        jobs[name] = lambda peer=peer: peer(case.image, drawn, keys, case.spacing_mm)
    for name, job in jobs.items():
        started = time.process_time()
        found = job()
        show(name, case, found, keys, time.process_time() - started)


def run_latency(case: Case) -> None:
    keys = case.keys(5)
    drawn, store = exact(case, keys), FlowMemory()
    times = {}
    for name, options in (("whole volume", {}), ("edited key", {"wanted": touching_slices(keys, keys[2])})):
        started = time.process_time()
        guided(case, drawn, keys, flows=store, **options)
        times[name] = time.process_time() - started
    added = sorted([*keys, (keys[1] + keys[2]) // 2])
    drawn = exact(case, added)
    started = time.process_time()
    guided(case, drawn, added, flows=store, wanted=touching_slices(added, (keys[1] + keys[2]) // 2))
    times["added key"] = time.process_time() - started
    print(f"{case.name:18} CPU time: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in times.items()))


def muscle_slices(cases: list[Case], n_each: int) -> list[tuple[Case, int, int]]:
    """Slices of muscles, the same on every run, spread over muscles and levels."""
    rng = np.random.default_rng(0)
    chosen = []
    for case in cases:
        area = LEAST_AREA_MM2 / (case.spacing_mm[1] * case.spacing_mm[2])
        found = [
            (case, index, int(value))
            for index, labels in enumerate(case.labels)
            for value, n_pixels in zip(*np.unique(labels, return_counts=True), strict=True)
            if value and n_pixels > area
        ]
        chosen += [found[i] for i in rng.permutation(len(found))[:n_each]]
    return chosen


def run_within_slice(cases: list[Case], n_each: int) -> None:
    by_strokes: dict[str, list[list[float]]] = {}
    by_clicks: dict[str, list[list[tuple[float, float]]]] = {}
    seconds = []
    for case, index, value in muscle_slices(cases, n_each):
        truth, pixel_mm = case.labels[index] == value, case.spacing_mm[1]
        scribbles, scores = first_scribbles(truth, pixel_mm=pixel_mm), []
        for _ in range(max(STROKES)):
            started = time.process_time()
            found = region_from_scribbles(case.image[index], scribbles, pixel_spacing_mm=case.spacing_mm[1:])
            seconds.append(time.process_time() - started)
            scores.append(dice(found, truth))
            if not correct(scribbles, found, truth, pixel_mm=pixel_mm):
                break
        scores += scores[-1:] * (max(STROKES) - len(scores))
        kind = case.name if case.names == {} else case.name.rsplit(" ", 1)[0]
        for group in (kind, "all"):
            by_strokes.setdefault(group, []).append(scores)
        outlines = [_by_clicks(truth, n_clicks, pixel_mm, seed=index) for n_clicks in CLICKS]
        for group in (kind, "all"):
            by_clicks.setdefault(group, []).append(outlines)
    for kind, rows in by_strokes.items():
        means = ", ".join(f"{n} {np.mean([row[n - 1] for row in rows]):.3f}" for n in STROKES)
        print(f"scribbles, {kind:16} ({len(rows)} muscle slices): Dice after strokes {means}")
    print(f"scribbles, CPU time: median {median(seconds) * 1e3:.0f} ms, largest {max(seconds) * 1e3:.0f} ms")
    for kind, rows in by_clicks.items():
        for how, scores in zip(("polygon", "rounded"), np.mean(rows, axis=0).T, strict=True):
            means = ", ".join(f"{n} {score:.3f}" for n, score in zip(CLICKS, scores, strict=True))
            print(f"outline, {how}, {kind:13} ({len(rows)} muscle slices): Dice by clicks {means}")


def _by_clicks(truth: np.ndarray, n_clicks: int, pixel_mm: float, *, seed: int) -> tuple[float, float]:
    corners = clicks(truth, n_clicks, pixel_mm=pixel_mm, rng=np.random.default_rng(seed))
    straight, bent = (outline_to_mask(one, truth.shape) for one in (corners, rounded_outline(corners)))
    return dice(straight, truth), dice(bent, truth)


def run_large_slice(case: Case) -> None:
    """Scribbles on the slice enlarged to 512 x 512, with and without a loop around the muscle."""
    index = len(case.image) // 2
    rows, columns = (np.arange(512) * n // 512 for n in case.image.shape[1:])
    image, labels = case.image[index][np.ix_(rows, columns)], case.labels[index][np.ix_(rows, columns)]
    spacing = tuple(step * n / 512 for step, n in zip(case.spacing_mm[1:], case.image.shape[1:], strict=True))
    seconds = []
    for value in np.unique(labels[labels > 0]):
        scribbles = first_scribbles(labels == value, pixel_mm=spacing[1])
        for drawn in (scribbles, np.where(scribbles == 1, 1, 0)):
            started = time.process_time()
            region_from_scribbles(image, drawn, pixel_spacing_mm=spacing)
            seconds.append(time.process_time() - started)
    print(f"scribbles on 512 x 512: median {median(seconds) * 1e3:.0f} ms, largest {max(seconds) * 1e3:.0f} ms CPU")


def chosen(arguments: argparse.Namespace) -> list[tuple[Case, tuple[int, ...]]]:
    if arguments.image:
        return [(from_files(arguments.image.name, arguments.image, arguments.labels), tuple(arguments.keys))]
    cases = []
    if "tum01" in arguments.only:
        cases.append((tum01(arguments.data), (3, 5, 9)))
    if "thigh" in arguments.only:
        cases.append((thigh(arguments.data), (9,)))
    for kind, made in (("still", still_phantoms), ("moving", moving_phantoms)):
        if kind in arguments.only:
            cases += [(case, (5,)) for case in made(arguments.seeds)]
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--seeds", type=int, nargs="+", default=[71, 72, 73])
    kinds = ("tum01", "thigh", "still", "moving")
    parser.add_argument("--only", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--image", type=Path, help="a picture of your own")
    parser.add_argument("--labels", type=Path, help="its labels, complete on every slice")
    parser.add_argument("--keys", type=int, nargs="+", default=[3, 5, 9], help="numbers of key slices to try")
    arguments = parser.parse_args()
    others, cases = peers(), chosen(arguments)
    print(f"{'case':18} keys {'method':26} Dice    HD95   MSD [mm]; slices that were not annotated, mean over muscles")
    for case, numbers in cases:
        for n_keys in numbers:
            run_fill(case, n_keys, others, robot=True, ends=bool(case.names) or case.name != "TUM01")
    for case, _ in cases:
        run_latency(case)
    run_within_slice([case for case, _ in cases], n_each=10)
    run_large_slice(cases[0][0])


if __name__ == "__main__":
    main()
