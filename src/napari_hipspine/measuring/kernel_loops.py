"""Loops over voxels in the form the compiler takes; nobody calls them uncompiled but the tests.

Labels are 8- or 16-bit numbers and come twice: one by one, and eight (or four) at a time as 64-bit words, by which
background and the inside of structures are passed over quickly. ``numbers`` has an entry for every value of their type.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def has_measured(labels: NDArray[Any], words: NDArray[np.uint64], numbers: NDArray[np.uint16]) -> bool:
    """Whether a label with a number other than 0 occurs; labels have shape ``(n_slices, n_pixels)``."""
    n_slices, n_pixels = labels.shape
    n_words = words.shape[1]
    per_word = n_pixels // n_words if n_words else 1
    for z in range(n_slices):
        last = np.uint64(0)
        for w in range(n_words):
            word = words[z, w]
            if word == last:
                continue
            last = word
            for i in range(w * per_word, (w + 1) * per_word):
                if numbers[labels[z, i]]:
                    return True
        for i in range(n_words * per_word, n_pixels):
            if numbers[labels[z, i]]:
                return True
    return False


def count(
    image: NDArray[Any],
    labels: NDArray[Any],
    words: NDArray[np.uint64],
    numbers: NDArray[np.uint16],
    lowest: int,
    counts: NDArray[np.int32],
    start: int,
) -> int:
    """Add voxels to their bins from a place on; -1, or the place of the first one not added because one has no bin.

    Image and labels have shape ``(n_slices, n_pixels)``; a place is slice x n_pixels + pixel.
    """
    n_slices, n_pixels = labels.shape
    n_words = words.shape[1]
    per_word = np.uint64(n_pixels // n_words if n_words else 1)
    ones = np.uint64(0x0101010101010101) if per_word == 8 else np.uint64(0x0001000100010001)
    lowest_label = np.uint64(0xFF) if per_word == 8 else np.uint64(0xFFFF)
    n_bins, one, step = np.uint64(counts.shape[2]), np.int32(1), np.uint64(1)
    highest = lowest + np.int64(counts.shape[2]) - 1
    for z in range(start // n_pixels, n_slices):
        row, seen, of_slice, packed = labels[z], image[z], counts[z], words[z]
        first = np.uint64(max(0, start - z * n_pixels))
        w, last = np.uint64(0), np.uint64(0 if first else n_words)
        while w < last:
            word = packed[w]
            if word == 0:
                w += step
                continue
            i = w * per_word
            value = word & lowest_label
            if word == value * ones:
                w += step
                while w < last and packed[w] == word:
                    w += step
                number = numbers[value]
                if number:
                    bins = of_slice[number - 1]
                    low, high = seen[i], seen[i]
                    for k in range(i, w * per_word):
                        low, high = min(low, seen[k]), max(high, seen[k])
                    if np.int64(low) < lowest or np.int64(high) > highest:
                        return int(z * n_pixels + i)
                    for k in range(i, w * per_word):
                        bins[np.uint64(np.int64(seen[k]) - lowest)] += one
            else:
                w += step
                for k in range(i, w * per_word):
                    number = numbers[row[k]]
                    if number:
                        place = np.uint64(np.int64(seen[k]) - lowest)
                        if place >= n_bins:
                            return int(z * n_pixels + k)
                        of_slice[number - 1, place] += one
        for k in range(max(first, last * per_word), np.uint64(n_pixels)):
            number = numbers[row[k]]
            if number:
                place = np.uint64(np.int64(seen[k]) - lowest)
                if place >= n_bins:
                    return int(z * n_pixels + k)
                of_slice[number - 1, place] += one
    return -1


def survey(
    counts: NDArray[np.int32], first: NDArray[np.int32], lengths: NDArray[np.int32], n_pixels: NDArray[np.int64]
) -> int:
    """Write first occupied bin, bins up to the last, and sum of every slice and structure; all lengths together."""
    n_slices, n_structures, n_bins = counts.shape
    n_kept = 0
    for z in range(n_slices):
        for s in range(n_structures):
            bins = counts[z, s]
            low = 0
            while low < n_bins and bins[low] == 0:
                low += 1
            if low == n_bins:
                continue
            high = n_bins
            while bins[high - 1] == 0:
                high -= 1
            total = np.int64(0)
            for k in range(low, high):
                total += bins[k]
            first[z, s], lengths[z, s], n_pixels[z, s] = low, high - low, total
            n_kept += high - low
    return n_kept


def move(
    counts: NDArray[np.int32],
    first: NDArray[np.int32],
    lengths: NDArray[np.int32],
    kept: NDArray[np.int32],
    pooled: NDArray[np.int64],
) -> None:
    """Move the occupied range of every slice and structure, one after the other, and add it up; zero stays behind."""
    at = 0
    for z in range(counts.shape[0]):
        for s in range(counts.shape[1]):
            bins, together = counts[z, s], pooled[s]
            low = first[z, s]
            for k in range(lengths[z, s]):
                kept[at + k] = bins[low + k]
                together[low + k] += bins[low + k]
                bins[low + k] = 0
            at += lengths[z, s]


def sum_ranges(
    counts: NDArray[Any],
    places: NDArray[np.int32],
    lengths: NDArray[np.int32],
    first: NDArray[np.int64],
    stop: NDArray[np.int64],
    n_pixels: NDArray[np.int64],
    stored: NDArray[np.int64],
) -> None:
    """Add pixels and stored values of the dense bins of some slices that lie in each range of each structure."""
    start = 0
    for z in range(lengths.shape[0]):
        for s in range(lengths.shape[1]):
            place = np.int64(places[z, s])
            for k in range(len(first)):
                low, high = max(first[k, s] - place, 0), min(stop[k, s] - place, np.int64(lengths[z, s]))
                n, total = np.int64(0), np.int64(0)
                for i in range(low, high):
                    n += np.int64(counts[start + i])
                    total += np.int64(counts[start + i]) * i
                n_pixels[z, k, s] += n
                stored[z, k, s] += total + n * place
            start += lengths[z, s]
