// For the programs here: which library is this? C and C++.
#include <gcheap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Prints the library's version, and the path of the file that it was loaded from: of what /proc/self/maps has at the address
// of the library's own text.
static void print_where(void) {
    const char *version = gcheap_version();
    printf("%s\n", version);
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[4096];
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        const char *path = strchr(line, '/');
        if (path != NULL && sscanf(line, "%lx-%lx", &start, &end) == 2
            && (unsigned long)version >= start && (unsigned long)version < end) {
            printf("%s", path);
            fclose(maps);
            return;
        }
    }
    fprintf(stderr, "no file holds what gcheap_version returns\n");
    exit(1);
}

// Ends the program unless a condition holds.
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)
