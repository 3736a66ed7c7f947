"""The space of workloads: drawing one from a seed, changing it, making it simpler, and describing it.

A workload is a dictionary of parameters; those that are missing have their default. bench/hunt/hunt.h lists them.
"""

import random
import re

from build import ROOT

HEADER = (ROOT / "bench" / "hunt" / "hunt.h").read_text()
DEFAULTS, LEAST, MOST, WORDS = {}, {}, {}, {}
for found in re.finditer(r'(NUMBER|WORD)\((\w+), (?:"([a-z ]+)"|(\d+), (\d+), ([^)]+))\)(?! \w+ +\w)', HEADER):
    kind, name, words, default, least, most = found.groups()
    if kind == "WORD":
        WORDS[name] = words.split()
        DEFAULTS[name] = WORDS[name][0]
    else:
        DEFAULTS[name], LEAST[name] = int(default), int(least)
        power = re.fullmatch(r"1 << (\d+)", most)
        MOST[name] = {"UINT32_MAX": 2**32 - 1, "HEAP_MOST_KIB": 64 << 10}.get(most) or (
            2 ** int(power[1]) if power else int(most))

# Values worth trying. Of words every choice is.
TYPICAL = {
    "heap": [16, 32, 64, 128, 128, 256, 256, 512, 1024, 1024, 2048, 4096, 8192, 16384, 32768, 65536],
    "peak": [30, 60, 95, 100], "peakmax": [1, 4, 16, 100],
    "fill": [2, 5, 10, 25, 40, 50, 60, 75, 85, 92, 95, 97, 98],
    "arity": [1, 2, 3, 4, 8, 16, 30, 64, 100, 200, 1000], "near": [2, 4, 16, 32, 100, 1000],
    "extra": [1, 2, 3, 8, 30], "far": [0, 10, 50, 90], "up": [0, 1],
    "leaf": [10, 25, 50, 75, 90, 100],
    "gap": [5, 20, 50, 100], "gapmax": [1, 2, 3, 8, 40],
    "slots": [1, 3, 10, 30, 100, 250, 300, 1000, 3000, 10000, 100000],
    "prefill": [0, 50, 100],
    "free": [0, 10, 50, 90, 100],
    "burst": [1, 2, 5, 10, 30, 100, 300, 1000],
    "grow": [5, 20, 50, 90], "step": [1, 8, 32, 64, 200, 1000],
    "link": [10, 50, 90], "fin": [5, 100], "nbytes": [10, 50],
    "every": [20, 100, 500, 2000, 10000],
    "auto_collect": [0, 1], "thresh": [1, 5, 20, 50], "warm": [0, 1],
}
# Blocks of an object; bytes of an allocation.
BLOCKS = [(1, 1), (1, 1), (1, 1), (1, 2), (2, 2), (1, 3), (1, 4), (3, 3), (1, 16), (4, 64), (1, 200), (16, 16), (1, 2000),
          (2000, 30000)]
OCCUPANCY = [0.05, 0.2, 0.4, 0.5, 0.6, 0.75, 0.9, 0.97]  # of the room that the shape leaves
BLOCK, BOARD_BLOCK = 32, 16
BYTES = [(16, 16), (16, 16), (32, 32), (8, 64), (33, 64), (1, 96), (16, 128), (64, 64), (96, 96), (16, 512), (1, 1000),
         (256, 256), (8, 4096), (100, 3000), (16, 20000), (1000, 60000), (4096, 4096), (16, 300000)]
SHAPE = ["smin", "sdist", "tree", "arity", "near", "extra", "far", "up", "hold", "leaf", "place", "words", "order", "gap",
         "gapmax", "gapfree"]
CALLS = ["slots", "table", "prefill", "amin", "adist", "free", "burst", "release", "grow", "by", "step", "link", "linkto",
         "fin", "nbytes", "every", "then", "auto_collect", "thresh", "warm"]
PEAK = ["peak", "peakmax", "peakfree"]
FEW, HALF, OFTEN = 0.2, 0.5, 0.8  # how often a property is not the default
RARE = {"up", "hold", "leaf", "place", "words", "gap", "grow", "link", "fin", "nbytes", "every", "thresh", "auto_collect"}


