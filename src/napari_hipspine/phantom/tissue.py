"""What the phantom is made of, and how bright each tissue is."""

from __future__ import annotations

from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..domain.errors import InvalidChoice
from ..domain.volume import Contrast, FatPolarity
from .shipped_tables import read_rows

WATER_FAT_SCALE = 100.0
"""Signal of pure lean muscle in water images and of pure fat in fat images."""

SUPPRESSED_FAT = 0.12
"""Signal of fat where it is suppressed, as a share of the lean signal."""


class Tissue(IntEnum):
    """Tissues in the order of ``tissues.csv``."""

    AIR = 0
    LEAN = 1
    FAT = 2
    SUBCUTANEOUS = 3
    SKIN = 4
    FASCIA = 5
    CORTICAL_BONE = 6
    MARROW = 7
    DISC_NUCLEUS = 8
    DISC_ANNULUS = 9
    FLUID = 10
    NERVE = 11
    LIGAMENT = 12
    BOWEL = 13
    BOWEL_WALL = 14
    BOWEL_CONTENT = 15
    COLON = 16
    GAS = 17
    KIDNEY_CORTEX = 18
    KIDNEY_MEDULLA = 19
    BLOOD = 20
    FLOW_VOID = 21
    VESSEL_WALL = 22
    URINE = 23
    BLADDER_WALL = 24
    GLAND = 25
    CARTILAGE = 26
    TENDON = 27
    SEPTUM = 28


def signals(contrast: Contrast, fat_polarity: FatPolarity) -> NDArray[np.float64]:
    """Signal of every tissue, shape ``(n_tissues,)``, in arbitrary units.

    Water and fat images share one scale: pure lean muscle in water equals pure fat in fat, so that F/(F+W) of a
    muscle pixel is its fat content.

    Parameters
    ----------
    contrast : Contrast
        T2, PD, T1, WATER or FAT.
    fat_polarity : FatPolarity
        BRIGHT as measured without, DARK as measured with fat suppression; of no meaning for water and fat.

    Raises
    ------
    InvalidChoice
        For any other contrast or an unknown polarity.
    """
    if contrast not in (Contrast.T2, Contrast.PD, Contrast.T1, Contrast.WATER, Contrast.FAT):
        raise InvalidChoice(f"Expected contrast T2, PD, T1, water or fat, found {contrast.value}, in the phantom.")
    if fat_polarity is FatPolarity.UNKNOWN:
        raise InvalidChoice("Expected fat polarity bright or dark, found unknown, in the phantom.")
    table = _tissue_table()
    found = np.array([float(row[contrast.value]) for row in table])
    if contrast in (Contrast.WATER, Contrast.FAT):
        return found * 200.0
    if fat_polarity is FatPolarity.DARK:
        suppressed = found[Tissue.LEAN] * SUPPRESSED_FAT
        fat_share = np.array([float(row["fat"]) for row in table])
        return np.asarray(found * (1 - fat_share) + suppressed * fat_share)
    return found


def mottles(contrast: Contrast) -> NDArray[np.float64]:
    """Relative signal variation within every tissue, shape ``(n_tissues,)``.

    Lean muscle and fat are perfectly even in water and fat images, so that their fat fraction is exactly known.
    """
    found = np.array([float(row["mottle"]) for row in _tissue_table()])
    if contrast in (Contrast.WATER, Contrast.FAT):
        found[[Tissue.LEAN, Tissue.FAT, Tissue.SUBCUTANEOUS]] = 0.0
    return found


@cache
def _tissue_table() -> tuple[dict[str, str], ...]:
    return tuple(read_rows("tissues.csv"))
