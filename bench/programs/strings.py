# heap: 860k, rounds: 120
# Lines of text with an index from words to lines; searches, rewritten lines and formatted reports.
import gc
import sys

WORDS = "the heap holds what a program made and nobody knows when it will be done with it so someone has to look".split()
LINES = 6000


def line(n):
    words = [WORDS[(n * 7 + i * i) % len(WORDS)] for i in range(6 + n % 5)]
    words.append("number%d" % (n % 500))
    return " ".join(words)


def main(rounds):
    gc.threshold(100000)  # keeps what stays together while it is made
    lines = [None] * LINES
    index = {"number%d" % n: [] for n in range(500)}
    for n in range(LINES):
        lines[n] = line(n)
        index["number%d" % (n % 500)].append(n)
    gc.threshold(-1)
    total = 0
    for n in range(rounds):
        found = index["number%d" % (n * 37 % 500)]
        report = []
        for at in found:
            words = lines[at].replace("made", "MADE" if n % 3 else "making").upper().lower().split()
            words.sort()
            report.append("{:<6} {:>4} {}".format(at, len(words), "-".join(words)))
            lines[at] = " ".join(reversed(words[1:])) + " " + lines[at].split()[-1]
        text = "\n".join(report)
        total += len(text) + text.count("t") + sum(len(part) for part in text.split("-"))
    print(total)


main(int(sys.argv[1]))
