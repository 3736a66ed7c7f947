#!/usr/bin/env python3
"""Tests of bench/hunt.py, the search for bad workloads:  integration/hunt.py

A small hunt runs, what it prints can be replayed, and heaps that do different work are reported.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import cases
from cases import Skip

ROOT = Path(__file__).resolve().parent.parent
BENCH, BUILD = ROOT / "bench", ROOT / "build" / "hunt"
sys.path.insert(0, str(BENCH))
import hunt_build  # noqa: E402
import hunt_run  # noqa: E402
import hunt_space  # noqa: E402
from build import GC, GCHEAP  # noqa: E402
from harness import RunError  # noqa: E402

SMALL = "heap=16 seed=3 fill=30 tree=kary life=random slots=20 amax=64 free=50 ops=500"
DRAWN = 300
BOARD_TOOLS = {"arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi", "qemu-system-arm": "qemu-system-arm"}


def hunt(*arguments: str) -> tuple[str, list[dict]]:
    """What a hunt prints, and the rows that it writes."""
    file = BUILD / "hunt.json"
    file.unlink(missing_ok=True)
    done = subprocess.run([sys.executable, BENCH / "hunt.py", *arguments, "--json", file], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    assert done.returncode == 0, done.stdout
    return done.stdout, json.loads(file.read_text())


def proofs(rows: list[dict]) -> set[str]:
    """What was the same on all heaps with gc.c's addresses."""
    return {proof["checksum"] for row in rows for proof in row["proof"].values() if "checksum" in proof}


def test_a_small_hunt_writes_what_it_found() -> None:
    printed, rows = hunt("--count", "6", "--seconds", "6")
    assert "The worst for libgcheap against gc.c" in printed, printed
    assert rows and {"workload", "seed", "ratio", "against"} <= set(rows[0]), rows
    assert {GC} <= {row["against"] for row in rows}
    for row in rows:
        ours, theirs = (row["cost"][row[heap]] for heap in ("heap", "against"))
        assert abs(row["ratio"] - theirs / ours) < 1e-6, row


def test_a_replay_does_the_same_work() -> None:
    first, again, by_parameters = (hunt("--only", only)[1] for only in ("17", "17", workload_of(17)))
    assert len(proofs(first)) == 1, first
    assert proofs(first) == proofs(again) == proofs(by_parameters), (first, by_parameters)
    assert {row["workload"] for row in first} == {row["workload"] for row in by_parameters}
    assert proofs(hunt("--only", SMALL)[1]) != proofs(first)


def workload_of(seed: int) -> str:
    return hunt_space.text(hunt_space.draw(seed))


def test_different_work_is_reported_with_the_seed() -> None:
    programs = dict(hunt_build.build_all(hunt_build.tree()))
    runner = hunt_run.Native(programs)
    assert runner.measure(hunt_run.Found(hunt_space.parse(SMALL), 3), runner.heaps)
    # The same heap with other calls looks like a heap that returns other addresses.
    liar = BUILD / "liar"
    liar.write_text(f'#!/bin/sh\nexec "{programs[GCHEAP]}" "$@" seed=4\n')
    liar.chmod(0o755)
    runner.programs[GCHEAP] = liar
    try:
        runner.measure(hunt_run.Found(hunt_space.parse(SMALL), 3), runner.heaps)
    except RunError as error:
        assert "seed 3" in str(error) and "different work" in str(error) and SMALL in str(error), error
        return
    raise AssertionError("nothing was reported")


def test_a_wrong_parameter_is_named() -> None:
    program = hunt_build.build_all(hunt_build.tree())[GC]
    for wrong in ("heap=3", "nonsense=1", "life=long", "smin=9 smax=2", "slots=-1", "fill"):
        done = subprocess.run([program, *wrong.split()], capture_output=True, text=True)
        assert done.returncode == 2 and wrong.split("=")[0] in done.stderr, (wrong, done)
    done = subprocess.run([sys.executable, BENCH / "hunt.py", "--only", "heep=3"], capture_output=True, text=True)
    assert done.returncode == 1 and "'heep'" in done.stderr, done


def test_workloads_are_possible_and_can_be_read_back() -> None:
    for seed in range(DRAWN):
        for board in False, True:
            params = hunt_space.draw(seed, board)
            for one in (params, hunt_space.mutate(params, random.Random(seed), board), *hunt_space.simpler(params)):
                again = hunt_space.parse(hunt_space.text(one))
                assert hunt_space.text(again) == hunt_space.text(one)
                for name, least in hunt_space.LEAST.items():
                    value = one.get(name, hunt_space.DEFAULTS[name])
                    assert least <= value <= hunt_space.MOST[name], (name, value, one)
                assert hunt_space.describe(one)


def test_a_board_runs_the_same() -> None:
    if missing := [package for tool, package in BOARD_TOOLS.items() if shutil.which(tool) is None]:
        raise Skip(f"no board: apt-get install {' '.join(missing)}")
    try:
        _, rows = hunt("--boards", "thumbv7m", "--only", SMALL)
    except AssertionError as error:
        if "no Rust here can compile" in str(error):
            raise Skip("no Rust for it: apt-get install cargo-web rustc-web rust-web-src") from None
        raise
    assert len(proofs(rows)) == 1 and rows[0]["unit"] == "instructions", rows


def main() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    os.environ["MICROPYTHON"] = str(hunt_build.tree())
    cases.run_all(globals())


if __name__ == "__main__":
    main()
