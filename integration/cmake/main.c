// Runs the Python program on standard input, on a heap of 128 KiB.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/builtin.h"
#include "py/compile.h"
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mperrno.h"
#include "py/runtime.h"
#include "shared/runtime/gchelper.h"

static char heap[128 * 1024];

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}

// The module `tickets`: new() returns an object with a finaliser, returned() the number of finalisers that have run.
static size_t returned;

static mp_obj_t ticket_del(mp_obj_t self) {
    (void)self;
    returned++;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ticket_del_obj, ticket_del);

static void ticket_attr(mp_obj_t self, qstr name, mp_obj_t *out) {
    // Not MP_QSTR___del__: this file must not be the reason that the name exists, since the glue needs it.
    if (out[0] == MP_OBJ_NULL && name == qstr_from_str("__del__")) {
        out[0] = MP_OBJ_FROM_PTR(&ticket_del_obj);
        out[1] = self;
    }
}
static MP_DEFINE_CONST_OBJ_TYPE(ticket_type, MP_QSTR_ticket, MP_TYPE_FLAG_NONE, attr, ticket_attr);

static mp_obj_t tickets_new(void) {
    return MP_OBJ_FROM_PTR(mp_obj_malloc_with_finaliser(mp_obj_base_t, &ticket_type));
}
static MP_DEFINE_CONST_FUN_OBJ_0(tickets_new_obj, tickets_new);

static mp_obj_t tickets_returned(void) {
    return mp_obj_new_int_from_uint(returned);
}
static MP_DEFINE_CONST_FUN_OBJ_0(tickets_returned_obj, tickets_returned);

static const mp_rom_map_elem_t tickets_names[] = {
    { MP_ROM_QSTR(MP_QSTR_new), MP_ROM_PTR(&tickets_new_obj) },
    { MP_ROM_QSTR(MP_QSTR_returned), MP_ROM_PTR(&tickets_returned_obj) },
};
static MP_DEFINE_CONST_DICT(tickets_globals, tickets_names);
const mp_obj_module_t tickets_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&tickets_globals,
};
MP_REGISTER_MODULE(MP_QSTR_tickets, tickets_module);

static int run(const char *source) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_lexer_t *lexer = mp_lexer_new_from_str_len(MP_QSTR__lt_stdin_gt_, source, strlen(source), 0);
        qstr name = lexer->source_name;
        mp_parse_tree_t tree = mp_parse(lexer, MP_PARSE_FILE_INPUT);
        mp_call_function_0(mp_compile(&tree, name, false));
        nlr_pop();
        return 0;
    }
    mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(nlr.ret_val));
    return 1;
}

int main(void) {
    mp_cstack_init_with_sp_here(100 * 1024);
    static char source[16 * 1024];
    source[fread(source, 1, sizeof(source) - 1, stdin)] = 0;
    gc_init(heap, heap + sizeof(heap));
    mp_init();
    int status = run(source);
    gc_sweep_all();
    mp_deinit();
    return status;
}

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t bytes) {
    return fwrite(text, 1, bytes, stdout);
}

mp_lexer_t *mp_lexer_new_from_file(qstr name) {
    mp_raise_OSError(MP_ENOENT);
}

mp_import_stat_t mp_import_stat(const char *path) {
    return MP_IMPORT_STAT_NO_EXIST;
}

void nlr_jump_fail(void *value) {
    fprintf(stderr, "uncaught exception\n");
    abort();
}
