#!/usr/bin/env python3
"""The benchmark: gc.c, libgcheap and Boehm's collector side by side.

    bench/run.py [--quick] [--count] [--only REGEX] [--runs N] [--harness | --micropython]

The harness is one set of C programs, linked in turn with each heap; their runs are interleaved, and the best of N
counts. Then come MicroPython's perf_bench, and programs under memory pressure, on an interpreter with each heap.
With --count, instructions are counted under callgrind instead. Writes build/bench.json or build/bench-count.json.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import build
import harness
import hunt_build
import micropython
from build import BIG_STACK_SUFFIX, GC, GCHEAP, ROOT
from report import Report

sys.path.append(str(ROOT / "tools"))
from progress import Progress  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="best of 3 instead of 5")
    parser.add_argument("--count", action="store_true", help="instructions instead of nanoseconds")
    parser.add_argument("--only", metavar="REGEX", default="", help="only workloads whose name matches")
    parser.add_argument("--runs", type=int, metavar="N", help="best of N")
    parser.add_argument("--heaps", metavar="NAMES", help="only these, separated by commas; see build.py")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--harness", action="store_true", help="only the C harness")
    which.add_argument("--micropython", action="store_true", help="only MicroPython")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    args = parser.parse_args()
    args.runs = args.runs or (1 if args.count else 3 if args.quick else 5)
    # A run of some rows does not overwrite the results of all.
    part = "-part" if args.only or args.harness or args.micropython or args.heaps else ""
    args.json = args.json or ROOT / "build" / f"bench{'-count' if args.count else ''}{part}.json"
    return args


def run_row(args, programs, row):
    heaps = [h for h in programs if row.group == "overflow" or not h.endswith(BIG_STACK_SUFFIX)]
    for _ in range(args.runs):
        heaps = [heap for heap in heaps if harness.measure(programs[heap], heap, row, args.count)]
    row.check([heap for heap in heaps if heap != "Boehm"])
    return row


def run_harness(args, programs, report):
    rows = [*harness.workloads(next(iter(programs.values()))), *harness.found_by_hunt()]
    rows = [row for row in rows if re.search(args.only, row.workload)]
    progress = Progress("workloads", len(rows))
    # Times are taken one after the other; a count of instructions does not depend on what runs beside it.
    with ThreadPoolExecutor(os.cpu_count() if args.count else 1) as pool:
        for row in pool.map(lambda row: run_row(args, programs, row), rows):
            progress.step(row.workload)
    progress.clear()
    shown = [heap for heap in programs if not heap.endswith(BIG_STACK_SUFFIX)]
    report.harness(rows, shown, GC, GCHEAP)
    if not args.only:
        report.means()
    report.overflow(rows, GC, GCHEAP, BIG_STACK_SUFFIX)
    report.other_numbers(rows, shown, GC, GCHEAP)


def main():
    args = arguments()
    found = subprocess.run([ROOT / "scripts" / "get-micropython"], check=True, stdout=subprocess.PIPE, text=True)
    tree = Path(found.stdout.splitlines()[-1])
    report = Report("instructions" if args.count else "ns")
    try:
        if not args.micropython:
            names = args.heaps and args.heaps.split(",")
            programs = build.build_all(tree, names)
            hunt_build.build_all(tree, list(programs))
            if "Boehm" not in programs:
                print("Boehm's collector (libgc-dev) is not installed: left out.")
            run_harness(args, programs, report)
        if not args.harness:
            micropython.benchmark(tree, args, report)
        report.write(args.json)
    except (build.BuildError, harness.RunError) as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
