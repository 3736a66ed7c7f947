// Two well-known benchmarks of collectors, from their descriptions. GCBench (Ellis, Kovac, Boehm) builds trees from the top
// down, which writes into old objects, and from the bottom up; the same amount of work in trees of every size, beside a tree
// and an array that stay. binary-trees (the Computer Language Benchmarks Game) also visits every node.
#include "rows.h"

enum { LEAST_DEPTH = 4, STAY_DEPTH = 16, STRETCH_DEPTH = 18, ARRAY = 500000, GAME_DEPTH = 14 };

struct node {
    struct node *left, *right;
    int i, j;
};

static struct node *from_bottom(unsigned int depth) {
    struct node *left = depth > 0 ? from_bottom(depth - 1) : NULL;
    struct node *right = depth > 0 ? from_bottom(depth - 1) : NULL;
    struct node *node = GC_MALLOC(sizeof(*node));
    node->left = left;
    node->right = right;
    node->j = (int)depth;
    return node;
}

static void from_top(struct node *node, unsigned int depth) {
    node->j = (int)depth;
    if (depth > 0) {
        node->left = GC_MALLOC(sizeof(*node));
        node->right = GC_MALLOC(sizeof(*node));
        from_top(node->left, depth - 1);
        from_top(node->right, depth - 1);
    }
}

// Of the nodes on the way to one leaf: the whole tree would hide the cost of making it.
static uint64_t sum_of_path(const struct node *node, unsigned int way) {
    uint64_t sum = 0;
    for (; node != NULL; node = way & 1 ? node->left : node->right, way >>= 1) {
        sum += (uint64_t)node->j + 1;
    }
    return sum;
}

static uint64_t sum_of_tree(const struct node *node) {
    return node == NULL ? 0 : (uint64_t)node->j + 1 + sum_of_tree(node->left) + sum_of_tree(node->right);
}

static unsigned int nodes(unsigned int depth) { return (2u << depth) - 1; }

uint64_t gcbench(unsigned int rounds) {
    uint64_t sum = 0;
    for (unsigned int round = 0; round < rounds; round++) {
        sum += sum_of_path(from_bottom(STRETCH_DEPTH), round);
        struct node *stays = GC_MALLOC(sizeof(*stays));
        from_top(stays, STAY_DEPTH);
        double *array = GC_MALLOC_ATOMIC(ARRAY * sizeof(double));
        for (int i = 0; i < ARRAY; i++) {
            array[i] = 1.0 / (i + 1);
        }
        for (unsigned int depth = LEAST_DEPTH; depth <= STAY_DEPTH; depth += 2) {
            unsigned int trees = 2 * nodes(STRETCH_DEPTH) / nodes(depth);
            for (unsigned int i = 0; i < trees; i++) {
                struct node *top = GC_MALLOC(sizeof(*top));
                from_top(top, depth);
                sum += sum_of_path(top, i) + sum_of_path(from_bottom(depth), i);
            }
        }
        sum += sum_of_tree(stays) + (uint64_t)(array[1000] * 1e6);
    }
    return sum;
}

struct pair {
    struct pair *left, *right;
};

static struct pair *pairs(unsigned int depth) {
    struct pair *pair = GC_MALLOC(sizeof(*pair));
    if (depth > 0) {
        pair->left = pairs(depth - 1);
        pair->right = pairs(depth - 1);
    }
    return pair;
}

static uint64_t count(const struct pair *pair) {
    return pair->left == NULL ? 1 : 1 + count(pair->left) + count(pair->right);
}

uint64_t binary_trees(unsigned int rounds) {
    uint64_t sum = 0;
    for (unsigned int round = 0; round < rounds; round++) {
        sum += count(pairs(GAME_DEPTH + 1));
        struct pair *stays = pairs(GAME_DEPTH);
        for (unsigned int depth = LEAST_DEPTH; depth <= GAME_DEPTH; depth += 2) {
            for (unsigned int i = 0; i < 1u << (GAME_DEPTH - depth + LEAST_DEPTH); i++) {
                sum += count(pairs(depth));
            }
        }
        sum += count(stays);
    }
    return sum;
}
