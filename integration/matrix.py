#!/usr/bin/env python3
"""Every option with every other: the differential test (crates/parity/) for a set of configurations in which any two
values of two options come together at least once, with 10^5 calls through each.

    integration/matrix.py [--list] [--calls N] [--only 32|64]

Object representations make no difference to gc.c, but our glue depends on them: they determine the finaliser's
arguments, and where the roots are in MicroPython's state. A block must hold a pointer, so blocks of 4 bytes are left
out, which 64-bit machines cannot have.
"""

import argparse
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))
from progress import Progress  # noqa: E402

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TARGET_32 = "i686-unknown-linux-gnu"

OPTIONS = {
    "word": (64, 32),
    "block": (32, 16, 64, 8, 128),
    "entry": (8, 4, 2, 1),  # bytes of an entry of gc.c's mark stack
    "repr": "ABCD",
    "split": ("0", "1", "a"),  # a: areas come and go by themselves
    "threads": ("none", "gil", "threads"),
    "weakref": (0, 1),
    "finaliser": (1, 0),
    "threshold": (1, 0),
    "clear": (1, 0),
    "retval": (1, 0),
    "pystack": (0, 1),
    "hook": (0, 1),
    "valgrind": (0, 1),
    "variant": ("fast", "compact"),
}

# Two values that exclude each other, and why.
NEVER = {
    (("weakref", 1), ("finaliser", 0)): "gc.c cannot be compiled with weak references and without finalisers",
    (("word", 64), ("repr", "C")): "representation C is for 32-bit machines",
}


def excluded(one, other):
    return (one, other) in NEVER or (other, one) in NEVER


def pairs_of(options):
    """Every two values of two options that can come together."""
    for (left, left_values), (right, right_values) in itertools.combinations(options.items(), 2):
        for a, b in itertools.product(left_values, right_values):
            if not excluded((left, a), (right, b)):
                yield (left, a), (right, b)


def in_row(row):
    return set(itertools.combinations(row.items(), 2))


def covering(options):
    """A small set of configurations with all pairs, always the same one. Each row begins with a pair that no earlier
    row has, and takes for each other option the value that adds the most pairs."""
    order = list(options)
    missing = dict.fromkeys(pairs_of(options))

    def place(item):
        return order.index(item[0])

    rows = []
    while missing:
        first = next(iter(missing))
        row = dict(first)
        # Options with many values come first, while few others are fixed.
        rest = [option for option in order if option not in row]
        for option in sorted(rest, key=lambda option: -len(options[option])):
            def gain(value, option=option, row=row):
                return sum(tuple(sorted([(option, value), item], key=place)) in missing for item in row.items())
            allowed = [v for v in options[option] if not any(excluded((option, v), item) for item in row.items())]
            row[option] = max(allowed, key=gain)
        row = {option: row[option] for option in options}
        rows.append(row)
        for pair in in_row(row):
            missing.pop(pair, None)
    return rows


def check(options, rows):
    """The generator's own test. It shares only the tables above with the generator."""
    for row in rows:
        assert row.keys() == options.keys() and all(row[option] in options[option] for option in row), row
        for (one, other) in NEVER:
            assert not (row.get(one[0]) == one[1] and row.get(other[0]) == other[1]), row
    names = list(options)
    for i, left in enumerate(names):
        for right in names[i + 1:]:
            seen = {(row[left], row[right]) for row in rows}
            for a in options[left]:
                for b in options[right]:
                    if ((left, a), (right, b)) not in NEVER and ((right, b), (left, a)) not in NEVER:
                        assert (a, b) in seen, f"no configuration has {left}={a} and {right}={b}"


def name(row):
    """The configuration's name, as crates/parity/src/config.rs writes it."""
    text = f"b{row['block']}-f{row['finaliser']}-t{row['threshold']}-s{row['split']}"
    extras = [("weakref", row["weakref"]), ("noclear", not row["clear"]), ("noretval", not row["retval"]),
              (row["threads"], row["threads"] != "none"), ("pystack", row["pystack"]), ("hook", row["hook"]),
              ("valgrind", row["valgrind"]), (f"entry{row['entry']}", row["entry"] * 8 != row["word"]),
              (f"repr{row['repr']}", row["repr"] != "A"), ("compact", row["variant"] == "compact")]
    return text + "".join(f"-{extra}" for extra, on in extras if on)


