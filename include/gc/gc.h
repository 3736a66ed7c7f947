// The interface of Boehm's collector (bdwgc 8.2) over libgcheap. For programs that include <gc.h> or <gc/gc.h>; docs/BOEHM.md
// lists what is offered, and with what differences. What is not offered is missing at link time.
//
// Generated from crates/bdw/src/ and crates/xtask/src/gc.h.in. Do not edit it: change those files and run
//     cargo run -p xtask -- header
#ifndef GC_H
#define GC_H

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GC_VERSION_MAJOR 8
#define GC_VERSION_MINOR 2
#define GC_VERSION_MICRO 2

/// An unsigned number as wide as a pointer, and a signed one.
typedef uintptr_t GC_word;
typedef intptr_t GC_signed_word;

/// What is called with an object and the data that was registered for it.
typedef void (*GC_finalization_proc)(void *object, void *data);
/// What is called when there is no memory for so many bytes: its result is the allocation's.
typedef void *(*GC_oom_func)(size_t bytes);
/// What is called with a warning.
typedef void (*GC_warn_proc)(char *message, GC_word argument);
/// What is called when finalisers are due that the program calls itself.
typedef void (*GC_finalizer_notifier_proc)(void);

/// What is called with each event of a collection.
typedef enum {
    GC_EVENT_START,             ///< It begins.
    GC_EVENT_MARK_START,        ///< Marking begins.
    GC_EVENT_MARK_END,          ///< All that is alive is marked.
    GC_EVENT_RECLAIM_START,     ///< The dead are freed.
    GC_EVENT_RECLAIM_END,       ///< They have been freed.
    GC_EVENT_END,               ///< It has ended.
    GC_EVENT_PRE_STOP_WORLD,    ///< The other threads are going to be stopped.
    GC_EVENT_POST_STOP_WORLD,   ///< They have stopped.
    GC_EVENT_PRE_START_WORLD,   ///< They are going to be let go on.
    GC_EVENT_POST_START_WORLD,  ///< They go on.
    GC_EVENT_THREAD_SUSPENDED,  ///< Does not come here, and neither does the next one.
    GC_EVENT_THREAD_UNSUSPENDED
} GC_EventType;
typedef void (*GC_on_collection_event_proc)(GC_EventType event);
/// What GC_try_to_collect asks first: whether not to collect.
typedef int (*GC_stop_func)(void);
/// What is called with the collector's lock held.
typedef void *(*GC_fn_type)(void *argument);

/// Where a thread's stack ends.
struct GC_stack_base {
    /// The end from which it grows.
    void *mem_base;
};

/// What functions for threads return.
#define GC_SUCCESS 0
#define GC_DUPLICATE 1
#define GC_NO_THREADS 2
#define GC_UNIMPLEMENTED 3
/// What functions for links return.
#define GC_NO_MEMORY 2
#define GC_NOT_FOUND 4

/// Before GC_init: whether pointers into objects count in the heap, too. 1 unless the program changes it.
extern int GC_all_interior_pointers;

/// Whether objects whose finaliser is due keep what they lead to. Always so here, whatever a program writes to it.
extern int GC_java_finalization;

/// Whether static data of libraries is left out. It never is here: that only keeps more alive.
extern int GC_no_dls;

/// Whether finalisers are called on demand only. Read by GC_init.
extern int GC_finalize_on_demand;

/// Whether the heap grows only if a collection has left no room. Read by GC_init.
extern int GC_dont_expand;

/// "libgcheap 0.1.0": to tell this library from Boehm's.
const char *gcheap_version(void);

/// Starts the collector; the calling thread's stack is scanned from now on. Doing it twice changes nothing. Not necessary:
/// the first allocation does it.
void GC_init(void);

/// Whether the collector has started.
int GC_is_init_called(void);

/// The version of bdwgc whose interface this is: 8.2.2.
unsigned int GC_get_version(void);

/// Allocates an object of so many bytes, all 0. NULL if there is no memory.
void *GC_malloc(size_t bytes);

/// The same for an object that is not scanned. Its bytes may be anything.
void *GC_malloc_atomic(size_t bytes);

