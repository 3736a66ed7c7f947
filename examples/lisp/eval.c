// The evaluator, and errors.
//
// An environment is a list of frames, the innermost first. A frame is a pair of the names and the values: for a call, the
// function's list of names and the list of arguments. Variables outside all functions are in the symbols themselves.
#include <setjmp.h>
#include <string.h>
#include "lisp.h"

enum word { PLAIN, QUOTE, IF, DEFINE, SET, LAMBDA, BEGIN, AND, OR, COND, WHEN, UNLESS, LET, LET_STAR, LETREC, WORDS };
static const char *const word_names[] = {"", "quote", "if", "define", "set!", "lambda", "begin", "and", "or", "cond",
    "when", "unless", "let", "let*", "letrec"};
static Value words[WORDS]; // static data, where the collector finds these symbols

char error_text[200]; // not in the heap, so that "out of memory" needs none
static jmp_buf *innermost;

// Errors are C's longjmp. A collector that looks at the stack by itself does not mind: what the abandoned functions held
// is on no stack any more.
bool attempt(Value (*function)(Value), Value argument, Value *result) {
    jmp_buf here, *const outer = innermost;
    innermost = &here;
    const bool good = setjmp(here) == 0;
    if (good) *result = function(argument);
    innermost = outer;
    return good;
}
void fail(const char *what, Value about) {
    FILE *out = fmemopen(error_text, sizeof(error_text) - 1, "w"); // the last byte stays 0
    if (out == NULL) longjmp(*innermost, 1); // the system has no memory, so the text of the error before has to do
    setbuf(out, NULL);
    fprintf(out, about == NULL ? "%s" : "%s: ", what);
    if (about != NULL) print(out, about, true);
    fclose(out);
    longjmp(*innermost, 1);
}

// Functions that call themselves ask this before the stack's end does harm. 64 KiB of lists need less than 1 MiB of it.
bool stack_is_full(void) {
    static uintptr_t highest;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (here > highest) highest = here;
    return highest - here > 1 << 20;
}

// Where a variable's value is: a pointer into a pair or a symbol. On the stack it keeps that object alive.
static Value *place_of(Value name, Value environment) {
    if (kind_of(name) != SYMBOL) fail("not a name", name);
    for (; environment != NIL; environment = cdr(environment)) {
        Value names = car(car(environment)), *values = &slots(car(environment))[1];
        for (; kind_of(names) == PAIR && car(names) != name; names = cdr(names)) values = &slots(*values)[1];
        if (kind_of(names) == PAIR) return &slots(*values)[0];
        if (names == name) return values; // all other arguments: (lambda (first . others) ...)
    }
    if (slots(name)[SYMBOL_VALUE] == UNBOUND) fail("there is no such variable", name);
    return &slots(name)[SYMBOL_VALUE];
}
static void define(Value name, Value value, Value environment) {
    if (kind_of(name) != SYMBOL) fail("not a name", name);
    if (environment == NIL) {
        slots(name)[SYMBOL_VALUE] = value;
        return;
    }
    Value *frame = slots(car(environment)), names = cons(name, frame[0]), values = cons(value, frame[1]);
    frame[0] = names, frame[1] = values; // both or none: cons may not return
}

static Value with_frame(Value names, Value values, Value outer) { return cons(cons(names, values), outer); }
static Value closure(Value names, Value body, Value outer) { return make(HEADER(CLOSURE, 0), names, body, outer); }
static Value frame_for(Value function, Value arguments) {
    if (kind_of(function) != CLOSURE) fail("not a function", function);
    Value names = slots(function)[CLOSURE_NAMES], rest = arguments;
    for (; kind_of(names) == PAIR && rest != NIL; names = cdr(names)) rest = cdr(rest);
    if (kind_of(names) == PAIR || (names == NIL && rest != NIL))
        fail("wrong number of arguments for the names", slots(function)[CLOSURE_NAMES]);
    return with_frame(slots(function)[CLOSURE_NAMES], arguments, slots(function)[CLOSURE_ENVIRONMENT]);
}

Value call(Value list) {
    if (kind_of(car(list)) == PRIMITIVE) return call_primitive(car(list), cdr(list));
    Value environment = frame_for(car(list), cdr(list));
    return eval(cons(words[BEGIN], slots(car(list))[CLOSURE_BODY]), environment);
}

