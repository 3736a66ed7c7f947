// The classes and operators of gc_cpp.h.
#include "common.h"

#include <gc/gc_cpp.h>
#include <new>

static int made, alive, cleaned, constructed;
static GC_word data_seen;

struct plain {
    plain *next;
    int number;
    explicit plain(int n): next(NULL), number(n) {}
};

class collected: public gc {
public:
    collected *next;
    int number;
    explicit collected(int n): next(NULL), number(n) {}
};

class cleaned_up: public gc_cleanup {
public:
    void *more[3];
    cleaned_up() { alive++, made++; }
    ~cleaned_up() { alive--; }
};

// A member that is cleaned up, not at the start of its object.
class holder: public gc {
public:
    GC_word words[2];
    cleaned_up member;
};

class base {
public:
    GC_word first;
    virtual ~base() {}
};

class derived: public base, public gc_cleanup {
public:
    GC_word second;
    derived() { alive++, made++; }
    ~derived() { alive--; }
};

class throwing: public gc {
public:
    char space[100000];
    throwing() {
        constructed++;
        throw 5;
    }
};

static void clean(void *object, void *data) {
    cleaned++;
    data_seen += (GC_word)data;
    (void)object;
}

template<class T> static __attribute__((noinline)) void make_many(int n) {
    for (int i = 0; i < n; i++) {
        new T;
    }
}

template<class T> static void show_cleaned(const char *what) {
    made = 0;
    make_many<T>(MANY);
    for (int i = 0; i < 5; i++) {
        collect();
    }
    printf("%s: %d made, most destroyed %d\n", what, made, alive < MANY / 10);
    alive = 0;
}

static collected *list, *array;
static plain *others[MANY];
static void **from_plain_new;

static __attribute__((noinline)) void with_function(int n) {
    for (int i = 0; i < n; i++) {
        new (GC, clean, (void *)1) plain(i);
    }
}

static __attribute__((noinline)) void watch_placed(GCPlacement placement) {
    watch_none();
    for (int i = 0; i < MANY; i++) {
        watch(new (placement) collected(i));
    }
}

int main() {
    GC_INIT();
    for (int i = 0; i < 20000; i++) {
        collected *one = new collected(i);
        one->next = list;
        list = one;
        new collected(-i);
    }
    collect();
    long sum = 0;
    for (collected *one = list; one != NULL; one = one->next) {
        sum += one->number;
    }
    printf("list: %ld\n", sum);

    watch_placed(UseGC);
    printf("UseGC: %s\n", left());
    watch_placed(PointerFreeGC);
    printf("PointerFreeGC: %s\n", left());
    watch_placed(NoGC);
    printf("NoGC: %s\n", left());
    watch_none();
    for (int i = 0; i < MANY; i++) {
        others[i] = new (NoGC) plain(i);
        others[i]->next = new (GC) plain(i);
        watch(others[i]->next);
    }
    printf("kept by what is not collected: %s\n", left());
    for (int i = 0; i < MANY; i++) {
        GC_FREE(others[i]);
        others[i] = NULL;
    }
    printf("and when that is freed: %s\n", left());

    show_cleaned<cleaned_up>("gc_cleanup");
    show_cleaned<holder>("a member");
    show_cleaned<derived>("a second base");
    delete new cleaned_up;
    printf("deleted: %d\n", alive);
    {
        cleaned_up on_stack;
        printf("on the stack: %d", alive);
    }
    printf(" %d\n", alive);

    with_function(MANY);
    for (int i = 0; i < 5; i++) {
        collect();
    }
    printf("functions called: %d %d\n", cleaned > MANY * 9 / 10, data_seen == (GC_word)cleaned);

    int caught = 0;
    for (int i = 0; i < 100; i++) {
        try {
            new throwing;
        } catch (int number) {
            caught += number;
        }
    }
    printf("constructors that throw: %d %d\n", constructed, caught);

    int *numbers = new (PointerFreeGC) int[1000];
    int *kept = new (UseGC) int[1000];
    numbers[999] = kept[999] = 7;
    void *somewhere = GC_MALLOC(sizeof(collected));
    array = new (somewhere) collected(5);
    printf("arrays: %d %d, in its place: %d %d\n", numbers[999], kept[0], array == somewhere, array->number);
    collected *pair = (collected *)operator new[](2 * sizeof(collected), GC);
    printf("operator new[]: %d\n", pair != NULL);

    // The plain operator new, of the library for C++: what it returns leads to objects.
    watch_none();
    from_plain_new = new void *[MANY];
    for (int i = 0; i < MANY; i++) {
        from_plain_new[i] = GC_MALLOC(16);
        watch(from_plain_new[i]);
    }
    printf("plain new: %s\n", left());
    delete[] from_plain_new;
    from_plain_new = NULL;
    printf("plain delete: %s\n", left());
    return 0;
}
