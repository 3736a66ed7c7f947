"""The library as a Cargo package that needs no registry, and the files that it is made from.

Cargo asks the registry about every dependency in a lock file, even one that a build does not use. So it gets the same
package without the workspace and the test dependencies: a manifest of its own, beside links to the sources.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .cargo import Cargo
from .process import ROOT, Failure, replace_if_different

# What Cargo.toml says of the package. A string or a list of strings is written in TOML as in JSON.
MANIFEST = """\
# Written by tools/build.py from {root}/Cargo.toml.
[package]
name = {name}
version = {version}
edition = {edition}
rust-version = {rust_version}

[features]
{features}

# One object, which cannot unwind.
[profile.release]
lto = "fat"
codegen-units = 1
panic = "abort"

[workspace]
"""


def metadata(cargo: Cargo) -> dict[str, Any]:
    """What Cargo itself reads in Cargo.toml; it looks at no dependency for that."""
    manifest = ROOT / "Cargo.toml"
    found = json.loads(cargo.output("metadata", "--no-deps", "--format-version", "1", "--manifest-path", str(manifest)))
    for package in found["packages"]:
        if package["name"] == "gcheap":
            return dict(package)
    raise Failure(f"{manifest} has no package gcheap")


def write(directory: Path, cargo: Cargo) -> None:
    """Makes a directory the package."""
    package = metadata(cargo)
    values = {key: json.dumps(package[key]) for key in ("name", "version", "edition", "rust_version")}
    features = "\n".join(f"{name} = {json.dumps(needs)}" for name, needs in package["features"].items())
    replace_if_different(directory / "Cargo.toml", MANIFEST.format(root=ROOT, features=features, **values))
    for name in "src", "build.rs":
        link(directory / name, ROOT / name)


def link(place: Path, target: Path) -> None:
    if place.is_symlink() and os.readlink(place) == str(target):
        return
    new = place.with_name(f"{place.name}.{os.getpid()}")
    new.symlink_to(target)
    os.replace(new, place)


def sources() -> list[Path]:
    """Every file that the library is made from, and this program."""
    files = [ROOT / "Cargo.toml", ROOT / "build.rs", ROOT / "tools" / "build.py"]
    files += (file for file in (ROOT / "src").rglob("*") if file.suffix in (".rs", ".c"))
    files += (ROOT / "tools" / "gcheap_build").glob("*.py")
    return sorted(files)
