#!/usr/bin/env python3
"""The build: what makes the archive anew, where it may stand, and the source archive.

    integration/build.py

Works in copies of the committed and changed files below build/, one of them in a directory whose name has a space.
"""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import cases
import micropython
from micropython import OUT, ROOT

sys.path.insert(0, str(ROOT / "tools"))
from gcheap_build import package  # noqa: E402

HERE = OUT.parent / "build tests"
# As for a user who has just come: no make settings, and the caller's directory for what Cargo builds is not used.
ENV = {key: value for key, value in micropython.ENV.items() if key not in ("CARGO_TARGET_DIR", "CONFIG")}
# Needs no network and no crate; and a CDPATH must not lead astray. (The directories that it names exist in the copy.)
ENV |= {"CARGO_NET_OFFLINE": "true", "CDPATH": f"{ROOT / 'docs'}:{ROOT}"}


def copy(name):
    """A copy of the files that git knows, or would add; it keeps what was built in it."""
    directory = HERE / name
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    files = [file for file in listed.split("\0") if file and (ROOT / file).is_file()]
    for old in directory.glob("*"):
        if old.name not in ("target", "build"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for file in files:
        (directory / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, directory / file)
    return directory


def run(*command, cwd, fails=False, **env):
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=ENV | env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert (done.returncode != 0) == fails, f"$ {' '.join(words)}\n{done.stdout}(exit code {done.returncode})"
    return done.stdout


def holds(archive, setting):
    """Whether an archive is of a configuration that has this setting."""
    key, value = setting.split("=")
    symbols = subprocess.run(["nm", archive], check=True, stdout=subprocess.PIPE, text=True).stdout
    return f" gcheap_config_{key.lower()}_{value}\n" in symbols


class Build:
    """Each method test_… is a test."""

    def __init__(self):
        self.copy = copy("a copy")
        self.archive = self.copy / "build" / "host" / "libgcheap.a"

    def make(self, *arguments, **env):
        return run("make", *arguments, cwd=self.copy, **env)

    def remade(self, *arguments, **env):
        """Whether make builds the archive anew."""
        before = self.archive.stat().st_mtime_ns
        self.make(*arguments, **env)
        return self.archive.stat().st_mtime_ns != before

    def test_make_in_a_path_with_a_space(self):
        self.make("host")
        assert holds(self.archive, "BLOCK_BYTES=32")
        assert not self.remade("host"), "the archive was built twice"

    def test_every_source_counts(self):
        self.make("host")
        sources = sorted((self.copy / "src").rglob("*.rs"))
        folders = {file.parent for file in sources}
        assert len(folders) > 2, folders
        wanted = {next(file for file in sources if file.parent == folder) for folder in folders}
        more = ("src/c_abi/aeabi.c", "build.rs", "Cargo.toml", "tools/gcheap_build/archive.py")
        wanted |= {self.copy / name for name in more}
        for file in sorted(wanted):
            file.touch()
            question = subprocess.run(["make", "-q", "build/host/libgcheap.a"], cwd=self.copy, env=ENV, check=False)
            assert question.returncode == 1, f"make does not see that {file.relative_to(self.copy)} changed"
            self.make("-t", "build/host/libgcheap.a")
        listed = {self.copy / name for name in run("tools/build.py", "sources", cwd=self.copy).splitlines()}
        assert set(sources) <= listed, set(sources) - listed

    def test_another_configuration_makes_another_archive(self):
        self.make("host")
        (self.copy / "other one.env").write_text("BLOCK_BYTES=64\n")
        assert self.remade("host", "CONFIG=other one.env") and holds(self.archive, "BLOCK_BYTES=64")
        assert not self.remade("host", "CONFIG=other one.env")
        (self.copy / "other one.env").write_text("BLOCK_BYTES=16\n")
        assert self.remade("host", "CONFIG=other one.env") and holds(self.archive, "BLOCK_BYTES=16")
        assert self.remade("host", "GCHEAP_OPT=s", "CONFIG=other one.env"), "GCHEAP_OPT makes no difference"
        assert self.remade("host") and holds(self.archive, "BLOCK_BYTES=32")

    def test_a_configuration_that_is_not_there(self):
        text = run("make", "host", "CONFIG=nowhere.env", cwd=self.copy, fails=True)
        assert "cannot read the configuration nowhere.env" in text, text

    def test_the_build_program_from_elsewhere(self):
        out = HERE / "else where" / "out.a"
        out.parent.mkdir(exist_ok=True)
        (out.parent / "c.env").write_text("SPLIT_HEAP=0\n")
        run(Path("..") / self.copy.name / "tools" / "build.py", "archive", "c.env", "out.a", cwd=out.parent)
        assert holds(out, "SPLIT_HEAP=0")

    def test_scripts_with_a_cdpath(self):
        """`cd scripts` would go to a directory of CDPATH's, and print it."""
        tree = self.copy / "build" / "micropython"
        tree.unlink(missing_ok=True)
        tree.parent.mkdir(exist_ok=True)
        tree.symlink_to(micropython.tree())
        text = run("scripts/get-micropython", cwd=self.copy)
        assert text == f"{tree}\n", text

    def test_micropython_in_a_path_with_a_space_is_refused_in_a_sentence(self):
        text = run("make", "run", cwd=self.copy, fails=True, MICROPYTHON=str(micropython.tree()))
        assert "has a space in it" in text, text
        # MicroPython's make finds no module behind a space, but it finds a link to one.
        link = OUT / "link-to-a-space"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(self.copy / "micropython-port")
        text = run("make", "-C", micropython.tree() / "ports" / "unix", f"BUILD={OUT / 'space'}", "FROZEN_MANIFEST=",
                   f"USER_C_MODULES={link}", cwd=ROOT, fails=True)
        assert "gcheap: the path " in text and "has a space in it" in text, text

    def test_the_manifest_is_cargo_toml_s(self):
        """The package that the archive is built from says the same as the repository's, and needs no other."""
        self.make("host")
        written = next((self.copy / "target").glob("archive-*/package/Cargo.toml")).read_text()
        for line in (self.copy / "Cargo.toml").read_text().splitlines():
            if line.startswith(("name =", "version =", "edition =", "rust-version =", "archive =")):
                assert line in written.splitlines(), f"{line} is not in\n{written}"
        assert "dependencies" not in written, written

    def test_probe_without_a_configuration_is_refused(self):
        (HERE / "empty.s").write_text(".text\n")
        text = run("tools/build.py", "config", "../empty.s", "../empty.env", cwd=self.copy, fails=True)
        assert "holds no configuration" in text and not (HERE / "empty.env").exists(), text

    def test_source_archive(self):
        """make dist, and make in what it packed."""
        if run("git", "rev-parse", "--show-prefix", cwd=ROOT).strip():
            return "this is no git repository"
        out = HERE / "dist"
        shutil.rmtree(out, ignore_errors=True)
        path = Path(run("tools/build.py", "dist", out, cwd=ROOT).splitlines()[-1])
        with tarfile.open(path) as packed:
            packed.extractall(out)
        (directory,) = [entry for entry in out.iterdir() if entry.is_dir()]
        assert path.name == f"{directory.name}.tar.gz" and directory.name == micropython.MARKER.replace(" ", "-"), path
        missing = {file.relative_to(ROOT) for file in package.sources()} - {
            file.relative_to(directory) for file in directory.rglob("*")}
        assert not missing, f"{missing} are not packed: not committed?"
        run("make", "host", cwd=directory, GIT_CEILING_DIRECTORIES=str(out))
        assert holds(directory / "build" / "host" / "libgcheap.a", "BLOCK_BYTES=32")
        assert "libgcheap.a" in run("make", "help", cwd=directory)
        return None

    def test_older_pythons(self):
        """The program runs with every Python 3.9 and newer that is here."""
        names = [f"python3.{minor}" for minor in range(9, 15) if shutil.which(f"python3.{minor}")]
        works = [name for name in names
                 if subprocess.run([name, "-c", ""], check=False, capture_output=True).returncode == 0]
        if not works:
            return "no python3.N is installed"
        for name in works:
            assert "src/lib.rs" in run(name, "tools/build.py", "sources", cwd=self.copy), name
            run(name, "tools/build.py", "archive", "/dev/null", "build/older.a", cwd=self.copy)
        return None


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    cases.run_all(vars(Build), Build())


if __name__ == "__main__":
    main()