# What makes no difference unless something else holds: names, and whether they matter in a workload with all values.
MATTERS = [
    (["peakmax", "peakfree"], lambda p: p["peak"]),
    (SHAPE + ["smax"], lambda p: p["fill"]),
    (CALLS + ["amax"], lambda p: p["life"] != "none"),
    (["sdist"], lambda p: p["smin"] != p["smax"]),
    (["adist"], lambda p: p["amin"] != p["amax"]),
    (["arity"], lambda p: p["tree"] in ("kary", "comb", "buckets")),
    (["near"], lambda p: p["tree"] == "near" or p["order"] in ("mixed", "stride") or (p["extra"] and p["far"] < 100)),
    (["far"], lambda p: p["extra"]),
    (["gapmax", "gapfree"], lambda p: p["gap"]),
    (["by"], lambda p: p["grow"]),
    (["step"], lambda p: p["grow"] and p["by"] in ("step", "shrink")),
    (["linkto"], lambda p: p["link"]),
    (["burst"], lambda p: p["life"] in ("burst", "walk", "nursery")),
    (["release"], lambda p: p["life"] == "burst"),
    (["then"], lambda p: p["every"]),
    (["thresh"], lambda p: p["auto_collect"]),
]


def normal(params):
    """The same workload without parameters that make no difference to it."""
    full = {**DEFAULTS, **params}
    for names, matters in MATTERS:
        if not matters(full):
            full.update((name, DEFAULTS[name]) for name in names)
    return {name: value for name, value in full.items() if value != DEFAULTS[name] or name in ("seed", "ops")}


def text(params):
    """As the program reads it, without defaults except for those that identify it."""
    full = {**DEFAULTS, **params}
    return " ".join(f"{name}={value}" for name, value in full.items()
                    if value != DEFAULTS[name] or name in ("heap", "seed"))


def parse(line):
    """The parameters of a text."""
    params = {}
    for word in line.split():
        name, _, value = word.partition("=")
        if name not in DEFAULTS:
            raise ValueError(f"no parameter {name!r} (in {word!r}); there are: {' '.join(DEFAULTS)}")
        if value not in WORDS.get(name, [value]) or (name not in WORDS and not value.isdigit()):
            raise ValueError(f"{word!r}: {value!r} is no value of {name}")
        params[name] = value if name in WORDS else int(value)
    return params


def draw_value(rng, params, name, board):
    if name in ("smin", "amin"):
        choices = BLOCKS if name == "smin" else BYTES
        least, most = rng.choice(choices)
        limit = (64 if name == "smin" else 2000) if board else most
        params[name], params[name.replace("min", "max")] = min(least, limit), min(most, limit)
    elif name in WORDS:
        params[name] = rng.choice(WORDS[name])
    else:
        values = TYPICAL[name]
        if board:
            most = {"heap": 128, "slots": 240, "every": 2000}.get(name, max(values))
            values = [value for value in values if value <= most]
        params[name] = rng.choice(values)


def draw(seed, board=False):
    """The workload of a seed."""
    rng = random.Random(seed)
    params = {"seed": seed % 2**32}
    draw_value(rng, params, "heap", board)
    kind = rng.choices(["collections", "calls", "both"], [35, 40, 25])[0]
    names = []
    if kind != "calls":
        names += SHAPE
        draw_value(rng, params, "fill", board)
    if kind != "collections":
        names += CALLS
        params["life"] = rng.choice(WORDS["life"][1:])
    names += PEAK if rng.random() < FEW else []
    for name in names:
        if rng.random() < (FEW if name in RARE else OFTEN if name in ("smin", "amin") else HALF):
            draw_value(rng, params, name, board)
    if kind != "collections" and rng.random() < HALF:
        fill_with_slots(rng, params, board)
    return normal(params)


def fill_with_slots(rng, params, board):
    """So many slots that their objects take a part of the heap, as in a program that has run for long."""
    p = {**DEFAULTS, **params}
    block = BOARD_BLOCK if board else BLOCK
    each = {"small": p["amin"] * 2, "two": p["amin"] + p["amax"] / 16}.get(p["adist"], (p["amin"] + p["amax"]) / 2)
    each = max(block, each + block / 2) + block / 4  # with the pointer in the table
    room = p["heap"] * 1024 * (0.97 - p["fill"] / 100)
    most = 4000 if board else MOST["slots"]
    params["slots"] = max(1, min(most, round(room * rng.choice(OCCUPANCY) / each)))
    params.update(table="heap", prefill=rng.choice([50, 100, 100]))


def relevant(params):
    """The parameters that make a difference to this workload."""
    full = {**DEFAULTS, **params}
    off = {name for names, matters in MATTERS if not matters(full) for name in names}
    return [name for name in ("heap", "fill", "life", *PEAK, *SHAPE, *CALLS) if name not in off]


