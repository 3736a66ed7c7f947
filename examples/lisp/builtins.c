// What the functions of primitives.def need beside the rest of the program.
#include <stdlib.h>
#include <string.h>
#include "lisp.h"

static Value need(enum kind kind, Value x) {
    static const char *const not_that[] = {"not a whole number", "not a constant", "not a character", "not a pair",
        "not a symbol", "not a string", "not a number", "not a vector", "", "", "not a port", "", "not a weak table"};
    if (kind_of(x) != kind) fail(not_that[kind], x);
    return x;
}
Value car(Value pair) { return slots(need(PAIR, pair))[0]; }
Value cdr(Value pair) { return slots(need(PAIR, pair))[1]; }
intptr_t length(Value list) {
    intptr_t n = 0;
    for (; list != NIL; list = cdr(list)) n++;
    return n;
}
Value reverse(Value list) {
    Value reversed = NIL;
    for (; list != NIL; list = cdr(list)) reversed = cons(car(list), reversed);
    return reversed;
}
static Value map(Value function, Value list, bool keep_results) { // the results are the last one first
    Value results = NIL;
    for (; list != NIL; list = cdr(list)) {
        Value result = call(cons(function, cons(car(list), NIL)));
        if (keep_results) results = cons(result, results);
    }
    return results;
}
static double as_real(Value x) {
    return kind_of(x) == NUMBER ? (double)whole(x) : ((struct real *)need(REAL, x))->number;
}

// Whole numbers stay whole, unless the result is too large or a quotient.
static Value combine(char operation, Value x, Value y) {
    intptr_t n;
    if (kind_of(x) == NUMBER && kind_of(y) == NUMBER && operation != '/') {
        bool too_large = operation == '+' ? __builtin_add_overflow(whole(x), whole(y), &n) :
            operation == '-' ? __builtin_sub_overflow(whole(x), whole(y), &n) :
            __builtin_mul_overflow(whole(x), whole(y), &n);
        if (!too_large && whole(number(n)) == n) return number(n);
    }
    double a = as_real(x), b = as_real(y);
    return real(operation == '+' ? a + b : operation == '-' ? a - b : operation == '*' ? a * b : a / b);
}
static intptr_t divisor(Value x) {
    if (need(NUMBER, x) == number(0)) fail("division by zero", NULL);
    return whole(x);
}
static Value arithmetic(char operation, Value total, Value rest) {
    for (; rest != NIL; rest = cdr(rest)) total = combine(operation, total, car(rest));
    return total;
}
static uintptr_t size_of(enum kind kind, Value x) { return size(need(kind, x)); }
static const char *text_of(Value x) { return ((struct string *)need(STRING, x))->text; }
static Value character_or_end(int c) { return c == EOF ? END : character((unsigned int)c); }

static bool equal(Value x, Value y) {
    if (x == y || kind_of(x) != kind_of(y)) return x == y;
    if (kind_of(x) == PAIR && !stack_is_full()) return equal(car(x), car(y)) && equal(cdr(x), cdr(y));
    if (kind_of(x) == STRING) return size(x) == size(y) && memcmp(text_of(x), text_of(y), size(x)) == 0;
    return kind_of(x) == REAL && as_real(x) == as_real(y);
}
static size_t index_in(Value i, size_t length) {
    if (whole(need(NUMBER, i)) < 0 || (size_t)whole(i) >= length) fail("out of range", i);
    return (size_t)whole(i);
}
static Value substring(Value x, size_t start, size_t end) {
    if (start > end) fail("out of range", number((intptr_t)start));
    return string(text_of(x) + start, end - start);
}
static Value to_string(Value list) { // what (display ...) would print of each value
    static char *text; // of malloc; it is freed here the next time, since string() returns only if there is memory
    size_t length;
    free(text);
    FILE *out = open_memstream(&text, &length);
    for (; list != NIL && out != NULL; list = cdr(list)) print(out, car(list), false);
    if (out == NULL || fclose(out) != 0) fail("the system has no memory", NULL);
    return string(text, length);
}
Value to_vector(Value list) {
    Value new = vector((size_t)length(list), NIL);
    for (Value *slot = &slots(new)[1]; list != NIL; list = cdr(list)) *slot++ = car(list);
    return new;
}
static FILE *file_of(Value port) {
    FILE *file = ((struct port *)need(PORT, port))->file;
    if (file == NULL) fail("this port is closed", NULL);
    return file;
}
static Value try(Value function, Value handler) { // if there is an error, the handler is called with its text
    Value result;
    if (attempt(call, cons(function, NIL), &result)) return result;
    return call(cons(handler, cons(string(error_text, strlen(error_text)), NIL)));
}

// A weak table is a list of pairs of a weak cell, which is about the key, and a value. Entries whose key has died are
// dropped by whoever comes along. (A value that leads to its own key keeps it alive, as in many languages.)
static Value entry_of(Value table, Value key) {
    for (Value *link = &slots(need(WEAK_TABLE, table))[1]; *link != NIL;) {
        struct weak *cell = (struct weak *)car(car(*link));
        if (cell->object == key) return car(*link);
        if (cell->object == NULL) *link = cdr(*link);
        else link = &slots(*link)[1];
    }
    return cons(NIL, FALSE);
}
static void weak_set(Value table, Value key, Value value) {
    Value entry = entry_of(table, key);
    slots(entry)[1] = value;
    if (car(entry) == NIL) slots(entry)[0] = weak(key), slots(table)[1] = cons(entry, slots(table)[1]);
}

#define F(name, least, most, result) {HEADER(PRIMITIVE, __LINE__), name, least, most},
const struct primitive primitives[] = {
#include "primitives.def"
    {NULL, NULL, 0, 0}};
#undef F

Value call_primitive(Value function, Value all) {
    const struct primitive *primitive = (const struct primitive *)function;
    intptr_t n = length(all);
    bool good = n >= primitive->least && (n <= primitive->most || primitive->most < 0);
    if (!good) fail("wrong number of arguments for", function);
    Value x = n > 0 ? car(all) : NULL, y = n > 1 ? car(cdr(all)) : NULL, z = n > 2 ? car(cdr(cdr(all))) : NULL;
    switch (size(function)) {
#define F(name, least, most, result) case __LINE__: return result;
#include "primitives.def"
        default: return NOTHING;
    }
}
