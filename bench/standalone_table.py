"""The tables of bench/standalone.py: ratios, means, and the limits that they are compared with."""

from __future__ import annotations

from report import Report, geometric_mean, number, print_table, verdict

LIBGC, ONE_MARKER, OURS = "libgc", "libgc, 1 marker", "libgcheap"
# The project's own limits. A ratio is that of the better libgc to libgcheap: more than 1 is a gain.
MEAN, WORST, PROGRAM, START_UP = 1.3, 0.9, 1.0, 1.0
MEMORY_MEAN, MEMORY_WORST = 1.1, 0.9
PAUSE = 1.5
OF_MICROBENCHMARKS = ("collections", "pause", "interior", "base")  # numbers that these print
INTERIOR = 2  # the most that pointers into an object cost, as a multiple of pointers to its start


def ratio(values):
    """The better libgc against libgcheap; nothing if one side is missing.

    >>> ratio({"libgc": 30, "libgc, 1 marker": 20, "libgcheap": 10})
    2.0
    >>> ratio({"libgc, 1 marker": 20, "libgcheap": 40})
    0.5
    >>> ratio({"libgcheap": 40}) is None
    True
    """
    others = [value for name, value in values.items() if name != OURS]
    return min(others) / values[OURS] if others and OURS in values else None


def limit(name, group):
    """The least ratio of the time in a row.

    >>> limit("start-up", "microbenchmark"), limit("strings", "microbenchmark"), limit("nix large", "program")
    (1.0, 0.9, 1.0)
    """
    if name == "start-up":
        return START_UP
    return PROGRAM if group == "program" else WORST


def least(costs, what):
    """The least of a kind of cost in the rounds of each library.

    >>> least({"libgc": [{"wall": 3, "rss": 1}, {"wall": 2, "rss": 1}], "libgcheap": []}, "wall")
    {'libgc': 2}
    """
    found = {name: [cost[what] for cost in rounds if what in cost] for name, rounds in costs.items()}
    return {name: min(values) for name, values in found.items() if values}


def milliseconds(nanoseconds):
    return number(None if nanoseconds is None else nanoseconds / 1e6)


def megabytes(value):
    return number(None if value is None else value / 1e6)


def markdown(titles, rows):
    """A table as README.md has them, the ratio in bold type.

    >>> print(markdown(["seconds", "libgc", "ratio"], [["strings", "2", "1.5"]]))
    | seconds | libgc | ratio |
    |---|---:|---:|
    | strings | 2 | **1.5** |
    """
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)]]
    text = ["| " + " | ".join(titles) + " |", "|" + "|".join(lines[1]) + "|"]
    return "\n".join([*text, *("| " + " | ".join([*row[:-1], f"**{row[-1]}**"]) + " |" for row in rows)])


