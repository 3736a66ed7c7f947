#!/usr/bin/env python3
"""Tries what the README promises to a newcomer: `make run` and `make test` on a minimal Debian 12.

    integration/fresh.py [--stages NAMES] [--again] [--complete]

debootstrap builds the system in build/fresh/system, with only gcc, make, git and python3. This machine's Rust is
mounted there, read-only. A plain user gets a clone of the last commit and runs the two commands.

Everything runs in mount and process namespaces of its own: the mounts, and processes that the tests leave behind,
disappear together with it, however it ends. The system uses this machine's network, its Debian mirror, and its settings
of apt and Cargo.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRESH = ROOT / "build" / "fresh"
SYSTEM = FRESH / "system"
DONE = FRESH / "system.txt"  # the ingredients of the finished system
RELEASE = "bookworm"
# ca-certificates is for Cargo's registry.
PACKAGES = ("gcc", "libc6-dev", "make", "git", "python3", "ca-certificates")
USER = "newcomer"
HOME = Path("home", USER)
RUST = Path("opt", "rust")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
NETWORK = re.compile(r".*_proxy$|CARGO_(HTTP|NET|REGISTR)", re.I)  # variables that the system gets, too
INSTALL = "to run what was skipped: apt-get install "


class Failed(Exception):
    """A command did not do what the README promises."""


def say(text: str) -> None:
    print(f"fresh: {text}", flush=True)


def output(*command: str | Path) -> str:
    return subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True).stdout


def mirror() -> str:
    """Debian's archive, as this machine's apt knows it."""
    for filters in (["Origin: Debian", f"Codename: {RELEASE}"], ["Origin: Debian", "Label: Debian"]):
        if sites := output("apt-get", "indextargets", "--format", "$(SITE)", *filters).split():
            return sites[0]
    raise Failed("this machine's apt knows no Debian archive (apt-get update first); name one: --mirror URL")


def make_system(site: str) -> None:
    """Builds the system, unless it is left from an earlier run."""
    made_of = f"{RELEASE} {' '.join(PACKAGES)}\n"
    if DONE.exists() and DONE.read_text() == made_of:
        say(f"using the system in {SYSTEM} (rm -r {FRESH} to build it anew)")
        return
    shutil.rmtree(SYSTEM, ignore_errors=True)
    packages = FRESH / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    say(f"building a minimal Debian ({RELEASE}) in {SYSTEM}; the first time takes some minutes")
    log = FRESH / "debootstrap.log"
    with log.open("w") as file:
        done = subprocess.run(["debootstrap", "--variant=minbase", f"--cache-dir={packages}",
                               f"--include={','.join(PACKAGES)}", RELEASE, str(SYSTEM), site],
                              stdout=file, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failed(f"debootstrap failed; the end of {log}:\n" + "\n".join(log.read_text().splitlines()[-10:]))
    subprocess.run(["chroot", str(SYSTEM), "useradd", "--create-home", "--shell", "/bin/bash", USER], check=True)
    DONE.write_text(made_of)


def cargo_home() -> Path:
    return Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))


def copy_settings() -> None:
    """Copies this machine's settings of the network, of apt and of Cargo."""
    for name in ("resolv.conf", "hosts", "ssl/certs/ca-certificates.crt"):
        if (source := Path("/etc", name)).exists():
            shutil.copyfile(source, SYSTEM / "etc" / name)
    # With the updates and security fixes that this machine gets, if it runs the same release.
    lines = output("apt-get", "indextargets", "--format", "deb $(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages",
                   "Origin: Debian").splitlines()
    sources = SYSTEM / "etc" / "apt" / "sources.list"
    sources.write_text("".join(f"{line}\n" for line in dict.fromkeys(sources.read_text().splitlines() + lines)
                               if line.split()[2].startswith(RELEASE)))
    acquire = output("apt-config", "dump", "Acquire")
    (SYSTEM / "etc" / "apt" / "apt.conf.d" / "90host").write_text(
        "".join(f"{line}\n" for line in acquire.splitlines() if re.match(r"Acquire::https?::", line)))
    home = SYSTEM / HOME / ".cargo"
    home.mkdir(parents=True)
    for name in ("config.toml", "config"):
        if (source := cargo_home() / name).exists():
            shutil.copyfile(source, home / name)
    # The crates that Cargo has fetched. A copy, since the user's Cargo writes there.
    for part in ("cache", "index"):
        if (source := cargo_home() / "registry" / part).is_dir():
            shutil.copytree(source, home / "registry" / part)


def copy_project() -> None:
    """A clean clone."""
    if output("git", "-C", ROOT, "status", "--porcelain").strip():
        say("the changes that are not committed are not part of this test")
    clone = SYSTEM / HOME / "libgcheap"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)


def make_home(again: bool) -> None:
    if again and (SYSTEM / HOME / "libgcheap").is_dir():
        say("using the clone of the last run")
        return
    shutil.rmtree(SYSTEM / HOME, ignore_errors=True)
    (SYSTEM / HOME).mkdir()
    copy_settings()
    copy_project()
    subprocess.run(["chroot", str(SYSTEM), "chown", "-R", f"{USER}:", f"/{HOME}"], check=True)


