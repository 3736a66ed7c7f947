#!/usr/bin/env python3
"""Tests of what all suites share: integration/run.py's reading of their output, and tools/progress.py; and of the functions
of bench/standalone.py and bench/size_recorded.py that only calculate.

    integration/helpers.py
"""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import cases
import guide
import run

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
sys.path.insert(0, str(ROOT / "bench"))  # before this directory, which has a build.py, too
import size_recorded  # noqa: E402
import standalone_run  # noqa: E402
import standalone_table  # noqa: E402

STEPS = f"""
import sys, time
sys.path.append({str(TOOLS)!r})
from progress import Progress
progress = Progress("tests", 2)
progress.step()
time.sleep(0.2)
progress.step("the second")
progress.clear()
print("end")
"""


def on_terminal(program: str) -> str:
    """The output of a Python program on a terminal of its own."""
    ours, theirs = pty.openpty()
    done = subprocess.run([sys.executable, "-c", program], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while part := os.read(ours, 4096):
            text += part
    os.close(ours)
    assert done.returncode == 0, text
    return text.decode()


def stage(program: str) -> tuple[list[int], set[str]]:
    """A Python program as a stage of integration/run.py: its counts, and the packages that it names."""
    with contextlib.redirect_stdout(io.StringIO()):
        counts, packages = run.run("stage", [sys.executable, "-c", program], {})
    return counts, packages


def test_examples_in_run() -> None:
    failed, tried = doctest.testmod(run)
    assert tried and not failed


def test_examples_in_bench_standalone() -> None:
    for name in "standalone_table", "standalone_run", "standalone_count":
        failed, tried = doctest.testmod(importlib.import_module(name))
        assert tried and not failed, name


def test_table_of_bench_standalone() -> None:
    costs = {"libgc": (30, 100, 6), "libgc, 1 marker": (20, 90, 9), "libgcheap": (10, 180, 3)}
    row = standalone_run.Row("old-heap", "microbenchmark", "", [])
    row.costs = {name: [{"wall": 2 * wall, "cpu": wall, "rss": rss, "pause": pause}, {"wall": wall, "cpu": wall, "rss": rss,
                         "pause": pause}] for name, (wall, rss, pause) in costs.items()}
    tables, text = standalone_table.Tables([row], "ns"), io.StringIO()
    with contextlib.redirect_stdout(text):
        tables.print()
    found = tables.report.rows[0]
    assert (found["workload"], found["ratio"], found["memory_ratio"], found["pause_ratio"]) == ("old-heap", 2, 0.5, 2), found
    for line in ("time, microbenchmarks, geometric mean: 2 (limit: at least 1.3, ok)",
                 "peak memory, worst row (old-heap): 0.5 (limit: at least 0.9, OUTSIDE)",
                 "longest pause, old-heap: 2 (limit: at least 1.5, ok)"):
        assert line in text.getvalue(), text.getvalue()


def test_examples_in_size_recorded() -> None:
    failed, tried = doctest.testmod(size_recorded)
    assert tried and not failed
    assert len(size_recorded.recorded()) == 4


def test_the_guide_says_with_which_variables_a_program_prints_what() -> None:
    rest = "\n```text\na\n```\n\n```sh\nGCHEAP_MAX=1M GCHEAP_TRACE=1 ./program\n```\n```text\nb\n```\n"
    assert guide.runs(rest) == [({}, "a\n"), ({"GCHEAP_MAX": "1M", "GCHEAP_TRACE": "1"}, "b\n")]
    assert guide.without_numbers("libgcheap: 5 of 1.250 ms\n7\n") == "libgcheap: N of N ms\n7\n"


def test_progress_rewrites_one_line_on_a_terminal() -> None:
    text = on_terminal(STEPS)
    assert text == "\r\x1b[K1 of 2 tests\r\x1b[K2 of 2 tests the second\r\x1b[Kend\r\n", repr(text)


def test_no_progress_without_a_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True,
                          env=os.environ | {"PROGRESS_FD": "1"})
    assert (done.stdout, done.stderr) == ("end\n", ""), done


def test_a_stage_shows_its_progress_on_the_terminal_of_run() -> None:
    text = on_terminal(f"import sys; sys.path.append({str(Path(__file__).parent)!r}); import run\n"
                       f"run.run('stage', [sys.executable, '-c', {STEPS!r}], {{}})")
    assert "2 of 2 tests the second" in text, repr(text)


def test_counts_and_packages_of_a_stage() -> None:
    counts, packages = stage("print('skipped: apt-get install clang'); print('STAGE: 3 passed, 0 failed, 1 skipped')")
    assert (counts, packages) == ([3, 0, 1], {"clang"})


def test_a_stage_that_fails_silently_or_runs_nothing_is_a_failure() -> None:
    assert stage("print('STAGE: 3 passed, 0 failed, 0 skipped'); exit(2)")[0] == [3, 1, 0]
    assert stage("pass")[0] == [0, 1, 0]


if __name__ == "__main__":
    cases.run_all(globals())
