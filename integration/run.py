#!/usr/bin/env python3
"""Runs all tests, or the stages that are named, and adds up their results:  integration/run.py [STAGE ...]

A stage is a command. Its output is passed on line by line. Two kinds of lines count: those of cargo's test runner, and
"STAGE: N passed, M failed, K skipped", a stage's last line. A stage that fails without one counts as one failure.

A test that this machine cannot run prints why, and if a Debian package helps, ends the line (or the parenthesis) with
"apt-get install NAME ...". The packages of all stages are put together in the last line but one.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))
import progress  # noqa: E402

ON_DEMAND = {"micropython-32-rest", "gauche-all", "matrix", "baremetal", "versions", "cross-all", "stress", "every",
             "valgrind-all"}
PARITY_CALLS = os.environ.get("CALLS", "1000000")
COUNTS = re.compile(r"(?:test result: \w+\.|[\w-]+:) (\d+) passed[,;] (\d+) failed[,;] (\d+) (?:skipped|ignored)")
NAME = r"[a-z0-9][a-z0-9+.-]*[a-z0-9+](?::[a-z0-9]+)?"
INSTALL = re.compile(rf"apt-get install ({NAME}(?:,? {NAME})*)(?= {{2}}|[);]|\.?$)")


def cargo_test(config=None, *options):
    """The heap's own tests in one configuration. All but the usual one run optimised, with assertions: that is quicker."""
    command = ["cargo", "test", "--quiet", "--package", "gcheap"]
    if not config and not options:
        return command, {}
    command += ["--release", "--config", "profile.release.debug-assertions=true", *options]
    return command, {"GCHEAP_CONFIG": str(ROOT / "tests" / "configs" / config)} if config else {}


def stages():
    python = sys.executable
    return {
        "rust": cargo_test(),
        "rust-minimal": cargo_test("minimal.env"),
        "rust-options": cargo_test("options.env"),
        "rust-small-stack": cargo_test("small_stack.env"),
        "rust-big-stack": cargo_test("big_stack.env"),
        "rust-standalone": cargo_test(None, "--features", "standalone"),
        "rust-growth": cargo_test("growth.env"),
        "rust-heapview": (["cargo", "test", "--quiet", "--package", "heapview"], {}),
        "rust-host": (["cargo", "test", "--quiet", "--package", "gcheap-standalone"], {}),
        "c": ([python, "c_tests/run.py"], {}),
        "examples": ([python, "integration/examples.py"], {}),
        "lisp": ([python, "integration/lisp.py"], {}),
        "guide": ([python, "integration/guide.py"], {}),
        "standalone": ([python, "integration/standalone.py"], {}),
        "snapshots": ([python, "integration/snapshots.py"], {}),
        "snapshot-reader": (["cargo", "test", "--quiet", "--package", "gcheap-snapshot"], {}),
        "cross": ([python, "integration/cross.py"], {}),
        "cross-all": ([python, "integration/cross.py", "--all"], {}),
        "valgrind": ([python, "integration/valgrind.py"], {}),
        "valgrind-all": ([python, "integration/valgrind.py", "--all"], {}),
        "parity": (["cargo", "run", "--quiet", "--release", "--package", "parity", "--", "--calls", PARITY_CALLS,
                    "--micropython", micropython()], {}),
        "matrix": ([python, "integration/matrix.py"], {}),
        "build": ([python, "integration/build.py"], {}),
        "install": ([python, "integration/install.py"], {}),
        "architecture": ([python, "integration/architecture.py"], {}),
        "helpers": ([python, "integration/helpers.py"], {}),
        "hunt": ([python, "integration/hunt.py"], {}),
        "targets": ([python, "integration/targets.py"], {}),
        "port": ([python, "integration/port.py"], {}),
        "module": ([python, "integration/module.py"], {}),
        "micropython": ([python, "integration/suite.py"], {}),
        "micropython-32": ([python, "integration/suite.py", "nanbox"], {}),
        "micropython-32-rest": ([python, "integration/suite.py", "standard-32", "longlong"], {}),
        "heapview": ([python, "integration/heapview.py"], {}),
        "cmake": ([python, "integration/cmake.py"], {}),
        "boehm": ([python, "integration/boehm.py"], {}),
        "programs": ([python, "integration/programs.py"], {}),
        "stress": ([python, "integration/programs.py", "--stress", os.environ.get("STRESS", "100")], {}),
        "every": ([python, "integration/every.py"], {}),
        "gauche": ([python, "integration/gauche.py", "core"], {}),
        "gauche-all": ([python, "integration/gauche.py", "all"], {}),
        "baremetal": ([python, "integration/baremetal.py"], {}),
        "versions": ([python, "integration/versions.py"], {}),
    }


def micropython():
    """The MicroPython tree; scripts/get-micropython fetches it if necessary and prints its path in the last line."""
    out = subprocess.run(["scripts/get-micropython"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if out.returncode != 0:
        sys.exit("integration/run.py: no MicroPython tree, see above")
    return out.stdout.strip().splitlines()[-1]


def packages(line):
    """The Debian packages that a line of a stage's output names.

    >>> packages("skipped api: clang has no sanitizers here: apt-get install libclang-rt-14-dev:i386, gcc-multilib")
    ['libclang-rt-14-dev:i386', 'gcc-multilib']
    >>> packages("skipped: cmake is not installed (Debian: apt-get install cmake)")
    ['cmake']
    >>> packages("    apt-get install cargo-web rustc-web     (any target; both of one version)")
    ['cargo-web', 'rustc-web']
    >>> packages("skipped: the development tree: MICROPYTHON_DEV=/path does not name one")
    []
    """
    found = INSTALL.search(line)
    return re.findall(NAME, found[1]) if found else []


def run(name, command, env):
    """Runs one stage; returns [passed, failed, skipped] and the packages that would reduce what is skipped."""
    print(f"== {name}: {' '.join(command)}", flush=True)
    counts, missing = [0, 0, 0], set()
    # A copy, since the stage's own standard error is the pipe.
    terminal = [os.dup(fd) for fd in [progress.terminal()] if fd is not None]
    env = os.environ | env | {progress.VARIABLE: "".join(map(str, terminal))}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", pass_fds=terminal) as process:
        for line in process.stdout:
            progress.clear_line()
            print(line, end="", flush=True)
            missing.update(packages(line.rstrip()))
            if match := COUNTS.match(line):
                counts = [a + int(b) for a, b in zip(counts, match.groups())]
    for fd in terminal:
        os.close(fd)
    progress.clear_line()
    if process.returncode != 0 and counts[1] == 0:
        print(f"{name}: ended with exit code {process.returncode}")
        counts[1] += 1
    if sum(counts) == 0:
        print(f"{name}: ran no test")
        counts[1] += 1
    return counts, missing


def main():
    available = stages()
    names = sys.argv[1:] or [name for name in available if name not in ON_DEMAND]
    if unknown := set(names) - set(available):
        sys.exit(f"integration/run.py: no stage {', '.join(unknown)}; there are {', '.join(available)}")
    results, missing = {}, set()
    for name in names:
        start = time.monotonic()
        counts, lacking = run(name, *available[name])
        results[name] = counts + [time.monotonic() - start]
        missing |= lacking
    print("== summary")
    for name, (passed, failed, skipped, seconds) in results.items():
        print(f"{name:12} {passed:6} passed {failed:4} failed {skipped:4} skipped {seconds:7.0f} s")
    passed, failed, skipped = (sum(r[i] for r in results.values()) for i in range(3))
    if missing:
        print(f"to run what was skipped: apt-get install {' '.join(sorted(missing))}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
