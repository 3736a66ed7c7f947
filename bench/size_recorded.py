"""The firmware's figures as they were recorded, bench/size-recorded.json: what the heap adds must not grow.

The figures are those of two compilers and of one version of MicroPython. Where others are at work nothing can be compared,
and that is said.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))
from gcheap_build import cargo  # noqa: E402

FILE = ROOT / "bench" / "size-recorded.json"
KINDS = ("text", "ram")
Row = dict[str, Any]


def first_line(command: list[str], env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


def made_with(tree: Path, prefix: str, target: str) -> dict[str, str]:
    """What a firmware's size depends on, beside the sources of this repository."""
    rust = cargo.find(target, cargo.target_directory())
    return {"gcc": first_line([f"{prefix}gcc", "--version"]),
            "rust": first_line([rust.env.get("RUSTC") or cargo.rustc_beside(rust.program[0]), "--version"], rust.env),
            "MicroPython": micropython(tree)}


def micropython(tree: Path) -> str:
    numbers = dict(re.findall(r"^#define MICROPY_VERSION_(MAJOR|MINOR|MICRO) (\d+)", (tree / "py/mpconfig.h").read_text(),
                              re.M))
    return ".".join(numbers[part] for part in ("MAJOR", "MINOR", "MICRO"))


def recorded() -> dict[str, Row]:
    return dict(json.loads(FILE.read_text()))


def record(rows: list[Row], made: dict[str, dict[str, str]]) -> str:
    """Writes the figures anew; those of targets that were not measured stay."""
    old = json.loads(FILE.read_text()) if FILE.exists() else {}
    new = {row["target"]: {"text": row["gcheap_text"], "ram": row["gcheap_ram"], "made with": made[row["target"]]}
           for row in rows}
    FILE.write_text(json.dumps(old | new, indent=1) + "\n")
    return f"recorded {', '.join(new)} in {FILE.relative_to(ROOT)}"


def compare(rows: list[Row], made: dict[str, dict[str, str]], recorded: dict[str, Row]) -> tuple[list[str], list[str]]:
    """What has grown, and what is to be said besides.

    >>> here = {"board": {"gcc": "gcc 12", "rust": "rustc 1.96", "MicroPython": "1.25.0"}}
    >>> was = {"board": {"text": 4000, "ram": 500, "made with": here["board"]}}
    >>> compare([{"target": "board", "gcheap_text": 4000, "gcheap_ram": 500}], here, was)
    ([], ['board: text 4000 and ram 500, as recorded'])
    >>> compare([{"target": "board", "gcheap_text": 4001, "gcheap_ram": 499}], here, was)
    (['board: text is 4001, recorded are 4000'], ['board: ram is 499, recorded are 500: make size-record'])
    >>> there = {"board": {**here["board"], "gcc": "gcc 13"}}
    >>> compare([{"target": "board", "gcheap_text": 4001, "gcheap_ram": 500}], there, was)
    ([], ['board: not compared: recorded with gcc 12, here is gcc 13'])
    >>> compare([{"target": "other", "gcheap_text": 1, "gcheap_ram": 1}], {"other": here["board"]}, was)
    (['other: nothing is recorded: make size-record'], [])
    """
    grown, notes = [], []
    for row in rows:
        name = row["target"]
        if name not in recorded:
            grown.append(f"{name}: nothing is recorded: make size-record")
            continue
        was = recorded[name]
        then, now = was["made with"], made[name]
        if others := [key for key in now if then.get(key) != now[key]]:
            notes.append(f"{name}: not compared: recorded with {', '.join(then.get(key, '?') for key in others)}, "
                         f"here is {', '.join(now[key] for key in others)}")
            continue
        pairs = [(kind, row[f"gcheap_{kind}"], was[kind]) for kind in KINDS]
        grown += [f"{name}: {kind} is {is_}, recorded are {was_}" for kind, is_, was_ in pairs if is_ > was_]
        notes += [f"{name}: {kind} is {is_}, recorded are {was_}: make size-record"
                  for kind, is_, was_ in pairs if is_ < was_]
        if all(is_ == was_ for _, is_, was_ in pairs):
            notes.append(f"{name}: " + " and ".join(f"{kind} {is_}" for kind, is_, _ in pairs) + ", as recorded")
    return grown, notes
