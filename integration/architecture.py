#!/usr/bin/env python3
"""Checks the layout of the Rust sources: no import circle, no file over 500 lines, no `#[path]`.

    integration/architecture.py [ROOT...]      default: src and those of the crates

An import is a `use` of another module, or a path such as `crate::layout::atb::Kind`. A module's `pub use` of its own
child is not one: an import through it counts as an import of the child.
"""
from __future__ import annotations

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
MOST_LINES = 500
Name = tuple[str, ...]


def modules(root: Path) -> dict[Name, str]:
    """Each module's name, as the parts of its path, and its text without comments, strings and test modules."""
    found: dict[Name, str] = {}
    for file in sorted(root.rglob("*.rs")):
        parts = file.relative_to(root).with_suffix("").parts
        name = parts[:-1] if parts[-1] in ("mod", "lib", "main") else parts
        text = re.sub(r"//[^\n]*|/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.S)
        text = re.split(r"#\[cfg\(test\)\]\s*mod \w+ \{", text)[0]
        found[name] = found.get(name, "") + re.sub(r'"(?:\\.|[^"\\])*"', '""', text)
    return found


def leaves(tree: str) -> list[str]:
    """The paths that a use tree names: `a::{b, c::d}` is `a::b` and `a::c::d`."""
    tree = re.sub(r"\bas\s+\w+", "", tree)
    tree = re.sub(r"\s+", "", tree)
    at = tree.find("{")
    if at < 0:
        return [tree]
    items, depth, start = [], 0, at + 1
    for n in range(at, len(tree)):
        depth += {"{": 1, "}": -1}.get(tree[n], 0)
        if (tree[n] == "," and depth == 1) or depth == 0:
            items.append(tree[start:n])
            start = n + 1
            if depth == 0:
                break
    return [leaf for item in items if item for leaf in leaves(tree[:at] + item)]


def resolve(path: str, of: Name, names: dict[Name, str]) -> Name | None:
    """The parts of a path from the crate's root, if it begins in this crate."""
    parts = path.split("::")
    base: Name = of
    if parts[0] == "crate":
        base, parts = (), parts[1:]
    elif parts[0] in ("self", "super"):
        if parts[0] == "self":
            parts = parts[1:]
        while parts and parts[0] == "super":
            base, parts = base[:-1], parts[1:]
    elif (*of, parts[0]) not in names:
        return None
    return (*base, *parts)


def imports(of: Name, names: dict[Name, str], exports: dict[Name, Name]) -> set[Name]:
    """The modules that a module imports."""
    found: set[Name] = set()
    uses = re.compile(r"(pub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);")
    paths = [(leaf, bool(use[1])) for use in uses.finditer(names[of]) for leaf in leaves(use[2])]
    rest = uses.sub("", names[of])
    paths += [(path, False) for path in re.findall(r"(?<![\w:$])\w+(?:::\w+)+", rest)]
    for path, public in paths:
        target = resolve(path, of, names)
        if target is None:
            continue
        target = exports.get(target, target)
        while target not in names:
            target = target[:-1]
        own_child = target[:len(of)] == of
        if target != of and not (public and own_child):
            found.add(target)
    return found


def exported(names: dict[Name, str]) -> dict[Name, Name]:
    """What a module exports of its children: the name that others use, and the real one."""
    found: dict[Name, Name] = {}
    for of, text in names.items():
        for use in re.finditer(r"\bpub(?:\([^)]*\))?\s+use\s+([^;]+);", text):
            for leaf in leaves(use[1]):
                target = resolve(leaf, of, names)
                if target is not None:
                    found[(*of, target[-1])] = target
    return found


def circles(graph: dict[Name, set[Name]]) -> list[list[Name]]:
    """Groups of modules that reach each other."""
    def reached(start: Name) -> set[Name]:
        seen: set[Name] = set()
        todo = list(graph[start])
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += graph[name]
        return seen

    reach = {name: reached(name) for name in graph}
    groups = {tuple(sorted(o for o in reach[n] if n in reach[o])) for n in graph if n in reach[n]}
    return sorted(list(group) for group in groups)


def check(root: Path) -> list[str]:
    """What is wrong below a root."""
    names = modules(root)
    if not names:
        return [f"{root}: no Rust files"]
    exports = exported(names)
    graph = {name: imports(name, names, exports) for name in names}
    wrong = []
    for group in circles(graph):
        wrong.append(f"{root}: import circle: " + ", ".join("::".join(name) or "(root)" for name in group))
        for name in group:
            wrong.append(f"  {'::'.join(name) or '(root)'} imports "
                         + ", ".join("::".join(o) or "(root)" for o in sorted(graph[name] & set(group))))
    for file in sorted(root.rglob("*.rs")):
        text = file.read_text(encoding="utf-8")
        if len(text.splitlines()) > MOST_LINES:
            wrong.append(f"{file}: {len(text.splitlines())} lines, more than {MOST_LINES}")
        if re.search(r"^\s*#!?\[(?:cfg_attr\(.*)?path\b", text, re.M):
            wrong.append(f"{file}: a #[path] attribute")
    return wrong


def main() -> int:
    crates = [TOP / "crates" / name / "src" for name in ("parity", "standalone", "bdw", "snapshot", "heapview")]
    roots = [Path(arg) for arg in sys.argv[1:]] or [TOP / "src", *crates]
    failed = 0
    for root in roots:
        wrong = check(root)
        failed += bool(wrong)
        for line in wrong:
            print(line)
    print(f"architecture: {len(roots) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