def mutate(params, rng, board=False):
    """A neighbour: one to three parameters differ."""
    new = dict(params, ops=0)
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(relevant(params))
        value = new.get(name, DEFAULTS[name])
        if name in WORDS or name in ("smin", "amin") or rng.random() < 0.5 or not value:
            draw_value(rng, new, name, board)
        else:
            most = min(MOST[name], max(TYPICAL[name]), 128 if board and name == "heap" else MOST[name])
            new[name] = max(LEAST[name], min(most, round(value * rng.choice([0.5, 0.7, 0.9, 1.1, 1.4, 2]))))
    if rng.random() < FEW:
        new["seed"] = rng.randrange(2**32)
    return normal(new)


def simpler(params):
    """Workloads that are simpler than this one, the simplest first: without a parameter, or with half of it."""
    for name in [name for name in params if name not in ("seed", "ops", "heap", "smax", "amax")]:
        if params[name] != DEFAULTS[name]:
            new = {key: value for key, value in params.items() if key not in (name, name.replace("min", "max"))}
            yield normal(dict(new, ops=0))
    for name, most in (("smin", "smax"), ("amin", "amax")):
        if params.get(most, 0) > params.get(name, 1):
            yield dict(params, **{most: params.get(name, DEFAULTS[name])}, ops=0)
    for name in ("heap", "slots", "fill", "extra", "arity", "burst", "peakmax"):
        if name not in relevant(params):
            continue
        value = params.get(name, DEFAULTS[name])
        if value // 2 >= max(1, LEAST[name]):
            yield dict(params, **{name: value // 2}, ops=0)


def size(kib):
    return f"{kib} KiB" if kib < 1024 else f"{kib / 1024:g} MiB"


def describe(params):
    """One line in English."""
    p = {**DEFAULTS, **params}
    parts = []
    if p["peak"]:
        parts.append(f"top once at {p['peak']} %")
    if p["fill"]:
        sizes = f"{p['smin']}" if p["smin"] == p["smax"] else f"{p['smin']}-{p['smax']} ({p['sdist']})"
        tree = {"kary": f"tree of degree {p['arity']}", "random": "random tree", "near": "tree with near parents",
                "comb": f"comb with teeth of {p['arity']}", "buckets": f"array of chains of {p['arity']}"}
        shape = [f"{p['fill']} % live: {tree.get(p['tree'], 'chain')} of {sizes} blocks, made {p['order']}"]
        shape += [f"{p['extra']} more links each, {p['far']} % far"] if p["extra"] else []
        shape += ["parent pointers"] if p["up"] else []
        shape += [f"array of all, {p['hold']}"] if p["hold"] != "no" else []
        shape += [f"{p['leaf']} % without pointers"] if p["leaf"] else []
        shape += [f"{p['words']} words"] if p["words"] != "zero" else []
        shape += [f"holes of up to {p['gapmax']} after {p['gap']} %"] if p["gap"] else []
        parts.append(", ".join(shape))
    if p["life"] == "none":
        parts.append("collections")
    else:
        sizes = f"{p['amin']}" if p["amin"] == p["amax"] else f"{p['amin']}-{p['amax']} ({p['adist']})"
        calls = [f"{p['life']} lives in {p['slots']} slots of {sizes} bytes"]
        calls += [f"bursts of {p['burst']}, {p['release']} first"] if p["life"] == "burst" else []
        calls += [f"{p['prefill']} % of them in use before"] if p["prefill"] else []
        calls += [f"table in the {p['table']}" if p["table"] == "heap" else "table outside"] if p["table"] != "roots" else []
        calls += [f"{p['free']} % freed"] if p["free"] else []
        calls += [f"{p['grow']} % resized by {p['by']}"] if p["grow"] else []
        calls += [f"{p['link']} % linked"] if p["link"] else []
        calls += [f"{p['fin']} % with finaliser"] if p["fin"] else []
        calls += [f"{p['nbytes']} % queries of sizes"] if p["nbytes"] else []
        calls += [f"{p['then']} every {p['every']}"] if p["every"] else []
        calls += [f"threshold {p['thresh']} %"] if p["thresh"] else []
        calls += ["no automatic collection"] if not p["auto_collect"] else []
        parts.append(", ".join(calls))
    return f"{size(p['heap'])}: {'; '.join(parts)}"
