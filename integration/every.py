#!/usr/bin/env python3
"""Unmodified Debian programs on libgcheap, with a collection at every allocation:  integration/every.py

The uses of programs.py would take hours in this way, so these are small ones. What a program prints is compared with what it
prints on Debian's libgc. ECL allocates so much while it starts that a collection comes at every tenth allocation
only, and asymptote at every hundredth. Nix is left out: it cannot bear a collection while it starts (programs.py).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import cases
import programs
import unpacked

TABLE = "<p>text <b>bold</b><table border=1><tr><td>1<td>2</table><ul><li>one<li>two</ul><form><input name=a></form>"
NEKO = ('make = function(n) { if( n == 0 ) null else { next => make(n - 1), text => "n" + $string(n) } };'
        'show = function(o) { if( o != null ) { $print(o.text, " "); show(o.next) } };'
        'show(make(30)); $print($array(1,2,3), "\\n");')
PARSER = "@main[]\n$h[^hash::create[]]^for[i](1;20){$h.$i[text $i]}^h.foreach[k;v]{$k=$v^;}\n"
GUILE = '(let loop ((n 40) (all (list))) (if (= n 0) (display all) (loop (- n 1) (cons (number->string n) all))))'
ECL = '(let ((all nil)) (dotimes (n 40) (push (format nil "~a-~r" n n) all)) (print all))'
POKE = "var a = [1,2,3] + [4,5]; for (x in a) { printf (\"%v \", x); } print (\"text\" + \"more\\n\");"
ASYMPTOTE = "size(100); draw((0,0)--(1,1)..cycle); int[] a = {3,1,2}; write(sort(a));"


def write(name: str, text: str):
    """Puts a file into the directory of a run."""
    return lambda where: (where / name).write_text(text + "\n")


def every(number: int, package: str, command: list[str], prepare=lambda _: None, **more) -> None:
    """A use with a collection after each so many allocations."""
    programs.STRESS = number
    programs.same(package, command, prepare, **more)


def test_w3m():
    programs.LEAST_STRESS.pop("w3m", None)
    for arguments in ["-dump"], ["-dump", "-cols", "20"], ["-dump_extra"], ["-halfdump"]:
        every(1, "w3m", ["w3m", *arguments, "page.html"], write("page.html", TABLE))


def test_neko():
    def compiled(where: Path) -> None:
        write("small.neko", NEKO)(where)
        subprocess.run(["nekoc", "small.neko"], cwd=where, check=True, stdout=subprocess.DEVNULL)
    every(1, "neko", ["neko", "small"], compiled)
    every(1, "neko", ["nekoc", "-v", "tiny.neko"], write("tiny.neko", '$print("text");'),
          result=lambda where: f"{sorted(os.listdir(where))}")


def test_parser3():
    every(1, "parser3-cgi", ["parser3", "page.p"], write("page.p", PARSER))


def test_guile():
    every(1, "guile-3.0", ["guile", "--no-auto-compile", "-c", GUILE])


def test_ecl():
    every(10, "ecl", ["ecl", "--norc", "--shell", "small.lisp"], write("small.lisp", ECL))


def test_poke():
    every(1, "poke", ["poke", "--quiet", "-L", "small.pk"], write("small.pk", POKE))


def test_debfoster():
    every(1, "debfoster", ["debfoster", "-k", "/dev/null", "-d", "bash"])


def test_mmv():
    def files(where: Path) -> None:
        for i in range(50):
            (where / f"file{i}.old").write_text(str(i))
    every(1, "mmv", ["mmv", "-v", "file*.old", "new#1"], files, result=lambda where: f"{sorted(os.listdir(where))}")


def test_chase():
    def link(where: Path) -> None:
        (where / "target").write_text("")
        for i in range(30):
            (where / f"link{i}").symlink_to(f"link{i - 1}" if i else "target")
    every(1, "chase", ["chase", "link29"], link)


def test_asymptote():
    place = unpacked.unpack("asymptote", programs.ASYMPTOTE)
    every(100, "asymptote", [str(place / "usr/bin/asy"), "-sysdir", str(place / "usr/share/asymptote"), "-f", "eps", "-o",
                           "picture", "small.asy"], write("small.asy", ASYMPTOTE), more=unpacked.libraries(place))


if __name__ == "__main__":
    cases.run_all(globals())
