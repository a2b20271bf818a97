"""Errors of the fat methods on the phantom, as the tables of ``docs/explanation/fat_threshold.md``.

Run it with ``python tests/benchmarks/print_fat_errors.py``; it takes a few minutes. The bias is the measured FI minus
the share of labelled pixels that hold at least one half fat, which is what a perfect threshold finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from napari_hipspine.domain.anatomy import Region, Side, Structure, core_muscles
from napari_hipspine.domain.errors import HipSpineError
from napari_hipspine.domain.level_plan import LevelPlan
from napari_hipspine.domain.protocol import BiasCorrection, FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.measuring.measures import measure_volume
from napari_hipspine.phantom import PartialVolume, PhantomRegion, hip_spec, lumbar_spec, make_region

FAT_LEVELS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
N_SLICES = 5
METHODS = ("fat-reference", "pooled", "otsu", "otsu-pooled", "kmeans", "mixture", "musclemap")


@dataclass(frozen=True)
class Case:
    """One muscle of one measured phantom."""

    structure: Structure
    n_pixels: int
    truth: float
    fi: float

    @property
    def bias(self) -> float:
        return self.fi - self.truth


@cache
def phantom(region: Region, seed: int, fat: float | None, **changes: object) -> PhantomRegion:
    """A few slices around the reference level; every muscle has the given fat, or each another level."""
    spec = (lumbar_spec if region is Region.LUMBAR else hip_spec)(seed)
    middle = spec.sampling.shape[0] // 2
    sampling = replace(
        spec.sampling,
        shape=(N_SLICES, *spec.sampling.shape[1:]),
        lowest_slice_mm=float(spec.sampling.heights_mm()[middle - N_SLICES // 2]),
    )
    return make_region(replace(spec, sampling=sampling, fat_fractions=_shares(region, fat), **changes))


def _shares(region: Region, fat: float | None) -> dict[tuple[str, Side], float]:
    muscles = core_muscles(region)
    levels = (fat,) if fat is not None else FAT_LEVELS[:-1]
    structures = [(muscle.id, side) for muscle in muscles for side in Side]
    return {structure: levels[k % len(levels)] for k, structure in enumerate(structures)}


def measured(made: PhantomRegion, method: str = "fat-reference", **settings: object) -> list[Case]:
    """FI of every muscle beside its truth; empty FI as not a number."""
    n_classes = 2
    protocol = MeasurementProtocol(fat_method=FatMethod(method), n_classes=n_classes, **settings)
    found = measure_volume(made.volume, made.label_map, LevelPlan(), protocol, key=SubjectKey("p")).measurements
    cases = []
    for row in found[found["side"] != "both"].itertuples():
        truths = [t for t in made.truth if (t.structure.muscle.id, t.structure.side.value) == (row.muscle, row.side)]
        if truths:
            pixels = np.array([t.n_pixels for t in truths])
            share = float(np.average([t.fat_pixel_fraction for t in truths], weights=pixels))
            cases.append(Case(truths[0].structure, int(pixels.sum()), share, float(row.fi)))
    return cases


def summary(cases: Iterable[Case]) -> str:
    """Mean and largest bias, in points of per cent, and how many cells are empty."""
    biases = np.array([case.bias for case in cases]) * 100
    known = biases[~np.isnan(biases)]
    if not len(known):
        return "all empty"
    empty = f", {len(biases) - len(known)} empty" if len(known) < len(biases) else ""
    return f"{known.mean():+.1f} ({known[np.abs(known).argmax()]:+.1f}{empty})"


def print_table(title: str, header: list[str], rows: Iterator[list[str]]) -> None:
    """A Markdown table."""
    print(f"\n**{title}**\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


REGIONS = ((Region.LUMBAR, "T2, lumbar"), (Region.HIP, "PD, hip"))


def by_fat_level() -> Iterator[list[str]]:
    """All muscles of a subject at one fat level."""
    for fat in FAT_LEVELS:
        yield [f"{fat:.0%}", *(summary(measured(phantom(region, 11, fat))) for region, _ in REGIONS)]


def by_roi_size() -> Iterator[list[str]]:
    """Outlines reduced to the middle of the muscles."""
    for scale in (1.0, 0.5, 0.25, 0.1):
        row = [f"{scale:.0%}"]
        for region, _ in REGIONS:
            cases = measured(phantom(region, 12, None, roi_scale=scale))
            row.append(f"{summary(cases)}, {np.median([case.n_pixels for case in cases]) / N_SLICES:.0f} px per slice")
        yield row


def by_coil() -> Iterator[list[str]]:
    """Coil gradients from front to back, and irregular coils."""
    changes = [
        ("even", {"coil_gradient": 0.0, "coil_ripple": 0.0}),
        ("gradient +20 %", {"coil_gradient": 0.2, "coil_ripple": 0.0}),
        ("gradient -20 %", {"coil_gradient": -0.2, "coil_ripple": 0.0}),
        ("gradient +20 %, ripple 4 %", {"coil_gradient": 0.2, "coil_ripple": 0.04}),
        ("gradient +20 %, ripple 8 %", {"coil_gradient": 0.2, "coil_ripple": 0.08}),
    ]
    for name, change in changes:
        plain = [phantom(region, 13, None, **change) for region, _ in REGIONS]
        yield [
            name,
            *(summary(measured(made)) for made in plain),
            *(summary(measured(made, bias_correction=BiasCorrection.N4)) for made in plain),
        ]


def by_method() -> Iterator[list[str]]:
    """Every method on mixed fat levels and on a subject whose muscles are all lean."""
    for method in METHODS:
        row = [method]
        for fat in (None, 0.02):
            for region, _ in REGIONS:
                try:
                    row.append(summary(measured(phantom(region, 14, fat), method)))
                except HipSpineError as refusal:
                    row.append(f"refused: {refusal.message[:40]}")
        yield row


def without_partial_volume() -> Iterator[list[str]]:
    """Pixels of one tissue only."""
    for region, name in REGIONS:
        pure = phantom(region, 15, None, partial_volume=PartialVolume.PURE)
        yield [name, summary(measured(pure)), summary(measured(pure, "pooled"))]


def main() -> None:
    """Print all tables."""
    names = [name for _, name in REGIONS]
    print_table("By fat level (fat-reference)", ["fat", *names], by_fat_level())
    print_table("By size of the outline (fat-reference)", ["part of the muscle", *names], by_roi_size())
    print_table("By coil (fat-reference)", ["coil", *names, *(f"{name}, N4" for name in names)], by_coil())
    lean = [f"{name}, all 2 %" for name in names]
    print_table("By method (two classes)", ["method", *(f"{name}, mixed" for name in names), *lean], by_method())
    print_table("Without partial volume", ["series", "fat-reference", "pooled"], without_partial_volume())


if __name__ == "__main__":
    main()
