// A complete host for build/host/libgcheap.a: it makes a heap of 1 KiB, lets some objects die, and prints the heap's map.
//     make host && cc -Iinclude examples/minimal_host.c build/host/libgcheap.a -o build/minimal_host && build/minimal_host
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gcheap.h"

// The objects of this program. The library does not know this type: it scans every word of an object for pointers.
struct object {
    char letter;
    struct object *next;
};

static struct object *root; // Objects that can be reached from here stay alive.

// Storage for the state of the heap: STATE_BYTES bytes of zeros, which is 143 words in the default configuration. The
// linker compares that with the library: gcheap_config_state_bytes_1144 exists if STATE_BYTES is 1144.
size_t gcheap_state[143];
#define CHECK_STATE_BYTES() __asm__ volatile (".pushsection .debug_gcheap,\"\"\n" \
    ".long gcheap_config_state_bytes_%c0\n.popsection" : : "i" (sizeof(gcheap_state)))

// Called by gc_collect_start: passes on the roots in the host's memory.
void gcheap_host_roots(void) {
    gc_collect_root((void **)&root, 1);
}

// Called by the library when nothing is free. An interpreter also passes its stack, with the registers saved on it, to
// gc_collect_root. This program keeps all its pointers in `root`.
void gc_collect(void) {
    gc_collect_start();
    gc_collect_end();
}

// Called for each unreachable object that was allocated with GC_ALLOC_FLAG_HAS_FINALISER, before it is freed.
void gcheap_host_finalise(void *object) {
    printf("finaliser of %c\n", ((struct object *)object)->letter);
}

// Called when a call of this program is wrong, for example when it frees something twice. The heap is unharmed.
void gcheap_host_fatal(unsigned int code, const void *ptr) {
    fprintf(stderr, "misuse %u of the heap, pointer %p\n", code, ptr); // enum gcheap_misuse in gcheap.h
    abort();
}

// Called by the dump functions with a printer of this type. Every format takes one number or none.
struct _mp_print_t {
    FILE *file;
};

void gcheap_host_print(const mp_print_t *print, const char *format, size_t number) {
    if (strstr(format, "%p") != NULL) {
        fprintf(print->file, format, (void *)number);
    } else {
        fprintf(print->file, format, (unsigned int)number);
    }
}

// The letter that the map shows for an object's first block. Its other blocks are shown as '='.
char gcheap_host_letter(const void *head) {
    return ((const struct object *)head)->letter;
}

int main(void) {
    static _Alignas(32) char memory[1024];
    mp_print_t print = { stdout };
    CHECK_STATE_BYTES();
    gc_init(memory, memory + sizeof(memory));
    for (int i = 0; i < 5; i++) { // a to e, of one to five blocks, each pointing to the one before it
        struct object *object = gc_alloc((size_t)(i + 1) * 32, GC_ALLOC_FLAG_HAS_FINALISER);
        *object = (struct object) { (char)('a' + i), root };
        root = object;
    }
    gc_dump_alloc_table(&print);
    root->next->next = root->next->next->next->next; // from d to a: b and c cannot be reached any more
    gc_collect();
    gc_dump_alloc_table(&print);
}