class Tables:
    """What the rows cost. `unit` is ns or instructions: the limits are about time."""

    def __init__(self, rows, unit):
        self.rows = [row for row in rows if row.costs.get(OURS)]
        self.unit = unit
        self.what = "wall" if unit == "ns" else "instructions"
        self.names = [name for name in (LIBGC, ONE_MARKER, OURS) if any(row.costs.get(name) for row in self.rows)]
        self.report = Report(unit)
        for row in self.rows:
            self.add(row)

    def add(self, row):
        cost, memory = least(row.costs, self.what), least(row.costs, "rss")
        more = {key: values for key in ("cpu", "rss", *OF_MICROBENCHMARKS) if (values := least(row.costs, key))}
        more |= {"memory_ratio": ratio(memory), "cpu_ratio": ratio(more.get("cpu", {}))}
        if "pause" in more:
            more["pause_ratio"] = ratio(more["pause"])
        if "interior" in more:
            more["interior_factor"] = {name: more["interior"][name] / more["base"][name] for name in more["interior"]}
        self.report.add(row.name, row.group, cost, ratio(cost), limit(row.name, row.group) if self.unit == "ns" else None,
                        **more)

    def print(self):
        show, unit = (milliseconds, "ms") if self.unit == "ns" else (number, "instructions")
        shown = []
        for row in self.report.rows:
            cpu = row.get("cpu", {})
            cells = [row["workload"], *(show(row[self.unit].get(name)) for name in self.names), number(row["ratio"])]
            cells += [number(row["target"]), verdict(row["ratio"], row["target"])]
            shown.append([*cells, *(milliseconds(cpu.get(name)) for name in self.names if cpu), number(row["cpu_ratio"])])
        columns = [(unit, -18), *self.columns(), ("ratio", 7), ("limit", 6), ("", -7)]
        if self.unit == "ns":
            columns += [*self.columns("CPU: "), ("ratio", 7)]
        print_table(columns, shown)
        if self.unit == "ns":
            self.print_memory()
            self.print_limits()

    def columns(self, first=""):
        """One for each library, the first with a word before its name."""
        titles = [first + self.names[0], *self.names[1:]] if self.names else []
        return [(title, max(len(title), 9)) for title in titles]

    def print_memory(self):
        print("\nPeak memory (resident), MB; and of microbenchmarks, how many collections there were")
        shown = []
        for row in self.report.rows:
            cells = [row["workload"], *(megabytes(row["rss"].get(name)) for name in self.names), number(row["memory_ratio"])]
            collections = row.get("collections", {})
            shown.append([*cells, verdict(row["memory_ratio"], MEMORY_WORST), *(f"{n:,}" for n in collections.values())])
        print_table([("MB", -18), *self.columns(), ("ratio", 7), ("", -7), *self.columns("number: ")], shown)

    def ratios(self, key, *groups):
        """Name -> ratio of the rows that have one."""
        return {row["workload"]: row[key] for row in self.report.rows
                if row[key] is not None and (not groups or row["group"] in groups)}

    def print_limits(self):
        print("\nThe project's own limits (the better libgc against libgcheap, more is better):")
        self.judge_all("time, microbenchmarks", self.ratios("ratio", "microbenchmark"), MEAN, WORST)
        mean = geometric_mean(self.ratios("cpu_ratio", "microbenchmark").values())
        self.report.judge("CPU time, microbenchmarks, geometric mean", mean, None)
        for name, value in self.ratios("ratio", "program").items():
            self.report.judge(f"time, {name}", value, PROGRAM)
        self.judge_all("peak memory", self.ratios("memory_ratio"), MEMORY_MEAN, MEMORY_WORST)
        for row in self.report.rows:
            if "pause" in row:
                self.report.judge(f"longest pause, {row['workload']}", row["pause_ratio"], PAUSE)
                print("    in ms: " + ", ".join(f"{name} {milliseconds(row['pause'][name])}" for name in row["pause"]))
            for name, value in row.get("interior_factor", {}).items():
                most = INTERIOR if name == OURS else None
                self.report.judge(f"pointers into an object against its start ({name})", value, most, at_least=False)
            if row["workload"] == "start-up":
                self.report.judge("start-up", row["ratio"], START_UP)

    def judge_all(self, what, ratios, mean, worst):
        if ratios:
            self.report.judge(f"{what}, geometric mean", geometric_mean(ratios.values()), mean)
            name = min(ratios, key=ratios.get)
            self.report.judge(f"{what}, worst row ({name})", ratios[name], worst)

    def print_markdown(self):
        titles = ["milliseconds" if self.unit == "ns" else "million instructions", *self.names]
        scaled = [[row["workload"], *(number(row[self.unit][name] / 1e6) if name in row[self.unit] else "-"
                                      for name in self.names)] for row in self.report.rows]
        titles += ["memory ratio", "ratio"]
        print(markdown(titles, [[*cells, number(row["memory_ratio"]), number(row["ratio"])]
                                for cells, row in zip(scaled, self.report.rows)]))
