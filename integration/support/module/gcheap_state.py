# gcheap.check(), fragmentation(), stress(), poison(), trace().
import gc
import gcheap

print(gcheap.check())

f = gcheap.fragmentation()
print(sorted(f))
print(len(f["runs"]), sum(f["runs"]) > 0, 0 < f["largest"] <= f["free"])

# Holes of one size: each object between two that stay.
gc.collect()
stay = []
go = []
for i in range(20):
    go.append(bytearray(1000))
    stay.append(bytearray(1000))
before = sum(gcheap.fragmentation()["runs"])
for i in range(20):
    go[i] = None
gc.collect()
print(sum(gcheap.fragmentation()["runs"]) - before >= 10)

gcheap.poison(True)
gcheap.stress(10)
n = sum(gcheap.stats()["collections"])
text = "".join([str(i) for i in range(100)])
gcheap.stress(0)
gcheap.poison(False)
print(sum(gcheap.stats()["collections"]) - n >= 5, len(text), gcheap.check())

try:
    gcheap.stress(-1)
except ValueError:
    print("ValueError")
try:
    gcheap.stress("1")
except TypeError:
    print("TypeError")
try:
    gcheap.trace()
except TypeError:
    print("TypeError")
