"""The table, its means, and build/bench.json."""

import json
import math
import re

# The project's own limits, which the last line compares the numbers with: the least ratio to gc.c -O3, row by row.
AT_LEAST = {
    "churn-32": 1.1,
    "mixed-1M": 30,
    "mixed-16M": 5,
    "holes-64": 200,
    "tree-131k": 1.1,
    "list-60k": 1.8,
    "lists-of-3": 1.8,
    "lists-3000-full": 1.8,
    "linked-forward": 1.1,
    "linked-backward": 1.1,
    "graph-400k": 1.5,
    "graph-array-400k": 1.5,
    "garbage-20M": 12,
    "bytes-text": 2.5,
    "bytes-random": 2.5,
    "grow-8": 30,
    "info-64M": 10,
}
WORST = 1.0  # the least for every other row
# Rows that belong to a series, or that show constant time: their ratios would make the means look too good.
NOT_IN_MEANS = re.compile("half(-.*)?|used-free(-.*)?|list-of-.*")
COLLECT_MEAN, ALL_MEAN = 2, 6
OVERFLOW_COST = 1.5  # the most time that an overflow shape takes, as a multiple of the same without overflow
SIZE_COST = 1.5  # the most time that an allocation in 256 MiB takes, as a multiple of one in 64 KiB
INSIDE, OUTSIDE = "ok", "OUTSIDE"
LIMITS = "outside the project's own limits:"


