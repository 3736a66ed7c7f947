"""The object that a CMake port of MicroPython links in the place of py/gc.c's: the library and its glue.

Does what micropython-port/gcheap/micropython.mk does in make ports: reads the interpreter's configuration, builds the
library for it, and links both. Compiles as the port compiles a source of its own.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from . import archive, config, package
from . import target as targets
from .process import ROOT, Failure, replace_if_different, run, words_of

GLUE = ROOT / "micropython-port" / "gcheap"


def command_for(commands: Path, source: Path) -> tuple[Path, list[str]]:
    """The directory and the command that compile a source, without what names its input and outputs."""
    for entry in json.loads(commands.read_text(encoding="utf-8")):
        if (Path(entry["directory"]) / entry["file"]).resolve() == source.resolve():
            break
    else:
        raise Failure(f"{commands} has no command for {source}; the port must compile it, with Ninja or Makefiles")
    words = iter(entry.get("arguments") or words_of(entry["command"]))
    kept = []
    for word in words:
        if word in ("-o", "-MF", "-MT", "-MQ"):
            next(words)
        elif word not in ("-c", "-MD", "-MMD", "-MP", "--") and word != entry["file"]:
            kept.append(word)
    return Path(entry["directory"]), kept


def build(commands: Path, source: Path, out: Path) -> None:
    """Builds the object, and beside it out.d: all files that it was made from."""
    directory, compiler = command_for(commands, source)
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    work = out.parent.parent  # where none of the linker scripts' patterns sees what else is built
    assembler, configuration = work / "config.s", work / "config.env"
    library, glue = work / "libgcheap.a", work / "glue.o"
    dependencies = Path(f"{out}.d")
    run([*compiler, "-fno-lto", "-g0", "-S", "-o", assembler, GLUE / "probe.c"], cwd=directory)
    variant = os.environ.get("GCHEAP_VARIANT", "")
    module = os.environ.get("GCHEAP_MODULE") or "1"
    options = ["STATISTICS=1", "SNAPSHOT=1"] if module == "full" else []
    config.derive(assembler, configuration, ["STATE_SYMBOL=mp_state_ctx", f"VARIANT={variant}", *options])

    linker = targets.machine_words(compiler)
    archive.build(configuration, library, linker, work / "target")
    run([*compiler, "-fno-lto", f"-I{ROOT / 'include'}", f"-DGCHEAP_MODULE={2 if module == 'full' else module}",
         "-MD", "-MP", "-MF", dependencies, "-MT", out, "-c", "-o", glue, GLUE / "glue.c"], cwd=directory)
    add_sources(dependencies, out)
    run([*linker, "-nostdlib", "-r", "-o", out, glue, "-Wl,-u,gc_init", library], cwd=directory)


def add_sources(dependencies: Path, out: Path) -> None:
    """Adds the probe and the library's sources to the glue's list of dependencies."""
    files = [escape(file) for file in [GLUE / "probe.c", *package.sources()]]
    text = dependencies.read_text(encoding="utf-8")
    text += f"{escape(out)}: {' '.join(files)}\n" + "".join(f"{file}:\n" for file in files)
    replace_if_different(dependencies, text)


def escape(file: Path) -> str:
    """A path in a makefile."""
    return str(file).replace("$", "$$").replace("#", "\\#").replace(" ", "\\ ")
