// How many bytes objects take: one more than asked for only while pointers into objects count everywhere.
#include "common.h"

#include <sys/wait.h>
#include <unistd.h>

// GC_size of the two collectors differs by less than 16.
static int takes(void *object) {
    return (int)((GC_size(object) + 15) / 16 * 16);
}

static void sizes(const char *name) {
    printf("%s: 15, 16, 24, 32 bytes take %d %d %d %d; atomic 16 %d\n", name, takes(GC_malloc(15)),
        takes(GC_malloc(16)), takes(GC_malloc(24)), takes(GC_malloc(32)), takes(GC_malloc_atomic(16)));
}

int main(void) {
    printf("at first: %d\n", GC_get_all_interior_pointers());
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        GC_INIT();
        sizes("on");
        return 0;
    }
    int status;
    waitpid(child, &status, 0);
    GC_set_all_interior_pointers(0);
    GC_INIT();
    sizes("off");
    GC_register_displacement(8);
    sizes("off, with a displacement");
    return status;
}
