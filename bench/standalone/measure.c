// Runs a command so many times, one after the other, and writes what they took:  measure TIMES FILE COMMAND [ARGUMENT ...]
//
// The file gets the time by the clock and that of processors in nanoseconds, both of all runs, and the largest memory of one
// run in bytes. A small program has to do this: the system counts the memory of the process that starts a command as the
// command's, and Python needs more than many of them.
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t in_nanoseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static void run(char **command) {
    pid_t child = vfork();
    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    int status = 127 << 8;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "%s: %s %d\n", command[0], WIFEXITED(status) ? "exit code" : "signal",
            WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc < 4) {
        return 2;
    }
    uint64_t start = nanoseconds();
    for (unsigned long i = strtoul(argv[1], NULL, 10); i > 0; i--) {
        run(argv + 3);
    }
    uint64_t wall = nanoseconds() - start;
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    FILE *file = fopen(argv[2], "w");
    if (file == NULL) {
        perror(argv[2]);
        return 1;
    }
    fprintf(file, "wall %" PRIu64 "\ncpu %" PRIu64 "\nrss %" PRIu64 "\n", wall,
        in_nanoseconds(used.ru_utime) + in_nanoseconds(used.ru_stime), (uint64_t)used.ru_maxrss * 1024);
    return fclose(file) == 0 ? 0 : 1;
}
