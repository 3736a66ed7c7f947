// The Lisp's memory: everything that it asks of libgcheap is in this file.
//
// Nothing here, or anywhere else in this program, registers a root, counts a reference or tells the collector about a local
// variable. The collector looks by itself at the stack, at the registers and at static data, and takes every word there
// that is an address inside an object for a pointer to that object. So a value that a C function holds is alive.
#include <stdlib.h>
#include <string.h>
#include "gcheap.h"
#include "lisp.h"

unsigned int stress;

// Every object comes from here. With (stress 1) a collection precedes every allocation: if the collector could not find some
// value, that one's memory would be used again at once, and a test would fail.
static Value allocate(size_t n_bytes, unsigned int flags, Value first) {
    static unsigned int countdown;
    if (stress != 0 && ++countdown % stress == 0) gcheap_collect();
    Value object = gcheap_alloc(n_bytes, flags); // never NULL, see out_of_memory
    slots(object)[0] = first;
    return object;
}
Value cons(Value head, Value tail) {
    Value pair = allocate(2 * sizeof(Value), 0, head);
    slots(pair)[1] = tail;
    return pair;
}
Value make(Value header, Value first, Value second, Value third) {
    Value object = allocate(4 * sizeof(Value), 0, header);
    slots(object)[1] = first, slots(object)[2] = second, slots(object)[3] = third;
    return object;
}
Value vector(size_t length, Value element) {
    Value new = allocate((length + 1) * sizeof(Value), 0, HEADER(VECTOR, length));
    for (size_t i = 1; i <= length; i++) slots(new)[i] = element;
    return new;
}

// Strings hold no pointers. GCHEAP_NO_SCAN says so: a collection does not read them, which is faster, and a text that by
// chance looks like an address keeps nothing alive. All bytes are written here, so the heap need not clear them either.
Value string(const char *text, size_t length) {
    Value new = allocate(sizeof(struct string) + length + 1, GCHEAP_NO_SCAN | GCHEAP_NOT_CLEARED, HEADER(STRING, length));
    memcpy(((struct string *)new)->text, text, length);
    ((struct string *)new)->text[length] = 0;
    return new;
}
Value real(double number) {
    Value new = allocate(sizeof(struct real), GCHEAP_NO_SCAN, HEADER(REAL, 0));
    ((struct real *)new)->number = number;
    return new;
}

// A text that grows. gcheap_realloc leaves it what it was allocated as: no-scan.
void append(struct buffer *buffer, char c) {
    if (buffer->text == NULL) buffer->text = gcheap_alloc(16, GCHEAP_NO_SCAN);
    if (buffer->length + 2 > gcheap_size(buffer->text)) buffer->text = gcheap_realloc(buffer->text, 2 * buffer->length + 2);
    buffer->text[buffer->length++] = c;
    buffer->text[buffer->length] = 0;
}

// The table of symbols is static data, which the collector looks at: a symbol lives as long as the program.
Value symbol(const char *name, size_t length) {
    static Value table[64]; // lists of symbols
    unsigned int hash = 0;
    for (size_t i = 0; i < length; i++) hash = hash * 31 + (unsigned char)name[i];
    Value *bucket = &table[hash % 64];
    for (Value s = *bucket; s != NULL; s = slots(s)[SYMBOL_NEXT]) {
        const char *other = (const char *)slots(s)[SYMBOL_NAME];
        if (strncmp(other, name, length) == 0 && other[length] == 0) return s;
    }
    Value text = (Value)gcheap_strndup(name, length); // no-scan as well
    return *bucket = make(HEADER(SYMBOL, 0), UNBOUND, text, *bucket);
}

// A finaliser is called with an object that nothing reaches any more. This one closes the file of a port that the program
// has forgotten. The FILE is malloc's memory and none of the collector's business, so a port is no-scan.
static void close_port(void *object, void *data) {
    FILE *file = ((struct port *)object)->file;
    if (data == NULL && file != NULL) fclose(file);
}
Value open_port(const char *path) {
    Value port = allocate(sizeof(struct port), GCHEAP_NO_SCAN, HEADER(PORT, 0));
    gcheap_set_finaliser(port, close_port, NULL, 0);
    FILE *file = fopen(path, "r"); // perhaps too many are open, and some of them are forgotten
    if (file == NULL && gcheap_collect() && gcheap_run_finalisers() > 0) file = fopen(path, "r");
    if (file == NULL) fail("cannot open", string(path, strlen(path)));
    ((struct port *)port)->file = file;
    return port;
}

