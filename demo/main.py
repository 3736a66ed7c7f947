# The program of `make run`: a warehouse, in a heap so small that it is collected again and again.
#
# Every part returns a line of results that is the same in every Python. It is compared with the expected line below, so
# a heap that loses or confuses objects is noticed. A report about the heap follows.
import sys

import archive
import labels
import report
import words
from warehouse import Warehouse


def deliveries():
    warehouse = Warehouse(seed=42)
    for day in range(200):
        warehouse.work(day)
    return warehouse.summary()


PARTS = (
    (deliveries, "4000 orders, 3763 delivered, 237 refused, 2893 items left worth 170940"),
    (words.count, "17800 words, 56 different, most: a 1800, the 1600, is 1400"),
    (labels.draw, "24 labels, 122880 pixels, 14372 black, 3274 bytes packed, checksum 2587002"),
    (archive.restore, "1500 records, 140 broken, 1360 restored, digest 334392631194542938769444010"),
)


def main():
    failed = 0
    for part, expected in PARTS:
        result = part()
        ok = result == expected
        failed += not ok
        print("%-14s %s" % (part.__name__, result if ok else "WRONG: " + result))
        if not ok:
            print("%-14s %s" % ("expected", expected))
    report.show()
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
