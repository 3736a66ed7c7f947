"""include/gcheap.h, read for the manual and the tests: what it declares for programs on Linux, with the text about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .process import ROOT, Failure

HEADER = ROOT / "include" / "gcheap.h"
RULE = "// " + "-" * 117
# What a declaration is about: the name in it that comes first in this order.
NAMES = (r"#define (\w+)", r"^typedef struct (\w+)", r"^enum (\w+)", r"\b(\w+)\(")


class Item(NamedTuple):
    """A function, a constant or a type of the header."""

    name: str
    text: list[str]  # paragraphs
    declaration: str

    @property
    def is_function(self) -> bool:
        return self.declaration.endswith(");")

    @property
    def returns_nothing(self) -> bool:
        return re.match(r"(\[\[noreturn\]\] )?void \w", self.declaration) is not None

    @property
    def fields(self) -> list[Item]:
        """The fields of a structure, the constants of an enumeration."""
        body = re.search(r"\{\n(.*)\n *\}", self.declaration, re.S)
        return list(items(body[1])) if body else []


class Header(NamedTuple):
    """The gcheap_ functions and all that their callers need."""

    title: str  # what the library is: "a garbage-collected heap for …"
    introduction: list[str]
    items: list[Item]

    @property
    def functions(self) -> list[Item]:
        return [item for item in self.items if item.is_function]


def paragraphs(lines: list[str]) -> list[str]:
    """The paragraphs of a comment's lines. Lines that begin with Requires begin one."""
    found: list[list[str]] = [[]]
    for line in lines:
        if not line or line.startswith("Requires:"):
            found.append([])
        found[-1] += [line] if line else []
    return [" ".join(words) for words in found if words]


def items(text: str) -> Iterator[Item]:
    """What a piece of the header declares: each a comment of /// lines, and the lines to the declaration's end."""
    comment: list[str] = []
    declaration: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if not declaration and stripped.startswith("///"):
            comment.append(stripped[3:].strip())
        elif declaration or (comment and stripped and (stripped[0] != "#" or stripped.startswith("#define"))):
            declaration.append(line)
            whole = "\n".join(declaration)
            # Comments within it may hold braces and semicolons.
            code = re.sub(r"//.*", "", whole).rstrip()
            if code.endswith((";", ",")) and code.count("{") == code.count("}") or code.startswith("#"):
                yield Item(name(whole), paragraphs(comment), without_attributes(whole.strip()))
                comment, declaration = [], []
        elif not stripped:
            comment = []


def without_attributes(declaration: str) -> str:
    """A declaration without those of GNU C. That a function does not return is written as in C23 and C++."""
    ends = "[[noreturn]] " if re.search(r"__attribute__\(\((?:__)?noreturn", declaration) else ""
    return ends + re.sub(r"\s*__attribute__\(\(.*?\)\)(?=[\s;])", "", declaration)


def name(declaration: str) -> str:
    code = re.sub(r"//.*", "", declaration)
    for pattern in NAMES:
        if found := re.search(pattern, code):
            return found[1]
    words = re.findall(r"\w+", code.partition("=")[0])  # a field, or a constant of an enumeration
    if not words:
        raise Failure(f"{HEADER}: what is this about? {declaration}")
    return str(words[-1])


def read() -> Header:
    text = HEADER.read_text(encoding="utf-8")
    title = re.match(r"// libgcheap: (.+)\.\n", text)
    parts = {int(part[0]): part for part in text.split(f"{RULE}\n// ") if part[0].isdigit()}
    if not title or sorted(parts) != [1, 2, 3]:
        raise Failure(f"{HEADER} does not have the three parts that its manual is made from")
    lines = parts[1].split("\n\n#")[0].splitlines()[1:]
    # Part 2 has what all programs share, part 3 the enumeration of what gcheap_set_misuse's function is called with.
    found = [*items(parts[1])]
    found += (item for item in items(parts[2]) if item.is_function and item.name.startswith("gcheap_"))
    found += (item for item in items(parts[3]) if item.name == "gcheap_misuse")
    return Header(title[1], paragraphs([line[2:].strip() for line in lines]), found)
