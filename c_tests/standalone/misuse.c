// Pointers that are no object's start: the program ends with a sentence, or its own function is told and nothing happens.
#include "common.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char *object, *freed;
static int foreign;

static void free_twice(void) { gcheap_free(freed); }
static void free_inside(void) { gcheap_free(object + 8); }
static void free_second_block(void) { gcheap_free(object + 16); }
static void free_foreign(void) { gcheap_free(&foreign); }
static void realloc_freed(void) { gcheap_realloc(freed, 100); }
static void realloc_inside(void) { gcheap_realloc(object + 8, 100); }
static void realloc_foreign(void) { gcheap_realloc(&foreign, 100); }
static void free_nothing_realloced(void) { gcheap_realloc(freed, 0); }

static const struct mistake_t {
    void (*make)(void);
    unsigned code;
    const char *sentence;
} mistakes[] = {
    { free_twice, GCHEAP_MISUSE_FREE_BLOCK, "this object is not in use" },
    { free_inside, GCHEAP_MISUSE_INTERIOR_POINTER, "this address lies inside a block" },
    { free_second_block, GCHEAP_MISUSE_TAIL_BLOCK, "this address lies inside an object" },
    { free_foreign, GCHEAP_MISUSE_FOREIGN_POINTER, "this is no address in the heap" },
    { realloc_freed, GCHEAP_MISUSE_FREE_BLOCK, "this object is not in use" },
    { realloc_inside, GCHEAP_MISUSE_INTERIOR_POINTER, "this address lies inside a block" },
    { realloc_foreign, GCHEAP_MISUSE_FOREIGN_POINTER, "this is no address in the heap" },
    { free_nothing_realloced, GCHEAP_MISUSE_FREE_BLOCK, "this object is not in use" },
};

static void prepare(void) {
    object = (char *)gcheap_alloc(200, 0);
    memset(object, 3, 200);
    freed = (char *)gcheap_alloc(200, 0);
    gcheap_free(freed);
}

// Makes a mistake in a child; returns how it ended, and what it has written.
static int in_child(void (*mistake)(void), char *text, size_t size) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) {
        return -1;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_ends[1], STDERR_FILENO);
        setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
        mistake();
        _exit(0);
    }
    close(pipe_ends[1]);
    size_t length = 0;
    for (ssize_t n; length + 1 < size && (n = read(pipe_ends[0], text + length, size - 1 - length)) > 0;) {
        length += (size_t)n;
    }
    text[length] = 0;
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

TEST(without_a_function_the_program_ends) {
    prepare();
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        char text[500];
        int status = in_child(mistakes[i].make, text, sizeof(text));
        if (!CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)) {
            printf("    mistake %zu: status %x\n", i, (unsigned)status);
        }
        CHECK(strncmp(text, "libgcheap: ", 11) == 0);
        if (!CHECK(strstr(text, mistakes[i].sentence) != NULL)) {
            printf("    mistake %zu: %s\n", i, text);
        }
        CHECK(strstr(text, ": 0x") != NULL && text[strlen(text) - 1] == '\n');
    }
}

static size_t told, out_of_memory;
static unsigned last_code;
static const void *last_pointer;

static void note(uint32_t code, const void *pointer) {
    told++;
    last_code = code;
    last_pointer = pointer;
}

static void *note_memory(size_t bytes) {
    (void)bytes;
    out_of_memory++;
    return NULL;
}

TEST(with_a_function_nothing_happens) {
    node_t *list = new_list(1000);
    gcheap_set_misuse(note);
    gcheap_set_out_of_memory(note_memory);
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        prepare();
        told = 0;
        mistakes[i].make();
        CHECK_EQUAL(told, 1);
        CHECK_EQUAL(last_code, mistakes[i].code);
        CHECK(last_pointer != NULL && last_pointer != object);
        CHECK(gcheap_size(object) >= 200 && object[0] == 3 && object[199] == 3);
        CHECK(gcheap_base(freed) == NULL);
    }
    CHECK_EQUAL(out_of_memory, 0); // there is enough
    told = 0;
    CHECK(gcheap_realloc(object + 8, 100) == NULL);
    CHECK(gcheap_realloc(object + 8, 100000) == NULL);
    CHECK_EQUAL(told, 2);
    collect();
    CHECK(list_is_whole(list, 1000));
    gcheap_set_misuse(NULL);
    gcheap_set_out_of_memory(NULL);
}

// What belongs to objects is not lost by a mistake.
static size_t finalised;

static void finalise(void *of, void *data) {
    (void)of, (void)data;
    finalised++;
}

static NOINLINE void mistakes_beside_finalisers(void) {
    for (size_t i = 0; i < MANY; i++) {
        char *made = (char *)gcheap_alloc(100, GCHEAP_NO_SCAN);
        gcheap_set_finaliser(made, finalise, NULL, 0);
        gcheap_free(made + 8);
        gcheap_free(made + 16);
        gcheap_realloc(made + 16, 50);
    }
}

TEST(finalisers_survive_mistakes) {
    gcheap_set_misuse(note);
    told = 0;
    mistakes_beside_finalisers();
    CHECK_EQUAL(told, 3 * MANY);
    collect();
    CHECK(finalised >= MANY * 9 / 10);
    gcheap_set_misuse(NULL);
}

RUN_TESTS(ENTRY(without_a_function_the_program_ends), ENTRY(with_a_function_nothing_happens),
    ENTRY(finalisers_survive_mistakes))
