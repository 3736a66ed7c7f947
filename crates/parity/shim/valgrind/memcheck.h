// In valgrind's place, so that a trace can say which words may not be read. The real macro answers 0 for memory that can
// be, which our glue expects; gc.c takes the answer the other way round and would ignore every root, so it gets that one.
#include <stdbool.h>

bool parity_addressable(const void *word);

#if PARITY_GCHEAP
#define VALGRIND_CHECK_MEM_IS_ADDRESSABLE(word, bytes) (parity_addressable(word) ? 0 : (bytes))
#else
#define VALGRIND_CHECK_MEM_IS_ADDRESSABLE(word, bytes) (parity_addressable(word))
#endif