/// GC_malloc for large objects. Here any address in them counts.
void *GC_malloc_ignore_off_page(size_t bytes);

/// GC_malloc_atomic for large objects. Here any address in them counts.
void *GC_malloc_atomic_ignore_off_page(size_t bytes);

/// Allocates an object that only GC_free frees.
void *GC_malloc_uncollectable(size_t bytes);

/// The same for an object that is not scanned.
void *GC_malloc_atomic_uncollectable(size_t bytes);

/// Allocates several objects of so many bytes, linked by their first words; NULL if there is no memory for one.
void *GC_malloc_many(size_t bytes);

/// Frees an object at once; NULL does nothing.
/// Requires: nothing uses the object afterwards.
void GC_free(void *object);

/// A copy of a string, not scanned. NULL for NULL.
/// Requires: text is NULL or ends with a 0 byte.
char *GC_strdup(const char *text);

/// A copy of at most so many bytes of a string, not scanned.
/// Requires: text ends with a 0 byte, or has so many bytes.
char *GC_strndup(const char *text, size_t bytes);

/// The start of the object that an address lies in; NULL if it lies in none.
void *GC_base(void *address);

/// Whether an address lies in an object of the heap.
int GC_is_heap_ptr(const void *address);

/// How many bytes an object has.
size_t GC_size(const void *object);

/// Changes an object's size. NULL allocates, 0 bytes frees.
/// Requires: nothing uses the old address afterwards if another one is returned.
void *GC_realloc(void *object, size_t bytes);

/// Allocates so many bytes, all 0, at a multiple of alignment, a power of two. Beyond 16 the address may lie inside
/// an object: it counts as a pointer to the object everywhere from then on, and GC_free wants GC_base of it. NULL if
/// there is no memory.
void *GC_memalign(size_t alignment, size_t bytes);

/// The same with the result in *place. 0, or the number of an error: EINVAL if the alignment is no power of two and
/// multiple of a pointer's size, ENOMEM.
/// Requires: *place can be written to.
int GC_posix_memalign(void **place, size_t alignment, size_t bytes);

/// Lets words in objects count that point so many bytes into another, also where such pointers do not count otherwise
/// (GC_set_all_interior_pointers). Here all do from then on.
void GC_register_displacement(size_t offset);

/// Whether a collection looks for pointers at an address: if it lies in an object that is not scanned, the program ends
/// with a sentence. Returns the address. An address outside of all objects always counts as one that is looked at.
void *GC_is_visible(void *address);

/// Compares the objects that two addresses lie in: returns the first address if both lie in the same one, or in none.
/// Otherwise the program ends with a sentence.
void *GC_same_obj(void *first, void *second);

/// Collects, and calls the finalisers that are due (unless that is done on demand).
void GC_gcollect(void);

/// Collects if a collection is due. There is nothing to go on with afterwards: 0.
int GC_collect_a_little(void);

/// From now on no allocation collects. Nests.
void GC_disable(void);

/// Reverses one GC_disable.
void GC_enable(void);

/// Whether GC_disable holds.
int GC_is_disabled(void);

/// Lets the heap have so many bytes more; no collection is due before they are in use. 0 if there is no memory.
int GC_expand_hp(size_t bytes);

/// Bytes that the heap has.
size_t GC_get_heap_size(void);

/// Bytes of it that are free.
size_t GC_get_free_bytes(void);

/// Bytes that were given back to the system: they do not count as the heap's any more. 0.
size_t GC_get_unmapped_bytes(void);

/// Bytes allocated since the last collection.
size_t GC_get_bytes_since_gc(void);

/// Bytes allocated in all.
size_t GC_get_total_bytes(void);

/// Bytes in use when the last collection had ended.
size_t GC_get_memory_use(void);

/// Collections so far.
size_t GC_get_gc_no(void);

/// All of these numbers at one time. Each pointer may be NULL.
/// Requires: the others can be written to.
void GC_get_heap_usage_safe(size_t *heap_size, size_t *free_bytes, size_t *unmapped_bytes, size_t *bytes_since_gc, size_t *total_bytes);

