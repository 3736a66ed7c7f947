// Answers to questions about the heap, by trying: docs/GUIDE.md shows what it prints, and why.
//     make host && cc -Iinclude examples/questions.c build/host/libgcheap.a -o build/questions && build/questions
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gcheap.h"
#include "gcheap_atb.h"

// The host (examples/minimal_host.c explains it). This program keeps everything alive that it does not free.
size_t gcheap_state[143];
#define CHECK_STATE_BYTES() __asm__ volatile (".pushsection .debug_gcheap,\"\"\n" \
    ".long gcheap_config_state_bytes_%c0\n.popsection" : : "i" (sizeof(gcheap_state)))
struct _mp_print_t { FILE *file; };
void gcheap_host_roots(void) {}
void gc_collect(void) {} // nothing is garbage here
void gcheap_host_finalise(void *object) { (void)object; }
char gcheap_host_letter(const void *head) { return *(const char *)head; }
void gcheap_host_fatal(unsigned int code, const void *ptr) {
    fprintf(stderr, "misuse %u, pointer %p\n", code, ptr);
    abort();
}
void gcheap_host_print(const mp_print_t *print, const char *format, size_t number) {
    if (strstr(format, "%p") != NULL) fprintf(print->file, format, (void *)number);
    else fprintf(print->file, format, (unsigned int)number);
}

static _Alignas(32) char memory[128 << 10];

static gc_info_t new_heap(size_t bytes) {
    gc_info_t info;
    memset(memory, 0, sizeof(memory));
    gc_init(memory, memory + bytes);
    gc_info(&info);
    return info;
}

// Allocates objects of one size until there is no room. Returns how many there were.
static size_t fill(size_t bytes) {
    size_t n = 0;
    while (gc_alloc(bytes, 0) != NULL) n++;
    return n;
}

static void show(const char *what, uint8_t atb) {
    printf("%-20s ", what);
    for (int bit = 7; bit >= 0; bit--) printf("%d%s", atb >> bit & 1, bit % 2 == 0 ? " " : "");
    printf("  ");
    for (int i = 0; i < 4; i++) printf(" %c", ".h=m"[atb >> BLOCK_SHIFT(i) & 3]);
    printf("\n");
}

// What each operation does to a byte of the table: the bits of blocks 3 2 1 0, then blocks 0 1 2 3.
static void operations(void) {
    uint8_t atb[1] = { 0 }, pool[4 * 32];
    gcheap_atb_view_t view = gcheap_atb_view(atb, sizeof(atb), NULL, pool, 32);
    show("an empty heap", *atb);
    ATB_FREE_TO_HEAD(&view, 0), show("ATB_FREE_TO_HEAD(0)", *atb);
    ATB_FREE_TO_TAIL(&view, 1), show("ATB_FREE_TO_TAIL(1)", *atb);
    ATB_FREE_TO_HEAD(&view, 2), show("ATB_FREE_TO_HEAD(2)", *atb);
    ATB_HEAD_TO_MARK(&view, 0), show("ATB_HEAD_TO_MARK(0)", *atb);
    ATB_ANY_TO_FREE(&view, 2), show("ATB_ANY_TO_FREE(2)", *atb);
    ATB_MARK_TO_HEAD(&view, 0), show("ATB_MARK_TO_HEAD(0)", *atb);
    printf("block 1 is a tail: %d; block 2 is free: %d; pool + 40 lies in block %zu, which begins at pool + %zu\n",
        ATB_GET_KIND(&view, 1) == AT_TAIL, ATB_2_IS_FREE(*atb), (size_t)BLOCK_FROM_PTR(&view, pool + 40),
        (size_t)(PTR_FROM_BLOCK(&view, 1) - (uintptr_t)pool));
}

static void capacity(void) {
    gc_info_t info = new_heap(sizeof(memory));
    printf("%zu bytes: %zu blocks of 32 bytes, %zu bytes for the tables\n", sizeof(memory), info.total / 32,
        sizeof(memory) - info.total);
    static const size_t sizes[] = { 1, 5, 32, 33, 64, 100, 1000, 10000, 60000 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        new_heap(sizeof(memory));
        size_t n = fill(sizes[i]);
        gc_info(&info);
        printf("%6zu bytes: %5zu objects, %3zu bytes lost in each, %5zu bytes left\n", sizes[i], n,
            info.used / n - sizes[i], info.free);
    }
}

// Arrays of 100 bytes and structs of 5 in turn; then the arrays are freed.
static void fragments(void) {
    enum { PAIRS = 8 };
    char *arrays[PAIRS], *structs[PAIRS];
    mp_print_t print = { stdout };
    gc_info_t info = new_heap(2000);
    for (int i = 0; i < PAIRS; i++) {
        arrays[i] = memset(gc_alloc(100, 0), 'a', 100), structs[i] = memset(gc_alloc(5, 0), 's', 5);
    }
    gc_dump_alloc_table(&print);
    for (int i = 0; i < PAIRS; i++) gc_free(arrays[i]);
    gc_dump_alloc_table(&print);
    gc_info(&info);
    printf("%zu bytes free, %zu of them in a row, at the end\n", info.free, info.max_free * 32);
    while (gc_alloc(129, 0) != NULL) {} // uses up what lies at the end
    gc_info(&info);
    printf("then %zu bytes free, %zu in a row: an array of 100 fits (%s), one of 200 does not (%s)\n", info.free,
        info.max_free * 32, gc_alloc(100, 0) ? "yes" : "no", gc_alloc(200, 0) ? "yes" : "no");
    for (int i = 1; i < PAIRS; i++) gc_free(structs[i]);
    printf("without the structs between them it does: %s\n", gc_alloc(200, 0) ? "yes" : "no");
}

int main(void) {
    CHECK_STATE_BYTES();
    operations();
    puts("");
    capacity();
    puts("");
    fragments();
}
