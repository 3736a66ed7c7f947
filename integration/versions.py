#!/usr/bin/env python3
"""MicroPython's test suite (integration/suite.py) with other versions than the one that all other tests use.

    integration/versions.py [VERSION ...]                  (default: 1.26.1)
    MICROPYTHON_DEV=/path integration/versions.py          the same, and MicroPython's development tree in /path

Each tree is built in its own directory below build/ and runs its own tests, in the variants standard and coverage.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def say(text):
    print(text, flush=True)


def tree(version):
    """The tree of a version, or None."""
    done = subprocess.run([ROOT / "scripts" / "get-micropython", version], stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()[-1] if done.returncode == 0 else None


def suite(path):
    """integration/run.py adds up the lines STAGE of all suites."""
    say(f"\n== {path}")
    command = [sys.executable, ROOT / "integration" / "suite.py", "standard", "coverage"]
    return subprocess.run(command, env=os.environ | {"MICROPYTHON": str(path)}).returncode == 0


def main():
    good = True
    for version in sys.argv[1:] or ["1.26.1"]:
        if path := tree(version):
            good &= suite(path)
        else:
            # Debian has a version only for some years.
            say(f"skipped: MicroPython {version} could not be fetched, see above\nSTAGE: 0 passed, 0 failed, 1 skipped")
    if path := os.environ.get("MICROPYTHON_DEV"):
        good &= suite(path)
    else:
        say("skipped: the development tree: MICROPYTHON_DEV=/path does not name one")
        say("STAGE: 0 passed, 0 failed, 1 skipped")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
