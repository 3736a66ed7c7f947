// Writes the interpreter's configuration into assembler text, from which the build reads it.
//
// It is compiled with -S and the interpreter's own flags and headers, but never linked or run. So it works for any
// target, and its values (and the offsets of fields) are those with which the rest of the interpreter is compiled.
#include "config.h"

#define CONFIG(key, value) __asm__ volatile ("\n.ascii \"@gcheap " #key "=%c0\"" : : "i" ((long)(value)));

void gcheap_probe(void);
void gcheap_probe(void) {
    #include "config.def"
}
