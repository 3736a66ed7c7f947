"""The search for the workloads with the worst ratio: random ones, then neighbours of the worst, then simpler ones."""

import random
import sys
import time

import hunt_space
from build import ROOT
from hunt_run import Found

sys.path.append(str(ROOT / "tools"))
from progress import Progress  # noqa: E402

SHOWN = 10
INTERESTING = 1.3  # ratios below are looked at more closely
CLIMB_ROUNDS, CLIMB_WIDTH = 3, 3  # rounds, and neighbours of each of the worst that are tried in a round
CLEARLY = 0.97  # a neighbour has to be worse by so much
TOLERANCE = 1.04  # a simpler workload may be less bad by so much
TRIALS = 40  # of simpler workloads
# When the phases end, as a share of the time.
DRAW_END, CLIMB_END, SHRINK_END = 0.45, 0.65, 0.9


class Search:
    def __init__(self, runner, seconds):
        self.runner = runner
        self.start, self.seconds = time.monotonic(), seconds or float("inf")
        self.found, self.drawn = [], []
        self.few = min(3, runner.sure_runs)

    def is_late(self, share=1.0):
        return time.monotonic() > self.start + share * self.seconds

    def draw(self, seeds):
        """Runs the workloads of these seeds."""
        progress = Progress(f"workloads on {self.runner.name}", len(seeds))
        impossible = 0
        for seed in seeds:
            if self.is_late(DRAW_END):
                break
            found = Found(hunt_space.draw(seed, self.runner.board), seed)
            if self.runner.measure_or_note(found, self.runner.heaps):
                self.found.append(found)
                self.drawn.append(found)
                bad = {heap for pair in self.runner.pairs if (found.ratio(pair) or 9) < INTERESTING for heap in pair}
                self.runner.measure_or_note(found, sorted(bad), self.few - 1)
            else:
                impossible += 1
            progress.step(f"seed {seed}")
        progress.clear()
        print(f"{len(self.found)} random workloads on {self.runner.name}"
              f" ({impossible} more do not fit into their heaps, or take gc.c too long)")

    def worst(self, pair, n=SHOWN):
        """One for each seed and each kind, the worst first."""
        kept, seeds, kinds = [], set(), set()
        known = [found for found in self.found if found.ratio(pair) is not None]
        for found in sorted(known, key=lambda found: found.ratio(pair)):
            kind = tuple((name, value if name in hunt_space.WORDS else 0)
                         for name, value in sorted(hunt_space.normal(found.params).items()))
            if found.seed not in seeds and kind not in kinds:
                kept.append(found)
                seeds.add(found.seed)
                kinds.add(kind)
        return kept[:n]

    def summary(self, pair):
        """How many of the random workloads are slower than with the other heap, and the worst of all."""
        ratios = [ratio for ratio in (found.ratio(pair) for found in self.drawn) if ratio is not None]
        worst = min([found.ratio(pair) for found in self.worst(pair, 1)], default=float("nan"))
        return (f"{pair[0]} against {pair[1]}: slower in {sum(ratio < 1 for ratio in ratios)} of {len(ratios)} random"
                f" workloads; the worst ratio, also of those that the search found, is {worst:.3f}")

    def is_as_bad(self, new, pair, limit):
        """Whether a workload's ratio is below the limit; a first look is enough for most that are not."""
        for runs in (1, self.few - 1):
            if not self.runner.measure_or_note(new, pair, runs) or new.ratio(pair) is None or new.ratio(pair) > limit:
                return False
        return True

    def climb(self, pair):
        """Moves each of the worst to worse neighbours."""
        progress = Progress(f"neighbours, {' against '.join(pair)}", CLIMB_ROUNDS * SHOWN)
        for round_ in range(CLIMB_ROUNDS):
            for at in self.worst(pair):
                for i in range(CLIMB_WIDTH):
                    if self.is_late(CLIMB_END):
                        return
                    rng = random.Random(f"{at.text} {round_} {i}")
                    new = Found(hunt_space.mutate(at.params, rng, self.runner.board), at.seed)
                    if self.is_as_bad(new, pair, CLEARLY * at.ratio(pair)):
                        self.found.append(new)
                progress.step(f"{at.ratio(pair):.2f}")
        progress.clear()

    def shrink(self, at, pair):
        """A simpler workload whose ratio is as bad."""
        trials, again = 0, True
        while again:
            again = False
            for params in hunt_space.simpler(at.params):
                if trials >= TRIALS or self.is_late(SHRINK_END):
                    return at
                trials += 1
                new = Found(params, at.seed)
                if self.is_as_bad(new, pair, TOLERANCE * at.ratio(pair)):
                    at, again = new, True
                    break
        return at

    def settle(self, pair):
        """Shrinks the worst, and repeats them enough to be sure."""
        chosen = [found for found in self.worst(pair) if found.ratio(pair) < INTERESTING]
        progress = Progress(f"the worst, {' against '.join(pair)}", len(chosen))
        for found in chosen:
            self.runner.measure_or_note(found, pair, self.few)
            small = self.shrink(found, pair)
            for one in {id(found): found, id(small): small}.values():
                if not self.is_late():
                    self.runner.measure_or_note(one, self.runner.heaps, self.runner.sure_runs)
            best = small if small.ratio(pair) <= TOLERANCE * found.ratio(pair) else found
            # Those that led here are no longer needed.
            self.found = [other for other in self.found if other is not found and not (
                other.seed == found.seed and (other.ratio(pair) or 0) <= best.ratio(pair))] + [best]
            progress.step()
        progress.clear()
