#!/usr/bin/env python3
"""How much the heap adds to a microcontroller's firmware: gc.c against libgcheap with its glue.

    bench/size.py [--targets NAMES] [--no-module] [--record]

MicroPython's qemu port is built and linked with each heap, everything at -Os, and both images are compared:

    gc_c_text     bytes of code and constants in the image that are from py/gc.c
    gcheap_text   the same plus the difference between both images: the library, its glue, and all that they bring in
    gc_c_ram, gcheap_ram    the same with variables: the heap's state (mp_state_mem_t), and .data and .bss

Writes build/size.json. Fails if gcheap_text or gcheap_ram is more than bench/size-recorded.json says, which --record writes
anew; and if the library's image holds a panic, core::fmt, or the text of a panic.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import firmware
import size_recorded
from build import ROOT, BuildError
from firmware import GC, GCHEAP, TARGETS
from linked import Image
from report import LIMITS, OUTSIDE, print_table, verdict

sys.path.append(str(ROOT / "tools"))
from progress import Progress  # noqa: E402

SOURCE = "py/gc.o"
TEXT_RATIO, RAM_RATIO = 1.25, 1  # the project's own limits
PANIC_SYMBOL = re.compile(r"panic|core::fmt|unwind|core::option::|core::result::|slice_.*_fail|_Unwind", re.I)
PANIC_TEXT = re.compile(
    rb"panicked|attempt to [a-z]+ with overflow|out of bounds|out of range for slice|called `|[\w/-]+\.rs\b")


def images(tree, target):
    return {heap: Image(firmware.build(tree, target, heap), target.prefix) for heap in (GC, GCHEAP)}


def state_bytes(target):
    """sizeof(mp_state_mem_t), as the library's build reads it from MicroPython's headers."""
    config = (firmware.OUT / f"{target.name}-{GCHEAP}" / "gcheap" / "config.env").read_text()
    return int(re.search(r"^STATE_BYTES=(\d+)$", config, re.M)[1])


def symbol_size(image, name):
    return next(size for symbol, _, size in image.symbols() if symbol == name)


def panics(image, other):
    """Symbols and texts of Rust's panics or formatting in the image that are not in the other, which has no Rust."""
    names = {name for name, *_ in image.symbols() if PANIC_SYMBOL.search(name)} - {name for name, *_ in other.symbols()}
    texts = {text.decode() for text in PANIC_TEXT.findall(image.contents)} - {
        text.decode() for text in PANIC_TEXT.findall(other.contents)}
    return sorted(names | texts)


def by_function(found):
    """Prints a table of the functions of both heaps; functions of the same name share a line."""
    sizes = {heap: image.functions(SOURCE) for heap, image in found.items()}
    names = sorted({*sizes[GC], *sizes[GCHEAP]}, key=lambda name: (-sizes[GCHEAP][name], -sizes[GC][name], name))
    rows = [[name, *(str(sizes[heap][name] or "-") for heap in (GC, GCHEAP))] for name in names]
    rows.append(["sum", *(str(sum(sizes[heap].values())) for heap in (GC, GCHEAP))])
    print_table([("function", -40), (GC, 8), (GCHEAP, 10)], rows)


def elsewhere(found):
    """Differences in other objects: object -> bytes."""
    sizes = {heap: image.by_object(ram=False) for heap, image in found.items()}
    both = {*sizes[GC], *sizes[GCHEAP]} - {SOURCE}
    more = {name: sizes[GCHEAP].get(name, 0) - sizes[GC].get(name, 0) for name in both}
    return {name: bytes_ for name, bytes_ in sorted(more.items()) if bytes_}


def measure(tree, target, progress):
    found = images(tree, target)
    progress.clear()
    gc, ours = found[GC], found[GCHEAP]
    for image in found.values():
        image.check()
    if (mine := symbol_size(ours, "mp_state_ctx")) != (theirs := symbol_size(gc, "mp_state_ctx")):
        raise BuildError(f"{target.name}: mp_state_ctx has {mine} bytes with {GCHEAP}, {theirs} with {GC}")
    gc_text = gc.by_object(ram=False)[SOURCE]
    gc_ram = gc.by_object(ram=True)[SOURCE] + state_bytes(target)
    row = {
        "target": target.name,
        "gc_c_text": gc_text,
        "gcheap_text": gc_text + ours.total(ram=False) - gc.total(ram=False),
        "gc_c_ram": gc_ram,
        "gcheap_ram": gc_ram + ours.total(ram=True) - gc.total(ram=True),
        "gcheap_object_text": ours.by_object(ram=False)[SOURCE],
        "gc_c_image_text": gc.total(ram=False),
        "gcheap_image_text": ours.total(ram=False),
        "elsewhere": elsewhere(found),
        "functions": {heap: dict(image.functions(SOURCE)) for heap, image in found.items()},
    }
    print(f"\n{target.name} (ports/qemu, {target.board}{''.join(f', {option}' for option in target.options)})\n")
    by_function(found)
    print(f"\n  {SOURCE} in the image: {row['gc_c_text']} with {GC}, {row['gcheap_object_text']} with {GCHEAP};"
          f" the whole image is {row['gcheap_image_text'] - row['gc_c_image_text']:+} bytes")
    others = "; ".join(f"{name} {bytes_:+}" for name, bytes_ in row["elsewhere"].items())
    print(f"  elsewhere: {others or 'no difference'}")
    return row, panics(ours, gc)


