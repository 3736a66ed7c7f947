"""Runs a workload on the heaps, and compares their costs and what they did."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import hunt_space
from build import GC, GCHEAP
from harness import CANNOT, RunError
from hunt_build import BOEHM, COMPACT, GC_SMALL

PATIENCE = 10  # seconds for one run
PROOF = ("operations", "failed", "collections", "used", "checksum")  # equal where heaps did the same work


class TooSlow(Exception):
    """gc.c can take hours, where its mark stack overflows again and again."""


@dataclass
class Found:
    """A workload and its cost on each heap: nanoseconds or instructions of the timed part."""

    params: dict
    seed: int  # from which it was drawn, or from which that one was drawn that led to it
    cost: dict = field(default_factory=dict)
    proof: dict = field(default_factory=dict)

    @property
    def text(self):
        return hunt_space.text(self.params)

    def ratio(self, pair):
        """How many times as fast as the other; None if that is not known."""
        ours, other = pair
        return self.cost[other] / self.cost[ours] if ours in self.cost and other in self.cost else None

    def error(self, what):
        return RunError(f"seed {self.seed}: {what}\n  the workload: {self.text}")


class Runner:
    """What is the same for this machine and for boards."""

    exact = ()  # heaps with the addresses of gc.c; the first one finds out how many steps there are
    jobs = 1  # runs at a time
    faults: list  # of the heaps: sentences
    sure_runs = 1  # so many runs give a number that can be trusted; one, where runs are equal

    def measure(self, found, heaps, runs=1):
        """Adds the costs on these heaps; they take turns, and the best run counts. False: the workload is impossible, or
        gc.c takes too long."""
        try:
            return self.try_measure(found, heaps, runs)
        except TooSlow:
            return False

    def measure_or_note(self, found, heaps, runs=1):
        """The same, but a fault is noted, and the hunt goes on."""
        try:
            return self.measure(found, heaps, runs)
        except RunError as error:
            self.faults.append(str(error))
            return False

    def try_measure(self, found, heaps, runs):
        first = self.exact[0]
        heaps = list(heaps)
        if not found.params.get("ops"):
            values = self.run(first, found)
            if values is None:
                return False
            found.params["ops"] = int(values["operations"])
        for _ in range(runs):
            with ThreadPoolExecutor(self.jobs) as pool:
                results = list(pool.map(lambda heap: self.run(heap, found), heaps))
            for heap, values in zip(heaps, results):
                if values is None and heap in self.exact:
                    raise found.error(f"{heap} cannot run the workload, but {first} can")
                if values is None:
                    continue
                cost = float(values["cost"])
                if cost > 0:
                    found.cost[heap] = min(cost, found.cost.get(heap, cost))
                proof = {name: values[name] for name in PROOF if name in values}
                # Boehm's collector scans the stack, where any number may look like a pointer.
                if found.proof.setdefault(heap, proof) != proof and heap in self.exact:
                    raise found.error(f"{heap} did different work in two runs: {found.proof[heap]}, {proof}")
        self.check(found)
        return True

    def check(self, found):
        """Heaps with the same addresses must have done the same work."""
        proofs = {heap: found.proof[heap] for heap in self.exact if heap in found.proof}
        if len({tuple(proof.items()) for proof in proofs.values()}) > 1:
            raise found.error("the heaps did different work: " +
                              ", ".join(f"{heap} {proof}" for heap, proof in proofs.items()))
        if proofs and BOEHM in found.proof and not self.is_comparable(found, next(iter(proofs.values()))):
            found.cost.pop(BOEHM, None)

    @staticmethod
    def is_comparable(found, proof):
        """Whether Boehm's collector had to do the same. Its heap has another layout, where as many bytes hold more or
        fewer objects; it has no threshold, and no query that walks over the heap."""
        theirs = found.proof[BOEHM]
        if theirs["failed"] != proof["failed"] or found.params.get("thresh") or found.params.get("then") == "info":
            return False
        few, many = sorted([int(theirs["collections"]), int(proof["collections"])])
        return many <= 2 * few + 1 if few else not many


class Native(Runner):
    """This machine, in nanoseconds of processor time."""

    name, unit, board, sure_runs = "this machine", "ns", False, 7

    def __init__(self, programs, ours=(GCHEAP, COMPACT)):
        self.faults = []
        self.programs = programs
        self.exact = [heap for heap in (GC, GC_SMALL, GCHEAP, COMPACT) if heap in programs]
        self.heaps = [*self.exact, *([BOEHM] if BOEHM in programs else [])]
        pairs = [(GCHEAP, GC), (GCHEAP, BOEHM), (COMPACT, GC), (GCHEAP, GC_SMALL), (COMPACT, GC_SMALL)]
        self.pairs = [pair for pair in pairs if set(pair) <= set(programs) and pair[0] in ours]
        self.searched = [pair for pair in self.pairs if pair[1] != GC_SMALL]  # -Os is seldom faster than -O3

    def run(self, heap, found):
        """The numbers that the program prints; None if this heap cannot run the workload."""
        try:
            done = subprocess.run([self.programs[heap], *found.text.split()], capture_output=True, text=True,
                                  timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            if heap in (GCHEAP, COMPACT):
                raise found.error(f"{heap}: no end after {PATIENCE} seconds") from None
            if heap in self.exact:
                raise TooSlow from None
            return None
        if done.returncode == CANNOT:
            return None
        if done.returncode:
            raise found.error(f"{heap}: exit code {done.returncode} {done.stdout}{done.stderr}")
        values = dict(line.split() for line in done.stdout.splitlines())
        return {**values, "cost": float(values["ns"]) * int(values["operations"])}
