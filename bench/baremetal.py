#!/usr/bin/env python3
"""The benchmark on bare metal: instructions on two microcontrollers, gc.c against libgcheap.

    bench/baremetal.py [--only REGEX] [--boards NAMES] [--json FILE]

The workloads are those of the harness, scaled to a heap of 128 KiB (harness/scale.h). Each is run in QEMU with
-icount shift=0, where an instruction takes a nanosecond; the program reads the processor's timer (baremetal/board.h).
gc.c is compiled with -Os, as small ports do, and with -O3, MicroPython's default for this file (CSUPEROPT). Ratios are
to the faster of the two, row by row. The board thumbv6m-stack16 is the thumbv6m with mark-stack entries of 16 bits, as
rp2, stm32 and samd have them; thumbv6m-threads has threads without a global lock as well, as rp2 does. Writes
build/bench-baremetal.json.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import build
import hunt_build
from build import GCHEAP, ROOT, BuildError, Heap
from harness import CANNOT, Row, RunError, found_by_hunt
from report import LIMITS, NOT_IN_MEANS, OUTSIDE, geometric_mean, number, print_table, verdict

sys.path.append(str(ROOT / "tools"))
from progress import Progress  # noqa: E402

GCS = ("gc.c -Os", "gc.c -O3")
HEAPS = [
    Heap(GCS[0], "gc-Os", "gc.c", ("-Os",)),
    Heap(GCS[1], "gc-O3", "gc.c", ("-O3",)),
    Heap(GCHEAP, "libgcheap", "libgcheap"),
]
PREFIX = "arm-none-eabi-"
SPIN = int(re.search(r"TIMER_SPIN = (\d+)", (ROOT / "bench" / "baremetal" / "board.h").read_text())[1])  # instructions
# The project's limits: for the geometric mean, for every row, and instructions per scanned word.
MEAN, WORST, MARK = 2, 1.0, 7
# Rows that show how fast marking is.
MARKING = re.compile("tree-.*|list-[0-9].*|lists-.*|linked-.*|graph-.*")


@dataclass
class Board:
    target: str
    processor: str
    tick: float  # nanoseconds of SysTick
    machine: tuple
    marking: float  # the least ratio of a row of MARKING
    mark: int = None  # instructions per scanned word, at most
    options: tuple = ()  # for what is compiled with MicroPython's headers

    @property
    def flags(self):
        return ["-mthumb", f"-mcpu={self.processor}", "-mfloat-abi=soft"]


MICROBIT = ("microbit", "-global", "nrf51-soc.flash-size=1048576", "-global", "nrf51-soc.sram-size=262144")
BOARDS = [
    Board("thumbv7m", "cortex-m3", 1000 / 25, ("mps2-an385",), 1.4, MARK),
    Board("thumbv6m", "cortex-m0", 1000 / 16, MICROBIT, 1.15),
    Board("thumbv6m-stack16", "cortex-m0", 1000 / 16, MICROBIT, 1.15, options=("-DBENCH_STACK_ENTRY_BYTES=2",)),
    Board("thumbv6m-threads", "cortex-m0", 1000 / 16, MICROBIT, 1.15,
          options=("-DBENCH_STACK_ENTRY_BYTES=2", "-DBENCH_THREADS=1")),
]


def need(*tools):
    """Stops with a sentence if a program is missing."""
    missing = {packages for tool, packages in tools if shutil.which(tool) is None}
    if missing:
        sys.exit(f"bench-baremetal: these Debian packages are needed and not installed: {' '.join(sorted(missing))}")


class BareBuilder(build.Builder):
    """gc.c and the glue as ports/qemu compiles them; the library as the port's makefile builds it."""

    left_out = ("bench.c", "machine.c")
    gcheap_flags = ("-Os",)

    def __init__(self, micropython, board):
        super().__init__(micropython)
        self.bare = ROOT / "bench" / "baremetal"
        self.headers += [*self.bare.glob("*.h"), *(ROOT / "bench" / "harness").glob("*.h"), Path(__file__)]
        self.cc = [f"{PREFIX}gcc", *board.flags]
        self.flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-DNDEBUG", "-DBENCH_SMALL=1",
                      "-ffunction-sections", "-fdata-sections", "-ffreestanding", "-fno-tree-loop-distribute-patterns"]
        self.options = board.options
        self.out = build.OUT / "baremetal" / board.target
        self.archive_environment = {
            "CC": " ".join(self.cc), "AR": f"{PREFIX}ar", "NM": f"{PREFIX}nm", "OBJCOPY": f"{PREFIX}objcopy"}

    def compile_with_micropython(self, source, target, *flags):
        return super().compile_with_micropython(source, target, *self.options, *flags)

    def workloads(self):
        """With memset and the like from MicroPython, as a port without a C library has them."""
        ours = [self.compile(c, self.out / "baremetal" / f"{c.stem}.o", headers=self.headers)
                for c in sorted(self.bare.glob("*.c"))]
        return [*super().workloads(), *ours, self.string_functions()]

    def string_functions(self):
        library = self.micropython / "shared" / "libc" / "string0.c"
        return self.compile(library, self.out / "string0.o", "-Os", "-fno-builtin")

    def link(self, objects, program):
        script = self.bare / "link.ld"
        build.run([*self.cc, "-nostdlib", "-Wl,--gc-sections", f"-Wl,-T,{script}", *objects, "-lgcc", "-o", program])


