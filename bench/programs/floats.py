# heap: 860k, rounds: 800
# Measurements as floats, every one an object: they come in, are smoothed and compared with all the earlier ones' means.
import sys

SERIES, LENGTH = 40, 400


def smooth(series, alpha):
    level = series[0]
    result = []
    for value in series:
        level = alpha * value + (1.0 - alpha) * level
        result.append(level)
    return result


def moments(series):
    mean = sum(series) / len(series)
    return mean, sum((x - mean) * (x - mean) for x in series) / len(series)


def main(rounds):
    table = [[(i * j % 97) / 7.0 for i in range(LENGTH)] for j in range(SERIES)]
    summary = 0.0
    for n in range(rounds):
        series = table[n % SERIES]
        for i in range(20):
            series[(n * 7 + i) % LENGTH] = (n * i % 89) / 8.0 + summary * 1e-6
        part = series[n * 3 % 300 : n * 3 % 300 + 100]
        mean, spread = moments(smooth(part, 0.25))
        summary = summary * 0.99 + mean - spread * 0.01
    print("%.9f" % summary)


main(int(sys.argv[1]))
