// The events of collections, with one thread and with two.
#define GC_THREADS
#include "common.h"

#include <pthread.h>
#include <time.h>

static char events[64];
static int count;

static void event(GC_EventType type) {
    if (type <= GC_EVENT_POST_START_WORLD && count < 60) {
        events[count++] = (char)('0' + type);
    }
}

static void show(const char *what) {
    printf("%s: %s\n", what, events);
    memset(events, 0, sizeof(events));
    count = 0;
}

static volatile int end;

static void *thread(void *argument) {
    while (!end) {
        nanosleep(&(struct timespec) { 0, 1000000 }, NULL);
    }
    return argument;
}

static int no(void) {
    return 1;
}

static int yes(void) {
    return 0;
}

int main(void) {
    GC_INIT();
    printf("none: %d\n", GC_get_on_collection_event() == NULL);
    GC_set_on_collection_event(event);
    printf("set: %d\n", GC_get_on_collection_event() == event);
    GC_gcollect();
    show("one thread");
    pthread_t other;
    pthread_create(&other, NULL, thread, NULL);
    GC_gcollect();
    show("two threads");
    end = 1;
    pthread_join(other, NULL);
    int collected = GC_try_to_collect(no);
    printf("refused: %d\n", collected);
    memset(events, 0, sizeof(events));
    count = 0;
    GC_word before = GC_get_gc_no();
    collected = GC_try_to_collect(yes);
    printf("collected: %d %d\n", collected, (int)(GC_get_gc_no() - before));
    GC_set_on_collection_event(NULL);
    return 0;
}