def mount_all() -> None:
    """In this process's own mount namespace. Rust is read-only, so nobody can delete it by way of this system."""
    rust = output("rustc", "--print", "sysroot").strip()
    (SYSTEM / RUST).mkdir(parents=True, exist_ok=True)
    for command in (
        ["mount", "-t", "proc", "proc", SYSTEM / "proc"],
        ["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", SYSTEM / "dev" / "shm"],
        ["mount", "-t", "devpts", "-o", "newinstance,ptmxmode=666,mode=620", "devpts", SYSTEM / "dev" / "pts"],
        ["mount", "--bind", rust, SYSTEM / RUST],
        ["mount", "-o", "remount,bind,ro", SYSTEM / RUST],
    ):
        subprocess.run([*map(str, command)], check=True)


def in_system(command: str, user: str = USER) -> list[str]:
    """Runs a shell command in the system; its output. Raises Failed if the command fails."""
    say(f"$ {command}")
    environment = {"HOME": f"/{HOME}" if user == USER else "/root", "USER": user, "LANG": "C.UTF-8",
                   "PATH": f"/{RUST}/bin:/usr/local/bin:/usr/bin:/bin" + (":/usr/sbin:/sbin" if user == "root" else "")}
    environment |= {name: value for name, value in os.environ.items() if NETWORK.match(name)}
    chroot = shutil.which("chroot") or "/usr/sbin/chroot"
    as_user = [chroot, *([] if user == "root" else [f"--userspec={user}", "--groups="]), str(SYSTEM)]
    start = "/" if user == "root" else f"/{HOME}/libgcheap"
    lines = []
    with subprocess.Popen([*as_user, "/bin/sh", "-c", f"cd {start} && {command}"], env=environment, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip("\n"))
    if process.returncode:
        raise Failed(f"`{command}` ended with exit code {process.returncode}")
    return lines


def test(stages: str) -> str:
    """Runs `make test` and judges its last lines; the packages that it names, separated by spaces."""
    lines = in_system("make test" + (f" STAGES={shlex.quote(stages)}" if stages else ""))
    if not (match := SUMMARY.match(lines[-1])):
        raise Failed(f"the last line of `make test` is not its summary: {lines[-1]}")
    named = lines[-2].removeprefix(INSTALL) if lines[-2].startswith(INSTALL) else ""
    if int(match[3]) and not named:
        raise Failed(f"`make test` skipped {match[3]} tests and does not say how to get them")
    return named


def inside(arguments: argparse.Namespace) -> None:
    """The part that runs in the namespaces."""
    mount_all()
    make_home(arguments.again)
    if not any("libgcheap" in line for line in in_system("make run")):
        raise Failed("`make run` does not say that the heap is libgcheap")
    named = test(arguments.stages)
    if named and arguments.complete:
        # The system is no longer minimal: the next run builds it anew.
        DONE.unlink()
        in_system(f"apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq {named}", "root")
        if still := test(arguments.stages):
            raise Failed(f"with those packages there are still tests that need more: {still}")


def in_namespaces(*command: str) -> int:
    """Runs a command in mount and process namespaces that end with this process, however it ends."""
    # unshare ignores SIGTERM, but not SIGKILL, which it passes on.
    namespaces = ["setpriv", "--pdeathsig", "KILL",
                  "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("fresh: ended by a signal"))
    with subprocess.Popen([*namespaces, *command]) as process:
        try:
            return process.wait()
        finally:
            process.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stages", default="", metavar="NAMES", help="only these stages of `make test`")
    parser.add_argument("--again", action="store_true", help="continue with the clone and the builds of the last run")
    parser.add_argument("--complete", action="store_true", help="then install the packages that it names, test again")
    parser.add_argument("--mirror", metavar="URL", help="Debian's archive (default: the one in apt's configuration)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        # With this user's Rust, which sudo would not find.
        sys.exit("fresh: building a system and changing into it needs root:"
                 ' sudo --preserve-env=HOME env PATH="$PATH" make test-fresh')
    tools = {"debootstrap": "debootstrap", "unshare": "util-linux", "apt-get": "apt"}
    if missing := [package for tool, package in tools.items() if not shutil.which(tool)]:
        sys.exit(f"fresh: not installed: apt-get install {' '.join(missing)}")
    if not shutil.which("rustc"):
        sys.exit("fresh: this machine's Rust is used in the system, and there is no rustc in the path")
    try:
        if arguments.inside:
            inside(arguments)
            say("passed")
            return
        make_system(arguments.mirror or mirror())
    except (Failed, subprocess.CalledProcessError) as error:
        sys.exit(f"fresh: FAILED: {error}")
    sys.exit(in_namespaces(sys.executable, str(Path(__file__).resolve()), *sys.argv[1:], "--inside"))


if __name__ == "__main__":
    main()
