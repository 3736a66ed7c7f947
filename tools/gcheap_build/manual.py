"""The manual pages: gcheap(3), made from the header's own text, and a page for each function that leads there."""

from __future__ import annotations

import os
import re
import textwrap
import time
from collections.abc import Iterable

from . import header
from .header import Item

PAGE = "gcheap.3"
MOST_COLUMNS = 71  # of 78; text is indented by 7
ALSO = ("malloc(3)", "mmap(2)", "pthread_create(3)", "pthread_detach(3)", "pthread_join(3)")
RESULT = re.compile("(Returns|NULL|0) ")
ROFF = {"\\": "\\e", "^": "\\(ha", "~": "\\(ti", "`": "\\(ga", "'": "\\(aq"}


def pages(version: str) -> dict[str, str]:
    """The pages' texts, by the names of their files."""
    found = header.read()
    links = {f"{function.name}.3": f".so man3/{PAGE}\n" for function in found.functions}
    return {PAGE: page(found, version), **links}


def date() -> str:
    """The day of the header's last change, or the one that a build is told to write wherever it would write a day."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or header.HEADER.stat().st_mtime
    return time.strftime("%Y-%m-%d", time.gmtime(int(seconds)))


def page(found: header.Header, version: str) -> str:
    lines = ['.\\" Made from include/gcheap.h by tools/gcheap_build/manual.py.',
             f'.TH gcheap 3 "{date()}" "libgcheap {version}" "Library Functions Manual"',
             ".SH NAME", f"gcheap \\- {escaped(found.title)}",
             ".SH SYNOPSIS", ".nf", "\\fB#include <gcheap.h>\\fR", "",
             *(line for function in found.functions for line in code(function)),
             ".fi", ".PP", "Link with \\fB\\-lgcheap\\fR,",
             "or with what \\fBpkg\\-config \\-\\-cflags \\-\\-libs gcheap\\fR prints.",
             ".SH DESCRIPTION", *prose(found.introduction, found.items)[1:]]
    for item in found.items:
        lines += [f".SS {item.name}", ".nf", *code(item), ".fi", *prose(item.text, found.items, item)]
        for field in item.fields:
            lines += [".TP", f"\\fI{field.name}\\fR", *prose(field.text, found.items)[1:]]
    lines += [".SH RETURN VALUE"]
    for function in found.functions:
        if result := returns(function):
            lines += [".TP", f"\\fB{function.name}\\fR()", *prose([result], found.items, function)[1:]]
    also = [re.sub(r"(\w+)(\(\d\))", r"\\fB\1\\fR\2", name) for name in ALSO]
    lines += [".SH SEE ALSO", *(f"{name}," for name in also[:-1]), also[-1]]
    return "\n".join(lines) + "\n"


def returns(function: Item) -> str:
    """What a function's text says about its result. That may refer to its first sentence, or be that sentence itself."""
    if function.returns_nothing:
        return ""
    first, *rest = (sentence for text in function.text for sentence in sentences(text))
    return " ".join([first, *(sentence for sentence in rest if RESULT.match(sentence))])


def parameters(item: Item) -> list[str]:
    """The names of a function's parameters."""
    if not item.is_function:
        return []
    found = []
    for part in split(item.declaration.partition("(")[2].removesuffix(");")):
        pointer = re.search(r"\(\*(\w+)\)", part)
        words = re.findall(r"\w+", part)
        found.append(pointer[1] if pointer else str(words[-1]))
    return found


def split(text: str) -> list[str]:
    """The parts between commas that are not within parentheses."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def code(item: Item) -> list[str]:
    """A declaration without its comments, in bold; a long function's parameters on lines of their own."""
    text = re.sub(r"\n#if.*?\n#endif[^\n]*\n *", " ", item.declaration, flags=re.S)
    lines = [line.rstrip() for line in re.sub(r"//[^\n]*", "", text).splitlines() if line.strip() and "///" not in line]
    if not item.is_function:
        return [f"\\fB{escaped(line, True)}\\fR" for line in lines]
    declaration = " ".join(line.strip() for line in lines)
    start = declaration[:declaration.index("(") + 1]
    rows = [start]
    for number, part in enumerate(parts := split(declaration[len(start):-2])):
        part += ", " if number < len(parts) - 1 else ");"
        if len(rows[-1] + part.rstrip()) > MOST_COLUMNS and rows != [start]:
            rows[-1] = rows[-1].rstrip()
            # Behind the parenthesis, or where it would still be too long, further to the left.
            rows.append(" " * max(4, min(len(start), MOST_COLUMNS - len(part))))
        rows[-1] += part
    names = "|".join(name for name in parameters(item) if name != "void")
    if not names:
        return [f"\\fB{escaped(row, True)}\\fR" for row in rows]
    italic = re.compile(rf"(?<=[ *])({names})(?=[,)])")
    return ["\\fB" + italic.sub(r"\\fI\1\\fB", escaped(row, True)) + "\\fR" for row in rows]


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?]) +", text)


def prose(texts: Iterable[str], known: list[Item], of: Item | None = None) -> list[str]:
    """Paragraphs: each sentence begins a line, the header's names in bold, a function's parameters in italics."""
    bold = {item.name: f"\\fB{item.name}\\fR" + ("()" if item.is_function else "") for item in known}
    bold |= {field.name: f"\\fB{field.name}\\fR" for item in known for field in item.fields if field.name.isupper()}
    slanted = {name: f"\\fI{name}\\fR" for name in (parameters(of) if of else [])}
    # Elsewhere than in front of a colon, "object" may be the word.
    unmistakable = {name: marked for name, marked in slanted.items() if "_" in name}
    lines = []
    for text in texts:
        lines.append(".PP")
        for sentence in sentences(text):
            about = re.match(r"\w+(?:, \w+)*: ", sentence)
            end = about.end() if about and set(re.findall(r"\w+", about[0])) <= set(slanted) else 0
            line = marked_up(sentence[:end], slanted) + marked_up(sentence[end:], bold | unmistakable)
            rows = textwrap.wrap(line, 78, break_long_words=False, break_on_hyphens=False)
            lines += [f"\\&{row}" if row.startswith((".", "'")) else row for row in rows]
    return lines


def marked_up(text: str, marks: dict[str, str]) -> str:
    return "".join(marks.get(part) or escaped(part) for part in re.split(r"(\w+)", text))


def escaped(text: str, is_code: bool = False) -> str:
    """Text for roff: a piece of code, or words of prose with what stands between them. A hyphen in front of a word is an
    option's. In prose ' is an apostrophe, not a quotation mark."""
    out = "".join(ROFF.get(letter, letter) if is_code or letter != "'" else letter for letter in text)
    out = out.replace("-", "\\-") if is_code else re.sub(r"(?<=[\s(])-$", r"\\-", out)
    return "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in out)
