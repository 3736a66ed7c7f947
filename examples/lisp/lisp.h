// A small Lisp on libgcheap. memory.c is where it meets the heap: read that first, then eval.c.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// A value is one word. Its lowest bits tell what it is:
//     ...xxx1  a whole number, shifted left by one
//     ...c010  no object either: a constant (c = 0) or a character (c = 1), shifted left by eight
//     ...0000  the address of an object: objects are aligned, so these bits are free
// An object consists of words, too. The first one is a header (a number, the kind, 110), except in a pair, which is just
// two values. A header's lowest bits are those of no value, so the two cannot be confused, and a pair needs only 16 bytes.
typedef struct object *Value;
enum kind { NUMBER, CONSTANT, CHARACTER, PAIR, SYMBOL, STRING, REAL, VECTOR, CLOSURE, PRIMITIVE, PORT, WEAK, WEAK_TABLE };

#define IMMEDIATE(n) ((Value)(uintptr_t)((n) << 8 | 2))
#define NIL IMMEDIATE(0)
#define FALSE IMMEDIATE(1)
#define TRUE IMMEDIATE(2)
#define NOTHING IMMEDIATE(3) // what (display ...) and the like return
#define END IMMEDIATE(4) // the end of a file
#define UNBOUND IMMEDIATE(5) // the value of a symbol that has none
#define TOO_DEEP IMMEDIATE(6)
#define HEADER(kind, n) ((Value)((uintptr_t)(n) << 8 | (uintptr_t)(kind) << 3 | 6))

static inline uintptr_t bits(Value x) { return (uintptr_t)x >> 8; }
static inline Value *slots(Value object) { return (Value *)object; }
static inline uintptr_t size(Value object) { return bits(slots(object)[0]); } // or whatever number is in the header
static inline Value number(intptr_t n) { return (Value)((uintptr_t)n << 1 | 1); }
static inline intptr_t whole(Value n) { return (intptr_t)n >> 1; }
static inline Value character(unsigned int code) { return (Value)((uintptr_t)code << 8 | 10); }
static inline Value truth(bool b) { return b ? TRUE : FALSE; }
static inline enum kind kind_of(Value x) {
    if ((uintptr_t)x & 1) return NUMBER;
    if ((uintptr_t)x & 2) return (uintptr_t)x & 8 ? CHARACTER : CONSTANT;
    uintptr_t first = (uintptr_t)slots(x)[0];
    return (first & 7) == 6 ? (enum kind)(first >> 3 & 31) : PAIR;
}

// Slots after the header of objects that consist of values. A vector's elements begin at 1, too.
enum { SYMBOL_VALUE = 1, SYMBOL_NAME, SYMBOL_NEXT, CLOSURE_NAMES = 1, CLOSURE_BODY, CLOSURE_ENVIRONMENT };

// Objects that hold no values: the collector does not look into them. A string's length is in its header.
struct string { Value header; char text[]; };
struct real { Value header; double number; };
struct port { Value header; FILE *file; };
struct weak { Value header; void *object; };
struct primitive { Value header; const char *name; int least, most; }; // these are static data, not in the heap
struct buffer { char *text; size_t length; }; // a text that grows

// memory.c
Value cons(Value head, Value tail);
Value make(Value header, Value first, Value second, Value third);
Value vector(size_t length, Value element);
Value string(const char *text, size_t length);
Value real(double number);
Value symbol(const char *name, size_t length);
void append(struct buffer *buffer, char c);
Value open_port(const char *path);
Value weak(Value object);
void when_dead(Value object, Value function);
void run_finalisers(void);
size_t bytes_in_use(void);
void print_heap_map(void);
void start_heap(size_t n_bytes);
extern unsigned int stress; // 0, or n: collect before every n-th allocation
// text.c
Value read_value(FILE *in);
Value parse_number(const char *text); // FALSE if it is none
void print(FILE *out, Value x, bool quoted);
// eval.c. An error makes the innermost attempt return false; error_text says what was wrong.
Value eval(Value x, Value environment);
Value call(Value list); // the function that is first in the list, with the others as arguments
Value start_eval(Value nothing);
bool attempt(Value (*function)(Value), Value argument, Value *result);
_Noreturn void fail(const char *what, Value about); // about: NULL if there is nothing to show
bool stack_is_full(void);
extern char error_text[200];
// builtins.c
Value car(Value pair);
Value cdr(Value pair);
intptr_t length(Value list);
Value reverse(Value list);
Value to_vector(Value list);
Value call_primitive(Value function, Value all);
extern const struct primitive primitives[];
