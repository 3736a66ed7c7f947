// Memory without pointers, and memory that changes its size.
#include "rows.h"

// Strings of 1 to 200 bytes, each made of two others, and a buffer of up to 64 KiB for every hundred of them; the newest stay.
uint64_t strings(unsigned int rounds) {
    enum { STRINGS = 20000, BUFFERS = 64, STEPS = 50000 };
    uint64_t sum = 0, state = 3;
    char **table = GC_MALLOC(STRINGS * sizeof(*table));
    char **buffers = GC_MALLOC(BUFFERS * sizeof(*buffers));
    for (unsigned int step = 0; step < rounds * STEPS; step++) {
        const char *first = table[random_below(&state, STRINGS)], *second = table[random_below(&state, STRINGS)];
        first = first != NULL ? first : "";
        second = second != NULL ? second : "";
        char number[16];
        size_t length = (size_t)snprintf(number, sizeof(number), "%u,", step);
        size_t before = strlen(first) % 100, after = strlen(second) % 90;
        char *text = GC_MALLOC_ATOMIC(before + length + after + 1);
        memcpy(text, first, before);
        memcpy(text + before, number, length);
        memcpy(text + before + length, second, after);
        text[before + length + after] = 0;
        table[step % STRINGS] = text;
        sum += before + length + after + (unsigned char)text[length];
        if (step % 100 == 0) {
            size_t bytes = 1024 + random_below(&state, 64 << 10);
            char *buffer = GC_MALLOC_ATOMIC(bytes);
            memset(buffer, (int)(step % 251), bytes);
            buffers[step / 100 % BUFFERS] = buffer;
            collector_reads(buffers);
            sum += (unsigned char)buffer[bytes - 1];
        }
    }
    return sum;
}

// Many arrays of pointers that double, texts that grow by a few bytes, and both shrink in the end.
uint64_t reallocation(unsigned int rounds) {
    enum { ARRAYS = 400, LENGTH = 2000, TEXTS = 100, BYTES = 20000 };
    uint64_t sum = 0, state = 4;
    for (unsigned int round = 0; round < rounds; round++) {
        for (int i = 0; i < ARRAYS; i++) {
            size_t room = 4;
            void **array = GC_MALLOC(room * sizeof(*array));
            for (size_t n = 0; n < LENGTH; n++) {
                if (n == room) {
                    room *= 2;
                    array = GC_REALLOC(array, room * sizeof(*array));
                }
                array[n] = array;
            }
            sum += (array[LENGTH - 1] == array) + 1u;
            array = GC_REALLOC(array, LENGTH / 2 * sizeof(*array));
            sum += array[LENGTH / 2 - 1] != NULL;
        }
        for (int i = 0; i < TEXTS; i++) {
            size_t used = 0;
            char *text = GC_MALLOC_ATOMIC(1);
            while (used < BYTES) {
                size_t more = 1 + random_below(&state, 64);
                text = GC_REALLOC(text, used + more);
                memset(text + used, 'a' + i % 26, more);
                used += more;
            }
            text = GC_REALLOC(text, used / 4);
            sum += (uint64_t)text[used / 4 - 1] + used;
        }
    }
    return sum;
}