class HuntBuilder(BareBuilder):
    """The program of bench/hunt."""

    program = "hunt"

    def workloads(self):
        headers = [*(ROOT / "bench").glob("*/*.h"), Path(__file__), Path(build.__file__)]
        machine = [c for c in sorted(self.bare.glob("*.c")) if c.name not in ("main.c", "mark.c")]
        sources = [*hunt_build.workload_sources("board.c"), *machine]
        return [self.compile(c, self.out / "hunt" / f"{c.parent.name}-{c.stem}.o", headers=headers)
                for c in sources] + [self.string_functions()]


def run(board, program, argument):
    """The program's output; None if this heap cannot run the workload."""
    command = ["qemu-system-arm", "-M", *board.machine, "-icount", "shift=0,sleep=off", "-nographic",
               "-monitor", "none", "-serial", "none",
               "-semihosting-config", f"enable=on,target=native,arg={argument}", "-kernel", program]
    try:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
    except subprocess.TimeoutExpired as late:
        raise RunError(f"{argument} on {board.target}: no end after {late.timeout} seconds") from None
    if done.returncode == CANNOT:
        return None
    if done.returncode:
        raise RunError(f"{argument} on {board.target}: exit code {done.returncode}\n{done.stdout}")
    return [line.split("\t" if argument == "list" else None) for line in done.stdout.splitlines()]


class Clock:
    """Turns timings into instructions."""

    def __init__(self, board, lines):
        self.tick = board.tick
        self.nothing = 0
        self.nothing = next(self.instructions(words[1:]) for words in lines if words[0] == "empty")

    def instructions(self, words):
        ticks, spins = map(int, words)
        return ticks * self.tick - spins * SPIN - self.nothing


def check_clock(board, program):
    """Loops of known length have to be counted right."""
    lines = run(board, program, "check")
    clock = Clock(board, lines)
    worst = 0
    for words in lines:
        if words[0] == "loop":
            worst = max(worst, abs(clock.instructions(words[2:]) - int(words[1])))
    if worst > 4 * SPIN:
        raise RunError(f"{board.target}: loops of known length are counted wrong, by up to {worst:g} instructions")
    return worst


def measure(board, program, heap, row):
    lines = run(board, program.with_name("hunt") if row.parameters else program, row.parameters or row.workload)
    if lines is None:
        return
    clock = Clock(board, lines)
    proof = {words[0]: words[1] for words in lines if words[0] in ("operations", "used", "checksum")}
    for words in lines:
        if words[0] == "run":
            row.add(heap, clock.instructions(words[1:]) / int(proof["operations"]), tuple(proof.items()))


def mark(board, program):
    """(what, kind) -> instructions per word; what: mark, or collect for a whole collection."""
    lines = run(board, program, "mark")
    clock = Clock(board, lines)
    found = {}
    for words in lines:
        if words[0] in ("mark", "collect"):
            found.setdefault((words[0], words[1]), []).append((int(words[2]), clock.instructions(words[3:])))
    return {key: (large - small) / ((large_bytes - small_bytes) / 4)
            for key, ((small_bytes, small), (large_bytes, large)) in found.items()}


def faster(costs):
    """The cost with the faster of the two gc.c; None if it cannot run this."""
    return min((costs[name] for name in GCS if name in costs), default=None)


