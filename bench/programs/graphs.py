# heap: 1230k, rounds: 200
# A map of places and roads as objects that point at each other; roads open and close, and paths are searched in it.
import gc
import sys

PLACES = 2048


class Place:
    def __init__(self, name):
        self.name = name
        self.sign = "place number %d" % name
        self.at = (name % 45 / 2.0, name // 45 / 2.0)
        self.roads = []


class Road:
    def __init__(self, a, b, length):
        self.ends = (a, b)
        self.length = length
        a.roads.append(self)
        b.roads.append(self)

    def other(self, place):
        return self.ends[1] if self.ends[0] is place else self.ends[0]

    def close(self):
        for end in self.ends:
            end.roads.remove(self)


def distances(start, limit):
    far = {start.name: 0}
    border = [(start, 0)]
    while border:
        next_border = []
        for place, length in border:
            for road in place.roads:
                there = road.other(place)
                if length + road.length < far.get(there.name, limit):
                    far[there.name] = length + road.length
                    next_border.append((there, length + road.length))
        border = next_border
    return far


def main(rounds):
    random = 1
    gc.threshold(100000)  # keeps what stays together while it is made
    places = [Place(n) for n in range(PLACES)]
    roads = [None] * (2 * PLACES)
    for n in range(2 * PLACES):
        roads[n] = Road(places[n % PLACES], places[(n * 5 + 1) % PLACES], n % 9 + 1)
    gc.threshold(-1)
    total = 0
    for n in range(rounds):
        for _ in range(5):
            random = random * 1103515245 + 12345 & 0x3FFFFFFF
            at = random // 64 % len(roads)
            roads[at].close()
            roads[at] = Road(places[random // 8 % PLACES], places[random // 8192 % PLACES], random // 16 % 9 + 1)
        for i in range(10):
            far = distances(places[(n + i * 100) % PLACES], 10)
            total += len(far) + max(far.values()) + len(places[n % PLACES].sign) + int(places[i].at[0])
    print(total)


main(int(sys.argv[1]))
