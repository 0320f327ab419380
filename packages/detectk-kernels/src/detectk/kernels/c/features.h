/* The groups of a sliding window by one feature, each a stretch of the points in order of group. */
#ifndef DETECTK_FEATURES_H
#define DETECTK_FEATURES_H

#include <stdint.h>

#include "near.h"

typedef struct {
    int64_t low, high; /* its points in the window: a stretch of `order` */
    int64_t place;     /* among the present ones */
    dtk_hint hint;     /* of its effect */
} dtk_stretch;

typedef struct {
    const int64_t *codes; /* of the points, in order of time */
    int64_t *order;       /* the points by group, then by time */
    dtk_stretch *groups;
    double *effects;      /* of the groups that are present; whoever moves the window sets them */
    int64_t *present, present_count;
    int64_t window_low, window_high;
} dtk_feature;

/* Take m points in; the window is empty yet, and so is what `feature` holds. Returns 0, or -1 when
 * memory runs out. */
int dtk_feature_open(dtk_feature *feature, const int64_t *codes, int64_t m, int64_t groups);
void dtk_feature_discard(dtk_feature *feature);

/* Make [low, high) the window; neither bound ever goes back. */
void dtk_feature_move(dtk_feature *feature, int64_t low, int64_t high);

static inline int64_t dtk_group_size(const dtk_feature *feature, int64_t code) {
    return feature->groups[code].high - feature->groups[code].low;
}

#endif
