"""The hunt on microcontrollers in QEMU: the same generator, in instructions, on every board of baremetal.py."""

import os
import sys

import baremetal
from build import GCHEAP
from hunt_run import Runner

FASTER = "the faster gc.c"


class Qemu(Runner):
    """A board, in instructions, which are the same in every run."""

    unit, board, jobs = "instructions", True, os.cpu_count()

    def __init__(self, tree, board):
        self.name, self.machine, self.faults = board.target, board, []
        builder = baremetal.HuntBuilder(tree, board)
        self.programs = {heap.name: builder.build(heap) for heap in baremetal.HEAPS}
        self.exact = self.heaps = list(self.programs)
        self.pairs = self.searched = [(GCHEAP, FASTER)]

    def run(self, heap, found):
        if heap not in self.programs:
            return None
        lines = baremetal.run(self.machine, self.programs[heap], found.text)
        if lines is None:
            return None
        clock = baremetal.Clock(self.machine, lines)
        values = {words[0]: words[1] for words in lines if len(words) == 2}
        return {**values, "cost": next((clock.instructions(words[1:]) for words in lines if words[0] == "run"), 0)}

    def measure(self, found, heaps, runs=1):
        """Always on all heaps, and only once."""
        if GCHEAP not in found.cost:
            if not super().measure(found, self.heaps):
                return False
            found.cost[FASTER] = min(found.cost[heap] for heap in self.heaps if heap != GCHEAP)
        return True


def runners(tree, names):
    known = {board.target: board for board in baremetal.BOARDS}
    chosen = list(known) if names == "all" else names.split(",")
    if unknown := [name for name in chosen if name not in known]:
        sys.exit(f"bench-hunt: no board {', '.join(unknown)}; there are: {', '.join(known)}")
    baremetal.need((f"{baremetal.PREFIX}gcc", "gcc-arm-none-eabi libnewlib-arm-none-eabi"),
                   ("qemu-system-arm", "qemu-system-arm"))
    for name in chosen:
        yield Qemu(tree, known[name])
