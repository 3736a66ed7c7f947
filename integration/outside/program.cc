// A C++ program that is built with the installed library: objects with constructors and destructors, an allocator for
// containers, an allocation before main, a thread with thread-local roots.
#include <cstddef>
#include <cstdio>
#include <new>
#include <string_view>
#include <utility>
#include <vector>
#include "where.h"

namespace {

// An object in the heap. Its destructor is called when nothing reaches it any more.
template <typename Type, typename... Arguments> Type *make(Arguments &&...arguments) {
    void *memory = gcheap_alloc(sizeof(Type), 0);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    Type *object = new (memory) Type(std::forward<Arguments>(arguments)...);
    CHECK(gcheap_set_finaliser(object, [](void *dead, void *) { static_cast<Type *>(dead)->~Type(); }, nullptr, 2));
    return object;
}

// For containers whose elements the collector is to see.
template <typename Type> struct allocator {
    using value_type = Type;
    allocator() = default;
    template <typename Other> allocator(const allocator<Other> &) {}
    Type *allocate(std::size_t n) {
        if (void *memory = gcheap_alloc(n * sizeof(Type), 0)) {
            return static_cast<Type *>(memory);
        }
        throw std::bad_alloc();
    }
    void deallocate(Type *memory, std::size_t) { gcheap_free(memory); }
    bool operator==(const allocator &) const { return true; }
    bool operator!=(const allocator &) const { return false; }
};

struct leaf {
    inline static int alive = 0;
    const char *name;
    leaf *next;
    leaf(std::string_view text, leaf *behind) : name(gcheap_strndup(text.data(), text.size())), next(behind) { alive++; }
    ~leaf() { alive--; }
};

leaf *const before_main = make<leaf>("before main", nullptr);
thread_local leaf *of_this_thread;

__attribute__((noinline)) void drop_leaves() {
    for (int i = 0; i < 1000; i++) {
        make<leaf>("garbage", nullptr);
    }
}

void *thread(void *) {
    for (int i = 0; i < 1000; i++) {
        of_this_thread = make<leaf>("in a thread", of_this_thread);
        gcheap_alloc(10000, GCHEAP_NO_SCAN);
    }
    gcheap_collect();
    std::size_t length = 0;
    for (const leaf *one = of_this_thread; one != nullptr; one = one->next) {
        CHECK(std::string_view(one->name) == "in a thread");
        length++;
    }
    return reinterpret_cast<void *>(length);
}

} // namespace

int main() {
    print_where();
    std::vector<leaf *, allocator<leaf *>> kept;
    for (int i = 0; i < 1000; i++) {
        kept.push_back(make<leaf>("kept", nullptr));
    }
    drop_leaves();
    CHECK(gcheap_collect());
    CHECK(leaf::alive >= 1001 && leaf::alive < 1500);
    for (const leaf *one : kept) {
        CHECK(std::string_view(one->name) == "kept");
    }
    CHECK(std::string_view(before_main->name) == "before main");

    pthread_t other;
    void *result = nullptr;
    CHECK(gcheap_pthread_create(&other, nullptr, thread, nullptr) == 0);
    CHECK(gcheap_pthread_join(other, &result) == 0);
    CHECK(reinterpret_cast<std::size_t>(result) == 1000);
    gcheap_stats_t stats{};
    gcheap_stats(&stats);
    if (const auto [heap, used] = std::pair(stats.heap_bytes, stats.used_bytes); heap < used || used == 0) {
        return 1;
    }
    std::printf("ok\n");
    return 0;
}