/// After the finalisers of objects that lead to this one.
/// Requires: as for all of them: the function can be called with the object and the data; the last two are NULL or can be written to.
void GC_register_finalizer(void *object, GC_finalization_proc function, void *data, GC_finalization_proc *old_function, void **old_data);

/// The same, and the object may point at itself.
/// Requires: as for GC_register_finalizer.
void GC_register_finalizer_ignore_self(void *object, GC_finalization_proc function, void *data, GC_finalization_proc *old_function, void **old_data);

/// As soon as nothing that is alive leads to the object.
/// Requires: as for GC_register_finalizer.
void GC_register_finalizer_no_order(void *object, GC_finalization_proc function, void *data, GC_finalization_proc *old_function, void **old_data);

/// After all others.
/// Requires: as for GC_register_finalizer.
void GC_register_finalizer_unreachable(void *object, GC_finalization_proc function, void *data, GC_finalization_proc *old_function, void **old_data);

/// Calls the finalisers that are due; how many.
int GC_invoke_finalizers(void);

/// Whether finalisers are due.
int GC_should_invoke_finalizers(void);

/// *link is cleared when nothing reaches the object any more. 0 if done, 1 if it was registered before, 2 without memory.
/// Requires: the word can be written to until it is unregistered.
int GC_general_register_disappearing_link(void **link, const void *object);

/// The same, for the object that the word lies in.
/// Requires: as above.
int GC_register_disappearing_link(void **link);

/// *link is cleared when no finaliser can bring the object back to life any more.
/// Requires: as above.
int GC_register_long_link(void **link, const void *object);

/// 1 if the link was registered; it is not any more.
int GC_unregister_disappearing_link(void **link);

/// The same for a long link.
int GC_unregister_long_link(void **link);

/// The link is kept in another word from now on. 0 if done, 4 if it was not registered.
int GC_move_disappearing_link(void **link, void **new_);

/// The same for a long link.
int GC_move_long_link(void **link, void **new_);

/// Makes the words of [low, high) roots.
/// Requires: they can be read until they are removed.
void GC_add_roots(void *low, void *high);

/// Removes the roots that were added and lie in [low, high) entirely.
void GC_remove_roots(void *low, void *high);

/// Removes all roots that were added. (Static data stays: the collector finds it by itself.)
void GC_clear_roots(void);

/// Writes to standard error how many bytes of roots were added by the program.
void GC_print_static_roots(void);

/// Called when there is no memory for so many bytes: its result is the allocation's.
extern GC_oom_func GC_oom_fn;

/// Called when finalisers are due that are called on demand only.
extern GC_finalizer_notifier_proc GC_finalizer_notifier;

/// Twice what is alive, divided by this, is allocated between collections. Read by GC_init.
extern GC_word GC_free_space_divisor;

/// How many collections there were.
extern GC_word GC_gc_no;

/// Sets what is called when there is no memory.
void GC_set_oom_fn(GC_oom_func function);

/// What is called when there is no memory; at first a function that returns NULL.
GC_oom_func GC_get_oom_fn(void);

/// Sets what warnings are given to. This collector has none to give.
void GC_set_warn_proc(GC_warn_proc function);

/// What warnings are given to.
GC_warn_proc GC_get_warn_proc(void);

/// For GC_set_warn_proc: does nothing with a warning.
void GC_ignore_warn_proc(char *_message, GC_word _argument);

/// Sets whether finalisers are called only by GC_invoke_finalizers.
void GC_set_finalize_on_demand(int only);

/// Whether they are.
int GC_get_finalize_on_demand(void);

/// Sets what is called when finalisers are due that are called on demand.
void GC_set_finalizer_notifier(GC_finalizer_notifier_proc function);

/// What is called then.
GC_finalizer_notifier_proc GC_get_finalizer_notifier(void);

/// Objects whose finaliser is due always keep what they lead to.
void GC_set_java_finalization(int on);

/// What was set by that.
int GC_get_java_finalization(void);

/// Sets whether pointers into objects count in the heap, too.
void GC_set_all_interior_pointers(int count);

/// Whether they do.
int GC_get_all_interior_pointers(void);

/// Static data of libraries is always looked at: that only keeps more alive.
void GC_set_no_dls(int on);

