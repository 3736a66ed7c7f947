// Tests in C: TEST(name) { … CHECK(condition); … }, and a list of them for RUN_TESTS. Prints a line for each test, and
// for each failed check its condition and its place.
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool test_failed;

// The test continues after a failed CHECK, but not after a failed REQUIRE.
#define CHECK(condition) ((condition) ? true : (test_failed = true, \
    printf("    %s:%d: false: %s\n", __FILE__, __LINE__, #condition), false))

#define CHECK_EQUAL(left, right) do { \
        uintmax_t left_ = (uintmax_t)(left), right_ = (uintmax_t)(right); \
        if (left_ != right_) { \
            test_failed = true; \
            printf("    %s:%d: %s is %ju (0x%jx), should be %s: %ju (0x%jx)\n", \
                __FILE__, __LINE__, #left, left_, left_, #right, right_, right_); \
        } \
    } while (0)

#define CHECK_TEXT(left, right) do { \
        const char *left_ = (left), *right_ = (right); \
        if (strcmp(left_, right_) != 0) { \
            test_failed = true; \
            printf("    %s:%d: %s is\n%s\n    should be\n%s\n", __FILE__, __LINE__, #left, left_, right_); \
        } \
    } while (0)

#define REQUIRE(condition) do { if (!CHECK(condition)) { return; } } while (0)

typedef struct test_t {
    const char *name;
    void (*run)(void);
} test_t;

#define TEST(name) static void name(void)
#define ENTRY(name) { #name, name }

// Runs all tests; returns the exit code for main.
static int run_tests(const test_t *tests, size_t n) {
    int failures = 0;
    for (size_t i = 0; i < n; i++) {
        test_failed = false;
        // Printed before the test runs, so that after a crash it is clear which test it was.
        printf("  %s\n", tests[i].name);
        fflush(stdout);
        tests[i].run();
        printf("%s %s\n", test_failed ? "FAILED" : "ok", tests[i].name);
        failures += test_failed;
    }
    return failures == 0 ? 0 : 1;
}

#define RUN_TESTS(...) int main(void) { \
        static const test_t tests[] = { __VA_ARGS__ }; \
        return run_tests(tests, sizeof(tests) / sizeof(tests[0])); \
    }

#endif // TEST_H
