"""Builds MicroPython's unix port for the tests: with its own py/gc.c, or with libgcheap in its place.

Nothing is written into MicroPython's tree. Everything goes to build/mp, or if MICROPYTHON names a tree, to a directory
named after its version (build/mp-1.26.1).
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path


def version(mp):
    """A tree's version, from its py/mpconfig.h: "1.25.0", "1.29.0-preview"."""
    config = mp / "py" / "mpconfig.h"
    if not config.is_file():
        sys.exit(f"{mp} is not a MicroPython source tree: it has no py/mpconfig.h")
    numbers = dict(re.findall(r"^#define MICROPY_VERSION_(\w+) \(?(\d+)", config.read_text(), re.M))
    release = ".".join(numbers[part] for part in ("MAJOR", "MINOR", "MICRO"))
    return release + ("-preview" if numbers.get("PRERELEASE", "0") != "0" else "")


ROOT = Path(__file__).resolve().parent.parent
NAMED = os.environ.get("MICROPYTHON")
OUT = ROOT / "build" / ("mp-" + version(Path(NAMED)) if NAMED else "mp")
PORT = ROOT / "micropython-port"
SUPPORT = ROOT / "integration" / "support"
MARKER = "libgcheap " + re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]

# For programs that run in MicroPython's tree: they leave no .pyc files there, and don't see the caller's make settings.
ENV = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MICROPYPATH")
       and not k.startswith("GCHEAP_")}
ENV |= {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C", "GIT_CEILING_DIRECTORIES": str(ROOT / "build")}

CORES = os.cpu_count() or 1


class BuildError(Exception):
    """A build failed; the text holds the end of its log."""


def say(text):
    print(text, flush=True)


def tree():
    """MicroPython's source tree, fetched if there is none."""
    command = [ROOT / "scripts" / "get-micropython"]
    return Path(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def has_libffi():
    return shutil.which("pkg-config") and subprocess.run(["pkg-config", "--exists", "libffi"]).returncode == 0


def run(*command):
    """Runs a build command; its output is in the error if it fails."""
    done = subprocess.run([*map(str, command)], env=ENV, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise BuildError("\n".join(done.stdout.splitlines()[-25:]))


def user_modules(name, *modules):
    """A USER_C_MODULES directory of symlinks: gcheap and more."""
    directory = OUT / name
    directory.mkdir(parents=True, exist_ok=True)
    for module in [PORT / "gcheap", *modules]:
        link = directory / module.name
        link.unlink(missing_ok=True)
        link.symlink_to(module)
    return directory


def build_mpy_cross(mp):
    run("make", "-C", mp / "mpy-cross", f"-j{CORES}", f"BUILD={OUT / 'mpy-cross'}")
    return OUT / "mpy-cross" / "mpy-cross"


def coverage(mp, heap):
    """make arguments for the coverage variant: its user modules, and frozen modules that its tests import."""
    mpy_cross = build_mpy_cross(mp)
    # MicroPython's makefile looks for a README.md where micropython-lib would be.
    lib = OUT / "no-micropython-lib"
    lib.mkdir(exist_ok=True)
    (lib / "README.md").write_text("micropython-lib is not here.\n")
    manifest = OUT / "coverage_manifest.py"
    text = (SUPPORT / manifest.name).read_text()
    if not (mp / "tests" / "frozen").is_dir():
        text = text.replace("tests/frozen", "tests/assets")  # its name since 1.29
    manifest.write_text(text)
    # The variant's own makefile names these modules, and a value on the command line overrides it.
    modules = mp / "examples" / "usercmodule"
    if heap == "libgcheap":
        modules = user_modules("coverage-modules", *(m for m in modules.iterdir() if m.is_dir()))
    return [
        f"FROZEN_MANIFEST={manifest}",
        f"MICROPY_MPYCROSS={mpy_cross}",
        f"MPY_LIB_DIR={lib}",
        f"USER_C_MODULES={modules}",
        "GCHEAP_MODULE=0",  # a test prints the list of all modules
        # Without gcov's counters: after a rebuild they print complaints about old files in the middle of a test.
        "CFLAGS_EXTRA=-fno-profile-arcs -fno-test-coverage",
    ]


def build(mp, variant, heap, *extra, name=None):
    """Builds a variant with heap "gc.c" or "libgcheap"; the BUILD directory, with `micropython` in it."""
    directory = OUT / (name or f"{variant}-{heap}")
    arguments = [f"VARIANT={variant}"]
    if variant == "coverage":
        arguments += coverage(mp, heap)
    elif heap == "gc.c":
        arguments.append("USER_C_MODULES=")
    run(ROOT / "scripts" / "build-micropython", directory, *arguments, *extra)
    return directory


def summary(counts):
    """The stage's last line; exits."""
    say(f"STAGE: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    sys.exit(1 if counts["failed"] else 0)
