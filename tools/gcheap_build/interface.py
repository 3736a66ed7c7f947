"""What the library of a configuration exports and imports: for the archive's check and for the tests."""

from __future__ import annotations

from .config import Config

EXPORTS = frozenset("""gc_init gc_lock gc_unlock gc_is_locked gc_collect_start gc_collect_root gc_collect_end
    gc_sweep_all gc_alloc gc_free gc_nbytes gc_realloc gc_info gc_info_fast gc_dump_info gc_dump_alloc_table
    gcheap_version gcheap_marker""".split())
HOST = frozenset("""gc_collect gcheap_host_roots gcheap_host_fatal gcheap_host_print gcheap_host_letter""".split())
MEMORY = frozenset("memset memcpy memmove memcmp".split())
# Instructions that small CPUs lack: in libgcc, which every C program for them links.
ARITHMETIC = frozenset("__aeabi_uidiv __aeabi_uidivmod __clzsi2 __mulsi3 __udivsi3 __umodsi3".split())
# No function: what code for the i386 calls the table by which it finds its data.
LINKER = frozenset(["_GLOBAL_OFFSET_TABLE_"])


def is_on(config: Config, key: str) -> bool:
    """Whether an option of build.rs's is on. Of those asked for here, two are by default."""
    return config.get(key, "1" if key in ("FINALISER", "SPLIT_HEAP") else "0") == "1"


def exports(config: Config) -> set[str]:
    """The names that the archive defines for others, but for those that begin with gcheap_config_."""
    names = set(EXPORTS)
    if is_on(config, "SPLIT_HEAP"):
        names.add("gc_add")
    if is_on(config, "WEAKREF"):
        names.add("gc_weakref_mark")
    if is_on(config, "SNAPSHOT"):
        names |= {"gc_snapshot", "gc_snapshot_root"}
    if is_on(config, "STATISTICS"):
        names |= {"gc_statistics", "gc_set_stress", "gc_free_runs", "gc_fill_free", "gc_check"}
    return names


def host_imports(config: Config) -> set[str]:
    """The names that the host provides."""
    names = set(HOST) | {config.get("STATE_SYMBOL", "gcheap_state")}
    if is_on(config, "THREAD_STATE"):
        names.add(config.get("THREAD_SYMBOL", "gcheap_host_thread"))
    for key, functions in {
        "FINALISER": "gcheap_host_finalise",
        "MUTEX": "gcheap_host_mutex_init gcheap_host_enter gcheap_host_exit",
        "SPLIT_HEAP_AUTO": "gcheap_host_max_new_split gcheap_host_alloc_heap gcheap_host_free_heap",
        "WEAKREF": "gc_weakref_about_to_be_freed gc_weakref_sweep",
        "SNAPSHOT": "gcheap_host_snapshot gcheap_host_name",
        "STATISTICS": "gcheap_host_statistics gcheap_host_microseconds gcheap_host_collected gcheap_host_out_of_memory",
        "HOOK_LOOP": "gcheap_host_hook",
        "VALGRIND": "gcheap_host_valgrind_addressable",
    }.items():
        if is_on(config, key):
            names |= set(functions.split())
    return names


def imports(config: Config) -> set[str]:
    """All names that the archive may leave undefined."""
    return host_imports(config) | MEMORY | ARITHMETIC | LINKER
