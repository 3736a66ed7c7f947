# gcheap.on_oom(): what happens when an allocation fails.
import gcheap

seen = []


def note(bytes):
    seen.append(bytes >= 1 << 29)


def fail():
    try:
        bytearray(1 << 29)
    except MemoryError:
        pass
    # Scheduled functions run between two bytecodes.
    for i in range(10):
        pass


gcheap.on_oom(note)
fail()
fail()
gcheap.on_oom(None)
fail()
print(seen)

for wrong in (3, (), object()):
    try:
        gcheap.on_oom(wrong)
    except OSError as e:
        print("OSError")
fail()
print(seen)
