// A small Lisp:  lisp [--heap BYTES] [--stress N] [FILE ...]       Without a file it reads what is typed.
#include <stdlib.h>
#include <string.h>
#include "gcheap.h"
#include "lisp.h"

static FILE *input;
static Value run_one_form(Value nothing) {
    Value x = read_value(input);
    return x == END ? nothing : cons(eval(x, NIL), NIL);
}

// Returns false after an error in a file. At the prompt the next form follows.
static bool run(bool interactive) {
    for (Value result = NIL; result != NOTHING;) {
        fputs(interactive ? "> " : "", stdout);
        fflush(stdout);
        if (!attempt(run_one_form, NOTHING, &result)) {
            fprintf(stderr, "error: %s\n", error_text);
            if (!interactive) return false;
        } else if (interactive && result != NOTHING && car(result) != NOTHING) {
            print(stdout, car(result), true);
            putchar('\n');
        }
    }
    return true;
}

int main(int argc, char **argv) {
    size_t heap = 65536;
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (strcmp(argv[i], "--heap") == 0) heap = strtoul(argv[i + 1], NULL, 0);
        if (strcmp(argv[i], "--stress") == 0) stress = (unsigned int)strtoul(argv[i + 1], NULL, 0);
    }
    start_heap(heap);
    Value result;
    if (!attempt(start_eval, NOTHING, &result)) return fprintf(stderr, "error: %s\n", error_text), 1;
    input = stdin;
    if (i == argc) return printf("A small Lisp on %s. (heap-map) shows its heap.\n", gcheap_version()), run(true), 0;
    for (; i < argc; i++) {
        input = fopen(argv[i], "r");
        if (input == NULL) return perror(argv[i]), 1;
        if (!run(false)) return 1;
        fclose(input);
    }
}
