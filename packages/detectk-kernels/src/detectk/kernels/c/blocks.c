/* Sort blocks, and merge two neighbours into ranks. */
#include "blocks.h"

#include <stdlib.h>

#include "keys.h"

int dtk_blocks_make(dtk_blocks *blocks, const double *values, int64_t start, int64_t end,
                    int32_t length) {
    size_t n = (size_t)length;
    /* Words of 8 bytes a place: keys and scratch 2 each, sorted 2, orders and ranks 1 each. */
    uint64_t *words = malloc(8 * n * sizeof *words);
    if (!words) return -1;
    blocks->memory = words;
    blocks->values = values;
    blocks->start = start;
    blocks->end = end;
    blocks->base = start;
    blocks->length = length;
    blocks->scratch = words + 2 * n;
    blocks->sorted = (double *)(words + 4 * n);
    blocks->ranks = (int32_t *)(words + 6 * n);
    for (int side = 0; side < 2; side++) {
        dtk_block *block = &blocks->halves[side];
        block->number = -1;
        block->keys = words + (size_t)side * n;
        block->order = (uint32_t *)(words + 7 * n) + (size_t)side * n;
    }
    return 0;
}

void dtk_blocks_free(dtk_blocks *blocks) { free(blocks->memory); }

static void sort_block(dtk_blocks *blocks, dtk_block *block, int64_t number) {
    int64_t base = blocks->start + number * blocks->length, left = blocks->end - base;
    uint32_t size = 0;
    if (left > 0) size = (uint32_t)(left < blocks->length ? left : blocks->length);
    for (uint32_t i = 0; i < size; i++) {
        block->keys[i] = dtk_key(blocks->values[base + i]);
        block->order[i] = i;
    }
    dtk_sort_keys(block->keys, block->order, size, blocks->scratch);
    block->number = number;
    block->size = size;
}

/* Two merges that do not wait for each other, from either end, take half as long as one. Neither
 * can run out of a block before it has made as many steps as the shorter one is long. */
static void merge(dtk_blocks *blocks, const dtk_block *first, const dtk_block *second) {
    const uint64_t *a = first->keys, *b = second->keys;
    const uint32_t *a_order = first->order, *b_order = second->order;
    int32_t *ranks = blocks->ranks, *b_ranks = ranks + blocks->length;
    double *sorted = blocks->sorted;
    uint32_t i = 0, j = 0, i_end = first->size, j_end = second->size;
    uint32_t sure = i_end < j_end ? i_end : j_end;
    for (uint32_t step = 0; step < sure; step++) {
        uint64_t x = a[i], y = b[j];
        uint32_t from_b = y < x;
        sorted[i + j] = dtk_unkey(from_b ? y : x);
        ranks[from_b ? blocks->length + b_order[j] : a_order[i]] = (int32_t)(i + j);
        i += !from_b;
        j += from_b;

        uint64_t p = a[i_end - 1], q = b[j_end - 1];
        uint32_t from_a = p > q, rank = i_end + j_end - 1;
        sorted[rank] = dtk_unkey(from_a ? p : q);
        ranks[from_a ? a_order[i_end - 1] : blocks->length + b_order[j_end - 1]] = (int32_t)rank;
        i_end -= from_a;
        j_end -= !from_a;
    }
    while (i < i_end || j < j_end) {
        uint32_t rank = i + j;
        if (j == j_end || (i < i_end && a[i] <= b[j])) {
            sorted[rank] = dtk_unkey(a[i]);
            ranks[a_order[i++]] = (int32_t)rank;
        } else {
            sorted[rank] = dtk_unkey(b[j]);
            b_ranks[b_order[j++]] = (int32_t)rank;
        }
    }
}

void dtk_blocks_move(dtk_blocks *blocks, int64_t place) {
    int64_t number = (place - blocks->start) / blocks->length;
    dtk_block *first = &blocks->halves[number & 1], *second = &blocks->halves[~number & 1];
    if (first->number != number) sort_block(blocks, first, number);
    if (second->number != number + 1) sort_block(blocks, second, number + 1);
    blocks->base = blocks->start + number * blocks->length;
    merge(blocks, first, second);
}
