"""Writes snapshots (docs/SNAPSHOT.md) of heaps that a test thought up."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

BASE = 0x10000000
BLOCK = 16
WORD = 8
STATIC, STACK = 1, 2  # kinds of roots


class Thing(NamedTuple):
    """An object: how many blocks it has, its name, the objects that its words point to, from the first word on."""

    blocks: int
    name: str
    to: Sequence[int] = ()


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def string(text: str) -> bytes:
    return varint(len(text.encode())) + text.encode()


def record(tag: str, payload: bytes) -> bytes:
    return tag.encode() + varint(len(payload)) + payload


def address(things: Sequence[Thing], number: int) -> int:
    """Of an object: they lie side by side from the start of the only area on."""
    return BASE + BLOCK * sum(thing.blocks for thing in things[:number])


def snapshot(things: Sequence[Thing], roots: Iterable[tuple[int, str, int]], free: int = 0) -> bytes:
    """A snapshot of one area with these objects and some free blocks behind them. A root is a kind, a name, an object."""
    starts, block = [], 0
    for thing in things:
        starts.append(block)
        block += thing.blocks
    kinds = bytearray()
    for thing in things:
        kinds += b"\1" + b"\2" * (thing.blocks - 1)
    kinds += bytes(-len(kinds) % 4)
    table = bytes(a | b << 2 | c << 4 | d << 6 for a, b, c, d in zip(*[iter(kinds)] * 4))
    contents = bytearray(block * BLOCK)
    for start, thing in zip(starts, things):
        words = [BASE + BLOCK * starts[to] for to in thing.to]
        struct.pack_into(f"<{len(words)}Q", contents, start * BLOCK, *words)
    names, before = bytearray(), 0
    for start, thing in zip(starts, things):
        names += varint(start - before) + string(thing.name)
        before = start
    numbers = (1, WORD, 0, BLOCK, 8 | 16, 0, 0, 1)
    out = bytearray(b"\x89gcheap\n")
    out += record("H", b"".join(map(varint, numbers)) + string("a test") + string("Python"))
    out += record("A", varint(0) + varint(BASE) + varint(block + free) + varint(block))
    for number, (kind, name, thing) in enumerate(roots):
        out += record("R", b"".join(map(varint, (number, kind, 0, 0x5000 + 0x100 * number, 64, 0, 0))) + string(name))
        out += record("W", varint(number) + varint(2) + varint(BASE + BLOCK * starts[thing]))
    out += record("T", varint(0) + varint(0) + varint(0) + table)
    out += record("N", varint(0) + names)
    out += record("C", varint(0) + varint(0) + contents)
    out += b"E" + varint(4)
    return bytes(out) + struct.pack("<I", zlib.crc32(out))
