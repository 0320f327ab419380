/* Following the window with the groups of a feature, and with a list of those that are present. */
#include "features.h"

#include <stdlib.h>

int dtk_feature_open(dtk_feature *feature, const int64_t *codes, int64_t m, int64_t groups) {
    int64_t start = 0, seen = 0;
    feature->codes = codes;
    feature->order = malloc((size_t)(m + 1) * sizeof *feature->order);
    feature->groups = calloc((size_t)groups + 1, sizeof *feature->groups);
    feature->effects = calloc((size_t)groups + 1, sizeof *feature->effects);
    feature->present = malloc((size_t)((groups < m ? groups : m) + 1) * sizeof *feature->present);
    if (!feature->order || !feature->groups || !feature->effects || !feature->present) return -1;
    /* By group means in order of first appearance: what does not appear is not even touched. */
    for (int64_t i = 0; i < m; i++) {
        if (!feature->groups[codes[i]].high++) feature->present[seen++] = codes[i];
    }
    for (int64_t i = 0; i < seen; i++) {
        dtk_stretch *group = &feature->groups[feature->present[i]];
        int64_t size = group->high;
        group->low = group->high = start;
        start += size;
    }
    for (int64_t i = 0; i < m; i++) feature->order[feature->groups[codes[i]].high++] = i;
    for (int64_t i = 0; i < seen; i++) {
        dtk_stretch *group = &feature->groups[feature->present[i]];
        group->high = group->low;
    }
    return 0;
}

void dtk_feature_discard(dtk_feature *feature) {
    free(feature->order);
    free(feature->groups);
    free(feature->effects);
    free(feature->present);
}

static void enter(dtk_feature *feature, int64_t code) {
    dtk_stretch *group = &feature->groups[code];
    if (group->low == group->high++) {
        group->place = feature->present_count;
        feature->present[feature->present_count++] = code;
    }
}

static void leave(dtk_feature *feature, int64_t code) {
    dtk_stretch *group = &feature->groups[code];
    if (++group->low == group->high) {
        int64_t last = feature->present[--feature->present_count];
        feature->present[group->place] = last;
        feature->groups[last].place = group->place;
    }
}

void dtk_feature_move(dtk_feature *feature, int64_t low, int64_t high) {
    int64_t from = feature->window_low, to = feature->window_high;
    const int64_t *codes = feature->codes;
    for (; from < low && from < to; from++) leave(feature, codes[from]);
    for (; from < low; from++) {
        /* What no window ever held is passed over. */
        feature->groups[codes[from]].low++;
        feature->groups[codes[from]].high++;
    }
    if (to < from) to = from;
    for (; to < high; to++) enter(feature, codes[to]);
    feature->window_low = from;
    feature->window_high = to;
}
