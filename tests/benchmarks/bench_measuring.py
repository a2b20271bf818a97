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
from goals import Goal, judged
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


def _row(what: str, ours: list[Took], theirs: list[Took], words: str, most: float | None) -> Goal:
    """Ours beside the limit by wall and CPU time."""
    by_wall, by_cpu = ratio(ours, theirs), ratio(ours, theirs, "cpu_s")
    return Goal(
        what,
        _seconds(ours),
        _seconds(theirs),
        f"{by_wall:.2f} (CPU {by_cpu:.2f})",
        words,
        None if most is None else judged(by_wall, by_cpu) <= most,
        SECTION,
    )


def _seconds(took: list[Took]) -> str:
    return f"{median(took):.2f} s ({median(took, 'cpu_s'):.2f} s CPU)"


def beside_the_limit(folder: Path, gib: float, rounds: int = ROUNDS) -> list[Goal]:
    """The whole measurement beside reading and unpacking, for dense, usual and sparse labels."""
    dense = make_volume(folder, Layout(gib, spread="dense"))
    names = [("--one", name, dense) for name in ("whole", "limit", "sums", "whole, 1 worker", "limit, 1 worker")]
    took = in_turns(__file__, names, rounds)
    whole, limit, sums, alone, limit_alone = (took[one] for one in names)
    _agree(whole, sums, alone)
    rows = [
        _row(f"whole measurement, {gib:g} GiB, labels in every chunk", whole, limit, _OF_DENSE, 1.25),
        _row("the counting pass of it", sums, limit, "", None),
        _row("the same with one worker each", alone, limit_alone, "", None),
    ]
    faster = 1 / ratio(whole, alone)
    rows.append(Goal("two workers beside one", _seconds(whole), _seconds(alone), f"{faster:.2f} ×", "", None, SECTION))
    body, sparse = (Layout(gib, spread=spread) for spread in ("body", "sparse"))
    what = f"{gib:g} GiB, a quarter of the chunks without labels"
    rows.append(_beside(what, make_volume(folder, body), "≤ 1.0 × reading and unpacking all", 1.0))
    rows.append(_sparse(make_volume(folder, sparse), f"{gib:g} GiB, labels on one tile in ten", sparse.touched_share()))
    return rows


_OF_DENSE = "≤ 1.25 × reading and unpacking (stretch 1.1)"


def in_the_large(folder: Path, gib: float) -> list[Goal]:
    """The same where what every measurement costs once weighs less; files have many names instead of copies."""
    dense, sparse = (Layout(gib, spread=spread) for spread in ("dense", "sparse"))
    what = f"{gib:g} GiB of 2048 × 2048 pixels"
    return [
        _beside(f"{what}, labels in every chunk", link_volume(folder, dense), _OF_DENSE, 1.25),
        _sparse(
            link_volume(folder, sparse), f"{what}, labels on one tile in ten", sparse.touched_share(is_linked=True)
        ),
    ]


def _beside(what: str, made: Path, words: str, most: float) -> Goal:
    names = [("--one", name, made) for name in ("whole", "limit")]
    took = in_turns(__file__, names, 2)
    return _row(what, took[names[0]], took[names[1]], words, most)


def _sparse(made: Path, what: str, touched: float) -> Goal:
    return _beside(what, made, f"≤ touched share + 5 % = {touched + 0.05:.3f}", touched + 0.05)


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
    """The whole measurement beside each peer's own way out of core; the slowest measure less."""
    from measuring_peers import PEERS, SLOW

    ours: dict[float, list[Took]] = {}
    rows = []
    for name in PEERS:
        of_gib = 0.125 if name in SLOW else gib
        made = make_volume(folder, Layout(of_gib, spread="body"))
        if of_gib not in ours:
            ours[of_gib] = [run(__file__, "--one", "whole", made) for _ in range(ROUNDS)]
        theirs = run(__file__, "--one", name, made, at_most_s=at_most_s)
        _agree(ours[of_gib], [theirs])
        rows.append(_beside_peer(f"{name}, {of_gib:g} GiB", ours[of_gib], theirs))
    return rows


def _beside_peer(what: str, ours: list[Took], theirs: Took) -> Goal:
    mine = f"{_seconds(ours)}, {median(ours, 'peak_mib'):.0f} MiB"
    if theirs.told:
        return Goal(what, mine, theirs.told, "–", "≥ 4 × faster", None, "Others out of core")
    by_wall, by_cpu = theirs.wall_s / median(ours), theirs.cpu_s / median(ours, "cpu_s")
    told = f"{_seconds([theirs])}, {theirs.peak_mib:.0f} MiB"
    times = f"{by_wall:.1f} × (CPU {by_cpu:.1f} ×)"
    return Goal(what, mine, told, times, "≥ 4 × faster", judged(by_wall, by_cpu) >= 4, "Others out of core")


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