// (when-dead object function): the heap keeps the function alive, as `data` of the finaliser. If it leads to the object, the
// object never dies. Order 0: if a dead object leads to another one, the other one's turn comes later.
static void call_function(void *object, void *data) {
    Value list = data, unused;
    slots(cdr(list))[0] = object;
    if (!attempt(call, list, &unused)) fprintf(stderr, "error in a finaliser: %s\n", error_text); // it must return
}
void when_dead(Value object, Value function) {
    Value list = cons(function, cons(NIL, NIL)); // for `call`; the object's place is empty until it is dead
    if (!gcheap_set_finaliser(object, call_function, list, 0)) fail("this is not in the heap", object);
}

// Any allocation may call finalisers, and Lisp functions should not run in the middle of just anything. So this program
// wants them "on demand": a hook notes the end of a collection, and eval has them called before it calls a function.
static volatile bool collected;
static void after_collection(void) { collected = true; } // it may not do more: a hook must not call the heap
void run_finalisers(void) {
    if (collected) collected = false, gcheap_run_finalisers(); // in this order: a finaliser may come here, too
}

// A weak cell points at an object without keeping it alive: the collector does not look into the cell, since it is no-scan,
// and sets the pointer to NULL when nothing else leads to the object. Numbers and constants are no objects: it refuses them.
Value weak(Value object) {
    struct weak *cell = (struct weak *)allocate(sizeof(struct weak), GCHEAP_NO_SCAN, HEADER(WEAK, 0));
    if (!gcheap_weak_link(&cell->object, object, false)) fail("this is not in the heap", object);
    cell->object = object;
    return (Value)cell;
}

// Called when the heap is at its limit and a collection has not helped. The heap is whole, and this is called outside its
// lock, so it may leave by longjmp as any error does. What was under way is garbage then.
static void *out_of_memory(size_t n_bytes) {
    (void)n_bytes;
    fail("out of memory", NULL);
}

// What an object is, for snapshots (GCHEAP_SNAPSHOT=file). The object may be dead, or a text that looks like another one.
static size_t name_of(const void *object, size_t n_bytes, char *name, size_t room) {
    static const char *const names[] = {"", "", "", "pair", "symbol", "string", "real", "vector", "closure", "", "port"};
    Value x = (Value)(uintptr_t)object;
    enum kind kind = n_bytes < 2 * sizeof(Value) ? NUMBER : kind_of(x);
    const char *text = kind == SYMBOL && n_bytes >= 4 * sizeof(Value) && size(x) == 0 ? (const char *)slots(x)[SYMBOL_NAME] :
        kind == STRING && size(x) < n_bytes ? ((struct string *)x)->text : NULL;
    if (text != NULL) return (size_t)snprintf(name, room, "%s: %.60s", names[kind], text);
    return kind > PORT ? 0 : (size_t)snprintf(name, room, "%s", names[kind]);
}
void start_heap(size_t n_bytes) {
    // In objects of this program pointers lead only to the first byte of others. (Pointers on the stack always count,
    // wherever in an object they point.) So an object needs no byte more than it asks for, and a pair has 16.
    gcheap_set_interior_pointers(false);
    gcheap_set_limit(n_bytes);
    gcheap_set_out_of_memory(out_of_memory);
    gcheap_set_namer(name_of);
    gcheap_set_collection_hooks(NULL, after_collection);
    gcheap_finalise_on_demand(true);
}
size_t bytes_in_use(void) {
    gcheap_stats_t now;
    gcheap_collect();
    run_finalisers();
    gcheap_stats(&now);
    return now.used_bytes;
}

// A bar. For a map, let the library write a snapshot, and heapview draw it.
void print_heap_map(void) {
    gcheap_stats_t now;
    gcheap_stats(&now);
    printf("%zu of %zu bytes are in use; %zu were when collection %zu had ended; %zu finalisers.\n[", now.used_bytes,
        now.heap_bytes, now.live_bytes, now.collections, now.finalisers);
    for (size_t i = 0; i < 64; i++) putchar(i * now.heap_bytes < now.used_bytes * 64 ? '=' : '.');
    puts("]");
}