class Results:
    def __init__(self):
        self.rows, self.outside = [], []

    def judge(self, name, value, bound, at_least=True):
        result = verdict(value, bound, at_least)
        if result == OUTSIDE:
            self.outside.append(name)
        print(f"  {name}: {number(value)} (limit: {'at least' if at_least else 'at most'} {bound:g}, {result})")

    def workloads(self, board, rows):
        names = [heap.name for heap in HEAPS]
        ratios, shown = {}, []
        for row in rows:
            theirs = faster(row.cost)
            ratio = theirs / row.cost[GCHEAP] if GCHEAP in row.cost and theirs is not None else None
            least = board.marking if MARKING.fullmatch(row.workload) else WORST
            self.rows.append({"target": board.target, "workload": row.workload, "group": row.group, "ratio": ratio,
                              "instructions": row.cost, "operation": row.unit, "at_least": least})
            if ratio is not None:
                ratios[row.workload] = (ratio, row.group)
            shown.append([row.workload, *(number(row.cost.get(name)) for name in names), number(ratio),
                          verdict(ratio, least), row.unit])
        costs = ((name, 12) for name in names)
        print_table([("workload", -18), *costs, ("ratio", 9), ("", -7), ("instructions per", -20)], shown)
        return ratios

    def means(self, board, ratios):
        counted = {name: pair for name, pair in ratios.items() if not NOT_IN_MEANS.fullmatch(name)}
        print(f"\nRatios on {board.target} to the faster gc.c (the means without half, used-free and list-of-*):")

        def mean(chosen):
            return geometric_mean(ratio for ratio, group in counted.values() if chosen(group))

        rows = {
            "all rows but the overflow shapes": mean(lambda group: group != "overflow"),
            "all rows": mean(lambda group: True),
        }
        for name, value in rows.items():
            self.judge(f"{board.target}: geometric mean, {name}", value, MEAN)
        for name, among, least in [("row", ratios, WORST), ("marking row", list(filter(MARKING.fullmatch, ratios)),
                                                            board.marking)]:
            worst = min(among, key=ratios.get)
            self.judge(f"{board.target}: worst {name} ({worst})", ratios[worst][0], least)

    def mark(self, board, costs):
        kinds = [kind for what, kind in costs[GCHEAP] if what == "mark"]
        print()
        for heap, cost in costs.items():
            most = max(cost["mark", kind] for kind in kinds)
            each = ", ".join(f"{kind} {cost['mark', kind]:.2f}" for kind in kinds)
            print(f"mark: {most:.2f} instructions per scanned word that is no pointer ({board.target}, {heap}: {each};"
                  f" with the sweep {max(cost['collect', kind] for kind in kinds):.2f})")
        cost = {heap: max(found["mark", kind] for kind in kinds) for heap, found in costs.items()}
        if min(cost.values()) < 2:
            raise RunError(f"{board.target}: the words are not scanned where they should be: {costs}")
        self.rows.append({"target": board.target, "workload": "mark-word", "group": "mark",
                          "ratio": faster(cost) / cost[GCHEAP], "instructions": cost, "at_most": board.mark,
                          "operation": "scanned word that is no pointer"})
        if board.mark is not None:
            self.judge(f"{board.target}: mark-word", cost[GCHEAP], board.mark, at_least=False)


def run_board(board, tree, args, results):
    programs = {heap.name: BareBuilder(tree, board).build(heap) for heap in HEAPS}
    for heap in HEAPS:
        HuntBuilder(tree, board).build(heap)
    first = programs[GCHEAP]
    off = check_clock(board, first)
    print(f"\n{board.target} ({board.processor}, QEMU's {board.machine[0]}): instructions;"
          f" in loops of known length the count is off by {off:g} at most; ratios are to the faster gc.c\n")
    listed = (Row(*words) for words in run(board, first, "list") if len(words) == 3)
    rows = [row for row in [*listed, *found_by_hunt(board=True)] if re.search(args.only, row.workload)]
    with ThreadPoolExecutor(args.jobs) as pool:
        jobs = [(board, program, heap, row) for row in rows for heap, program in programs.items()]
        progress = Progress(f"runs on {board.target}", len(jobs))
        for _ in pool.map(lambda job: measure(*job), jobs):
            progress.step()
        progress.clear()
    for row in rows:
        row.check([heap for heap in programs if heap in row.cost])
    ratios = results.workloads(board, rows)
    if not args.only:
        results.means(board, ratios)
    if re.search(args.only, "mark-word"):
        results.mark(board, {heap: mark(board, program) for heap, program in programs.items()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="REGEX", default="", help="only workloads whose name matches")
    parser.add_argument("--boards", metavar="NAMES", default="", help="only these targets, separated by commas")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="QEMUs at a time")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    args = parser.parse_args()
    part = "-part" if args.only or args.boards else ""
    path = args.json or ROOT / "build" / f"bench-baremetal{part}.json"
    need((f"{PREFIX}gcc", "gcc-arm-none-eabi libnewlib-arm-none-eabi"), ("qemu-system-arm", "qemu-system-arm"))
    found = subprocess.run([ROOT / "scripts" / "get-micropython"], check=True, stdout=subprocess.PIPE, text=True)
    tree = Path(found.stdout.splitlines()[-1])
    results = Results()
    try:
        for board in BOARDS:
            if not args.boards or board.target in args.boards.split(","):
                run_board(board, tree, args, results)
    except (BuildError, RunError) as error:
        sys.exit(f"bench-baremetal: {error}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results.rows, indent=1) + "\n")
    print(f"\nwrote {path}")
    print(f"{LIMITS} {', '.join(results.outside) or 'none'}")


if __name__ == "__main__":
    main()