// Of ((a 1) (b 2)): (a b), or (1 2).
static Value parts(Value list, bool second) {
    Value all = NIL;
    for (; list != NIL; list = cdr(list)) all = cons(car(second ? cdr(car(list)) : car(list)), all);
    return reverse(all);
}
static Value eval_list(Value list, Value environment) {
    Value values = NIL;
    for (; list != NIL; list = cdr(list)) values = cons(eval(car(list), environment), values);
    return reverse(values);
}

// Every case of the switch returns a value, or goes on with another x (so the last thing that a function does needs no
// stack), or leaves the switch with a body, whose last form is the next x.
Value eval(Value x, Value environment) {
    if (stack_is_full()) fail("too many calls inside each other", NULL);
    for (;;) {
        if (kind_of(x) == SYMBOL) return *place_of(x, environment);
        if (kind_of(x) != PAIR) return x;
        Value head = car(x), rest = cdr(x), body = rest, value = NOTHING;
        enum word word = kind_of(head) == SYMBOL ? (enum word)size(head) : PLAIN;
        if (word > QUOTE) car(rest), body = cdr(rest); // all words need something behind them
        switch (word) {
            case PLAIN: {
                Value function = eval(head, environment), arguments = eval_list(rest, environment);
                run_finalisers();
                if (kind_of(function) == PRIMITIVE) return call_primitive(function, arguments);
                environment = frame_for(function, arguments);
                body = slots(function)[CLOSURE_BODY];
                break;
            }
            case QUOTE: return car(rest);
            case LAMBDA: return closure(car(rest), body, environment);
            case BEGIN: body = rest; break;
            case IF:
                if (eval(car(rest), environment) == FALSE) body = cdr(body);
                x = body == NIL ? NOTHING : car(body);
                continue;
            case DEFINE:
                value = car(rest); // a name, or (name . names)
                if (kind_of(value) == PAIR) define(car(value), closure(cdr(value), body, environment), environment);
                else define(value, eval(car(body), environment), environment);
                return NOTHING;
            case SET:
                value = eval(car(body), environment);
                return *place_of(car(rest), environment) = value, NOTHING;
            case AND: case OR:
                for (; cdr(rest) != NIL; rest = cdr(rest)) {
                    value = eval(car(rest), environment);
                    if ((value != FALSE) == (word == OR)) return value;
                }
                x = car(rest);
                continue;
            case COND:
                while (rest != NIL && (value = eval(car(car(rest)), environment)) == FALSE) rest = cdr(rest);
                body = rest == NIL ? NIL : cdr(car(rest));
                if (body == NIL) return value;
                break;
            case WHEN: case UNLESS:
                if ((eval(car(rest), environment) != FALSE) != (word == WHEN)) return NOTHING;
                break;
            case LET:
                if (kind_of(car(rest)) == SYMBOL) { // a function that can call itself: (let name ((a 1)) ...)
                    value = eval_list(parts(car(body), true), environment);
                    environment = with_frame(NIL, NIL, environment);
                    define(car(rest), closure(parts(car(body), false), cdr(body), environment), environment);
                    environment = frame_for(*place_of(car(rest), environment), value);
                    body = cdr(body);
                    break;
                }
                value = eval_list(parts(car(rest), true), environment);
                environment = with_frame(parts(car(rest), false), value, environment);
                break;
            case LET_STAR: case LETREC:
                environment = with_frame(NIL, NIL, environment);
                for (rest = car(rest); rest != NIL; rest = cdr(rest)) {
                    if (word == LET_STAR) environment = with_frame(NIL, NIL, environment);
                    value = eval(car(cdr(car(rest))), environment);
                    define(car(car(rest)), value, environment);
                }
                break;
            default: fail("not a word", head);
        }
        if (body == NIL) return NOTHING;
        for (; cdr(body) != NIL; body = cdr(body)) eval(car(body), environment);
        x = car(body);
    }
}

Value start_eval(Value nothing) {
    for (unsigned int i = 1; i < WORDS; i++) {
        slots(words[i] = symbol(word_names[i], strlen(word_names[i])))[0] = HEADER(SYMBOL, i);
    }
    for (const struct primitive *p = primitives; p->name != NULL; p++) { // not in the heap: the collector does not mind
        slots(symbol(p->name, strlen(p->name)))[SYMBOL_VALUE] = (Value)(uintptr_t)p;
    }
    slots(symbol("else", 4))[SYMBOL_VALUE] = TRUE; // so that cond needs not know it
    return nothing;
}
