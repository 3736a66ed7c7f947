"""The loader of Chromium's DevTools, from npm, in Node: what it makes of a .heapsnapshot."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from cases import Skip

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "devtools"
PACKAGES = ("chrome-devtools-frontend@1.0.1705227", "esbuild@0.28.2")
# A file that DevTools' own build generates; texts for people do not matter here.
LOCALES = "".join(f"export const {name} = {value};\n" for name, value in (
    ("LOCALES", "['en-US']"), ("BUNDLED_LOCALES", "['en-US']"), ("DEFAULT_LOCALE", "'en-US'"),
    ("REMOTE_FETCH_PATTERN", "''"), ("LOCAL_FETCH_PATTERN", "''")))


def loader() -> Path:
    """The bundled program; fetched and built once."""
    bundle = BUILD / "loader.mjs"
    if bundle.exists():
        return bundle
    if not shutil.which("node") or not shutil.which("npm"):
        raise Skip("DevTools' loader needs node and npm: apt-get install nodejs npm")
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "package.json").write_text("{}\n")
    fetched = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", *PACKAGES], cwd=BUILD, timeout=300,
                             capture_output=True, text=True)
    if fetched.returncode:
        raise Skip(f"DevTools' loader could not be fetched from npm: {(fetched.stderr or fetched.stdout).strip()[:200]}")
    (BUILD / "node_modules/chrome-devtools-frontend/front_end/core/i18n/locales.js").write_text(LOCALES)
    source = BUILD / "loader.ts"
    source.write_text((ROOT / "integration" / "support" / "devtools_loader.ts").read_text())
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=error", f"--outfile={bundle.name}"]
    subprocess.run(["node_modules/.bin/esbuild", source.name, *options], cwd=BUILD, check=True, timeout=120)
    return bundle


def load(path: Path) -> dict[int, Any]:
    """For each node's number its name, size and retained size."""
    out = path.with_suffix(".loaded.json")
    subprocess.run(["node", loader(), path, out], check=True, timeout=120)
    return {int(number): node for number, node in json.loads(out.read_text()).items()}