/// What was set by that.
int GC_get_no_dls(void);

/// Sets whether the heap grows only if a collection has left no room.
void GC_set_dont_expand(int on);

/// Whether it does.
int GC_get_dont_expand(void);

/// Sets how much is allocated between collections: twice what is alive, divided by this. 3 unless the program says so.
void GC_set_free_space_divisor(GC_word divisor);

/// What was set by that.
GC_word GC_get_free_space_divisor(void);

/// Sets how many bytes the heap may have; 0 is no limit.
void GC_set_max_heap_size(GC_word bytes);

/// After how many partial collections bdwgc makes a whole one. Here all are whole: the number is only kept.
extern int GC_full_freq;

/// How often bdwgc collects again when it gets no memory from the system. Here it is once: the number is only kept.
extern GC_word GC_max_retries;

/// How many milliseconds a step of bdwgc's incremental collection takes. Here there are no steps: the number is only kept.
extern unsigned long GC_time_limit;

/// How many threads help to mark: none.
extern int GC_parallel;

/// Whether GC_init makes no collection. Here it never makes one.
extern int GC_dont_precollect;

/// Collects, unless the function says no (not 0), which is asked once, before. 1 if it has collected.
int GC_try_to_collect(GC_stop_func stop);

/// GC_gcollect: every collection gives memory back that will not be needed soon.
void GC_gcollect_and_unmap(void);

/// For bdwgc's incremental mode, which this collector does not have: nothing happens.
void GC_enable_incremental(void);

/// Whether collections are incremental: 0.
int GC_is_incremental_mode(void);

/// How many threads help to mark: 0.
int GC_get_parallel(void);

/// No threads help to mark, however many are wished.
void GC_set_markers_count(unsigned int _count);

/// The child of a fork can always use the heap.
void GC_set_handle_fork(int _how);

/// Time is always measured.
void GC_start_performance_measurement(void);

/// How many milliseconds the threads have been stopped for by collections.
unsigned long GC_get_full_gc_total_time(void);

/// For functions that must have memory: ends the program with a sentence.
void GC_abort_on_oom(void);

/// Writes the heap's numbers to standard error.
void GC_dump(void);

/// The same, below a title.
/// Requires: the name is NULL or ends with a 0 byte.
void GC_dump_named(const char *name);

/// Sets after how many partial collections bdwgc makes a whole one. Here all are whole: the number is only kept.
void GC_set_full_freq(int number);

/// What was set by that.
int GC_get_full_freq(void);

/// Sets how often bdwgc collects again when it gets no memory from the system. Here it is once: the number is only
/// kept.
void GC_set_max_retries(GC_word number);

/// What was set by that.
GC_word GC_get_max_retries(void);

/// Sets how many milliseconds a step of an incremental collection takes. Here there are no steps: the number is only
/// kept.
void GC_set_time_limit(unsigned long number);

/// What was set by that.
unsigned long GC_get_time_limit(void);

/// Sets how much work a step of an incremental collection is. Here there are no steps: the number is only kept.
void GC_set_rate(int number);

/// What was set by that.
int GC_get_rate(void);

/// Sets how often an incremental collection is given up. Here none is: the number is only kept.
void GC_set_max_prior_attempts(int number);

/// What was set by that.
int GC_get_max_prior_attempts(void);

/// Sets whether the program tells an incremental collector what it writes to. Nobody needs to know here: only kept.
void GC_set_manual_vdb_allowed(int on);

/// What was set by that.
int GC_get_manual_vdb_allowed(void);

/// Sets whether GC_gcollect gives memory back. Every collection does so here: only kept.
void GC_set_force_unmap_on_gcollect(int on);

/// What was set by that.
int GC_get_force_unmap_on_gcollect(void);

/// Sets whether GC_init makes no collection. It never makes one here: only kept.
void GC_set_dont_precollect(int on);

/// What was set by that.
int GC_get_dont_precollect(void);

/// Which memory an incremental collector protects from writing: none, 0.
int GC_incremental_protection_needs(void);

/// Begins an incremental collection where the mode is on. It never is.
void GC_start_incremental_collection(void);

