#!/usr/bin/env python3
"""Tests of heapview, the command that shows what is in a heap:  integration/heapview.py

What it reads comes from MicroPython itself, built with gc.c and with libgcheap, on 64 and on 32 bits, with one area and with
four; and from snapshots that heapview_snapshot.py makes. The page that it draws is opened in a browser.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import random
import re
import shutil
import struct
import subprocess
import termios
import xml.dom.minidom
from functools import cache
from pathlib import Path
from typing import Any

import cases
import heapview_devtools
import heapview_page
import heapview_snapshot
import micropython
import variants
from cases import Skip
from heapview_snapshot import STACK, STATIC, Thing
from micropython import ROOT

OUT = ROOT / "build" / "heapview"
PROGRAM = ROOT / "integration" / "support" / "fill_heap.py"
# Builds of MicroPython: variant, and whether its heap has several areas.
BUILDS = ("standard", "coverage", "nanbox")
ENV = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS")}


@cache
def heapview() -> Path:
    command = ["cargo", "build", "--quiet", "--release", "--package", "heapview"]
    subprocess.run(command, cwd=ROOT, check=True, env={k: v for k, v in os.environ.items() if k != "CARGO_BUILD_TARGET"})
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / "heapview"


def run(*arguments: object, code: int = 0, text: str = "", **env: str) -> str:
    """The output of heapview, which must end with an exit code; if that is 2, what it says instead."""
    done = subprocess.run([heapview(), *map(str, arguments)], input=text, capture_output=True, text=True, cwd=OUT,
                          env=ENV | env, timeout=120)
    assert done.returncode == code, (arguments, done)
    assert "panicked" not in done.stderr, done.stderr
    return done.stderr if code == 2 else done.stdout


def answer(*arguments: object, **more: Any) -> Any:
    return json.loads(run("--json", *arguments, **more))


@cache
def dump(build: str = "standard", heap: str = "gc.c", size: str = "256k") -> Path:
    """What mem_info(1) prints in a build of MicroPython, after a program has filled its heap."""
    if reason := variants.lacking(build):
        raise Skip(reason)
    mp = micropython.tree()
    variant, extra = variants.recipe(mp, build)
    directory = micropython.build(mp, variant, heap, *extra, name=f"{build}-{heap}")
    done = subprocess.run([directory / "micropython", "-X", f"heapsize={size}", PROGRAM], env=micropython.ENV,
                          capture_output=True, check=True, timeout=60)
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{micropython.OUT.name}-{build}-{heap}-{size}.log"
    path.write_bytes(done.stdout)
    return path


def test_dumps_of_micropython_are_read_whole() -> str | None:
    missing = set()
    for build in BUILDS:
        for heap in ("gc.c", "libgcheap"):
            try:
                path = dump(build, heap)
            except Skip as reason:
                missing.add(str(reason))
                continue
            text = path.read_text()
            found = answer(path)
            about, verdict = found["about"], found["verdict"]
            total, used, free = map(int, re.findall(r"GC: total: (\d+), used: (\d+), free: (\d+)", text)[0])
            assert about["problems"] == [], (build, heap, about)
            assert (verdict["total"], verdict["used"], verdict["free"]) == (total, used, free), (build, heap, verdict)
            assert about["block_bytes"] == 32 and len(about["areas"]) == (4 if build == "coverage" else 1), about
            kinds = {group["kind"]: group["objects"] for group in verdict["kinds"]}
            assert kinds["bytearray or array"] >= 150 and kinds["tuple"] >= 150, kinds
            largest = int(re.findall(r"max free sz: (\d+)", text)[0]) * 32
            assert verdict["fragmentation"]["largest"] == largest, verdict
    return "; ".join(sorted(missing)) or None


def test_both_heaps_give_the_same_map() -> None:
    a, b = (answer(dump("standard", heap, "96k"))["verdict"] for heap in ("gc.c", "libgcheap"))
    for key in ("used", "free", "objects"):
        assert abs(a[key] - b[key]) <= 0.02 * a[key], (key, a, b)


def test_a_serial_log() -> None:
    """Time stamps, other output, carriage returns; and the end is lost."""
    whole = answer(dump())
    lines = dump().read_text().splitlines()
    noisy = "".join(f"[{n:5}.250] {line}\r\nboard: temperature {n} C\r\n" for n, line in enumerate(lines))
    found = answer("-", text=noisy)
    assert found["about"]["problems"] == [] and found["verdict"]["used"] == whole["verdict"]["used"], found
    found = answer("-", text=noisy[: len(noisy) * 2 // 3])
    assert any("The map breaks off" in problem for problem in found["about"]["problems"]), found
    assert found["verdict"]["unknown"] > 0


def test_the_verdict_comes_first() -> None:
    text = run(dump("standard", "gc.c", "96k"))
    assert re.match(r"\S+\nThe heap is \w+", text), text
    assert re.search("It is (somewhat )?fragmented", text) and "\x1b" not in text, text
    assert re.search(r"^[0-9a-f]+  [.=a-zA-Z:*#+-]+$", text, re.M), text


def on_terminal(*arguments: object, columns: int = 100, **env: str) -> str:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen([heapview(), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                          env=ENV | {"TERM": "xterm-256color"} | env) as process:
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:  # the end of a terminal
            pass
    os.close(ours)
    assert process.returncode == 0, text
    return text.decode().replace("\r\n", "\n")


def test_a_terminal_has_colours_and_a_width() -> None:
    path = dump()
    for columns in (40, 100, 180):
        text = on_terminal(path, columns=columns)
        assert "\x1b[48;2;" in text, text
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
        map_lines = [line for line in plain.splitlines() if re.match(r"[0-9a-f]{8,}  ", line)]
        assert map_lines and all(len(line) <= columns for line in map_lines), plain
    assert "\x1b" not in on_terminal(path, NO_COLOR="1")
    assert "\x1b" not in on_terminal("--color", "never", path)


def test_what_stands_in_the_way() -> None:
    path = dump("standard", "gc.c", "96k")
    largest = answer("frag", path)["fragmentation"]["largest"]
    fits = answer("oom", largest, path)
    assert fits["fits"] and fits["first_fit"]["bytes"] == largest, fits
    found = answer("oom", largest + 1, path)
    assert not found["fits"] and len(found["places"]) >= 2, found
    for place in found["places"]:
        assert place["bytes"] > largest and place["in_the_way"] == sum(thing["bytes"] for thing in place["objects"])
    assert "In the way: " in run("oom", largest + 1, path)
    assert "The whole heap has only" in run("oom", "1G", path)


def test_a_budget() -> None:
    path, budget = dump(), OUT / "budget.toml"
    budget.write_text('[heap]\nmax_used = "64K"\nmin_largest_hole = "32K"\n[kinds.tuple]\nmax_objects = 1000\n')
    assert "The budget is kept: 3 limits." in run("check", "--budget", budget, path)
    budget.write_text('[heap]\nmax_used = "10K"\n')
    assert "1 of 1 limit exceeded" in run("check", "--budget", budget, path, code=1)
    budget.write_text("[heap]\nmax_usd = 1\n")
    assert "unknown field `max_usd`" in run("check", "--budget", budget, path, code=2)


def test_a_difference() -> None:
    both = OUT / "both.log"
    both.write_text(dump("standard", "gc.c", "96k").read_text() + dump().read_text())
    found = answer("diff", both)
    assert found["before"]["verdict"]["total"] < found["after"]["verdict"]["total"], found
    assert "Nothing grew." in run("diff", dump(), dump())
    assert answer("--nth", 1, both)["verdict"]["total"] == found["before"]["verdict"]["total"]


def test_errors_are_sentences() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "empty").write_bytes(b"")
    (OUT / "foreign").write_bytes(bytes(range(256)) * 100)
    (OUT / "totals").write_text("".join(line for line in dump().read_text().splitlines(True) if "GC:" in line))
    for arguments, part in (
        (["nowhere.log"], "nowhere.log cannot be read: No such file"),
        (["empty"], "empty is empty"),
        (["foreign"], "foreign holds no heap that heapview can read"),
        (["--nth", 7, dump()], "there is no dump 7"),
        (["frag", "totals"], "totals has only totals"),
        (["why", "list", dump()], "has no contents of objects"),
        (["map", dump(), "-o", "map.gif"], "map.gif should end in .png, .svg or .html"),
        (["map", dump(), "-o", "no/where.png"], "cannot be written"),
    ):
        text = run(*arguments, code=2)
        assert part in text and text.count("\n") == 1, text
    assert "There is no map in the output" in run("totals")


def test_json_and_markdown_of_all() -> None:
    path = dump()
    for arguments in (["frag"], ["oom", 4000], []):
        assert isinstance(answer(*arguments, path), dict)
        assert run("--markdown", *arguments, path).startswith("### ")


def chain() -> list[Thing]:
    """A table that keeps a hundred entries; an entry that the stack keeps alone; two that nothing keeps."""
    things = [Thing(50, "table", range(1, 101))]
    things += [Thing(2, f"entry: {n}") for n in range(100)]
    lost = [Thing(1, "entry: lost", [104]), Thing(1, "lost")]
    return [*things, Thing(4, "entry: of the stack", [102]), Thing(1, "str: text"), *lost]


def snapshot() -> Path:
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / "chain.snapshot"
    path.write_bytes(heapview_snapshot.snapshot(chain(), [(STATIC, "globals", 0), (STACK, "main", 101)], free=100))
    return path


def test_who_keeps_what() -> None:
    path, things = snapshot(), chain()
    found = answer(path)
    assert found["verdict"]["garbage"] == 32 and found["about"]["problems"] == [], found
    assert any("Without the table" in suspect for suspect in found["verdict"]["suspects"]), found
    why = answer("why", hex(heapview_snapshot.address(things, 50)), path)["objects"][0]
    assert why["path"][0] == "the word at 0x5010 in static data (globals)", why
    assert why["path"][1].startswith("table of 800 bytes") and "word 49" in why["path"][2], why
    assert "the next collection frees it" in run("why", "lost", path)
    top = answer("top", path)
    assert top["objects"][0]["retained_bytes"] == 50 * 16 + 100 * 32, top
    kinds = {row["what"]: row["retained_bytes"] for row in top["kinds"]}
    assert kinds == {"table": 4000, "entry": 100 * 32 + 80, "str": 16}, kinds
    pinned = answer("suspects", path)["pinned"]
    assert [(thing["bytes"], thing["by"]) for thing in pinned] == [(80, ["the word at 0x5110 in the stack (main)"])], pinned
    assert answer("missing", path)["words"] == []


def test_snapshots_that_are_cut_or_damaged() -> None:
    whole = snapshot().read_bytes()
    for end in range(8, len(whole), 97):
        (OUT / "cut.snapshot").write_bytes(whole[:end])
        done = subprocess.run([heapview(), "--json", OUT / "cut.snapshot"], capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 2) and "panicked" not in done.stderr, (end, done)
        if done.returncode == 0:
            assert json.loads(done.stdout)["about"]["problems"], end
    for at in range(8, len(whole), 89):
        (OUT / "damaged.snapshot").write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1:])
        done = subprocess.run([heapview(), "top", OUT / "damaged.snapshot"], capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 2) and "panicked" not in done.stderr, (at, done)


def test_a_leak_in_the_lisp() -> None:
    """A program that keeps everything in a list, until nothing is left: diagnosed from its snapshot alone."""
    if not (ROOT / "build" / "libgcheap.a").exists():
        subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, env=micropython.ENV)
    lisp, program, path = OUT / "lisp", OUT / "leak.scm", OUT / "leak.snapshot"
    sources = sorted((ROOT / "examples" / "lisp").glob("*.c"))
    command = ["cc", "-O1", f"-I{ROOT / 'include'}", *sources, ROOT / "build" / "libgcheap.a", "-o", lisp, "-lm"]
    subprocess.run(command, check=True)
    program.write_text("(define log '())\n"
                       "(define (work n) (set! log (cons (vector n \"request\") log)) (work (+ n 1)))\n"
                       "(work 0)\n")
    path.unlink(missing_ok=True)
    subprocess.run([lisp, program], env=micropython.ENV | {"GCHEAP_SNAPSHOT": str(path)}, capture_output=True, timeout=60)
    found = answer(path)
    facts, suspects = found["about"]["facts"], found["verdict"]["suspects"]
    assert found["about"]["problems"] == [] and any("when an allocation of" in fact for fact in facts), found
    assert any(re.search(r"Without the \w+ .*alone", suspect) for suspect in suspects), suspects
    steps = answer("why", "--objects", 1, "vector", path)["objects"][0]["path"]
    assert "static data" in steps[0] and steps[1].startswith("symbol (log) of"), steps


def test_a_long_list_is_no_worst_case() -> None:
    count = 200_000
    things = [Thing(1, "node", [n for n in (at - 1, at + 1) if 0 <= n < count]) for at in range(count)]
    path = OUT / "list.snapshot"
    path.write_bytes(heapview_snapshot.snapshot(things, [(STATIC, "list", 0)]))
    found = answer("top", path)
    assert found["objects"][0]["retained_bytes"] == 16 * count and found["kinds"][0]["retained_bytes"] == 16 * count, found
    assert "more objects ..." in run("why", hex(heapview_snapshot.BASE + 16 * (count - 1)), path)


def test_an_export_for_devtools() -> None:
    out = OUT / "chain.heapsnapshot"
    run("export", snapshot(), "-o", out)
    exported = json.loads(out.read_text())
    assert list(exported) == ["snapshot", "nodes", "edges", "strings"]
    assert len(exported["nodes"]) == 5 * exported["snapshot"]["node_count"]
    assert len(exported["edges"]) == 3 * exported["snapshot"]["edge_count"]
    assert sum(exported["nodes"][4::5]) == exported["snapshot"]["edge_count"]
    assert all(to % 5 == 0 and to < len(exported["nodes"]) for to in exported["edges"][2::3])


def test_devtools_finds_the_same_retained_sizes() -> None:
    """A graph that is made at random, in which much is shared and some is garbage."""
    chance, count = random.Random(1), 3000
    things = [Thing(chance.randint(1, 5), f"thing: {n}", [chance.randrange(count) for _ in range(chance.randint(0, 2))])
              for n in range(count)]
    roots = [(STATIC, f"global {n}", chance.randrange(count)) for n in range(9)]
    path, out = OUT / "random.snapshot", OUT / "random.heapsnapshot"
    path.write_bytes(heapview_snapshot.snapshot(things, roots))
    run("export", path, "-o", out)
    loaded = heapview_devtools.load(out)
    # The program, the roots and one for garbage come first.
    theirs: dict[int, int] = {}
    address = heapview_snapshot.BASE
    for number, thing in enumerate(things):
        name, own, theirs[address] = loaded[len(roots) + 3 + number]
        assert (name, own) == (thing.name, 16 * thing.blocks), (number, name, own)
        address += 16 * thing.blocks
    ours = {row["address"]: row["retained_bytes"] for row in answer("top", "--rows", count, path)["objects"]}
    reached = {address: size for address, size in ours.items() if size}
    assert 100 < len(reached) < count, len(reached)
    wrong = {hex(address): (size, theirs[address]) for address, size in reached.items() if theirs[address] != size}
    assert not wrong, wrong


def test_pictures() -> None:
    for name in ("standard-gc.c.png", "standard-gc.c.svg"):
        run("map", dump(), "-o", OUT / name)
    assert (OUT / "standard-gc.c.png").read_bytes().startswith(b"\x89PNG")
    svg = xml.dom.minidom.parse(str(OUT / "standard-gc.c.svg"))
    titles = [title.firstChild.data for title in svg.getElementsByTagName("title")]
    assert any(re.fullmatch(r"bytearray or array of 32 bytes at 0x[0-9a-f]+", title) for title in titles), titles[:5]


def test_the_page() -> None:
    if not heapview_page.browser():
        raise Skip("no Chromium is installed: apt-get install chromium")
    page = OUT / "heap.html"
    run("map", dump("standard", "gc.c", "96k"), dump(), "-o", page)
    with heapview_page.Page(page) as shown:
        shown.until("document.querySelectorAll('section canvas').length === 2")
        shown.picture(OUT / "page.png")
        all_shown = shown.value("byId('matches').textContent")
        objects = answer(dump())["verdict"]["objects"]
        assert f"{objects:,} of {objects:,} objects shown" in all_shown, all_shown
        # Over the first block of the right map.
        x, y = shown.value("(() => { const box = panels[1].scroll.getBoundingClientRect();"
                           "return [box.left + GUTTER + 4, box.top + panels[1].heap.areas[0].top + 3]; })()")
        shown.move(x, y)
        shown.until("!byId('tip').hidden")
        tip = shown.value("byId('tip').textContent")
        assert re.match(r"[\w ]+, [\d,]+ bytes \(\d+ blocks?\)\nat 0x[0-9a-f]+$", tip), tip
        shown.picture(OUT / "page-hover.png")
        # How many pixels have which colour.
        colours = ("(() => { const c = panels[1].canvas, d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                   "const s = {}; for (let i = 0; i < d.length; i += 4) {"
                   "  const k = d.slice(i, i + 3).join(); s[k] = (s[k] || 0) + 1; }"
                   "return s; })()")
        before = shown.value(colours)
        shown.value("document.querySelector('[data-kind=tuple]').click()")
        assert "tuple" not in shown.value("byId('matches').textContent")
        after = shown.value(colours)
        tuples = ",".join(str(int(shown.value("DATA[1].kinds.find((k) => k.name === 'tuple').colour")[n:n + 2], 16))
                          for n in (1, 3, 5))
        assert before[tuples] > 100 and tuples not in after, (before, after)
        shown.picture(OUT / "page-filtered.png")
        shown.value("byId('least').value = 128; byId('least').dispatchEvent(new Event('input'))")
        fewer = shown.value("DATA[1].start.filter((_, o) => shown(DATA[1], o)).length")
        assert 0 < fewer < objects - 150, fewer
        shown.value("byId('reset').click()")
        assert shown.value("byId('matches').textContent") == all_shown
        shown.value("byId('in').click()")
        shown.value("panels[0].scroll.focus()")
        shown.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
        assert "at 0x" in shown.value("byId('live').textContent")
        assert shown.faults() == [], shown.faults()


def test_install() -> None:
    """make install-heapview, into a directory of its own."""
    out = OUT / "installed"
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run(["make", "install-heapview", f"DESTDIR={out}", "PREFIX=/usr"], cwd=ROOT, check=True, capture_output=True,
                   env=micropython.ENV)
    program = out / "usr" / "bin" / "heapview"
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    assert "Examples:" in done.stdout
    share = out / "usr" / "share"
    assert ".SH SUBCOMMANDS" in (share / "man" / "man1" / "heapview.1").read_text()
    subprocess.run(["bash", "-n", share / "bash-completion" / "completions" / "heapview"], check=True)


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    cases.run_all(globals())
