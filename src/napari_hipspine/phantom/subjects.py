"""Synthetic people: a lumbar and a hip series each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np

from ..domain.anatomy import Region, Side, core_muscles
from ..domain.errors import InvalidChoice
from ..domain.volume import Contrast
from .fields import generator_for
from .ready_made import HIP_SAMPLING, LUMBAR_SAMPLING, hip_spec, lumbar_spec
from .region import PhantomRegion, make_region
from .shipped_tables import read_rows
from .specification import PhantomSpec, Sampling

_DIXON_LUMBAR = replace(LUMBAR_SAMPLING, shape=(24, 164, 250), spacing_mm=(4.0, 1.4, 1.4), lowest_slice_mm=-42.8)
_DIXON_HIP = replace(HIP_SAMPLING, shape=(24, 172, 264), spacing_mm=(5.0, 1.45, 1.45), lowest_slice_mm=-41.2)


@dataclass(frozen=True)
class PhantomSubject:
    """One synthetic person.

    Parameters
    ----------
    subject_id : str
        Name in tables and files.
    regions : mapping of Region to PhantomRegion
        The series, each with pictures, labels and truth.
    """

    subject_id: str
    regions: Mapping[Region, PhantomRegion]


def make_subject(
    seed: int, *, subject_id: str = "", lumbar: Sampling = LUMBAR_SAMPLING, hip: Sampling = HIP_SAMPLING
) -> PhantomSubject:
    """A person drawn at random: lumbar T2 and hip PD, every muscle with a fat share of its own.

    Parameters
    ----------
    seed : int
        Number from which all follows.
    subject_id : str
        Name; made from the seed when empty.
    lumbar, hip : Sampling
        Slices and pixels of the two series.
    """
    rng = generator_for(seed, "person")
    usual = rng.uniform(0.04, 0.3)
    shares = {}
    for muscle in core_muscles():
        of_muscle = float(np.clip(usual * rng.lognormal(0, 0.5), 0.01, 0.5))
        for side in Side:
            shares[muscle.id, side] = float(np.clip(of_muscle * rng.lognormal(0, 0.12), 0.005, 0.55))
    specs = (
        lumbar_spec(seed, sampling=lumbar, fat_fractions=shares),
        hip_spec(seed, sampling=hip, fat_fractions=shares),
    )
    return _make_all(subject_id or f"phantom-seed{seed}", specs)


def make_sample_subject(subject_id: str) -> PhantomSubject:
    """One of the three people of the sample data.

    Raises
    ------
    InvalidChoice
        If there is no such sample subject.
    """
    return _make_all(subject_id, sample_specs(subject_id))


@cache
def sample_ids() -> tuple[str, ...]:
    """Names of the people of the sample data."""
    return tuple(dict.fromkeys(row["subject_id"] for row in read_rows("subject_fat.csv")))


def sample_specs(subject_id: str) -> tuple[PhantomSpec, PhantomSpec]:
    """Lumbar and hip specification of a sample subject.

    phantom01 has moderate fat and some lean muscles; phantom02 much fat, slices tilted by three degrees, and a
    gluteus minimus that ends above the tip of the trochanter; phantom03 is a water-fat acquisition.

    Raises
    ------
    InvalidChoice
        If there is no such sample subject.
    """
    if subject_id not in sample_ids():
        raise InvalidChoice(
            f"Expected a sample subject, found {subject_id!r}.", hint=f"There are {', '.join(sample_ids())}."
        )
    shares = MappingProxyType(
        {
            (row["muscle"], side): float(row[side.value])
            for row in read_rows("subject_fat.csv")
            if row["subject_id"] == subject_id
            for side in Side
        }
    )
    if subject_id == "phantom01":
        return (
            lumbar_spec(101, sampling=_at(LUMBAR_SAMPLING, (2.5, 18.0, 41.0)), fat_fractions=shares),
            hip_spec(101, sampling=_at(HIP_SAMPLING, (1.0, -12.0, -124.0)), fat_fractions=shares),
        )
    if subject_id == "phantom02":
        lumbar = _at(LUMBAR_SAMPLING, (-4.0, 25.5, 12.0), tilt_deg=3.0)
        hip = _at(HIP_SAMPLING, (-3.0, -6.0, -146.0), tilt_deg=3.0)
        ends = {"gluteus_minimus": 8.0}
        return (
            lumbar_spec(202, sampling=lumbar, fat_fractions=shares, muscle_sizes={"multifidus": 0.95}),
            hip_spec(202, sampling=hip, fat_fractions=shares, lowest_mm=ends),
        )
    return (
        lumbar_spec(
            303,
            sampling=_at(_DIXON_LUMBAR, (0.0, 20.0, 30.0)),
            contrast=Contrast.WATER,
            noise=0.01,
            fat_fractions=shares,
        ),
        hip_spec(
            303,
            sampling=_at(_DIXON_HIP, (0.0, -10.0, -130.0)),
            contrast=Contrast.WATER,
            noise=0.01,
            fat_fractions=shares,
        ),
    )


def _at(sampling: Sampling, reference_lps_mm: tuple[float, float, float], *, tilt_deg: float = 0.0) -> Sampling:
    return replace(sampling, reference_lps_mm=reference_lps_mm, tilt_deg=tilt_deg)


def _make_all(subject_id: str, specs: tuple[PhantomSpec, ...]) -> PhantomSubject:
    return PhantomSubject(subject_id, MappingProxyType({spec.region: make_region(spec) for spec in specs}))
