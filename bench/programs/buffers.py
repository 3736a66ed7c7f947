# heap: 590k, rounds: 80
# Packets of different sizes are packed, joined into blocks, checked, taken apart, and the latest ones kept.
import gc
import struct
import sys

KEPT = 4000


def packet(n):
    body = bytes((n + i) & 255 for i in range(4)) * (n * n % 30 + 1)
    return struct.pack("<HHI", len(body), n & 0xFFFF, sum(body[:8])) + body


def packets(block):
    view = memoryview(block)
    at = 0
    while at < len(block):
        length, number, check = struct.unpack_from("<HHI", block, at)
        body = bytes(view[at + 8 : at + 8 + length])
        if sum(body[:8]) != check:
            raise ValueError(number)
        yield number, body
        at += 8 + length


def main(rounds):
    gc.threshold(100000)  # keeps what stays together while it is made
    kept = [None] * KEPT
    for n in range(KEPT):
        kept[n] = packet(n)[8:]
    gc.threshold(-1)
    total = 0
    for n in range(rounds * 10):
        block = bytearray()
        for i in range(12):
            block += packet(n * 12 + i)
        for number, body in packets(block):
            kept[number % KEPT] = body
            total += len(body)
    print(total, sum(len(body) for body in kept))


main(int(sys.argv[1]))
