// What an interpreter asks of its heap when it runs a program: strings that are built, kept for a while and dropped, and
// tables that grow. The garbage is left to collections, as MicroPython does.

#include <string.h>

#include "objects.h"

// Lengths of strings, and which root gets the next one. Chosen in advance, so that the choice is not part of the time.
static struct {
    uint16_t root, bytes;
} steps[PROGRAM_STEPS];

// A string: a header, which points at the text.
typedef struct {
    const void *type; // outside the heap, as in objects.h
    size_t hash, length;
    char *text;
} string_t;

// arg: the longest string.
static void setup_strings(const workload_t *w) {
    for (size_t i = 0; i < PROGRAM_STEPS; i++) {
        steps[i].root = bench_below(LIVE);
        steps[i].bytes = 1 + bench_below(w->arg);
    }
    heap_auto_collect(true);
}

static void *resize(void *object, size_t bytes) {
    object = gc_realloc(object, bytes, true);
    if (object == NULL) {
        bench_cannot();
    }
    return object;
}

// As MicroPython's vstr does: a buffer that is made for a few bytes, grows in steps, and is cut to its length when the
// string is complete. Every fourth one is only looked at, and freed at once. The last root stands for the interpreter's
// stack.
static string_t *new_string(size_t bytes, bool keep) {
    void **text = &heap_roots[HEAP_ROOTS - 1];
    size_t room = 16;
    *text = new_object(room);
    while (room <= bytes) {
        room += bytes - room < 16 ? 16 : bytes - room;
        *text = resize(*text, room);
    }
    ((char *)*text)[bytes] = '\0';
    if (!keep) {
        gc_free(*text);
        *text = NULL;
        return NULL;
    }
    *text = resize(*text, bytes + 1);
    string_t *string = new_object(sizeof(*string));
    string->length = bytes;
    string->text = *text;
    return string;
}

static size_t run_strings(void) {
    size_t n = bench_ops(STRINGS);
    for (size_t i = 0; i < n; i++) {
        string_t *string = new_string(steps[i % PROGRAM_STEPS].bytes, i % 4 != 0);
        if (string != NULL) {
            heap_roots[steps[i % PROGRAM_STEPS].root] = string;
        }
    }
    return n;
}

// A dictionary: a header, which points at a table of pairs.
typedef struct {
    void *key, *value;
} pair_t;

typedef struct {
    const void *type;
    size_t used, room;
    pair_t *table;
} dict_t;

// As MicroPython's mp_map_rehash does: a new table, the pairs move, the old one is freed.
static void grow(dict_t *dict, size_t room) {
    pair_t *old = dict->table;
    pair_t *table = new_object(room * sizeof(*table));
    if (dict->used != 0) {
        memcpy(table, old, dict->used * sizeof(*table));
    }
    dict->table = table;
    dict->room = room;
    gc_free(old);
}

// arg: the most pairs of a dictionary.
static void setup_dicts(const workload_t *w) {
    for (size_t i = 0; i < PROGRAM_STEPS; i++) {
        steps[i].root = bench_below(DICTS);
        steps[i].bytes = 1 + bench_below(w->arg);
    }
    heap_auto_collect(true);
}

static size_t run_dicts(void) {
    size_t n = bench_ops(STRINGS);
    for (size_t i = 0; i < n; i++) {
        dict_t *dict = heap_roots[HEAP_ROOTS - 1] = new_object(sizeof(*dict));
        size_t pairs = steps[i % PROGRAM_STEPS].bytes;
        for (size_t j = 0; j < pairs; j++) {
            if (dict->used == dict->room) {
                grow(dict, dict->room + 2);
            }
            dict->table[dict->used].value = new_object(sizeof(string_t));
            dict->used++;
        }
        heap_roots[steps[i % PROGRAM_STEPS].root] = dict;
    }
    return n;
}

const workload_t program_workloads[] = {
    {"string-churn", "string", PROGRAM_HEAP, setup_strings, NULL, run_strings, 3, false, 5 * BLOCK},
    {"many-dicts", "dictionary", PROGRAM_HEAP, setup_dicts, NULL, run_dicts, 3, false, 8},
    {0},
};
