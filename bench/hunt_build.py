"""Builds the program of bench/hunt with each heap: build/bench/NAME/hunt."""

import subprocess
from pathlib import Path

import build
from build import GC, GCHEAP, ROOT, Heap

GC_SMALL, COMPACT, BOEHM = "gc.c -Os", GCHEAP + " compact", "Boehm"
HEAPS = [
    *(heap for heap in build.HEAPS if heap.name in (GC, GC_SMALL, GCHEAP, BOEHM)),
    Heap(COMPACT, "libgcheap-compact", "libgcheap", config=("VARIANT=compact",)),
]


def workload_sources(main):
    """The generator, with the program's start in `main`, and what it shares with the harness."""
    mains = ("main.c", "board.c")
    ours = sorted(c for c in (ROOT / "bench" / "hunt").glob("*.c") if c.name == main or c.name not in mains)
    return [*ours, ROOT / "bench" / "harness" / "common.c"]


class HuntBuilder(build.Builder):
    program = "hunt"

    def workloads(self):
        headers = [*(ROOT / "bench").glob("h*/*.h"), Path(__file__), Path(build.__file__)]
        return [self.compile(c, self.out / "hunt" / f"{c.stem}.o", headers=headers) for c in workload_sources("main.c")]


def tree():
    """MicroPython's source tree."""
    done = subprocess.run([ROOT / "scripts" / "get-micropython"], check=True, stdout=subprocess.PIPE, text=True)
    return Path(done.stdout.splitlines()[-1])


def build_all(micropython, names=None):
    """Heap name -> program. Boehm's collector is left out if it is not installed."""
    return build.build_all(micropython, names, HuntBuilder, HEAPS)
