# Runs under memory pressure. The output must be the same on every heap.
import gc, tickets

kept = []
total = 0
for i in range(20000):
    text = str(i) * 20
    ticket = tickets.new()
    if i % 500 == 0:
        kept.append([i, text, bytearray(i % 97), ticket])
    total += len(text)

print(total, [(number, text[-6:], len(data)) for number, text, data, ticket in kept[::10]])
gc.collect()
print("finalised:", 19000 < tickets.returned() <= 20000 - len(kept), "kept:", len(kept))
try:
    bytearray(10**6)
except MemoryError:
    print("a request that cannot succeed fails")
print(max({n: str(n) for n in range(300)}.values()), gc.mem_free() + gc.mem_alloc() > 100000)