/// Whether the collector looks for leaks instead of freeing: 0.
int GC_get_find_leak(void);

/// For programs that call this around fork after GC_set_handle_fork(-1): the library does all that is needed by itself.
void GC_atfork_prepare(void);

/// The same, in the parent.
void GC_atfork_parent(void);

/// The same, in the child.
void GC_atfork_child(void);

/// GC_malloc, for objects that are seldom written to.
void *GC_malloc_stubborn(size_t bytes);

/// The object is going to be written to. Nothing is to be done.
void GC_change_stubborn(const void *_object);

/// The object was written to. Nothing is to be done.
void GC_end_stubborn_change(const void *_object);

/// Writes a pointer to *place.
/// Requires: it can be written to.
void GC_ptr_store_and_dirty(void *place, const void *value);

/// Adds so many bytes to *place, and returns the result. If the two lie in different objects, the program ends with a sentence.
/// Requires: the word can be read and written to.
void *GC_pre_incr(void **place, ptrdiff_t bytes);

/// The same, but returns what *place was before.
/// Requires: the word can be read and written to.
void *GC_post_incr(void **place, ptrdiff_t bytes);

/// Uses a word, so that a compiler keeps it until here.
void GC_noop1(GC_word word);

/// Sets what is called with each event of a collection (GC_EventType). The lock is held, and some threads may be
/// stopped: the function must not call the collector. Events of single threads do not come.
void GC_set_on_collection_event(GC_on_collection_event_proc function);

/// What was set by that.
GC_on_collection_event_proc GC_get_on_collection_event(void);

/// Lets threads register themselves.
void GC_allow_register_threads(void);

/// Finds out where the calling thread's stack ends. 0 if that is known, else 3.
/// Requires: base can be written to.
int GC_get_stack_base(struct GC_stack_base *base);

/// Registers the calling thread, whose stack ends there. 0 if it is now, 1 if it was, 2 if it cannot be.
/// Requires: base comes from GC_get_stack_base in this thread, or names the end of the stack on which it runs.
int GC_register_my_thread(const struct GC_stack_base *base);

/// Writes the end to which the calling thread's stack is scanned, and returns what GC_set_stackbottom knows the thread
/// by. NULL if the thread is not registered.
/// Requires: base can be written to.
void *GC_get_my_stackbottom(struct GC_stack_base *base);

/// Sets the end to which a thread's stack is scanned. The thread is one of GC_get_my_stackbottom's, or NULL: the
/// calling one. Best called with the lock held (GC_call_with_alloc_lock), and so that no collection comes between this
/// and the switch.
/// Requires: the thread runs on a stack with this end whenever it is stopped.
void GC_set_stackbottom(void *thread, const struct GC_stack_base *base);

/// Whether the calling thread is registered.
int GC_thread_is_registered(void);

/// Forgets the calling thread. 0 if it was registered.
int GC_unregister_my_thread(void);

/// pthread_create for a thread that uses the collector.
/// Requires: as for pthread_create.
int GC_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void*), void *argument);

/// pthread_join.
/// Requires: as for pthread_join.
int GC_pthread_join(pthread_t thread, void **result);

/// pthread_detach.
/// Requires: as for pthread_detach.
int GC_pthread_detach(pthread_t thread);

/// pthread_cancel.
/// Requires: as for pthread_cancel.
int GC_pthread_cancel(pthread_t thread);

/// pthread_sigmask; the signal that stops threads stays unblocked.
/// Requires: as for pthread_sigmask.
int GC_pthread_sigmask(int how, const sigset_t *set, sigset_t *old);

/// dlopen.
/// Requires: as for dlopen.
void *GC_dlopen(const char *path, int mode);

/// The signal that stops threads.
int GC_get_suspend_signal(void);

/// The signal that bdwgc restarts them with; here nobody sends it.
int GC_get_thr_restart_signal(void);

/// There are no threads that help to mark, so none has to be started.
void GC_start_mark_threads(void);

/// The end of the stack of the thread that has started the collector. A program that lets this thread run on another
/// stack sets it to that one's end; GC_push_all then tells of the stack that was left.
extern char *GC_stackbottom;

