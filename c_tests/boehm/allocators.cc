// Containers with the allocators of gc_allocator.h.
#include "common.h"

#include <gc/gc_allocator.h>
#include <list>
#include <map>
#include <string>
#include <vector>

struct number {
    GC_word value[2];
};
GC_DECLARE_PTRFREE(number);

typedef std::vector<void *, gc_allocator<void *>> pointers;
typedef std::vector<number, gc_allocator<number>> numbers;
typedef std::list<void *, traceable_allocator<void *>> traced;
typedef std::basic_string<char, std::char_traits<char>, gc_allocator<char>> text;

// Many small ones: a word that is left on the stack keeps one of them at most. Volatile, so that they are written to.
static pointers *volatile kept_pointers[MANY / 20];
static numbers *volatile kept_numbers;

template<class Container> static __attribute__((noinline)) void fill(Container &container) {
    watch_none();
    for (int i = 0; i < MANY; i++) {
        void *object = GC_MALLOC(24);
        container.push_back(object);
        watch(object);
    }
}

static __attribute__((noinline)) void fill_disguised() {
    watch_none();
    kept_numbers = new (GC_MALLOC(sizeof(numbers))) numbers;
    for (int i = 0; i < MANY; i++) {
        void *object = GC_MALLOC(24);
        kept_numbers->push_back(number { { (GC_word)object, 5 } });
        watch(object);
    }
}

static __attribute__((noinline)) void fill_vectors() {
    watch_none();
    for (int i = 0; i < MANY / 20; i++) {
        kept_pointers[i] = new (GC_MALLOC(sizeof(pointers))) pointers;
        for (int k = 0; k < 20; k++) {
            void *object = GC_MALLOC(24);
            kept_pointers[i]->push_back(object);
            watch(object);
        }
    }
}

int main() {
    GC_INIT();
    fill_vectors();
    printf("vectors: %s\n", left());
    for (int i = 0; i < MANY / 20; i++) {
        kept_pointers[i] = NULL;
    }
    printf("and without them: %s\n", left());
    fill_disguised();
    const char *result = left();
    int sum = 0;
    for (const number &one : *(numbers *)kept_numbers) {
        sum += (int)one.value[1];
    }
    printf("no pointers: %s %d\n", result, sum);
    {
        traced list; // its nodes are reached from the stack only, or not at all
        fill(list);
        printf("list: %s\n", left());
        list.clear();
        printf("empty list: %s\n", left());
    }
    std::map<int, text, std::less<int>, gc_allocator_ignore_off_page<std::pair<const int, text>>> map;
    for (int i = 0; i < 5000; i++) {
        map[i * 7919 % 5003] = text(30, 'x');
    }
    collect();
    size_t all = 0;
    for (auto &entry : map) {
        all += entry.second.size();
    }
    printf("map: %d %d\n", (int)map.size(), (int)all);
    printf("equal: %d\n", gc_allocator<int>() == gc_allocator<char>());
    return 0;
}
