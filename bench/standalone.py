#!/usr/bin/env python3
"""libgcheap in the place of Boehm's collector, side by side with it:  bench/standalone.py

    bench/standalone.py [--only REGEX] [--rounds N] [--count] [--markdown]

Microbenchmarks that are compiled once, and whole programs, run on Debian's libgc as it is, on the same with one thread that
marks (GC_MARKERS=1), and on libgcheap. Each round runs everything once on each; the best round counts. Writes
build/bench-standalone.json. With --count, instructions are counted, of what has one thread, with GC_MARKERS=1.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from build import ROOT, BuildError, has_boehm
from harness import RunError
from standalone_count import count
from standalone_rows import all_rows
from standalone_run import LIBRARIES, once, prepare
from standalone_table import LIBGC, Tables

sys.path.append(str(ROOT / "tools"))
from progress import Progress  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="REGEX", default="", help="only rows whose name matches")
    parser.add_argument("--rounds", type=int, metavar="N", default=5, help="best of N")
    parser.add_argument("--count", action="store_true", help="instructions instead of time")
    parser.add_argument("--markdown", action="store_true", help="the table as README.md has it, too")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    args = parser.parse_args()
    # A run of some rows does not overwrite the results of all.
    name = f"bench-standalone{'-count' if args.count else ''}{'-part' if args.only else ''}.json"
    args.json = args.json or ROOT / "build" / name
    return args


def measure(rows, rounds):
    """The libraries take turns, and none is always the first."""
    progress = Progress("runs", rounds * len(rows) * len(LIBRARIES))
    for number in range(rounds):
        for row in rows:
            first = number % len(LIBRARIES)
            for library in LIBRARIES[first:] + LIBRARIES[:first]:
                progress.step(f"{row.name} on {library.name}")
                row.costs.setdefault(library.name, []).append(once(row, library)[0])
    progress.clear()


def main():
    args = arguments()
    if not has_boehm():
        sys.exit("bench-standalone: Boehm's collector is not installed (Debian: apt-get install libgc-dev)")
    try:
        prepare()
        rows, reasons = all_rows(args.count)
        rows = [row for row in rows if re.search(args.only, row.name)]
        if not rows:
            sys.exit(f"bench-standalone: no row matches {args.only}")
        if args.count:
            rows = count(rows, [library for library in LIBRARIES if library.name != LIBGC], bool(args.only))
        else:
            measure(rows, args.rounds)
    except (BuildError, RunError) as error:
        sys.exit(f"bench-standalone: {error}")
    tables = Tables(rows, "instructions" if args.count else "ns")
    tables.print()
    print("".join(f"left out: {reason}\n" for reason in reasons), end="")
    if args.markdown:
        tables.print_markdown()
    tables.report.write(args.json)


if __name__ == "__main__":
    main()
