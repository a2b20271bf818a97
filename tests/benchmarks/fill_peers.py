"""What else fills outlines between slices: nearest key, plain shapes, a random walker, ITK where it is installed."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.segmentation import random_walker

FAR_MM = 60.0
MARGIN_PIXELS = 12


def nearest_key(image, drawn, keys, spacing_mm):
    out = drawn.copy()
    for index in range(len(drawn)):
        out[index] = drawn[min(keys, key=lambda key: abs(key - index))]
    return out


def plain_shape(image, drawn, keys, spacing_mm):
    """Signed distances mixed linearly, nothing moved."""
    values = np.unique(drawn[drawn > 0])
    out = drawn.copy()
    for before, after in pairwise(keys):
        ends = [np.stack([_signed(drawn[key] == value, spacing_mm[1:]) for value in values]) for key in (before, after)]
        for index in range(before + 1, after):
            share = (index - before) / (after - before)
            mixed = (1 - share) * ends[0] + share * ends[1]
            out[index] = np.where(mixed.max(axis=0) > 0, values[mixed.argmax(axis=0)], 0)
    return out


def walker(image, drawn, keys, spacing_mm):
    """scikit-image's random walker between key slices, everything unlabelled there being background."""
    where = np.argwhere(drawn.any(axis=0))
    rows, columns = (
        slice(max(low - MARGIN_PIXELS, 0), high + MARGIN_PIXELS + 1)
        for low, high in zip(where.min(axis=0), where.max(axis=0), strict=True)
    )
    grey = _flat(image[:, rows, columns], spacing_mm)
    out = drawn.copy()
    for before, after in pairwise(keys):
        if after - before < 2:
            continue
        values = np.unique(drawn[[before, after], rows, columns])
        marks = np.zeros((after - before + 1, *grey.shape[1:]), np.int32)
        for key in (before, after):
            marks[key - before] = np.searchsorted(values, drawn[key, rows, columns]) + 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            part = grey[before : after + 1]
            found = random_walker(part, marks, beta=130, mode="cg_j", spacing=spacing_mm, tol=1e-2)
        out[before + 1 : after, rows, columns] = values[found[1:-1] - 1]
    return out


def itk_morphological(image, drawn, keys, spacing_mm):
    """ITK's morphological contour interpolation; needs the package itk-morphologicalcontourinterpolation."""
    import itk

    source = itk.image_from_array(np.ascontiguousarray(drawn))
    interpolator = itk.MorphologicalContourInterpolator.New(source)
    interpolator.SetAxis(2)
    interpolator.SetHeuristicAlignment(True)
    interpolator.SetUseDistanceTransform(True)
    interpolator.Update()
    return itk.array_from_image(interpolator.GetOutput())


def peers():
    """The peers that can be run here, by name."""
    found = {"nearest key": nearest_key, "plain SDF": plain_shape, "random walker": walker}
    try:
        import itk

        itk.MorphologicalContourInterpolator  # noqa: B018 - loaded lazily by ITK; absent without its own wheel
    except (ImportError, AttributeError):
        print("ITK morphological interpolation: not installed (itk-morphologicalcontourinterpolation), left out")
    else:
        found["ITK morphological"] = itk_morphological
    return found


def _signed(mask, plane_mm):
    if not mask.any():
        return np.full(mask.shape, -FAR_MM)
    half = plane_mm[0] / 2
    inside, outside = distance_transform_edt(mask, sampling=plane_mm), distance_transform_edt(~mask, sampling=plane_mm)
    return np.clip(np.where(mask, inside - half, half - outside), -FAR_MM, FAR_MM)


def _flat(image, spacing_mm):
    bright = np.log(np.maximum(image, 1e-3) + 0.05 * image.mean())
    detail = bright - gaussian_filter(bright, (0, 18 / spacing_mm[1], 18 / spacing_mm[2]))
    low, high = np.percentile(detail, (1, 99))
    return np.clip((detail - low) / (high - low), 0, 1)
