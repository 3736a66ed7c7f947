"""The commands of tools/build.py. Each imports what it needs when it runs: make asks for something in every build."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from .process import Failure


class Command(NamedTuple):
    """A command, and how many arguments it takes at least and at most."""

    run: Callable[[list[str]], None]
    least: int
    most: float = float("inf")


def archive(arguments: list[str]) -> None:
    from . import archive as module

    module.build(Path(arguments[0]), Path(arguments[1]))


def library(arguments: list[str]) -> None:
    from . import library as module

    module.build(module.STANDALONE, Path(arguments[0]))


def boehm(arguments: list[str]) -> None:
    from . import library as module

    module.build(module.BDW, Path(arguments[0]))
    module.build_for_cxx(Path(arguments[0]))


def config(arguments: list[str]) -> None:
    from . import config as module

    assembler, out, *settings = arguments
    notes = [word[1:].strip() for word in settings if word.startswith("#")]
    settings = [word for word in settings if not word.startswith("#")]
    module.derive(Path(assembler), Path(out), settings, " ".join(notes))


def object_(arguments: list[str]) -> None:
    from . import port

    port.build(*map(Path, arguments))


def exports(arguments: list[str]) -> None:
    from . import config as module
    from . import interface

    print_lines(interface.exports(module.read(Path(arguments[0]))))


def imports(arguments: list[str]) -> None:
    from . import config as module
    from . import interface

    print_lines(interface.imports(module.read(Path(arguments[0]))))


def target(arguments: list[str]) -> None:
    from . import target as module

    print(module.of(arguments))


def cargo(arguments: list[str]) -> None:
    from . import cargo as module

    found = module.find(arguments[0], module.target_directory())
    command = found.command(*arguments[1:])
    sys.stdout.flush()
    os.execvpe(command[0], command, found.env)


def sources(_: list[str]) -> None:
    from . import package

    print_lines(os.path.relpath(file) for file in package.sources())


def library_sources(_: list[str]) -> None:
    from . import library as module

    print_lines(os.path.relpath(file) for file in module.sources())


def inputs(arguments: list[str]) -> None:
    from . import config as module
    from .process import replace_if_different

    chosen = (f"# {name}={os.environ.get(name, '')}\n" for name in ("CC", "GCHEAP_TARGET", "GCHEAP_OPT"))
    replace_if_different(Path(arguments[1]), "".join(chosen) + module.text_of(Path(arguments[0])))


def dist(arguments: list[str]) -> None:
    from . import dist as module

    print(module.pack(Path(arguments[0])))


def install(arguments: list[str]) -> None:
    from . import install as module

    module.install(Path(arguments[0]), arguments[1:])


def uninstall(arguments: list[str]) -> None:
    from . import install as module

    module.uninstall(arguments)


def print_lines(lines: Iterable[str]) -> None:
    print("\n".join(sorted(lines)))


COMMANDS: dict[str, Command] = {
    "library": Command(library, 1, 1),
    "boehm": Command(boehm, 1, 1),
    "archive": Command(archive, 2, 2),
    "config": Command(config, 2),
    "object": Command(object_, 3, 3),
    "exports": Command(exports, 1, 1),
    "imports": Command(imports, 1, 1),
    "target": Command(target, 1),
    "cargo": Command(cargo, 2),
    "sources": Command(sources, 0, 0),
    "library-sources": Command(library_sources, 0, 0),
    "inputs": Command(inputs, 2, 2),
    "dist": Command(dist, 1, 1),
    "install": Command(install, 1),
    "uninstall": Command(uninstall, 0),
}


def main(words: list[str], usage: str | None) -> int:
    """Runs a command; the exit code."""
    command = COMMANDS.get(words[0]) if words else None
    if not command or not command.least <= len(words) - 1 <= command.most:
        asked = words[:1] in (["help"], ["--help"], ["-h"])
        print((usage or "").strip(), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    try:
        command.run(words[1:])
    except (Failure, OSError) as why:
        print(f"gcheap build: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
