"""Counts the instructions of runs: by the processor where perf may do that, otherwise under callgrind."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from harness import RunError
from standalone_run import once

PERF = ["perf", "stat", "-x", ",", "-e", "instructions:u"]
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]


def counted(text):
    """The number that the tool has printed; nothing if it could not count.

    >>> counted("123456,,instructions:u,1000,100.00,,")
    123456
    >>> counted("==12== Collected : 789")
    789
    >>> counted("<not supported>,,instructions:u,0,100.00,,") is None
    True
    """
    found = re.search(r"^(\d+),[^,]*,instructions|Collected : (\d+)", text, re.M)
    return int(found[1] or found[2]) if found else None


@functools.cache
def tool():
    if shutil.which("perf"):
        done = subprocess.run([*PERF, "true"], capture_output=True, text=True)
        if done.returncode == 0 and counted(done.stderr):
            return PERF
    if not shutil.which("valgrind"):
        raise RunError("perf cannot count here, and valgrind is missing (Debian: apt-get install valgrind)")
    return CALLGRIND


def count_one(row, library):
    _, messages = once(row, library, tool(), 1)  # its time and memory are those of the tool
    instructions = counted(messages)
    if instructions is None:
        raise RunError(f"{row.name} on {library.name}: {tool()[0]} has counted nothing:\n{messages[-1000:]}")
    return {"instructions": instructions}


def count(rows, libraries, named):
    """What has several threads is left out: their number of instructions differs from run to run. So are whole programs,
    if callgrind has to count and the user has not named them: all together would take half an hour."""
    chosen = [row for row in rows if not row.threads and (named or tool() is PERF or row.group == "microbenchmark")]
    print(f"counting with {tool()[0]}, {os.cpu_count()} runs at a time", flush=True)
    if left_out := ", ".join(row.name for row in rows if row not in chosen):
        print(f"not counted: {left_out}")
    rows = chosen
    jobs = [(row, library) for row in rows for library in libraries]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (row, library), cost in zip(jobs, pool.map(lambda job: count_one(*job), jobs)):
            row.costs[library.name] = [cost]
    return rows
