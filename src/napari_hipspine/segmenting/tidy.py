"""Small repairs of labels: stray parts, holes, rough outlines, overlaps, sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.errors import InvalidChoice
from .distances import signed_distance
from .fill_plan import as_labels

_FAR_MM = 200.0


class OverlapRule(StrEnum):
    """Who keeps a pixel that two outlines claim."""

    FIRST = "first"
    """The muscle named first."""
    LAST = "last"
    """The muscle named last."""
    DEEPEST = "deepest"
    """The muscle it lies deepest in, so that the border runs along the middle of the overlap."""


def largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected part of a mask of any dimension, pixels joined by sides; of equal ones the first."""
    from scipy.ndimage import label

    parts, n_parts = label(mask)
    if n_parts < 2:
        return np.array(mask, dtype=bool)
    return np.asarray(parts == np.bincount(parts.ravel())[1:].argmax() + 1)


def without_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask of one slice with everything it encloses."""
    from scipy.ndimage import binary_fill_holes

    return np.asarray(binary_fill_holes(mask))


def smoothed(
    mask: NDArray[np.bool_],
    *,
    spacing_mm: tuple[float, float],
    width_mm: float,
    allowed: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """A mask of one slice with a smoother outline and exactly as many pixels.

    Parameters
    ----------
    mask : ndarray of bool, shape (n_rows, n_columns)
        What is smoothed.
    spacing_mm : tuple of float
        Distance between rows and between columns [mm].
    width_mm : float
        Bays and bumps narrower than this go [mm].
    allowed : ndarray of bool, optional
        Where the result may lie; it always may where the mask was.

    Raises
    ------
    InvalidChoice
        If the width is not positive.
    """
    from scipy.ndimage import gaussian_filter

    if not width_mm > 0:
        raise InvalidChoice(f"Expected a positive width in millimetres, found {width_mm}.")
    n_pixels = int(np.count_nonzero(mask))
    if n_pixels in (0, mask.size):
        return np.array(mask, dtype=bool)
    distance = signed_distance(mask, spacing_mm=spacing_mm, reach_mm=3 * width_mm)
    smooth = gaussian_filter(distance, [width_mm / 2 / step for step in spacing_mm], mode="nearest")
    if allowed is not None:
        smooth = np.where(allowed | mask, smooth, -np.inf)
    # Ties are broken by the old outline, then by place, so that the area is kept to the pixel.
    order = np.lexsort((~mask.ravel(), -smooth.ravel()))
    out = np.zeros(mask.size, dtype=bool)
    out[order[:n_pixels]] = True
    return out.reshape(mask.shape)


def tidied(
    labels: NDArray[Any], values: Sequence[int], *, spacing_mm: tuple[float, float], width_mm: float = 2.0
) -> NDArray[np.uint16]:
    """One slice of labels: of each value the largest part, without holes, smoothed; others are not painted over.

    Parameters
    ----------
    labels : ndarray, shape (n_rows, n_columns)
        Labels of the slice.
    values : sequence of int
        Label values that are tidied, one after the other.
    spacing_mm : tuple of float
        Distance between rows and between columns [mm].
    width_mm : float
        Width for the smoothing [mm].
    """
    out = as_labels(labels, 0).copy()
    for value in values:
        others = (out != 0) & (out != value)
        whole = without_holes(largest_part(out == value)) & ~others
        out[out == value] = 0
        out[smoothed(whole, spacing_mm=spacing_mm, width_mm=width_mm, allowed=~others)] = value
    return out


def joined_outlines(
    masks: Mapping[int, NDArray[np.bool_]], rule: OverlapRule, *, spacing_mm: tuple[float, float]
) -> NDArray[np.uint16]:
    """Labels of one slice from outlines that may overlap.

    Parameters
    ----------
    masks : mapping of int to ndarray of bool
        Outline of every label value, in the order that the rule goes by.
    rule : OverlapRule
        Who keeps a pixel that several claim.
    spacing_mm : tuple of float
        Distance between rows and between columns [mm].

    Raises
    ------
    InvalidChoice
        If there is no outline.
    """
    if not masks:
        raise InvalidChoice("Expected at least one outline, found none.")
    values = np.array(list(masks), dtype=np.uint16)
    claims = np.stack(list(masks.values()))
    if rule is OverlapRule.DEEPEST:
        depth = np.stack([signed_distance(m, spacing_mm=spacing_mm, reach_mm=_FAR_MM) for m in masks.values()])
        keeper = depth.argmax(axis=0)
    elif rule is OverlapRule.FIRST:
        keeper = claims.argmax(axis=0)
    else:
        keeper = len(values) - 1 - claims[::-1].argmax(axis=0)
    return np.where(claims.any(axis=0), values[keeper], np.uint16(0))


def swapped_sides(
    labels: NDArray[Any], pairs: Mapping[int, int], *, columns_toward_left: int
) -> tuple[tuple[int, int, int], ...]:
    """Slices on which a left muscle lies further to the patient's right than its partner.

    Parameters
    ----------
    labels : ndarray, shape (n_slices, n_rows, n_columns)
        Labels.
    pairs : mapping of int to int
        Left label value: right label value.
    columns_toward_left : int
        1 where columns grow to the patient's left, -1 where they grow to the right.

    Returns
    -------
    tuple of (slice, left value, right value)
    """
    wrong = []
    for index, one in enumerate(labels):
        for left, right in pairs.items():
            columns = [np.nonzero(one == value)[1] for value in (left, right)]
            if min(len(found) for found in columns) == 0:
                continue
            if (columns[0].mean() - columns[1].mean()) * columns_toward_left < 0:
                wrong.append((index, left, right))
    return tuple(wrong)


def pasted(
    labels: NDArray[Any],
    *,
    from_slice: int,
    to_slice: int,
    values: Sequence[int],
    locked: Sequence[int] = (),
) -> NDArray[np.uint16]:
    """One slice of labels with outlines of another slice pasted in place of its own.

    Parameters
    ----------
    labels : ndarray, shape (n_slices, n_rows, n_columns)
        Labels.
    from_slice, to_slice : int
        Where the outlines are, and where they are wanted.
    values : sequence of int
        Label values that are pasted; locked ones are left out.
    locked : sequence of int
        Label values that are not changed.

    Returns
    -------
    ndarray of uint16, shape (n_rows, n_columns)
        The slice wanted; other labels on it are not painted over.

    Raises
    ------
    InvalidChoice
        If none of the values is on the slice they are taken from.
    """
    taken = sorted(set(values) - set(locked))
    source = as_labels(labels[from_slice], from_slice)
    present = [value for value in taken if (source == value).any()]
    if not present:
        raise InvalidChoice(f"Expected outlines of label values {taken}, found none, on slice {from_slice}.")
    out = as_labels(labels[to_slice], to_slice).copy()
    out[np.isin(out, present)] = 0
    free = (out == 0) & np.isin(source, present)
    out[free] = source[free]
    return out
