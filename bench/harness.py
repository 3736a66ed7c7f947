"""Runs the programs of the harness, and measures their time or their number of instructions."""

import re
import subprocess
from dataclasses import dataclass, field

from build import ROOT

CANNOT = 3  # exit code: this heap cannot run the workload


class RunError(Exception):
    pass


@dataclass
class Row:
    """A workload and its cost per operation on each heap: nanoseconds, or instructions."""

    group: str
    workload: str
    unit: str
    parameters: str = ""  # of the program in bench/hunt; without, it is a workload of bench/harness
    cost: dict = field(default_factory=dict)
    proof: dict = field(default_factory=dict)  # heap -> numbers that are equal where heaps did the same work

    def add(self, heap, cost, proof):
        if self.proof.setdefault(heap, proof) != proof:
            raise RunError(f"{self.workload}: {heap} did different work in two runs: {self.proof[heap]}, {proof}")
        self.cost[heap] = min(cost, self.cost.get(heap, cost))

    def check(self, heaps):
        """Heaps with the same addresses must have done the same work."""
        proofs = {heap: self.proof.get(heap) for heap in heaps}
        if len(set(proofs.values())) > 1:
            raise RunError(f"{self.workload}: the heaps did different work: {proofs}")


def workloads(program):
    lines = subprocess.run([program, "--list"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [Row(*line.split("\t")) for line in lines]


def found_by_hunt(board=False):
    """The rows of bench/hunt/rows.txt that fit this machine, or a board."""
    rows = []
    for line in (ROOT / "bench" / "hunt" / "rows.txt").read_text().splitlines():
        parts = [part.strip() for part in line.split("|")]
        if line.startswith("#") or parts == [""]:
            continue
        if len(parts) != 3:
            raise RunError(f"bench/hunt/rows.txt: not NAME | OPERATION | PARAMETERS: {line}")
        rows.append(Row("hunt", *parts))
    return [row for row in rows if row.workload.startswith("board-") == board]


def run(command, name):
    """The program's output, key -> value (None if it cannot run the workload), and its messages."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == CANNOT:
        return None, done.stderr
    if done.returncode:
        raise RunError(f"{name}: exit code {done.returncode}\n{done.stderr}")
    return dict(line.split() for line in done.stdout.splitlines()), done.stderr


def measure(program, heap, row, count):
    """One run, whose cost is added to the row. False if this heap cannot run the workload."""
    command = [str(program), row.workload, *(["--once"] if count else [])]
    if row.parameters:
        command = [str(program.with_name("hunt")), *row.parameters.split()]
    if count:
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=/dev/null", *command]
    values, messages = run(command, f"{row.workload} on {heap}")
    if values is None:
        return False
    if count:
        cost = int(re.search(r"Collected : (\d+)", messages)[1]) / int(values["operations"])
    else:
        cost = float(values["ns"])
    row.add(heap, cost, tuple((key, value) for key, value in values.items() if key != "ns"))
    return True