/// Takes the collector's lock, unless the calling thread has it; returns whether it had to be taken.
int bdw_take_lock(void);

/// Releases the collector's lock.
void bdw_release_lock(void);

/// Takes the collector's lock; the calling thread does not have it. It may call nothing that takes it until it has
/// released it.
void GC_alloc_lock(void);

/// Releases the collector's lock.
void GC_alloc_unlock(void);

/// How many bytes an object of these functions has before the address that the program gets.
extern const size_t GC_debug_header_size;

/// GC_malloc.
void *GC_debug_malloc(size_t bytes, GC_word _caller, const char *_file, int _line);

/// GC_malloc_atomic.
void *GC_debug_malloc_atomic(size_t bytes, GC_word _caller, const char *_file, int _line);

/// GC_malloc_uncollectable.
void *GC_debug_malloc_uncollectable(size_t bytes, GC_word _caller, const char *_file, int _line);

/// GC_malloc_atomic_uncollectable.
void *GC_debug_malloc_atomic_uncollectable(size_t bytes, GC_word _caller, const char *_file, int _line);

/// GC_malloc_ignore_off_page.
void *GC_debug_malloc_ignore_off_page(size_t bytes, GC_word _caller, const char *_file, int _line);

/// GC_malloc_atomic_ignore_off_page.
void *GC_debug_malloc_atomic_ignore_off_page(size_t bytes, GC_word _caller, const char *_file, int _line);

/// GC_realloc.
/// Requires: as for GC_realloc.
void *GC_debug_realloc(void *object, size_t bytes, GC_word _caller, const char *_file, int _line);

/// GC_free.
/// Requires: as for GC_free.
void GC_debug_free(void *object);

/// GC_strdup.
/// Requires: as for GC_strdup.
char *GC_debug_strdup(const char *text, GC_word _caller, const char *_file, int _line);

/// GC_strndup.
/// Requires: as for GC_strndup.
char *GC_debug_strndup(const char *text, size_t bytes, GC_word _caller, const char *_file, int _line);

/// GC_register_finalizer.
/// Requires: as for GC_register_finalizer.
void GC_debug_register_finalizer(void *object, GC_finalization_proc function, void *data, GC_finalization_proc *old_function, void **old_data);

/// GC_register_finalizer_ignore_self.
/// Requires: as for GC_register_finalizer.
void GC_debug_register_finalizer_ignore_self(void *object, GC_finalization_proc function, void *data, GC_finalization_proc *old_function, void **old_data);

/// GC_register_finalizer_no_order.
/// Requires: as for GC_register_finalizer.
void GC_debug_register_finalizer_no_order(void *object, GC_finalization_proc function, void *data, GC_finalization_proc *old_function, void **old_data);

/// GC_register_finalizer_unreachable.
/// Requires: as for GC_register_finalizer.
void GC_debug_register_finalizer_unreachable(void *object, GC_finalization_proc function, void *data, GC_finalization_proc *old_function, void **old_data);

/// How many bytes an object of these functions has before the address that the program gets.
size_t GC_get_debug_header_size(void);

/// GC_register_displacement.
void GC_debug_register_displacement(size_t offset);

/// GC_malloc, for programs that put it in malloc's place.
void *GC_debug_malloc_replacement(size_t bytes);

/// GC_realloc, the same.
/// Requires: as for GC_realloc.
void *GC_debug_realloc_replacement(void *object, size_t bytes);

/// GC_generic_or_special_malloc.
void *GC_debug_generic_or_special_malloc(size_t bytes, int kind, GC_word _caller, const char *_file, int _line);

/// GC_malloc_stubborn.
void *GC_debug_malloc_stubborn(size_t bytes, GC_word _caller, const char *_file, int _line);

/// GC_change_stubborn.
void GC_debug_change_stubborn(const void *_object);

/// GC_end_stubborn_change.
void GC_debug_end_stubborn_change(const void *_object);

/// GC_ptr_store_and_dirty.
/// Requires: as for GC_ptr_store_and_dirty.
void GC_debug_ptr_store_and_dirty(void *place, const void *value);

/// Calls a function that does not use the collector, which does not stop the calling thread meanwhile.
void *GC_do_blocking(void *(*function)(void *argument), void *argument);

