#!/usr/bin/env python3
"""A hunt for workloads on which libgcheap is slower than gc.c, or than Boehm's collector.

    bench/hunt.py [--count N] [--seed S] [--only SEED|"NAME=VALUE ..."] [--boards NAMES | --boards all] [--seconds N]
                  [--variant fast|compact]

Workloads are drawn at random: the one of seed S, of S + 1, and so on. Then the search climbs from the worst ones to
worse neighbours, makes these as simple as possible while the ratio stays as bad, and repeats them. The ratio is the
other heap's time divided by libgcheap's. --only runs one workload, of a seed or with the parameters that the hunt has
printed. --boards hunts on microcontrollers in QEMU instead, in instructions, with the compact variant.
Writes build/bench-hunt.json.
"""

import argparse
import json
import sys
from pathlib import Path

import hunt_build
import hunt_space
from build import GCHEAP, ROOT, BuildError
from harness import RunError
from hunt_build import COMPACT
from hunt_run import Found, Native
from hunt_search import SHOWN, Search
from report import number


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, metavar="N", default=300, help="random workloads (300)")
    parser.add_argument("--seed", type=int, metavar="S", default=1, help="of the first one (1)")
    parser.add_argument("--only", metavar="WORKLOAD", help="one workload: a seed, or parameters")
    parser.add_argument("--boards", metavar="NAMES", help="hunt on these boards, separated by commas, or on all")
    parser.add_argument("--variant", choices=["fast", "compact"], help="only this variant of libgcheap")
    parser.add_argument("--seconds", type=int, metavar="N", help="stop searching after about so long")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    args = parser.parse_args()
    # A run of one workload does not overwrite the results of a hunt.
    name = f"bench-hunt{'-boards' if args.boards else ''}{'-one' if args.only else ''}.json"
    args.json = args.json or ROOT / "build" / name
    return args


def runners(args, tree):
    if not args.boards:
        ours = {"fast": [GCHEAP], "compact": [COMPACT]}.get(args.variant, [GCHEAP, COMPACT])
        return [Native(hunt_build.build_all(tree), ours)]
    import hunt_boards
    return hunt_boards.runners(tree, args.boards)


def rows(found, runner, pairs):
    for pair in pairs:
        if found.ratio(pair) is not None:
            yield {"workload": found.text, "seed": found.seed, "ratio": found.ratio(pair), "against": pair[1],
                   "heap": pair[0], "where": runner.name, "unit": runner.unit, "cost": found.cost,
                   "description": hunt_space.describe(found.params), "proof": found.proof}


def print_worst(search, pair):
    print(f"\nThe worst for {pair[0]} against {pair[1]} on {search.runner.name}:")
    for found in search.worst(pair):
        print(f"  {found.ratio(pair):.3f}  {hunt_space.describe(found.params)}\n"
              f"         seed {found.seed}: {found.text}")


def hunt(runner, args):
    search = Search(runner, args.seconds)
    search.draw(range(args.seed, args.seed + args.count))
    for pair in runner.searched:
        search.climb(pair)
    for pair in runner.searched:
        search.settle(pair)
    written = []
    for pair in runner.pairs:
        if pair in runner.searched:
            print_worst(search, pair)
        for found in search.worst(pair):
            written += rows(found, runner, [pair])
    print()
    for pair in runner.pairs:
        print(f"{search.summary(pair)} on {runner.name}")
    return written


def replay(runner, args):
    """One workload on every heap."""
    if args.only.isdigit():
        found = Found(hunt_space.draw(int(args.only), runner.board), int(args.only))
    else:
        params = hunt_space.parse(args.only)
        found = Found(params, params.get("seed", hunt_space.DEFAULTS["seed"]))
    if not runner.measure(found, runner.heaps, runner.sure_runs):
        raise found.error("the shape does not fit into its heap")
    print(f"{hunt_space.describe(found.params)}, on {runner.name}\n  seed {found.seed}: {found.text}")
    for heap in runner.heaps:
        proof = ", ".join(f"{name} {value}" for name, value in found.proof.get(heap, {}).items())
        print(f"  {heap}: {number(found.cost.get(heap))} {runner.unit} ({proof or 'cannot run it'})")
    for pair in runner.pairs:
        if found.ratio(pair) is not None:
            print(f"  ratio of {pair[0]} to {pair[1]}: {found.ratio(pair):.3f}")
    return list(rows(found, runner, runner.pairs))


def main():
    args = arguments()
    written, faults = [], []
    try:
        for runner in runners(args, hunt_build.tree()):
            written += replay(runner, args) if args.only else hunt(runner, args)
            faults += runner.faults
    except (BuildError, RunError, ValueError) as error:
        sys.exit(f"bench-hunt: {error}")
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(written, indent=1) + "\n")
    print(f"\nwrote {args.json}")
    if not args.only:
        print(f"To replay one: make bench-hunt ONLY=SEED, or ONLY=\"its parameters\" ({SHOWN} worst of each are kept)")
    if faults:
        sys.exit("\n".join(f"bench-hunt: {fault}" for fault in faults))


if __name__ == "__main__":
    main()
