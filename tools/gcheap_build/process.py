"""Running programs, and failing with a sentence."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Union

ROOT = Path(__file__).resolve().parent.parent.parent

Word = Union[str, Path]


class Failure(Exception):
    """The build cannot go on. The text is for its user; it may be empty if a program has said enough already."""


def run(command: Sequence[Word], env: dict[str, str] | None = None, cwd: Word | None = None) -> None:
    """Runs a program, whose messages go through. Fails if it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, env=env, cwd=cwd, stdin=subprocess.DEVNULL, check=False)
    except OSError as why:
        raise Failure(f"cannot run {words[0]}: {why.strerror}") from why
    if done.returncode != 0:
        raise Failure(f"failed with exit code {done.returncode}: {shlex.join(words)}")


def output(command: Sequence[Word], env: dict[str, str] | None = None) -> bytes:
    """What a program prints. Fails with what it complains about if it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as why:
        raise Failure(f"cannot run {words[0]}: {why.strerror}") from why
    if done.returncode != 0:
        raise Failure(f"{done.stderr.decode(errors='replace').strip()}\n(from {shlex.join(words)})")
    return done.stdout


def tool(name: str, default: str) -> str:
    """The program that an environment variable names."""
    return os.environ.get(name) or default


def replace_if_different(path: Path, text: str) -> None:
    """Writes a file whole, for whoever reads it meanwhile; one that holds this text already keeps its time."""
    try:
        if path.read_text(encoding="utf-8") == text:
            return
    except (FileNotFoundError, UnicodeDecodeError):
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


def words_of(text: str) -> list[str]:
    """The words of a command as an environment variable has it. A program's whole path may hold spaces as it is."""
    if os.path.exists(text):
        return [text]
    try:
        return shlex.split(text)
    except ValueError as why:
        raise Failure(f"cannot split into words: {text} ({why})") from why
