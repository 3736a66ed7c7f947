"""How long the collections of the programs under memory pressure take: the median, and the longest."""

import os
import statistics

import build
from build import OUT, ROOT
from harness import RunError
from report import number, print_table

NAME = "micropython-pauses"


def interpreters(tree, unix_port, heaps):
    """Heap -> an interpreter that measures its collections: the same objects as before, linked once more."""
    ours = OUT / "pauses.o"
    source = ROOT / "bench" / "pauses" / "pauses.c"
    if not build.is_fresh(ours, [source]):
        ours.parent.mkdir(parents=True, exist_ok=True)
        build.run([*build.CC, *build.FLAGS, "-c", source, "-o", ours])
        for linked in unix_port.OUT.glob(f"*/{NAME}"):  # with the old one, of which make knows nothing
            linked.unlink()
    options = [f"PROG={NAME}", f"LDFLAGS_EXTRA=-Wl,--wrap=gc_collect {ours}"]
    return {heap: unix_port.build(tree, "standard", heap, *options) / NAME for heap in heaps}


def measure(program, interpreter, run):
    """The times of all collections of one run, in nanoseconds of processor time."""
    file = OUT / f"pauses.{program.path.stem}"
    file.unlink(missing_ok=True)
    run(program.command(interpreter), program.name, {**os.environ, "PAUSES": str(file)})
    if not file.exists():
        raise RunError(f"{program.name}: {interpreter} did not collect, or did not write {file}")
    return [int(line) for line in file.read_text().split()]


def table(programs, interpreters, runs, run, report):
    """Prints and reports the pauses of the programs; the best run counts, for the median and for the longest."""
    gc, ours = interpreters
    shown = []
    for program in programs:
        cost = {"p50": {}, "longest": {}}
        collections = {}  # not always equal: what lies on the stack, and may keep an object, differs
        for _ in range(runs):
            for heap, interpreter in interpreters.items():
                times = measure(program, interpreter, run)
                collections[heap] = len(times)
                for what, value in (("p50", statistics.median(times)), ("longest", max(times))):
                    cost[what][heap] = min(value, cost[what].get(heap, value))
        cells = [program.path.stem, f"{collections[gc]}, {collections[ours]}"]
        for what, found in cost.items():
            ratio = found[gc] / found[ours]
            report.add(f"{program.name.replace('program', 'pause')}-{what}", "pause", found, ratio, None,
                       collections=collections)
            cells += [*(number(found[heap] / 1000) for heap in (gc, ours)), number(ratio)]
        shown.append(cells)
    if shown:
        print("\nPauses of these programs (the collections, in microseconds): the median, and the longest")
        columns = [("program", -14), ("number", -10)]
        columns += [("p50: " + gc, 10), (ours, 10), ("ratio", 6), ("longest: " + gc, 13), (ours, 10), ("ratio", 6)]
        print_table(columns, shown)
