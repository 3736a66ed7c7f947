"""The contents of a linked image: sections, symbols and text from the ELF file, and from the linker's map the object
that each part comes from."""

import re
import struct
import subprocess
from collections import defaultdict

WRITE, ALLOC = 1, 2  # flags of a section
NOBITS = 8  # its type, if the file does not hold its contents
PADDING = 64  # a gap of at least this many bytes is the padding of a page, not the alignment of a function


class Image:
    def __init__(self, elf, tools):
        self.path, self.tools = elf, tools
        self.data = elf.read_bytes()
        self.contents = b""
        self.sections = self._sections()
        self.parts = self._parts(elf.with_suffix(".map").read_text())

    def _sections(self):
        """(name, flags, type, address, size) of every section that takes memory; 32-bit little-endian ELF."""
        if self.data[:6] != b"\x7fELF\x01\x01":
            raise ValueError(f"{self.path} is no 32-bit little-endian ELF file")
        table, = struct.unpack_from("<I", self.data, 32)
        width, count, names = struct.unpack_from("<HHH", self.data, 46)
        heads = [struct.unpack_from("<10I", self.data, table + i * width) for i in range(count)]
        found = []
        for name, kind, flags, address, offset, size, *_ in heads:
            start = heads[names][4] + name
            text = self.data[start:self.data.index(b"\0", start)].decode()
            if flags & ALLOC and size:
                found.append((text, flags, kind, address, size))
                if kind != NOBITS:
                    self.contents += self.data[offset:offset + size] + b"\0"
        return found

    def check(self):
        """The linker's map and the image have to agree, except for strings that the linker merged."""
        for ram in (False, True):
            total, parts = self.total(ram), sum(self.by_object(ram).values())
            if abs(total - parts) > total / 100:
                raise ValueError(f"{self.path}: {total} bytes, but {parts} in the linker's map")

    def _parts(self, text):
        """(section, object, address, size) of all that the linker took from each object; the object "" is padding."""
        text = text[text.index("\nLinker script and memory map"):]
        memory = {name for name, *_ in self.sections}
        found, inside = [], ""
        # A name at the start of a line is a section of the image; a name after a space is part of the section.
        pattern = re.compile(r"^(\S+)$|^( ?)(\S+)(?: +|\n {10,})0x([0-9a-f]+) +0x([0-9a-f]+)(?: (.*))?$", re.M)
        for alone, space, name, address, size, source in pattern.findall(text):
            if not space:
                inside = alone or name
            elif inside in memory and int(size, 16):
                found.append((name, "" if name == "*fill*" else source.strip(), int(address, 16), int(size, 16)))
        return found

    def writable(self, address):
        return any(flags & WRITE and at <= address < at + length for _, flags, _, at, length in self.sections)

    def total(self, ram):
        """Bytes of all sections that are written to (ram) or not (text), without the padding of whole pages."""
        bytes_ = sum(size for _, flags, _, _, size in self.sections if bool(flags & WRITE) == ram)
        return bytes_ - sum(size for _, source, address, size in self.parts
                            if source == "" and size >= PADDING and self.writable(address) == ram)

    def by_object(self, ram):
        """Object -> bytes. An object is named by its path in the build directory, or by its archive and member."""
        found = defaultdict(int)
        for _, source, address, size in self.parts:
            if source and self.writable(address) == ram:
                name = source.removeprefix(str(self.path.parent) + "/")
                found[re.sub(r"^.*/(\S+\.a\(.*\))$", r"\1", name)] += size
        return found

    def symbols(self):
        """(name, address, size), with Rust's names demangled."""
        command = [f"{self.tools}nm", "-S", "-C", "--defined-only", self.path]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = []
        for line in done.stdout.splitlines():
            words = line.split(None, 3)
            if len(words) == 4 and re.fullmatch("[0-9a-f]+", words[1]):
                found.append((words[3], int(words[0], 16), int(words[1], 16)))
        return found

    def functions(self, source):
        """Function or constant -> bytes, of all that the linker took from an object."""
        found = defaultdict(int)
        symbols = {address & ~1: (name, size) for name, address, size in reversed(self.symbols())}
        for section, origin, address, size in self.parts:
            if origin.removeprefix(str(self.path.parent) + "/") == source and not self.writable(address):
                if address in symbols and section.startswith(".text"):
                    found[short(symbols[address][0])] += size
                elif section.startswith(".text"):
                    found[section] += size
                else:
                    found["constants and strings"] += size
        return found


def short(name):
    """The last two names of a Rust path: Heap::alloc_small, dump::print_number."""
    name = re.sub(r"::<.*>$", "", name)
    if method := re.fullmatch(r"<([\w:]+).*>::(\w+)", name):
        name = "::".join(method.groups())
    return "::".join(name.split("::")[-2:])
