#!/usr/bin/env python3
"""MicroPython's own test suite on gc.c and on libgcheap: no test may be lost.

    integration/suite.py [standard] [coverage] [minimal] [thread]      (default: these four)
    integration/suite.py standard-32 nanbox longlong                   (32-bit)

MICROPYTHON=/path names another tree; its own tests are run. Each variant of the unix port is built twice and both
binaries run the suite, each in its own copy of MicroPython's tests, so that they can run at the same time. Every
MicroPython test that is run on libgcheap counts as one test here:

    passed    it passes; or it fails with gc.c as well, with the same output
    skipped   it fails with gc.c as well, but with another output; or at random with any heap (RACES)
    failed    it is lost: it passes with gc.c and fails, or is missing, with libgcheap

A test that seems lost is run three more times on both heaps, one at a time. It is lost unless it passes at least as
often with libgcheap as with gc.c.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import micropython
import variants
from micropython import CORES, ENV, MARKER, OUT, ROOT, SUPPORT, say

sys.path.append(str(ROOT / "tools"))
from progress import Progress  # noqa: E402

PROGRESS = Progress()
RESULT = re.compile(r"^(pass|FAIL|skip) +(\S+)", re.M)  # a line of run-tests.py
HEAPS = ("gc.c", "libgcheap")
# name of the run: build (see variants.py), arguments for run-tests.py
RUNS = {
    "standard": ("standard", []),
    "coverage": ("coverage", []),
    "minimal": ("minimal", []),
    "thread": ("standard", ["-d", "thread"]),
    "standard-32": ("standard-32", []),
    "nanbox": ("nanbox", []),
    "longlong": ("longlong", []),
}
DEFAULT = ("standard", "coverage", "minimal", "thread")
# Tests that open sockets at fixed ports, and so cannot run at the same time.
ALONE = "extmod/(select|socket|ssl|tls)"
# Tests that fail at random with any heap, and why.
RACES = {
    "thread/stress_recurse.py": "mp_thread_create subtracts the safety margin from a stack size that the new thread "
    "may have read already; without the margin this test's recursion overflows the stack",
}
REPEATS = 3
MOST_SECONDS = 1200  # for one run; run-tests.py has its own limit for most tests, not for all
SAME = "fail with both, with the same output"


class Run:
    """One binary's run of the suite, in its own copy of the tests."""

    target = []  # arguments for run-tests.py, if the binary is not for this machine
    lossy = ""  # the reason why output may get lost, if it may
    often_lost = []  # tests that then fail more often than not

    def __init__(self, mp, name, heap, binary):
        self.mp, self.heap, self.binary = mp, heap, binary
        self.arguments = RUNS[name][1]
        self.home = OUT / "run" / f"{name}-{heap}"
        self.results = {}
        self.unfinished = 0

    def run_most(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        # Tests use other parts of the tree.
        for entry in self.mp.iterdir():
            if entry.name != "tests":
                (self.home / entry.name).symlink_to(entry)
        shutil.copytree(self.mp / "tests", self.home / "tests", symlinks=True)
        self.results = self.run_tests(*self.arguments, "-e", ALONE, to="results")

    def run_alone(self):
        self.results |= self.run_tests(*self.arguments, "-i", ALONE, to="alone")

    def run_tests(self, *arguments, to):
        """Runs tests, with files in the directory `to`; test name -> "pass", "FAIL" or "skip"."""
        env = dict(ENV, MICROPY_MICROPYTHON=str(self.binary))
        env["MICROPYPATH"] = os.pathsep.join([".frozen", str(self.home / "extmod"), str(SUPPORT)])
        # One job: with more, run-tests.py's lines run into each other.
        command = [sys.executable, "run-tests.py", "--keep-path", "-j1", "-r", self.home / to, *self.target, *arguments]
        log = self.home / (to + ".log")
        with log.open("w") as file:
            process = subprocess.Popen(
                command, cwd=self.home / "tests", env=env, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            )
            if not self.wait(process, log):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        lines = log.read_text(errors="replace").splitlines()
        results = {name: result for result, name in RESULT.findall("\n".join(lines))}
        if not any(re.match(r"\d+ tests performed", line) for line in lines):
            self.unfinished += 1
            say(f"FAILED: {self.home.name}: run-tests.py did not finish ({log}):\n" + "\n".join(lines[-10:]))
        return results

    def wait(self, process, log):
        """Waits for the end of run-tests.py. False: it takes too long."""
        end = time.monotonic() + MOST_SECONDS
        try:
            while time.monotonic() < end:
                try:
                    process.wait(1)
                    return True
                except subprocess.TimeoutExpired:
                    PROGRESS.show(f"{len(RESULT.findall(log.read_text(errors='replace')))} tests", key=self.home.name)
            return False
        finally:
            PROGRESS.show("", key=self.home.name)

    def count(self, result):
        return sum(1 for r in self.results.values() if r == result)

    def output(self, test):
        """The output of a failed test, without the paths that differ between runs."""
        files = self.home.glob(f"*/{test.replace('/', '_')}.out")
        return [file.read_bytes().replace(bytes(self.home), b"@") for file in files]


def symbols(file):
    return subprocess.run(["readelf", "-sW", file], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def has_source(file, name):
    """Whether the symbol table names this source file."""
    return any(line.split()[3:4] == ["FILE"] and line.split()[-1] == name for line in symbols(file))


def functions(file, binding=None):
    rows = (line.split() for line in symbols(file))
    return {r[7] for r in rows if len(r) > 7 and r[3] == "FUNC" and r[6] != "UND" and binding in (None, r[4])}


def check_binaries(gc, gcheap, build):
    """Checks which heap is in which binary, and for which machine; the faults, in sentences."""
    wrong = []
    bits = 32 if build in variants.NARROW else 64
    for binary in (gc / "micropython", gcheap / "micropython"):
        if binary.read_bytes()[4] != bits // 32:  # the class in an ELF file's header
            wrong.append(f"{binary} is not a {bits}-bit program")
    marker = MARKER.encode()
    if marker in (gc / "micropython").read_bytes() or not has_source(gc / "micropython", "gc.c"):
        wrong.append("the gc.c binary is not built from gc.c alone")
    if marker not in (gcheap / "micropython").read_bytes():
        wrong.append(f"the libgcheap binary lacks the marker {MARKER!r}")
    if has_source(gcheap / "micropython", "gc.c"):
        wrong.append("the libgcheap binary holds an object made from gc.c")
    private = {f for f in functions(gc / "py" / "gc.o", "LOCAL") if f.startswith("gc_")}
    if not private:
        wrong.append("gc.c's object has no private function to look for")
    wrong += [f"the libgcheap binary holds gc.c's {f}" for f in private & functions(gcheap / "micropython")]
    return wrong


def repeat(runs, test):
    """Runs a test again on both heaps; how often it passed on each."""
    times = dict.fromkeys(HEAPS, 0)
    for _ in range(REPEATS):
        for heap in HEAPS:
            times[heap] += runs[heap].run_tests(test, to="again").get(test) == "pass"
    return times


def judge(test, was, now, runs, patience):
    """One test's verdict, "passed", "failed", "skipped" or None, and a note about it."""
    gc, ours = (runs[heap] for heap in HEAPS)
    if now == "pass":
        return "passed", "" if was == "pass" else "gained"
    if was == now == "skip":
        return None, ""
    if was == "FAIL" and test not in RACES:
        if now != "FAIL":
            return None, "not run"
        same = gc.output(test) == ours.output(test)
        return ("passed", SAME) if same else ("skipped", "skipped: fails with gc.c as well, with another output")
    if now == "missing" or not patience:
        return "failed", "LOST"
    times = repeat(runs, test)
    again = f"again: gc.c passes {times['gc.c']} of {REPEATS}, libgcheap {times['libgcheap']}"
    if times["libgcheap"] >= max(times["gc.c"], 1):
        return "passed", "flaky, " + again
    if ours.lossy and times["libgcheap"]:
        return "passed", "flaky, " + again
    if test in RACES or test in ours.often_lost:
        return "skipped", f"{again}; skipped: {RACES.get(test, ours.lossy)}"
    return "failed", "LOST, " + again


def compare(name, runs):
    """Prints the run's table; counts its tests by verdict."""
    gc, ours = (runs[heap] for heap in HEAPS)
    say(f"\n{name}:")
    for run in (gc, ours):
        say(f"    {run.heap:<10} {run.count('pass'):4} pass {run.count('FAIL'):4} fail {run.count('skip'):4} skip")
    if gc.unfinished or ours.unfinished:
        say("    not compared, because a run did not finish")
        return Counter(failed=1)
    counts, same, differ = Counter(), [], False
    for test in sorted(gc.results.keys() | ours.results.keys()):
        was, now = gc.results.get(test, "missing"), ours.results.get(test, "missing")
        # Where many tests are lost, it is not worth while to run each again.
        verdict, note = judge(test, was, now, runs, patience=counts["failed"] < 10)
        counts[verdict] += 1
        if note == SAME:
            same.append(test)
        elif note:
            differ = True
            say(f"    {test:<40} gc.c: {was:<8} libgcheap: {now:<8} {note}")
    if same:
        names = " ".join(same) if len(same) <= 5 else f"see {ours.home / 'results'}"
        say(f"    {SAME}: {len(same)} ({names})")
    if not differ:
        say("    no differences")
    return counts


def main():
    names = sys.argv[1:] or DEFAULT
    for name in names:
        if name not in RUNS:
            sys.exit(f"suite.py: unknown run {name}; there are: {' '.join(RUNS)}")
    # extmod/select_poll_fd.py expects the usual limit.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024 if hard == resource.RLIM_INFINITY else min(1024, hard), hard))

    mp = micropython.tree()
    say(f"MicroPython {micropython.version(mp)}")
    if not micropython.has_libffi():
        say("MicroPython's ffi module and its tests are left out: apt-get install libffi-dev pkg-config")
    counts = Counter()
    builds = {}
    for build in dict.fromkeys(RUNS[name][0] for name in names):
        if reason := variants.lacking(build):
            say(f"skipped: unix {build}: {reason}")
            counts["skipped"] += 1
            continue
        say(f"building unix {build} with gc.c and with libgcheap")
        variant, arguments = variants.recipe(mp, build)
        try:
            pair = {heap: micropython.build(mp, variant, heap, *arguments, name=f"{build}-{heap}") for heap in HEAPS}
        except micropython.BuildError as e:
            say(f"FAILED: {e}")
            counts["failed"] += 1
            continue
        wrong = check_binaries(pair["gc.c"], pair["libgcheap"], build)
        for sentence in wrong:
            say(f"FAILED: {build}: {sentence}")
        counts["failed"] += len(wrong)
        if not wrong:
            say(f"    checked: {build}: one binary holds gc.c, the other {MARKER} and nothing of gc.c")
            counts["passed"] += 1
            builds[build] = pair

    say("running MicroPython's tests")
    runs = {
        name: {heap: Run(mp, name, heap, builds[RUNS[name][0]][heap] / "micropython") for heap in HEAPS}
        for name in names
        if RUNS[name][0] in builds
    }
    with ThreadPoolExecutor(max(2, CORES)) as pool:
        list(pool.map(Run.run_most, (run for pair in runs.values() for run in pair.values())))
    PROGRESS.clear()
    for name, pair in runs.items():
        for run in pair.values():
            run.run_alone()
        counts += compare(name, pair)
    micropython.summary(counts)


if __name__ == "__main__":
    main()
