# heap: 1100k, rounds: 400
# Functions made of functions: handlers that remember their state, pipelines of generators, callbacks that are replaced.
import gc
import sys

HANDLERS = 5000


def counter(step):
    count = 0

    def up(by=1):
        nonlocal count
        count += step * by
        return count

    return up


def compose(*functions):
    def composed(x):
        for f in functions:
            x = f(x)
        return x

    return composed


def windows(source, size):
    window = ()
    for x in source:
        window += (x,)
        if len(window) == size:
            yield window
            window = window[1:]


def main(rounds):
    gc.threshold(100000)  # keeps what stays together while it is made
    handlers = [None] * HANDLERS
    for n in range(HANDLERS):
        handlers[n] = counter(n)
    gc.threshold(-1)
    total = 0
    for n in range(rounds):
        scale = compose(lambda x: x * (n % 7 + 1), lambda x: x - n, lambda x, d=n % 5 + 1: x // d)
        sums = (sum(w) for w in windows((scale(i) for i in range(80)), 4))
        total += sum(x for x in sums if x % 2 == 0)
        for i in range(20):
            at = (n * 17 + i * 13) % HANDLERS
            total += compose(handlers[at], lambda x: x + i)(i)
            handlers[at] = counter(i)
    print(total)


main(int(sys.argv[1]))
