# gcheap.snapshot(): wrong arguments, and a stream that fails.
import io
import gcheap

try:
    io.IOBase
except AttributeError:
    print("SKIP")
    raise SystemExit

for wrong in (3, object()):
    try:
        gcheap.snapshot(wrong)
    except OSError:
        print("OSError")
try:
    gcheap.snapshot()
except TypeError:
    print("TypeError")
try:
    gcheap.snapshot(wrong, framed=1, other=2)
except (TypeError, OSError) as e:
    print(type(e))


# One that fails: its exception comes out, and the heap is not locked afterwards.
class Bad(io.IOBase):
    def write(self, data):
        raise ValueError("full")


try:
    gcheap.snapshot(Bad())
except (ValueError, MemoryError):
    print("the exception")
print(len(bytearray(1000)), gcheap.check())
