"""The benchmark on MicroPython itself: its unix port, standard variant, as its own makefile builds it, with each heap.

perf_bench is MicroPython's own set of benchmarks. It allocates little, so it shows the cost of the heap for an ordinary
program; it is counted in instructions, which are the same in every run. The programs in programs/ run under memory
pressure: the first line of each gives the size of its heap, chosen so that gc.c spends 20 to 60 % of the time in
collections.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pauses
from build import OUT, ROOT
from harness import RunError
from report import geometric_mean, number, print_table, verdict

sys.path.append(str(ROOT / "tools"))
from progress import Progress  # noqa: E402

GC, GCHEAP = "gc.c", "libgcheap"
PERF_PARAMETERS = (100, 100)  # N and M, which describe how fast and how large the machine is
# The project's own limits.
PERF_MEAN, PERF_WORST = 1.0, 0.98
PROGRAMS_MEAN = 1.25
SHARE = (0.2, 0.6)


def port():
    """The module with which the tests build MicroPython's unix port."""
    spec = importlib.util.spec_from_file_location("unix_port", ROOT / "integration" / "micropython.py")
    unix_port = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(unix_port)
    return unix_port


def builds(tree, unix_port):
    """Heap -> interpreter, as the tests build them."""
    return {heap: unix_port.build(tree, "standard", heap) / "micropython" for heap in (GC, GCHEAP)}


def run(command, name, env=None):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=env)
    if done.returncode:
        raise RunError(f"{name}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def with_progress(results, jobs, what):
    """The results of all jobs, as a list."""
    progress, found = Progress(what, len(jobs)), []
    for result in results:
        found.append(result)
        progress.step()
    progress.clear()
    return found


def has_valgrind():
    return shutil.which("valgrind") is not None


def count(command, name):
    """Instructions and output."""
    done = run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], name)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1]), done.stdout


def perf_script(tree, benchmark):
    """The program that MicroPython's run-perfbench.py makes from a benchmark."""
    n, m = PERF_PARAMETERS
    path = OUT / "perf_bench" / benchmark.name
    path.parent.mkdir(parents=True, exist_ok=True)
    driver = (tree / "tests" / "perf_bench" / "benchrun.py").read_text()
    path.write_text(f"{benchmark.read_text()}{driver}bm_run({n}, {m})\n")
    return path


def perf_bench(tree, programs, only, report):
    empty = OUT / "empty.py"
    empty.write_text("")
    files = sorted((tree / "tests" / "perf_bench").glob("*.py"))
    names = {file: f"perf_bench/{file.stem}" for file in files if file.stem != "benchrun"}
    scripts = [perf_script(tree, file) for file, name in names.items() if re.search(only, name)]
    jobs = [(heap, script) for script in [empty, *scripts] for heap in programs]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = pool.map(lambda job: count([programs[job[0]], job[1]], f"{job[1].stem} on {job[0]}"), jobs)
        results = dict(zip(jobs, with_progress(counted, jobs, "runs of perf_bench")))
    shown = []
    for script in scripts:
        name = f"perf_bench/{script.stem}"
        if "SKIP" in results[GC, script][1]:
            print(f"{name}: left out, since it prints {results[GC, script][1].strip()!r}")
            continue
        # The first word is the time.
        if len({results[heap, script][1].split(None, 1)[1] for heap in programs}) != 1:
            raise RunError(f"{name}: the output differs")
        cost = {heap: results[heap, script][0] - results[heap, empty][0] for heap in programs}
        ratio = cost[GC] / cost[GCHEAP]
        report.add(name, "perf_bench", cost, ratio, PERF_WORST, unit="instructions")
        shown.append([script.stem, number(cost[GC]), number(cost[GCHEAP]), f"{ratio:.4f}", verdict(ratio, PERF_WORST)])
    if shown:
        print("\nMicroPython's perf_bench, in instructions without those of starting up:")
        print_table([("benchmark", -24), (GC, 14), (GCHEAP, 14), ("ratio", 8), ("", -7)], shown)
        ratios = report.ratios("perf_bench")
        report.judge("geometric mean of perf_bench", geometric_mean(ratios), PERF_MEAN)
        report.judge("worst of perf_bench", min(ratios), PERF_WORST)