def module_bytes(tree, target):
    """The size of the Python module `gcheap`, for which gc.c has no counterpart."""
    with_module = firmware.build(tree, target, GCHEAP, "GCHEAP_MODULE=1", name=f"{target.name}-{GCHEAP}-module")
    without = firmware.build(tree, target, GCHEAP)
    return Image(with_module, target.prefix).total(ram=False) - Image(without, target.prefix).total(ram=False)


def whole_module(tree, target):
    """Prints the functions of the whole module, in bytes; what it adds to a firmware without the module: text and RAM."""
    full = firmware.build(tree, target, GCHEAP, "GCHEAP_MODULE=full", name=f"{target.name}-{GCHEAP}-full")
    whole = Image(full, target.prefix)
    without = Image(firmware.build(tree, target, GCHEAP), target.prefix)
    rows = []
    for file in ("modgcheap", "host", "names", "snapshot"):
        sizes = whole.functions(f"gcheap/full/{file}.o")
        rows += [[f"{file}.c", name, str(sizes[name])] for name in sorted(sizes, key=lambda name: -sizes[name])]
    library = {image: sum(image.functions(SOURCE).values()) for image in (whole, without)}
    rows.append(["the heap", "statistics, snapshots", str(library[whole] - library[without])])
    print(f"\nThe whole module (GCHEAP_MODULE=full), {target.name}\n")
    print_table([("file", -12), ("function", -40), ("bytes", 8)], rows)
    return [whole.total(ram=ram) - without.total(ram=ram) for ram in (False, True)]


def judge(rows, made, record):
    """Compares with what was recorded, or records it; returns what has grown."""
    if record:
        print(size_recorded.record(rows, made))
        return []
    grown, notes = size_recorded.compare(rows, made, size_recorded.recorded())
    print("".join(f"{line}\n" for line in notes), end="", flush=True)
    for line in grown:
        print(f"size: {line}", file=sys.stderr)
    return grown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", metavar="NAMES", default="", help="only these, separated by commas")
    parser.add_argument("--no-module", action="store_true", help="do not build firmware with the Python module")
    parser.add_argument("--record", action="store_true", help=f"write {size_recorded.FILE.name} anew")
    args = parser.parse_args()
    targets = [target for target in TARGETS if not args.targets or target.name in args.targets.split(",")]
    if missing := firmware.missing_packages(targets):
        sys.exit(f"size: these Debian packages are needed and not installed: {' '.join(missing)}")
    done = subprocess.run([ROOT / "scripts" / "get-micropython"], check=True, stdout=subprocess.PIPE, text=True)
    tree = Path(done.stdout.splitlines()[-1])
    rows, found_panics, outside, made = [], {}, [], {}
    try:
        progress = Progress()
        for target in targets:
            progress.show(f"building the firmware for {target.name} with each heap")
            row, found = measure(tree, target, progress)
            rows.append(row)
            found_panics |= {target.name: found} if found else {}
            made[target.name] = size_recorded.made_with(tree, target.prefix, target.rust)
        module = "" if args.no_module else module_bytes(tree, targets[0])
        whole = None if args.no_module else whole_module(tree, targets[-1 if args.targets else 1])
    except (BuildError, ValueError) as error:
        sys.exit(f"size: {error}")
    print("\nBytes that the heap adds to the image, and the ratio to gc.c at -Os"
          f" (the project's own limits: {TEXT_RATIO}x for text, {RAM_RATIO}x for RAM)\n")
    shown = []
    for row in rows:
        cells = [row["target"]]
        for kind, most in (("text", TEXT_RATIO), ("ram", RAM_RATIO)):
            ratio = row[f"gcheap_{kind}"] / row[f"gc_c_{kind}"]
            result = verdict(ratio, most, at_least=False)
            outside += [f"{row['target']} {kind} {ratio:.2f}x"] if result == OUTSIDE else []
            cells += [str(row[f"gc_c_{kind}"]), str(row[f"gcheap_{kind}"]), f"{ratio:.2f}x", result]
        shown.append(cells)
    ours = [("libgcheap", 10), ("ratio", 7), ("", -7)]
    print_table([("target", -12), ("gc.c text", 10), *ours, ("gc.c RAM", 9), *ours], shown)
    if module != "":
        print(f"\nThe Python module `gcheap` is not included; it would add {module} bytes ({targets[0].name};"
              " GCHEAP_MODULE=0 leaves it out).")
        print(f"The whole one (GCHEAP_MODULE=full) would add {whole[0]} bytes of text and {whole[1]} of RAM.")
    path = ROOT / "build" / ("size-part.json" if args.targets else "size.json")
    path.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"\nwrote {path}\n{LIMITS} {', '.join(outside) or 'none'}")
    grown = judge(rows, made, args.record)
    for name, found in found_panics.items():
        print(f"size: {name}: panics in the image: {', '.join(found)}", file=sys.stderr)
    sys.exit(1 if found_panics or grown else 0)


if __name__ == "__main__":
    main()
