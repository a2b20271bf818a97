"""Compiled loops made ready before anything is measured."""

from __future__ import annotations

import threading

import numpy as np

from .kernels import Kernels, are_compiled, compiled_kernels

THREAD_NAME = "hipspine-compile"

_IMAGES = (np.int16, np.uint16)
_LABELS = (np.uint16, np.uint8)


def compile_ahead() -> threading.Thread:
    """Compile the loops, or load them where that was done before, on a thread that nobody waits for.

    Returns
    -------
    threading.Thread
        Ends by itself; a daemon, so that the program can end before it.
    """
    thread = threading.Thread(target=_compile, name=THREAD_NAME, daemon=True)
    thread.start()
    return thread


def _compile() -> None:
    kernels = compiled_kernels()
    if kernels is not None:
        for labels in _LABELS:
            for image in _IMAGES:
                _count_nothing_much(kernels, np.dtype(image), np.dtype(labels))
        are_compiled().set()


def _count_nothing_much(kernels: Kernels, image: np.dtype[np.generic], labels: np.dtype[np.generic]) -> None:
    """Put a few voxels through every loop."""
    labelled = np.ones((1, 8, 8), dtype=labels)
    numbers = np.zeros(2**16, dtype=np.uint16)
    numbers[1] = 1
    counts = np.zeros((1, 1, 4), dtype=np.int32)
    if not kernels.has_measured(labelled, numbers):
        return
    kernels.count(np.ones((1, 8, 8), dtype=image), labelled, numbers, 0, counts, 0)
    packed = kernels.pack(counts)
    for narrow in (np.uint8, np.uint16, np.uint32):
        sums = np.zeros((1, 1, 1), dtype=np.int64)
        ends = np.array([[0]]), np.array([[4]])
        kernels.sum_ranges(packed.counts.astype(narrow), packed.first, packed.lengths, *ends, sums, sums.copy())