/// In a function that GC_do_blocking calls: calls one that may use the collector.
void *GC_call_with_gc_active(void *(*function)(void *argument), void *argument);

/// Calls a function while the collector's lock is held; it may call nothing that takes it.
void *GC_call_with_alloc_lock(GC_fn_type function, void *argument);

/// Calls a function with the end of the stack as it is for what the function calls: for GC_register_my_thread.
void *GC_call_with_stack_base(void *(*function)(struct GC_stack_base *base, void *argument), void *argument);

/// pthread_exit.
void GC_pthread_exit(void *result) __attribute__((noreturn));

/// The macros that programs use in the place of the functions.
#define GC_MALLOC(n_bytes) GC_malloc(n_bytes)
#define GC_MALLOC_ATOMIC(n_bytes) GC_malloc_atomic(n_bytes)
#define GC_MALLOC_UNCOLLECTABLE(n_bytes) GC_malloc_uncollectable(n_bytes)
#define GC_MALLOC_ATOMIC_UNCOLLECTABLE(n_bytes) GC_malloc_atomic_uncollectable(n_bytes)
#define GC_MALLOC_IGNORE_OFF_PAGE(n_bytes) GC_malloc_ignore_off_page(n_bytes)
#define GC_MALLOC_ATOMIC_IGNORE_OFF_PAGE(n_bytes) GC_malloc_atomic_ignore_off_page(n_bytes)
#define GC_REALLOC(object, n_bytes) GC_realloc(object, n_bytes)
#define GC_STRDUP(text) GC_strdup(text)
#define GC_STRNDUP(text, n_bytes) GC_strndup(text, n_bytes)
#define GC_FREE(object) GC_free(object)
#define GC_REGISTER_FINALIZER(object, function, data, old_function, old_data) \
    GC_register_finalizer(object, function, data, old_function, old_data)
#define GC_REGISTER_FINALIZER_IGNORE_SELF(object, function, data, old_function, old_data) \
    GC_register_finalizer_ignore_self(object, function, data, old_function, old_data)
#define GC_REGISTER_FINALIZER_NO_ORDER(object, function, data, old_function, old_data) \
    GC_register_finalizer_no_order(object, function, data, old_function, old_data)
#define GC_REGISTER_FINALIZER_UNREACHABLE(object, function, data, old_function, old_data) \
    GC_register_finalizer_unreachable(object, function, data, old_function, old_data)
#define GC_GENERAL_REGISTER_DISAPPEARING_LINK(link, object) GC_general_register_disappearing_link(link, object)
#define GC_REGISTER_LONG_LINK(link, object) GC_register_long_link(link, object)
#define GC_NEW(type) ((type *)GC_MALLOC(sizeof(type)))
#define GC_NEW_ATOMIC(type) ((type *)GC_MALLOC_ATOMIC(sizeof(type)))
#define GC_NEW_UNCOLLECTABLE(type) ((type *)GC_MALLOC_UNCOLLECTABLE(sizeof(type)))
/// The next object of GC_malloc_many's list.
#define GC_NEXT(object) (*(void **)(object))
/// Starts the collector. Best called in main; the first allocation does it, too.
#define GC_INIT() GC_init()
/// Pointers that no collection sees, for links: and back.
#define GC_HIDE_POINTER(pointer) (~(GC_word)(pointer))
#define GC_REVEAL_POINTER(hidden) ((void *)~(GC_word)(hidden))
/// Lets the compiler keep what it points at until here.
#define GC_reachable_here(pointer) __asm__ volatile ("" : : "X" (pointer) : "memory")
#define GC_REGISTER_DISPLACEMENT(offset) GC_register_displacement(offset)

#if defined(GC_THREADS) && !defined(GC_NO_THREAD_REDIRECTS)
#define pthread_create GC_pthread_create
#define pthread_join GC_pthread_join
#define pthread_detach GC_pthread_detach
#define pthread_cancel GC_pthread_cancel
#define pthread_exit GC_pthread_exit
#define pthread_sigmask GC_pthread_sigmask
#endif

#ifdef __cplusplus
}
#endif

#endif // GC_H
