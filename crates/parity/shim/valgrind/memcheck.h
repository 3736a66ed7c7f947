// Replaces valgrind's header, so that a trace can declare words unreadable. The real macro returns 0 for memory that
// can be accessed, as the glue of libgcheap expects. gc.c takes the result the other way round, so it gets the
// opposite: with the real one it would ignore every root.
#include <stdbool.h>

bool parity_addressable(const void *word);

#if PARITY_GCHEAP
#define VALGRIND_CHECK_MEM_IS_ADDRESSABLE(word, bytes) (parity_addressable(word) ? 0 : (bytes))
#else
#define VALGRIND_CHECK_MEM_IS_ADDRESSABLE(word, bytes) (parity_addressable(word))
#endif
