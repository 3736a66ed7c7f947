# Reports which heap the program ran on, and prints its map.
import gc
import micropython


def show():
    try:
        import gcheap
    except ImportError:
        print("\nThis interpreter runs on its own py/gc.c, not on libgcheap.")
        return
    collections = gcheap.collections()
    gc.collect()
    used, free = gc.mem_alloc(), gc.mem_free()
    print("\nheap           %s" % gcheap.version())
    print("collections    %d" % collections)
    print("in use         %d of %d bytes" % (used, used + free))
    print("\nThe map of the heap: . free, = tail of the object before it, h head (T tuple, L list, D dict,")
    print("S str or bytes, A array, F float, B bytecode function, M module)\n")
    micropython.mem_info(1)
