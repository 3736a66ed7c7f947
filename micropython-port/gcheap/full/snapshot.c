// Snapshots: writing them to MicroPython's streams.
#include "py/builtin.h"
#include "py/stream.h"
#include "full.h"

typedef struct {
    mp_obj_t stream;
    mp_obj_t exception; // MP_OBJ_NULL: none
    int error;
} sink_t;

static bool write_part(void *data, const void *bytes, size_t n_bytes) {
    sink_t *sink = data;
    // No exception may pass through the library. (Many streams allocate, which is refused meanwhile.)
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        sink->exception = MP_OBJ_FROM_PTR(nlr.ret_val);
        return false;
    }
    mp_stream_rw(sink->stream, (void *)bytes, n_bytes, &sink->error, MP_STREAM_RW_WRITE);
    nlr_pop();
    return sink->error == 0;
}

int gcheap_write_snapshot(mp_obj_t stream, unsigned int flags, mp_obj_t *exception) {
    sink_t sink = { stream, MP_OBJ_NULL, 0 };
    bool done = gc_snapshot(write_part, &sink, flags, "MicroPython " MICROPY_VERSION_STRING);
    if (exception != NULL) {
        *exception = sink.exception;
    }
    if (done) {
        const mp_stream_p_t *stream_p = mp_get_stream(stream);
        if (stream_p->ioctl != NULL) {
            int ignored; // many streams have nothing to flush
            stream_p->ioctl(stream, MP_STREAM_FLUSH, 0, &ignored);
        }
        return 0;
    }
    return sink.error != 0 ? sink.error : MP_EIO;
}

mp_obj_t gcheap_stream(mp_obj_t stream_or_path, bool *opened) {
    *opened = mp_obj_is_str(stream_or_path);
    if (*opened) {
        mp_obj_t arguments[2] = { stream_or_path, MP_OBJ_NEW_QSTR(MP_QSTR_wb) };
        stream_or_path = mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_builtin_open_obj), 2, 0, arguments);
    }
    mp_get_stream_raise(stream_or_path, MP_STREAM_OP_WRITE);
    return stream_or_path;
}
