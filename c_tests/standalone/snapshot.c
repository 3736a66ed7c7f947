// A program that writes a snapshot of its heap, and says what has to be in it: a line "object ADDRESS BYTES WHERE NAME" for each
// object. integration/snapshots.py compares that with what crates/snapshot reads. Arguments: what to do ("file", "text", "bare",
// "oom", "exit" or "heap"), and the path of the snapshot.
#define _GNU_SOURCE
#include <gcheap.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    void *next;
    char type[16];
    int number;
} thing_t;

static const char *path;
static gcheap_t *heap;
static thing_t *in_static;
static _Thread_local thing_t *in_tls;
static atomic_int waiting;
static thing_t **added; // malloc's memory, added as a root

static size_t name_of(const void *object, size_t n_bytes, char *name, size_t room) {
    const thing_t *thing = object;
    if (n_bytes < sizeof(thing_t) || memchr(thing->type, 0, sizeof(thing->type)) == NULL || thing->type[0] == 0) {
        return 0;
    }
    return (size_t)snprintf(name, room, "%s: number %d", thing->type, thing->number);
}

static thing_t *new_thing(const char *type, void *next, unsigned int flags, size_t more) {
    static atomic_int number;
    thing_t *thing = gcheap_alloc_in(heap, sizeof(thing_t) + more, flags);
    if (thing != NULL) {
        thing->next = next;
        strcpy(thing->type, type);
        thing->number = ++number;
        printf("object %p %zu %s %s: number %d\n", (void *)thing, sizeof(thing_t) + more, flags == GCHEAP_NO_SCAN ? "no-scan" : "scanned",
            type, thing->number);
    }
    return thing;
}

static void *other_thread(void *unused) {
    thing_t *volatile on_stack = new_thing("thread", NULL, 0, 0);
    waiting = 1;
    while (waiting == 1) {
        usleep(1000);
    }
    (void)on_stack;
    return unused;
}

static bool write_to(void *data, const void *bytes, size_t n_bytes) {
    return write(*(int *)data, bytes, n_bytes) == (ssize_t)n_bytes;
}

static bool write_snapshot(unsigned int flags) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const char *noise = "booting ...\n";
    bool written = file >= 0 && (!(flags & GCHEAP_SNAPSHOT_TEXT) || write(file, noise, strlen(noise)) > 0)
        && gcheap_snapshot_in(heap, write_to, &file, flags);
    return close(file) == 0 && written;
}

static void *out_of_memory(size_t n_bytes) {
    bool written = gcheap_snapshot_file(path);
    printf("no room for %zu bytes; written: %d\n", n_bytes, written);
    fflush(stdout);
    _exit(written ? 0 : 1);
}

static void fill(void) {
    gcheap_set_limit(4 << 20);
    for (thing_t *list = NULL;; ) {
        list = gcheap_alloc(1000, 0);
        list->next = in_static;
        in_static = list;
    }
}

int main(int argc, char **argv) {
    const char *what = argc > 2 ? argv[1] : "";
    path = argv[argc - 1];
    heap = strcmp(what, "heap") == 0 ? gcheap_new(0) : NULL;
    gcheap_set_namer_in(heap, name_of);
    in_static = new_thing("static", new_thing("behind", new_thing("text", NULL, GCHEAP_NO_SCAN, 100), 0, 20), 0, 5000);
    in_tls = new_thing("tls", NULL, 0, 0);
    added = malloc(2 * sizeof(added[0]));
    added[1] = new_thing("added", NULL, 0, 0);
    gcheap_add_roots_in(heap, added, added + 2);
    thing_t *volatile on_stack = new_thing("stack", NULL, 0, 0);
    thing_t *uncollectable = new_thing("uncollectable", NULL, GCHEAP_UNCOLLECTABLE, 0);
    printf("hidden %zx\n", ~(size_t)uncollectable);
    pthread_t thread;
    gcheap_pthread_create(&thread, NULL, other_thread, NULL);
    while (waiting == 0) {
        usleep(1000);
    }
    bool written = true;
    if (strcmp(what, "file") == 0) {
        written = gcheap_snapshot_file(path) && !gcheap_snapshot_file("/nowhere/at/all") && !gcheap_snapshot(NULL, NULL, 0);
    } else if (strcmp(what, "text") == 0) {
        written = write_snapshot(GCHEAP_SNAPSHOT_TEXT);
    } else if (strcmp(what, "bare") == 0) {
        written = write_snapshot(GCHEAP_SNAPSHOT_NO_CONTENTS);
    } else if (strcmp(what, "heap") == 0) {
        written = write_snapshot(0);
    } else if (strcmp(what, "oom") == 0) {
        gcheap_set_out_of_memory(out_of_memory);
        fill();
    } else if (strcmp(what, "exit") != 0) {
        written = false;
    }
    waiting = 2;
    gcheap_pthread_join(thread, NULL);
    printf("written: %d\n", written);
    return written && on_stack->number != 0 && in_tls != NULL ? 0 : 1;
}
