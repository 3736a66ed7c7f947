#!/usr/bin/env python3
"""For CMake ports: libgcheap and its glue as one object, compiled as the port compiles its own sources.

    object.py compile_commands.json FILE OBJECT

FILE is a source of the port's whose compiler, flags and definitions are taken. Does what gcheap/micropython.mk does in
make ports: reads the interpreter's configuration, builds the library for it, and links both into OBJECT.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def command_for(commands, file):
    """The directory and the command that compile a source, without what names its input and outputs."""
    for entry in json.loads(commands.read_text()):
        if (Path(entry["directory"]) / entry["file"]).resolve() == file.resolve():
            break
    else:
        sys.exit(f"gcheap: {commands} has no command for {file}; the port must compile it, with Ninja or Makefiles")
    words = iter(entry.get("arguments") or shlex.split(entry["command"]))
    kept = []
    for word in words:
        if word in ("-o", "-MF", "-MT", "-MQ"):
            next(words)
        elif word not in ("-c", "-MD", "-MMD", "-MP", "--") and word != entry["file"]:
            kept.append(word)
    return entry["directory"], kept


def configuration(assembler):
    """The KEY=value lines that probe.c left in its assembler text."""
    return [key.upper() + "=" + value for key, value in re.findall(r'@gcheap (\w+)=(\d+)"', assembler.read_text())]


def main():
    commands, file, out = (Path(argument) for argument in sys.argv[1:])
    directory, compiler = command_for(commands, file)
    # The compiler and what chooses its machine.
    linker = compiler[:1] + [word for word in compiler[1:] if word.startswith(("-m", "--target="))]
    out.parent.mkdir(parents=True, exist_ok=True)
    # Where none of the linker scripts' patterns sees it.
    work = out.parent.parent
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    env |= {"CC": shlex.join(linker), "CARGO_TARGET_DIR": str(work / "target")}

    def run(*command):
        done = subprocess.run([*map(str, command)], cwd=directory, env=env)
        if done.returncode != 0:
            sys.exit(f"gcheap: failed: {shlex.join(map(str, command))}")

    assembler, config, library, glue = (work / name for name in ("config.s", "config.env", "libgcheap.a", "glue.o"))
    run(*compiler, "-fno-lto", "-g0", "-S", "-o", assembler, HERE / "probe.c")
    variant = os.environ.get("GCHEAP_VARIANT", "")
    text = "\n".join(["STATE_SYMBOL=mp_state_ctx", f"VARIANT={variant}", *configuration(assembler)]) + "\n"
    if not config.exists() or config.read_text() != text:
        config.write_text(text)
    run(ROOT / "scripts" / "build-archive", config, library)
    run(*compiler, "-fno-lto", f"-I{ROOT / 'include'}", f"-DGCHEAP_MODULE={env.get('GCHEAP_MODULE') or 1}",
        "-MD", "-MP", "-MF", f"{out}.d", "-MT", out, "-c", "-o", glue, HERE / "glue.c")
    run(*linker, "-nostdlib", "-r", "-o", out, glue, "-Wl,-u,gc_init", library)


if __name__ == "__main__":
    main()
