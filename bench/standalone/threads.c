// Four threads, each of which makes lists; the newest ones stay.
#include "rows.h"

enum { THREADS = 4, LISTS = 10000, LENGTH = 20, STAY = 500 };

struct work {
    unsigned int rounds, number;
    uint64_t sum;
};

struct link {
    struct link *next;
    uint64_t number;
};

static void *allocate(void *argument) {
    struct work *work = argument;
    struct link **stay = GC_MALLOC(STAY * sizeof(*stay));
    uint64_t sum = 0;
    for (unsigned int list = 0; list < work->rounds * LISTS; list++) {
        struct link *head = NULL;
        for (unsigned int i = 0; i < LENGTH; i++) {
            struct link *link = GC_MALLOC(sizeof(*link));
            link->next = head;
            link->number = list + work->number;
            head = link;
        }
        stay[list % STAY] = head;
        for (struct link *link = stay[(list + 1) % STAY]; link != NULL; link = link->next) {
            sum += link->number;
        }
    }
    work->sum = sum;
    return NULL;
}

uint64_t threads(unsigned int rounds) {
    pthread_t thread[THREADS];
    struct work work[THREADS];
    uint64_t sum = 0;
    for (unsigned int i = 0; i < THREADS; i++) {
        work[i] = (struct work) { .rounds = rounds, .number = i };
        if (GC_pthread_create(&thread[i], NULL, allocate, &work[i]) != 0) {
            fail("a thread cannot be made");
        }
    }
    for (unsigned int i = 0; i < THREADS; i++) {
        GC_pthread_join(thread[i], NULL);
        sum += work[i].sum;
    }
    return sum;
}
