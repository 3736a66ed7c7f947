// Writes the interpreter's configuration into assembler text, from which tools/build.py reads it.
//
// Compiled with -S and the interpreter's own flags and headers, never linked or run: it works for any target, and it sees
// the values (and the offsets of structures) exactly as the rest of the interpreter is compiled with them.
#include "config.h"

#define CONFIG(key, value) __asm__ volatile ("\n.ascii \"@gcheap " #key "=%c0\"" : : "i" ((long)(value)));

void gcheap_probe(void);
void gcheap_probe(void) {
    #include "config.def"
}