def output(*command, **env):
    done = subprocess.run([str(word) for word in command], cwd=ROOT, env=os.environ | env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", check=False)
    return done.returncode, done.stdout


def build(word):
    """Builds the differential test for words of this size: its path, or None if this machine cannot; and why not."""
    if word == 64:
        code, text = output("cargo", "build", "--quiet", "--release", "--package", "parity")
        return TARGET / "release" / "parity", "" if code == 0 else text
    source = "#include <stdlib.h>\nint main(void) { return 0; }\n"
    if subprocess.run(["gcc", "-m32", "-xc", "-o", "/dev/null", "-"], input=source, text=True, capture_output=True,
                      check=False).returncode:
        return None, "gcc -m32 does not work here: apt-get install gcc-multilib"
    code, text = output("tools/build.py", "cargo", TARGET_32, "build", "--quiet", "--release", "--package", "parity",
                        BUILD_STD="std,panic_abort")
    if "no Rust here can compile for" in text:
        return None, text.strip()
    return TARGET / TARGET_32 / "release" / "parity", "" if code == 0 else text


def run(program, names, tree, calls):
    """Runs the configurations; returns (passed, failed)."""
    command = [program, "--micropython", tree, "--calls", str(calls * len(names))]
    for config in names:
        command += ["--config", config]
    found, progress = None, Progress("configurations", len(names))
    with subprocess.Popen([str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace") as process:
        for line in process.stdout:
            progress.clear()
            # Indented, since integration/run.py adds up lines like this program's last one.
            print("  " + line, end="", flush=True)
            progress.step()
            found = re.match(r"parity: (\d+) passed, (\d+) failed", line) or found
    progress.clear()
    if found is None or int(found[1]) + int(found[2]) < len(names):
        print(f"FAILED: not all of the {len(names)} configurations were run")
        return (int(found[1]) if found else 0), len(names) - (int(found[1]) if found else 0)
    return int(found[1]), int(found[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--list", action="store_true", help="print the configurations and build nothing")
    parser.add_argument("--calls", type=int, default=100_000, help="calls for each configuration (100000)")
    parser.add_argument("--only", type=int, choices=(32, 64), help="only machines with words of this many bits")
    arguments = parser.parse_args()

    code, text = output("scripts/get-micropython")
    tree = Path(text.strip().splitlines()[-1])
    if code != 0:
        sys.exit(f"integration/matrix.py: no MicroPython tree: {text}")
    options, counts = dict(OPTIONS), [0, 0, 0]
    if "gc_weakref_table_start" not in (tree / "py" / "mpstate.h").read_text():
        print(f"skipped weakref=1: {tree} has no weak references (MicroPython 1.29 has: MICROPYTHON=/path names one)")
        options["weakref"], counts[2] = (0,), 1
    rows = covering(options)
    check(options, rows)
    print(f"{len(rows)} configurations have all {len(list(pairs_of(options)))} pairs of values; left out:")
    for pair, why in NEVER.items():
        print(f"  {' with '.join(f'{option}={value}' for option, value in pair)}: {why}")
    for word in [word for word in options["word"] if arguments.only in (None, word)]:
        names = sorted({name(row) for row in rows if row["word"] == word})
        print(f"{len(names)} of them with words of {word} bits", flush=True)
        if arguments.list:
            print("".join(f"  {one}\n" for one in names), end="")
            continue
        program, why = build(word)
        if program is None:
            print(f"skipped words of {word} bits: {why}")
            counts[2] += len(names)
        elif why:
            print(f"FAILED to build the differential test for words of {word} bits:\n{why}")
            counts[1] += len(names)
        else:
            passed, failed = run(program, names, tree, arguments.calls)
            counts[0], counts[1] = counts[0] + passed, counts[1] + failed
    if not arguments.list:
        print("matrix: {} passed, {} failed, {} skipped".format(*counts))
    sys.exit(counts[1] != 0)


if __name__ == "__main__":
    main()
