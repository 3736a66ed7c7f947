# Fills a heap for integration/heapview.py: 300 arrays, half of which go again, and tuples, texts and a dict in between.
import gc
import micropython

arrays = [bytearray(100) for _ in range(300)]
tuples = []
for i in range(0, 300, 2):
    tuples.append((i,))
    arrays[i] = None
texts = {i: str(i) for i in range(40)}
gc.collect()
micropython.mem_info(1)