def number(value):
    """About three significant digits."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def verdict(value, target, at_least=True):
    if target is None or value is None:
        return ""
    return INSIDE if (value >= target if at_least else value <= target) else OUTSIDE


def print_table(columns, rows):
    """Columns are (title, width); a negative width aligns to the left."""
    def line(cells):
        padded = (f"{c:<{-w}}" if w < 0 else f"{c:>{w}}" for c, (_, w) in zip(cells, columns))
        return "  ".join(padded).rstrip()

    titles = line([title for title, _ in columns])
    print(titles + "\n" + "-" * len(titles))
    for cells in rows:
        print(line(cells))


class Report:
    """Collects sections; each is printed as soon as it is complete."""

    def __init__(self, unit):
        self.unit = unit  # "ns" or "instructions"; the harness's limits are about time
        self.rows = []
        self.outside = []

    def judge_time(self, name, value, target, at_least=True):
        self.judge(name, value, target if self.unit == "ns" else None, at_least)

    def judge(self, name, value, target, at_least=True):
        """One line about a number, and its limit if it has one."""
        result = verdict(value, target, at_least)
        if result == OUTSIDE:
            self.outside.append(name)
        bound = "" if target is None else f" (limit: {'at least' if at_least else 'at most'} {target}, {result})"
        print(f"  {name}: {number(value)}{bound}")

    def add(self, workload, group, cost, ratio, target, **more):
        self.rows.append({"workload": workload, "group": group, "ratio": ratio, self.unit: cost, "target": target,
                          **more})
        if ratio is not None and verdict(ratio, target) == OUTSIDE:
            self.outside.append(workload)

    def harness(self, rows, heaps, gc, ours):
        """The rows of the C harness."""
        shown = []
        for row in rows:
            cost = row.cost
            ratio = cost[gc] / cost[ours] if gc in cost and ours in cost and row.group != "machine" else None
            target = AT_LEAST.get(row.workload, WORST) if row.group != "machine" and self.unit == "ns" else None
            self.add(row.workload, row.group, cost, ratio, target, operation=row.unit)
            cells = [row.workload, *(number(cost.get(heap)) for heap in heaps), number(ratio)]
            shown.append([*cells, "" if target is None else f"{target:g}", verdict(ratio, target), row.unit])
        columns = [("workload", -17), *((heap, 12) for heap in heaps)]
        if "Boehm" in heaps:
            print("Boehm's heap differs: each page holds objects of one size, and there is no first fit; a collection\n"
                  "leaves most of the sweep to later allocations, and scans the stack, too. '-': it cannot be filled\n"
                  "to the last block, or be that small.\n")
        columns += [("ratio", 9), ("limit", 9), ("", -7), (f"{self.unit} per", -20)]
        print_table(columns, shown)

    def ratios(self, *groups):
        return [row["ratio"] for row in self.rows if row["ratio"] is not None and row["group"] in groups]

    def means(self):
        """Geometric means of the ratios in the harness."""
        rows = [row for row in self.rows if row["ratio"] is not None]
        if not rows:
            return
        print("\nRatios of the harness, geometric means (without half-* and used-free-*):")
        counted = [row for row in rows if not NOT_IN_MEANS.fullmatch(row["workload"])]

        def mean(chosen):
            return geometric_mean(row["ratio"] for row in counted if chosen(row["group"]))

        self.judge_time("collection rows", mean(lambda group: group == "collect"), COLLECT_MEAN)
        self.judge_time("all rows but the overflow shapes", mean(lambda group: group != "overflow"), ALL_MEAN)
        self.judge_time("all rows", mean(lambda group: True), ALL_MEAN)
        worst = min(rows, key=lambda row: row["ratio"])
        self.judge_time(f"worst row ({worst['workload']})", worst["ratio"], WORST)

    def overflow(self, rows, gc, ours, variant):
        """The cost of an overflow: against the same graph, in the same heap, with a mark stack that is large enough."""
        rows = [row for row in rows if row.group == "overflow" and ours + variant in row.cost]
        if not rows:
            return
        print("\nMark-stack overflow, per live object: against the same graph with a stack that does not overflow")
        shown = []
        for row in rows:
            cost = row.cost
            factor = {heap: cost[heap] / cost[heap + variant] for heap in (gc, ours) if heap + variant in cost}
            most = OVERFLOW_COST if self.unit == "ns" else None
            self.add(f"{row.workload}-factor", "overflow-factor", factor, None, most)
            result = verdict(factor[ours], most, at_least=False)
            if result == OUTSIDE:
                self.outside.append(f"{row.workload}-factor")
            shown.append([row.workload, number(cost[ours]), number(cost[ours + variant]), number(factor[ours]),
                          "" if most is None else f"{most:g}", result, number(factor.get(gc))])
        print_table([("shape", -17), (ours, 10), ("no overflow", 12), ("factor", 8), ("limit", 8), ("", -7), (gc, 10)],
                    shown)

    def other_numbers(self, rows, heaps, gc, ours):
        cost = {row.workload: row.cost for row in rows}
        small, large = cost.get("half-64K", {}), cost.get("half-256M", {})
        if ours in small and ours in large:
            print("\nThe cost of an allocation in a heap that is half full, 256 MiB against 64 KiB:")
            self.judge_time(f"growth of half-* ({ours})", large[ours] / small[ours], SIZE_COST, at_least=False)
            self.judge(f"growth of half-* ({gc})", large.get(gc, 0) / small[gc] if gc in small else None, None)
        small, large = cost.get("used-free-1M", {}), cost.get("used-free-64M", {})
        if ours in small and ours in large:
            print("\nUsed and free bytes, 64 MiB against 1 MiB (constant time):")
            self.judge_time("growth of used-free-*", large[ours] / small[ours], SIZE_COST, at_least=False)
        if self.unit == "ns" and "read-50M" in cost:
            least = min(cost["read-50M"].values())
            print(f"\nByte arrays: this machine reads the same 50 MiB in {least / 1e6:.2f} ms"
                  f" ({50 * 2**20 / least:.1f} GB/s). Fraction of that speed reached:")
            for workload in ("bytes-text", "bytes-random"):
                found = cost.get(workload, {})
                reached = (f"{heap} {least / found[heap]:.0%}" for heap in heaps if heap in found)
                print(f"  {workload}: {', '.join(reached)}")

    def write(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.rows, indent=1) + "\n")
        print(f"\nwrote {path}")
        print(f"{LIMITS} {', '.join(dict.fromkeys(self.outside)) or 'none'}")
