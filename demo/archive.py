# Writes records as text and reads them back into a linked list; some are damaged in between. The digest uses big
# integers.
from chance import Dice


class Broken(ValueError):
    pass


class Record:
    def __init__(self, key, values, next=None):
        self.key = key
        self.values = values
        self.next = next

    def __iter__(self):
        record = self
        while record is not None:
            yield record
            record = record.next

    def encode(self):
        body = "%s=%s" % (self.key, ",".join(map(str, self.values)))
        return "%s#%d" % (body, sum(body.encode()) % 251)

    @staticmethod
    def decode(text, next):
        body, sum_ = text.split("#")
        if sum(body.encode()) % 251 != int(sum_):
            raise Broken(text)
        key, values = body.split("=")
        return Record(key, [int(v) for v in values.split(",")], next)


def write(dice, n):
    chain = None
    for i in range(n):
        chain = Record("r%03d" % i, [dice.roll(1000) for _ in range(dice.roll(12) + 1)], chain)
    return [record.encode() for record in chain]


def damage(dice, texts):
    for text in texts:
        yield text.replace("r", "q", 1) if dice.roll(12) == 0 else text


def restore():
    dice = Dice(2024)
    digest, written, broken, restored = 1, 0, 0, 0
    for _ in range(60):
        texts = write(dice, 25)
        written += len(texts)
        chain = None
        for text in damage(dice, texts):
            try:
                chain = Record.decode(text, chain)
            except Broken:
                broken += 1
        for record in chain:
            restored += 1
            for value in record.values:
                digest = (digest * 1000003 + value) % (2**89 - 1)
    return "%d records, %d broken, %d restored, digest %d" % (written, broken, restored, digest)
