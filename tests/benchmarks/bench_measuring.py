"""Measuring out of core beside the time to read and unpack the same chunks, and beside what others use.

Run ``python tests/benchmarks/bench_measuring.py [GIB]``; `bench_all.py` runs it together with all others. Candidates
run in processes of their own, in turns; figures are medians. Imports and compiling are not counted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from fresh_process import Checksum, Took, in_turns, median, ratio, run, tell
from goals import Goal, at_most
from large_volumes import CHUNKS_PER_SLAB, Layout, link_volume, make_many_chunks, make_volume

ROUNDS = 3
PAIR_MIB = 16 * 256 * 256 * 3 / 2**20
MOST_MIB = 64 + 2 * 2 * PAIR_MIB
SECTION = "Measuring out of core"
GROWTH = "Memory and first result"


def candidates() -> dict[str, tuple[Callable[[], object], Callable[[Path], Checksum]]]:
    """What can be run by name: what is prepared, and the work."""
    import measured_subject as ours
    from measuring_peers import PEERS

    def of_peer(name: str) -> tuple[Callable[[], object], Callable[[Path], Checksum]]:
        return (lambda: _import_peer(name)), PEERS[name]

    found: dict[str, tuple[Callable[[], object], Callable[[Path], Checksum]]] = {
        "limit": (ours.prepare, ours.limit),
        "limit, 1 worker": (ours.prepare, lambda folder: ours.limit(folder, 1)),
        "whole": (ours.prepare, ours.whole),
        "whole, 1 worker": (ours.prepare, lambda folder: ours.whole(folder, 1)),
        "sums": (ours.prepare, ours.sums),
        "first result": (ours.prepare, ours.first_result),
    }
    return found | {name: of_peer(name) for name in PEERS}


def _import_peer(name: str) -> None:
    import importlib

    import zarr  # noqa: F401

    modules = {"load": "skimage.measure", "dask": "dask.array", "flox": "flox", "LocalCluster": "distributed"}
    for start, module in (*modules.items(), ("dask-image", "dask_image.ndmeasure")):
        if name.startswith(start):
            importlib.import_module(module)


def _agree(*took: list[Took]) -> None:
    """All candidates of one run must have counted the same voxels."""
    found = {one.checksum for each in took for one in each if one.checksum}
    if len(found) > 1:
        raise SystemExit(f"Expected one number of pixels and one sum of signal, found {sorted(found)}.")


def _row(what: str, ours: list[Took], theirs: list[Took], words: str, most: float) -> Goal:
    """Wall and CPU ratio beside the limit; met where the wall ratio is small enough."""
    by_wall, by_cpu = ratio(ours, theirs), ratio(ours, theirs, "cpu_s")
    return Goal(
        what,
        f"{median(ours):.2f} s ({median(ours, 'cpu_s'):.2f} s CPU)",
        f"{median(theirs):.2f} s ({median(theirs, 'cpu_s'):.2f} s CPU)",
        f"{by_wall:.2f} (CPU {by_cpu:.2f})",
        words,
        at_most(by_wall, most),
        SECTION,
    )


def beside_the_limit(folder: Path, gib: float, rounds: int = ROUNDS) -> list[Goal]:
    """The whole measurement beside reading and unpacking, for dense, usual and sparse labels."""
    rows = []
    for spread, what, words in (
        ("dense", "whole measurement, labels in every chunk", "≤ 1.25 × reading and unpacking (stretch 1.1)"),
        ("body", "the same, a quarter of the chunks without labels", "≤ 1.0 × reading and unpacking all"),
        ("sparse", "the same, labels on one tile in ten", "≤ touched share + 5 %"),
    ):
        layout = Layout(gib, spread=spread)
        made = make_volume(folder, layout)
        names = [("--one", name, made) for name in ("whole", "limit", "sums")]
        took = in_turns(__file__, names, rounds)
        whole, limit, sums = (took[one] for one in names)
        _agree(whole, sums)
        touched = layout.touched_share()
        most = {"dense": 1.25, "body": 1.0, "sparse": touched + 0.05}[spread]
        told = f"{words}: {most:.3f}" if spread == "sparse" else words
        rows.append(_row(what, whole, limit, told, most))
        if spread == "dense":
            rows.append(_row("of that, the counting pass", sums, limit, "", float("inf")))
            rows += _workers(made, whole, rounds)
    return [Goal(**(vars(row) | {"is_met": None})) if not row.goal else row for row in rows]


def _workers(made: Path, two: list[Took], rounds: int) -> list[Goal]:
    one = in_turns(__file__, [("--one", "whole, 1 worker", made)], rounds)
    ((_, alone),) = one.items()
    faster = 1 / ratio(two, alone)
    return [
        Goal(
            "two workers beside one",
            f"{median(two):.2f} s",
            f"{median(alone):.2f} s",
            f"{faster:.2f}",
            "",
            None,
            SECTION,
        )
    ]


def growth(folder: Path) -> list[Goal]:
    """Memory above what a program at rest holds, for more voxels and for more chunks; and the first result."""
    rows = []
    of_size = {gib: run(__file__, "--one", "whole", link_volume(folder, Layout(gib, spread="dense"))) for gib in _SIZES}
    told = ", ".join(f"{gib:g} GiB {took.peak_mib:.0f}" for gib, took in of_size.items())
    worst = max(took.peak_mib for took in of_size.values())
    words = f"≤ 64 MiB + 2 × workers × chunk pair = {MOST_MIB:.0f} MiB"
    rows.append(Goal("extra memory [MiB]", told, "", f"{worst:.0f}", words, worst <= MOST_MIB, GROWTH))
    of_chunks = {many: run(__file__, "--one", "whole", make_many_chunks(folder, *many)) for many in _MANY}
    told = ", ".join(f"{_n_chunks(many):.0e} chunks {took.peak_mib:.0f}" for many, took in of_chunks.items())
    worst = max(took.peak_mib for took in of_chunks.values())
    rows.append(Goal("extra memory [MiB]", told, "", f"{worst:.0f}", words, worst <= MOST_MIB, GROWTH))
    first = run(__file__, "--one", "first result", make_many_chunks(folder, *_MANY[-1]))
    ms = first.checksum[0] if first.checksum else float("nan")
    rows.append(Goal("first result of 10⁶ chunks", f"{ms} ms", "", "", "< 1 s", ms < 1000, GROWTH))
    took = of_chunks[_MANY[-1]]
    told = f"{took.wall_s:.1f} s, {1e6 * took.cpu_s / _n_chunks(_MANY[-1]):.0f} µs CPU a chunk"
    rows.append(Goal("all of 10⁶ chunks, most of them empty", told, "", "", "", None, GROWTH))
    return rows


_SIZES = (1, 4, 16)
_MANY = ((1, 1), (10, 1), (100, 1), (100, 10))
"""Slabs, and how many times 1024 chunks each has: a thousand to a million chunks."""


def _n_chunks(many: tuple[int, int]) -> int:
    return many[0] * many[1] * CHUNKS_PER_SLAB


def beside_peers(folder: Path, gib: float, at_most_s: float) -> list[Goal]:
    """The whole measurement beside each peer's own way out of core."""
    from measuring_peers import PEERS

    made = make_volume(folder, Layout(gib, spread="body"))
    ours = [run(__file__, "--one", "whole", made) for _ in range(ROUNDS)]
    rows = []
    for name in PEERS:
        theirs = run(__file__, "--one", name, made, at_most_s=at_most_s)
        _agree(ours, [theirs])
        if theirs.told:
            told, times = theirs.told, f"> {at_most_s / median(ours):.0f}" if "no result" in theirs.told else "–"
            met = "no result" in theirs.told and at_most_s >= 4 * median(ours)
        else:
            faster = theirs.wall_s / median(ours)
            told = f"{theirs.wall_s:.2f} s ({theirs.cpu_s:.2f} s CPU), {theirs.peak_mib:.0f} MiB"
            times, met = f"{faster:.1f} ×", faster >= 4
        mine = f"{median(ours):.2f} s ({median(ours, 'cpu_s'):.2f} s CPU), {median(ours, 'peak_mib'):.0f} MiB"
        rows.append(Goal(name, mine, told, times, "≥ 4 × faster", met, f"Others out of core, {gib:g} GiB"))
    return rows


def main(gib: float) -> None:
    with tempfile.TemporaryDirectory(prefix="hipspine-bench-") as name:
        for goal in (*beside_the_limit(Path(name), gib), *growth(Path(name))):
            print(f"{goal.what}: {goal.ours} | {goal.theirs} | {goal.ratio} | {goal.goal} | {goal.verdict}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        prepare, work = candidates()[sys.argv[2]]
        tell(prepare, lambda: work(Path(sys.argv[3])))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
