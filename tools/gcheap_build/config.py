"""Configuration files: KEY=value lines, read here and in build.rs, which knows the keys and checks the values.

In a build of MicroPython the file comes from the interpreter itself: the compiled probe.c holds every value.
"""

from __future__ import annotations

import re
from pathlib import Path

from .process import Failure, replace_if_different

Config = dict[str, str]


def read(path: Path) -> Config:
    """The settings of a file; those that it leaves out have the defaults of build.rs. The last of two lines counts."""
    config: Config = {}
    for line in text_of(path).lstrip("\ufeff").splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.lstrip().startswith("#"):
            config[key.strip()] = value.strip()
    return config


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as why:
        reason = why.strerror if isinstance(why, OSError) else "it is not UTF-8 text"
        raise Failure(f"cannot read the configuration {path}: {reason}") from why


def from_probe(assembler: Path) -> list[str]:
    """The lines that micropython-port/gcheap/probe.c left in its assembler text."""
    found = re.findall(r'@gcheap (\w+)=(\d+)"', assembler.read_text(encoding="utf-8", errors="replace"))
    if not found:
        raise Failure(f"{assembler} holds no configuration; it must be probe.c, compiled with -S and without -flto")
    return [f"{key.upper()}={value}" for key, value in found]


def derive(assembler: Path, out: Path, settings: list[str], note: str = "") -> None:
    """Writes the configuration of an interpreter: what it says itself, after the settings that the build adds.

    A file that holds the same already keeps its time. The note stands in the first line, so that another note counts as
    another configuration.
    """
    lines = [f"# {note}"] if note else []
    replace_if_different(out, "\n".join([*lines, *settings, *from_probe(assembler)]) + "\n")
