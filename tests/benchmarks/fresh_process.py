"""Candidates run in processes of their own, in turns, each telling time, CPU, memory and a checksum."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Checksum = tuple[int, ...]


@dataclass(frozen=True)
class Took:
    """What one candidate took; ``told`` says why, where it did not finish."""

    wall_s: float = float("nan")
    cpu_s: float = float("nan")
    peak_mib: float = float("nan")
    checksum: Checksum = ()
    told: str = ""


def _memory_mib(key: str) -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(key)) / 1024


def tell(prepare: Callable[[], object], work: Callable[[], Checksum]) -> None:
    """Run one candidate in this process and print what it took; imports and compiling are not counted."""
    prepare()
    # The highest memory of a process is inherited from the one that started it; set it back first (Linux only).
    Path("/proc/self/clear_refs").write_text("5")
    at_rest = _memory_mib("VmRSS")
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN)
    checksum = work()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    pairs = ((after, before), (ended, of_children))
    cpu = sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for b, a in pairs)
    peak = _memory_mib("VmHWM") - at_rest
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, "peak_mib": peak, "checksum": [int(n) for n in checksum]}))


def run(script: str, *arguments: object, at_most_s: float = 300.0) -> Took:
    """Run a script in a process of its own and read what `tell` printed."""
    command = [sys.executable, script, *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=at_most_s, check=False)
    except subprocess.TimeoutExpired:
        return Took(told=f"no result in {at_most_s:.0f} s")
    if done.returncode:
        return Took(told=(done.stderr.strip().splitlines() or ["failed"])[-1][:120])
    found = json.loads(done.stdout.splitlines()[-1])
    return Took(**(found | {"checksum": tuple(found["checksum"])}))


def in_turns(
    script: str, candidates: Sequence[tuple[object, ...]], rounds: int
) -> dict[tuple[object, ...], list[Took]]:
    """All candidates once in every round, so that what else the machine does falls on all alike."""
    found: dict[tuple[object, ...], list[Took]] = {one: [] for one in candidates}
    for _ in range(rounds):
        for one in candidates:
            found[one].append(run(script, *one))
    return found


def ratio(ours: list[Took], theirs: list[Took], of: str = "wall_s") -> float:
    """Median over the rounds of one figure of ours divided by the same of theirs."""
    return statistics.median(getattr(a, of) / getattr(b, of) for a, b in zip(ours, theirs, strict=True))


def median(took: list[Took], of: str = "wall_s") -> float:
    """Median over the rounds."""
    return statistics.median(getattr(one, of) for one in took)


def shared_out(work: Callable[[int], None], n: int, n_workers: int, at_once: int = 8) -> None:
    """Do numbers 0 to n - 1 on so many threads, a few at once."""
    starts, lock = iter(range(0, n, at_once)), threading.Lock()

    def help_out() -> None:
        while True:
            with lock:
                start = next(starts, None)
            if start is None:
                return
            for number in range(start, min(start + at_once, n)):
                work(number)

    threads = [threading.Thread(target=help_out) for _ in range(n_workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
