"""Runs the test_... functions of a stage, one after the other, and prints what became of each."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from typing import Any


class Skip(Exception):
    """A test that cannot be run here, and why. A test may return the reason instead."""


def run_all(functions: Mapping[str, Any], argument: object = None) -> None:
    """Runs the functions whose names begin with test_ in the order in which they were written: those of a module, or with
    an argument those of its class. Prints the stage's last line, and exits."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, test in [pair for pair in functions.items() if pair[0].startswith("test_")]:
        title = name.removeprefix("test_").replace("_", " ")
        try:
            reason = test() if argument is None else test(argument)
        except Skip as why:
            reason = why
        except Exception:
            print(f"FAILED   {title}\n{traceback.format_exc()}", flush=True)
            counts["failed"] += 1
            continue
        print(f"skipped  {title}: {reason}" if reason else f"ok       {title}", flush=True)
        counts["skipped" if reason else "passed"] += 1
    print("STAGE: " + ", ".join(f"{number} {result}" for result, number in counts.items()), flush=True)
    sys.exit(counts["failed"] != 0)
