// Roots that only the program knows, functions that a collection calls, the lock, stacks of the program's own.
#include "common.h"

#include <gc/gc_mark.h>
#include <ucontext.h>

static void **table; // from malloc: no root
static int called, pushed_by, started, in_lock;
static GC_push_other_roots_proc before;

static void push(void) {
    called++;
    if (before != NULL) {
        before();
    }
    if (pushed_by == 1) {
        GC_push_all(table, table + MANY);
    } else if (pushed_by == 2) {
        GC_push_all_eager(table, table + MANY);
    } else if (pushed_by == 3) {
        GC_push_conditional(table, table + MANY, 1);
    } else if (pushed_by == 4) {
        for (int i = 0; i < MANY; i++) {
            GC_set_mark_bit(table[i]);
        }
    }
}

static void start(void) {
    started++;
}

static void *with_lock(void *argument) {
    in_lock++;
    return argument;
}

static ucontext_t main_context, other_context;
static void *main_thread;
static struct GC_stack_base main_base, other_base;

static void *switch_base(void *base) {
    GC_set_stackbottom(main_thread, base);
    return NULL;
}

// The other way: a variable, which is read by the next collection. Of the stack that was left a function tells.
static char *left_from;

static void push_left_stack(void) {
    before();
    if (left_from != NULL) {
        GC_push_all(left_from, main_base.mem_base);
    }
}

// A list to which only the stack leads that this is called on: its sum, after a collection.
static long sum_of_list(void) {
    void **list = NULL;
    for (int i = 0; i < 2000; i++) {
        void **next = GC_malloc(24);
        next[0] = list;
        next[1] = (void *)(GC_word)i;
        list = next;
    }
    GC_gcollect();
    for (int i = 0; i < 100000; i++) {
        GC_malloc(24);
    }
    long sum = 0;
    for (; list != NULL; list = list[0]) {
        sum += (long)list[1];
    }
    return sum;
}

static void second_coroutine(void) {
    printf("by the variable: %ld\n", sum_of_list());
    left_from = NULL;
    GC_stackbottom = main_base.mem_base;
    swapcontext(&other_context, &main_context);
}

static void coroutine(void) {
    printf("on a stack of its own: %ld\n", sum_of_list());
    GC_call_with_alloc_lock(switch_base, &main_base);
    swapcontext(&other_context, &main_context);
}

static int base_is_there;

static void *see_base(struct GC_stack_base *base, void *argument) {
    base_is_there = (char *)base->mem_base > (char *)&argument;
    return argument;
}

int main(void) {
    GC_INIT();
    table = malloc(MANY * sizeof(*table));
    before = GC_get_push_other_roots();
    printf("there is a function: %d\n", before != NULL);
    GC_set_push_other_roots(push);
    printf("set: %d\n", GC_get_push_other_roots() == push);
    for (pushed_by = 0; pushed_by < 5; pushed_by++) {
        watch_none();
        for (int i = 0; i < MANY; i++) {
            table[i] = GC_malloc(16);
            watch(table[i]);
        }
        printf("pushed in way %d: %s\n", pushed_by, left());
        memset(table, 0, MANY * sizeof(*table));
    }
    pushed_by = 0;
    printf("called: %d\n", called >= 10);
    GC_set_start_callback(start);
    printf("start: %d %d\n", GC_get_start_callback() == start, started);
    collect();
    printf("started twice: %d\n", started == 2);
    GC_set_start_callback(NULL);
    printf("lock: %d %d\n", *(int *)GC_call_with_alloc_lock(with_lock, &in_lock), in_lock);
    GC_call_with_stack_base(see_base, NULL);
    printf("base: %d\n", base_is_there);
    main_thread = GC_get_my_stackbottom(&main_base);
    printf("handle: %d\n", main_thread != NULL);
    size_t size = 256 << 10;
    char *stack = malloc(size);
    getcontext(&other_context);
    other_context.uc_stack.ss_sp = stack;
    other_context.uc_stack.ss_size = size;
    other_context.uc_link = &main_context;
    makecontext(&other_context, coroutine, 0);
    other_base.mem_base = stack + size;
    GC_call_with_alloc_lock(switch_base, &other_base);
    swapcontext(&main_context, &other_context);
    collect();
    puts("back");
    GC_set_push_other_roots(push_left_stack);
    printf("the variable: %d\n", (void *)GC_stackbottom == main_base.mem_base);
    makecontext(&other_context, second_coroutine, 0);
    char *volatile kept = GC_malloc(24);
    strcpy(kept, "on the stack it left");
    left_from = (char *)(GC_word)((GC_word)__builtin_frame_address(0) & ~(GC_word)15) - 1024;
    GC_stackbottom = other_base.mem_base;
    swapcontext(&main_context, &other_context);
    printf("%.23s\n", kept);
    collect();
    return 0;
}
