"""The builds of MicroPython's unix port that integration/suite.py compares, and what a machine needs for them."""

import shutil
import subprocess

# Not MICROPY_FORCE_32BIT, which newer trees have no more. libffi for 32 bits is rarely there.
M32 = "CFLAGS_EXTRA=-m32"
LINK32 = ["LDFLAGS_EXTRA=-m32", "MICROPY_PY_FFI=0"]

NARROW = ("standard-32", "nanbox", "longlong")  # builds for 32-bit machines


def recipe(mp, build):
    """A build's variant and further make arguments."""
    variant = build.removesuffix("-32")
    if build not in NARROW:
        return variant, []
    if build == "longlong" and not (mp / "ports" / "unix" / "variants" / "longlong").is_dir():
        # What comes nearest, in a tree from before this variant: integers of 64 bits and no larger ones.
        return "standard", [M32 + " -DMICROPY_LONGINT_IMPL=1", *LINK32]
    return variant, [M32, *LINK32]


def lacking(build):
    """Why this machine cannot make a build, or None."""
    if build == "coverage" and not shutil.which("g++"):
        return "the coverage variant needs g++, which is not installed"
    if build in NARROW and not compiles("-m32"):
        return "gcc -m32 does not work here (Debian: apt-get install gcc-multilib)"
    return None


def compiles(flag):
    source = "#include <stdio.h>\nint main(void) { return 0; }\n"
    command = ["gcc", flag, "-xc", "-o/dev/null", "-"]
    return subprocess.run(command, input=source, text=True, stderr=subprocess.DEVNULL).returncode == 0
