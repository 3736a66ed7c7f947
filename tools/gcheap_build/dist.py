"""The source archive: the committed files, to be built without git."""

from __future__ import annotations

import sys
from pathlib import Path

from . import cargo, package
from .process import ROOT, Failure, output, run


def pack(directory: Path) -> Path:
    """Packs the sources of the last commit; the archive's path."""
    if output(["git", "-C", ROOT, "rev-parse", "--show-prefix"]).strip():
        raise Failure(f"{ROOT} is not the top of a git repository: a source archive is made of what is committed")
    if output(["git", "-C", ROOT, "status", "--porcelain", "--untracked-files=no"]).strip():
        print("gcheap build: changes that are not committed are not in the archive", file=sys.stderr)
    name = f"libgcheap-{package.metadata(cargo.native())['version']}"
    directory.mkdir(parents=True, exist_ok=True)
    out = directory.absolute() / f"{name}.tar.gz"
    run(["git", "-C", ROOT, "archive", "--format=tar.gz", f"--prefix={name}/", f"--output={out}", "HEAD"])
    return out
