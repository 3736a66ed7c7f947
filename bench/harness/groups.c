// All workloads of the benchmark.

#include <string.h>

#include "bench.h"

const group_t bench_groups[] = {
    {"allocate", allocate_workloads},
    {"replace", replace_workloads},
    {"collect", collect_workloads},
    {"overflow", overflow_workloads},
    {"resize", resize_workloads},
    {"info", info_workloads},
    {"program", program_workloads},
    #if !BENCH_SMALL
    {"machine", machine_workloads},
    #endif
    {0},
};

const workload_t *bench_find(const char *name) {
    for (const group_t *g = bench_groups; g->name != NULL; g++) {
        for (const workload_t *w = g->workloads; w->name != NULL; w++) {
            if (strcmp(w->name, name) == 0) {
                return w;
            }
        }
    }
    return NULL;
}
