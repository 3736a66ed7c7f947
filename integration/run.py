#!/usr/bin/env python3
"""Runs all tests, or the stages that are named, and adds up what they say:  integration/run.py [STAGE ...]

A stage is a command. Its output goes through as it comes; what counts is in it: lines of cargo's test runner, or a last
line "STAGE: N passed, M failed, K skipped". A stage that fails without saying so counts as one failure.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ON_DEMAND = {"micropython-32-rest", "matrix", "baremetal", "versions"}
PARITY_CALLS = os.environ.get("CALLS", "1000000")


def cargo_test(*config):
    env = {"GCHEAP_CONFIG": str(ROOT.joinpath("tests", "configs", *config))} if config else {}
    return ["cargo", "test", "--quiet", "--package", "gcheap"], env


def stages():
    python = sys.executable
    return {
        "rust": cargo_test(),
        "rust-minimal": cargo_test("minimal.env"),
        "rust-compact": cargo_test("compact.env"),
        "rust-options": cargo_test("options.env"),
        "c": ([python, "c_tests/run.py"], {}),
        "examples": ([python, "integration/examples.py"], {}),
        "parity": (["cargo", "run", "--quiet", "--release", "--package", "parity", "--", "--calls", PARITY_CALLS,
                    "--micropython", micropython()], {}),
        "matrix": ([python, "integration/matrix.py"], {}),
        "architecture": ([python, "integration/architecture.py", "crates/parity/src"], {}),
        "targets": ([python, "integration/targets.py"], {}),
        "port": ([python, "integration/port.py"], {}),
        "micropython": ([python, "integration/suite.py"], {}),
        "micropython-32": ([python, "integration/suite.py", "nanbox"], {}),
        "micropython-32-rest": ([python, "integration/suite.py", "standard-32", "longlong"], {}),
        "cmake": ([python, "integration/cmake.py"], {}),
        "baremetal": ([python, "integration/baremetal.py"], {}),
        "versions": ([python, "integration/versions.py"], {}),
    }


def micropython():
    """The MicroPython tree; scripts/get-micropython gets it if need be and names it in its last line."""
    out = subprocess.run(["scripts/get-micropython"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if out.returncode != 0:
        sys.exit("integration/run.py: no MicroPython tree, see above")
    return out.stdout.strip().splitlines()[-1]


def run(name, command, env):
    """Runs one stage; returns (passed, failed, skipped)."""
    print(f"== {name}: {' '.join(command)}", flush=True)
    counts = [0, 0, 0]
    said = re.compile(r"(?:test result: \w+\.|[\w-]+:) (\d+) passed[,;] (\d+) failed[,;] (\d+) (?:skipped|ignored)")
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace") as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if match := said.match(line):
                counts = [a + int(b) for a, b in zip(counts, match.groups())]
    if process.returncode != 0 and counts[1] == 0:
        print(f"{name}: ended with exit code {process.returncode}")
        counts[1] += 1
    if sum(counts) == 0:
        print(f"{name}: ran no test")
        counts[1] += 1
    return counts


def main():
    available = stages()
    names = sys.argv[1:] or [name for name in available if name not in ON_DEMAND]
    if unknown := set(names) - set(available):
        sys.exit(f"integration/run.py: no stage {', '.join(unknown)}; there are {', '.join(available)}")
    results = {}
    for name in names:
        start = time.monotonic()
        results[name] = run(name, *available[name]) + [time.monotonic() - start]
    print("== summary")
    for name, (passed, failed, skipped, seconds) in results.items():
        print(f"{name:12} {passed:6} passed {failed:4} failed {skipped:4} skipped {seconds:7.0f} s")
    passed, failed, skipped = (sum(r[i] for r in results.values()) for i in range(3))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
