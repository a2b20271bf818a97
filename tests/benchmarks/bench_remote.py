"""A subject on a web server whose every answer takes a while: measured with chunks asked for ahead, and without.

Run ``python tests/benchmarks/bench_remote.py``. The server runs on this machine and waits before it answers.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import measured_subject
from goals import Goal
from large_volumes import Layout, make_volume

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from napari_hipspine.reading.zarr_blocks import ZarrBlocks
from serving import serve

SECTION = "A web server that answers after 20 ms, 0.125 GiB"
WAIT_S = 0.02


def goals(folder: Path) -> list[Goal]:
    measured_subject.prepare()
    made = make_volume(folder, Layout(0.125, spread="body"))
    on_disk = _timed(str(made))
    with serve(made, wait_s=WAIT_S) as served:
        ahead = _timed(served.url)
        n_requests = sum(served.gets.values())
        far = ZarrBlocks.is_far
        ZarrBlocks.is_far = property(lambda self: False)  # type: ignore[method-assign, assignment]
        one_by_one = _timed(served.url)
        ZarrBlocks.is_far = far  # type: ignore[method-assign]
    assert on_disk[1] == ahead[1] == one_by_one[1]
    return [
        Goal(
            "chunks asked for ahead, beside one by one",
            f"{ahead[0]:.2f} s, {n_requests} requests",
            f"{one_by_one[0]:.2f} s (on the disk {on_disk[0]:.2f} s)",
            f"{one_by_one[0] / ahead[0]:.1f} × faster",
            "",
            None,
            SECTION,
        )
    ]


def _timed(root: str) -> tuple[float, tuple[int, ...]]:
    start = time.perf_counter()
    measured = measured_subject.measure(*measured_subject.stored(root))
    return time.perf_counter() - start, measured_subject.checksum(measured.sums)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="hipspine-bench-") as name:
        for goal in goals(Path(name)):
            print(f"{goal.what}: {goal.ours} | {goal.theirs} | {goal.ratio}", flush=True)


if __name__ == "__main__":
    main()
