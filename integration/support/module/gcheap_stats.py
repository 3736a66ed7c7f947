# gcheap.stats(): what the heap has done.
import gc
import gcheap

before = gcheap.stats()
gc.collect()
after = gcheap.stats()
print([b - a for a, b in zip(before["collections"], after["collections"])])
print(sum(after["pauses"]) == sum(after["collections"]), after["longest_pause_us"] <= after["pauses_us"])

# Objects of one size.
gc.collect()
gc.disable()
before = gcheap.stats()["objects"]
data = [bytearray(3000) for i in range(10)]
after = gcheap.stats()["objects"]
print(sum(after[6:]) - sum(before[6:]))
gc.enable()

stats = gcheap.stats()
print(stats["used"] <= stats["most_used"], stats["used"] >= 30000)

try:
    bytearray(1 << 29)
except MemoryError:
    print("MemoryError")
after = gcheap.stats()
print(after["failed"] - stats["failed"], after["failed_bytes"] >> 29, after["failed_hole"] >= after["smallest_hole"] > 0)
print(after["collections"][0] - stats["collections"][0])