class Program:
    """One of the programs under memory pressure. Its first line is: # heap: SIZE, rounds: N"""

    def __init__(self, path):
        self.path = path
        self.name = f"program/{path.stem}"
        head = path.read_text().splitlines()[0]
        self.heap, self.rounds = re.fullmatch(r"# heap: (\w+), rounds: (\d+)", head).groups()

    def command(self, interpreter):
        return [interpreter, "-X", f"heapsize={self.heap}", self.path, self.rounds]

    def share(self, interpreter):
        """The fraction of all instructions that collections take; None if this machine cannot count them."""
        if not has_valgrind():
            return None
        file = OUT / f"callgrind.{self.path.stem}"
        run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}", *self.command(interpreter)], self.name)
        text = run(["callgrind_annotate", "--inclusive=yes", "--threshold=99.9", file], self.name).stdout
        inside, total = (int(re.search(rf"^ *([\d,]+) .*{what}", text, re.M)[1].replace(",", ""))
                         for what in (r":gc_collect\b", "PROGRAM TOTALS"))
        return inside / total

    def time(self, interpreter):
        start = time.monotonic_ns()
        output = run(self.command(interpreter), self.name).stdout
        return time.monotonic_ns() - start, output

    def measure(self, programs, runs, counting):
        """Heap -> the best of `runs` runs; the heaps take turns."""
        cost, outputs = {}, set()
        for _ in range(runs):
            for heap, interpreter in programs.items():
                value, output = count(self.command(interpreter), self.name) if counting else self.time(interpreter)
                cost[heap] = min(value, cost.get(heap, value))
                outputs.add(output)
        if len(outputs) != 1:
            raise RunError(f"{self.name}: the output differs: {outputs}")
        return cost


def chosen_programs(only):
    paths = sorted((ROOT / "bench" / "programs").glob("*.py"))
    return [program for program in map(Program, paths) if re.search(only, program.name)]


def under_pressure(chosen, programs, args, report):
    shown = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        shares = with_progress(pool.map(lambda program: program.share(programs[GC]), chosen), chosen, "shares")
    # Times are taken one after the other; a count of instructions does not depend on what runs beside it.
    with ThreadPoolExecutor(os.cpu_count() if args.count else 1) as pool:
        measured = pool.map(lambda program: program.measure(programs, args.runs, args.count), chosen)
        costs = with_progress(measured, chosen, "programs")
    for program, share, cost in zip(chosen, shares, costs):
        ratio = cost[GC] / cost[GCHEAP]
        report.add(program.name, "program", cost, ratio, None, collecting=share)
        if share is not None and not SHARE[0] <= share <= SHARE[1]:
            report.outside.append(f"{program.name} collects {share:.0%}")
        collects = "-" if share is None else f"{share:.0%}"
        costs = [number(cost[heap]) for heap in (GC, GCHEAP)]
        shown.append([program.path.stem, program.heap, collects, *costs, f"{ratio:.3f}"])
    if shown:
        print(f"\nPrograms under memory pressure, {report.unit}; how much of it gc.c spends collecting (instructions):")
        print_table([("program", -14), ("heap", 6), ("collects", 9), (GC, 14), (GCHEAP, 14), ("ratio", 8)], shown)
        report.judge_time("geometric mean of the programs", geometric_mean(report.ratios("program")), PROGRAMS_MEAN)


def benchmark(tree, args, report):
    progress = Progress()
    progress.show("building MicroPython with each heap")
    unix_port = port()
    programs = builds(tree, unix_port)
    chosen = chosen_programs(args.only)
    measuring = pauses.interpreters(tree, unix_port, programs) if chosen and not args.count else {}
    progress.clear()
    under_pressure(chosen, programs, args, report)
    if measuring:
        pauses.table(chosen, measuring, args.runs, run, report)
    if has_valgrind():
        perf_bench(tree, programs, args.only, report)
    else:
        print("\nperf_bench, and the share that the programs spend collecting, are left out: apt-get install valgrind")
