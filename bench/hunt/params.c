#include <string.h>

#include "hunt.h"

hunt_t hunt;

#define NUMBER(name, value, least, most) {#name, NULL, value, least, most},
#define WORD(name, choices) {#name, choices, 0, 0, 0},
static const struct {
    const char *name, *choices;
    uint32_t value, least, most;
} params[] = {HUNT_PARAMS(NUMBER, WORD)};
enum { COUNT = sizeof(params) / sizeof(params[0]) };

static bool parse_number(const char *text, size_t length, uint32_t *number) {
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || value > UINT32_MAX) {
            return false;
        }
        value = 10 * value + (text[i] - '0');
    }
    *number = value;
    return length != 0 && value <= UINT32_MAX;
}

static bool parse_word(const char *choices, const char *text, size_t length, uint32_t *number) {
    for (*number = 0; *choices != '\0'; (*number)++) {
        size_t n = strcspn(choices, " ");
        if (n == length && memcmp(choices, text, n) == 0) {
            return true;
        }
        choices += n + strspn(choices + n, " ");
    }
    return false;
}

static bool parse_one(const char *text, size_t length) {
    const char *equals = memchr(text, '=', length);
    if (equals == NULL) {
        return false;
    }
    size_t name = equals - text;
    const char *value = equals + 1;
    uint32_t *fields = (uint32_t *)&hunt;
    for (size_t i = 0; i < COUNT; i++) {
        if (strlen(params[i].name) == name && memcmp(params[i].name, text, name) == 0) {
            if (params[i].choices != NULL) {
                return parse_word(params[i].choices, value, length - name - 1, &fields[i]);
            }
            return parse_number(value, length - name - 1, &fields[i])
                && fields[i] >= params[i].least && fields[i] <= params[i].most;
        }
    }
    return false;
}

const char *hunt_parse(const char *text) {
    for (size_t i = 0; i < COUNT; i++) {
        ((uint32_t *)&hunt)[i] = params[i].value;
    }
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (length != 0 && !parse_one(text, length)) {
            return text;
        }
        text += length + strspn(text + length, " ");
    }
    return hunt.smin > hunt.smax ? "smin is above smax" : hunt.amin > hunt.amax ? "amin is above amax" : NULL;
}
