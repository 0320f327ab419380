/* Ranks among the values of two neighbouring blocks of a sequence; any window no longer than a
 * block lies within two such. Each block is sorted once, when it is first needed. */
#ifndef DETECTK_BLOCKS_H
#define DETECTK_BLOCKS_H

#include <stdint.h>

typedef struct {
    int64_t number; /* -1: none yet */
    uint32_t size;
    uint64_t *keys;
    uint32_t *order;
} dtk_block;

typedef struct {
    const double *values;
    int64_t start, end; /* what part of the values is cut into blocks */
    int32_t length;     /* of a block */
    dtk_block halves[2];
    uint64_t *scratch;
    void *memory;
    int64_t base;       /* place of the first value ranked */
    int32_t *ranks;     /* by place after `base` */
    double *sorted;     /* by rank */
} dtk_blocks;

int dtk_blocks_make(dtk_blocks *blocks, const double *values, int64_t start, int64_t end,
                    int32_t length);
void dtk_blocks_free(dtk_blocks *blocks);

/* Rank the block that holds `place`, and the next one. */
void dtk_blocks_move(dtk_blocks *blocks, int64_t place);

#endif
