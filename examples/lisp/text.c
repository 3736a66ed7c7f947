// Text to values, and values to text.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "lisp.h"

static int next_visible(FILE *in) {
    int c;
    do {
        c = getc(in);
        if (c == ';') while (c != '\n' && c != EOF) c = getc(in);
    } while (isspace(c));
    return c;
}

static Value read_string(FILE *in) {
    struct buffer buffer = {NULL, 0};
    for (int c; (c = getc(in)) != '"'; append(&buffer, (char)c)) {
        if (c == '\\') c = getc(in), c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        if (c == EOF) fail("the text ends inside a string", NULL);
    }
    return string(buffer.text == NULL ? "" : buffer.text, buffer.length);
}

// The rest of a list, up to its closing bracket; behind a dot follows what is not a list.
static Value read_list(FILE *in) {
    Value all = NIL, *end = &all; // end points into the last pair, and keeps it alive: it is on the stack
    for (int c; (c = next_visible(in)) != ')';) {
        if (c == EOF) fail("the text ends inside a list", NULL);
        ungetc(c, in);
        Value x = read_value(in);
        if (x == symbol(".", 1)) *end = read_value(in);
        else *end = cons(x, NIL), end = &slots(*end)[1];
    }
    return all;
}

Value parse_number(const char *text) {
    char *end;
    if (!isdigit((unsigned char)text[strspn(text, "+-.")]) || strchr(text, 'x') != NULL) return FALSE;
    long long n = strtoll(text, &end, 10);
    if (*end == 0 && n >= INTPTR_MIN / 2 && n <= INTPTR_MAX / 2) return number((intptr_t)n);
    double d = strtod(text, &end);
    return *end == 0 ? real(d) : FALSE;
}
static Value parse_word(const char *text, size_t length) {
    static const char *const names[] = {"#\\space", "#\\newline", "#\\tab"};
    if (text[0] != '#') return parse_number(text) == FALSE ? symbol(text, length) : parse_number(text);
    if (strcmp(text, "#t") == 0 || strcmp(text, "#f") == 0) return truth(text[1] == 't');
    if (text[1] == '\\' && length == 3) return character((unsigned char)text[2]);
    for (size_t i = 0; i < 3; i++) if (strcmp(text, names[i]) == 0) return character((unsigned char)" \n\t"[i]);
    fail("unknown", string(text, length));
}

Value read_value(FILE *in) {
    if (stack_is_full()) fail("too many brackets", NULL);
    int c = next_visible(in);
    switch (c) {
        case EOF: return END;
        case '(': return read_list(in);
        case ')': fail("a closing bracket too many", NULL);
        case '"': return read_string(in);
        case '\'': return cons(symbol("quote", 5), cons(read_value(in), NIL));
        default: break;
    }
    struct buffer word = {NULL, 0};
    do {
        append(&word, (char)c);
        c = getc(in);
        if (c == '(' && strcmp(word.text, "#") == 0) return to_vector(read_list(in));
        // What stands behind "#\" belongs to it, whatever it is.
    } while (c != EOF && (strcmp(word.text, "#\\") == 0 || (!isspace(c) && strchr("()\";'", c) == NULL)));
    ungetc(c, in);
    return parse_word(word.text, word.length);
}

static void print_real(FILE *out, double d) {
    char text[40];
    snprintf(text, sizeof(text), "%.15g", d);
    fprintf(out, "%s%s", text, strpbrk(text, ".en") == NULL ? ".0" : "");
}
static void print_string(FILE *out, const char *text, size_t length) { // as read_string would read it
    static const char special[] = "\n\t\r\"\\";
    putc('"', out);
    for (; length > 0; text++, length--) {
        const char *found = *text == 0 ? NULL : strchr(special, *text);
        if (found == NULL) putc(*text, out);
        else fprintf(out, "\\%c", "ntr\"\\"[found - special]);
    }
    putc('"', out);
}

// quoted: as the reader would read it.
void print(FILE *out, Value x, bool quoted) {
    static const char *const constants[] = {"()", "#f", "#t", "", "#<end of file>", "#<unbound>", "..."};
    const char *before = "(";
    if (stack_is_full()) x = TOO_DEEP; // to print
    switch (kind_of(x)) {
        case NUMBER: fprintf(out, "%td", (ptrdiff_t)whole(x)); break;
        case CONSTANT: fputs(constants[bits(x)], out); break;
        case CHARACTER: fprintf(out, quoted ? "#\\%c" : "%c", (int)bits(x)); break;
        case SYMBOL: fputs((const char *)slots(x)[SYMBOL_NAME], out); break;
        case REAL: print_real(out, ((struct real *)x)->number); break;
        case STRING:
            if (quoted) print_string(out, ((struct string *)x)->text, size(x));
            else fwrite(((struct string *)x)->text, 1, size(x), out);
            break;
        case PAIR:
            for (; kind_of(x) == PAIR; x = cdr(x), before = " ") fputs(before, out), print(out, car(x), quoted);
            if (x != NIL) fputs(" . ", out), print(out, x, quoted);
            putc(')', out);
            break;
        case VECTOR:
            fputs(size(x) == 0 ? "#(" : "#", out);
            for (size_t i = 1; i <= size(x); i++, before = " ") fputs(before, out), print(out, slots(x)[i], quoted);
            putc(')', out);
            break;
        case PRIMITIVE: fprintf(out, "#<primitive %s>", ((const struct primitive *)x)->name); break;
        default: fputs(kind_of(x) == CLOSURE ? "#<function>" : kind_of(x) == PORT ? "#<port>" : "#<weak>", out); break;
    }
}
