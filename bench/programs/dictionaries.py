# heap: 780k, rounds: 60
# A cache of records: dictionaries of dictionaries that are looked up, filled in, and pushed out by newer ones.
import sys

ROOM = 2048


def record(key):
    return {"key": key, "tag": ("tag", key % 10), "fields": {i: (key, i) for i in range(key % 6)}}


class Cache:
    def __init__(self):
        self.places = [None] * ROOM
        self.missed = 0

    def get(self, key):
        found = self.places[key % ROOM]
        if found is None or found["key"] != key:
            found = self.places[key % ROOM] = record(key)
            self.missed += 1
        return found


def main(rounds):
    cache = Cache()
    for key in range(ROOM):
        cache.get(key)
    random = 7
    total = 0
    for n in range(rounds * 10):
        by_tag = {}
        for i in range(20):
            random = random * 1103515245 + 12345 & 0x3FFFFFFF
            found = cache.get(random // 512 % ROOM + (ROOM if random % 13 == 0 else 0))
            by_tag.setdefault(found["tag"], {})[found["key"]] = dict(found["fields"])
        total += sum(len(fields) for group in by_tag.values() for fields in group.values())
    print(total, cache.missed)


main(int(sys.argv[1]))
