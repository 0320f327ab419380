/* Keeping the values of each group sorted, and the levels of all. */
#include "lenders.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"

#define FEW_CHANGES 8 /* for each bit of a group's size, before it is sorted anew */
#define COUNTED 16    /* values, up to which counting is faster than bisecting */

/* First place of ascending values that is not below `value`; nothing here can be mispredicted. */
static int64_t place_of(const double *values, int64_t n, double value) {
    const double *from = values;
    int64_t below = 0;
    for (; n > COUNTED; n -= n / 2) from += (n / 2) & -(int64_t)(from[n / 2 - 1] < value);
    for (int64_t i = 0; i < n; i++) below += from[i] < value;
    return from - values + below;
}

static void put_value(double *values, int64_t n, double value) {
    int64_t place = place_of(values, n, value);
    memmove(values + place + 1, values + place, (size_t)(n - place) * sizeof *values);
    values[place] = value;
}

static void take_value(double *values, int64_t n, double value) {
    int64_t place = place_of(values, n, value);
    memmove(values + place, values + place + 1, (size_t)(n - place - 1) * sizeof *values);
}

/* Let one value go and another come, moving only what lies between them. */
static void replace_value(double *values, int64_t n, double gone, double come) {
    int64_t place = place_of(values, n, gone);
    for (; place > 0 && values[place - 1] > come; place--) values[place] = values[place - 1];
    for (; place + 1 < n && values[place + 1] < come; place++) values[place] = values[place + 1];
    values[place] = come;
}

static void sort_anew(Pooling *pooling, Group *group) {
    int64_t n = group->high - group->low;
    const double *points = pooling->points + group->low;
    double *sorted = pooling->sorted + group->start;
    for (int64_t i = 0; i < n; i++) {
        pooling->keys[i] = dtk_key(points[i]);
        pooling->key_order[i] = 0;
    }
    dtk_sort_keys(pooling->keys, pooling->key_order, (uint32_t)n, pooling->key_scratch);
    for (int64_t i = 0; i < n; i++) sorted[i] = dtk_unkey(pooling->keys[i]);
    group->sum = (dtk_sum){0, 0, 0};
    if (pooling->by_mean) {
        for (int64_t i = 0; i < n; i++) dtk_sum_add(&group->sum, sorted[i]);
    }
}

static void apply_changes(Pooling *pooling, Group *group) {
    const double *points = pooling->points;
    double *sorted = pooling->sorted + group->start;
    int64_t n = size_of(group), from = group->from, to = group->to;
    if (pooling->by_mean) {
        for (int64_t i = from; i < group->low; i++) dtk_sum_add(&group->sum, -points[i]);
        for (int64_t i = to; i < group->high; i++) dtk_sum_add(&group->sum, points[i]);
    }
    while (from < group->low && to < group->high) {
        replace_value(sorted, n, points[from++], points[to++]);
    }
    for (; from < group->low; from++) take_value(sorted, n--, points[from]);
    for (; to < group->high; to++) put_value(sorted, n++, points[to]);
}

static double median_of(const double *sorted, int64_t n) {
    return n & 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

int64_t dtk_place_of_level(const Pooling *pooling, double level, int64_t group) {
    int64_t place = place_of(pooling->levels, pooling->lender_count, level);
    int64_t end = pooling->lender_count;
    if (place == end || pooling->levels[place] != level || pooling->lenders[place] >= group) {
        return place;
    }
    while (place < end) {
        int64_t middle = place + (end - place) / 2;
        int before = pooling->levels[middle] == level && pooling->lenders[middle] < group;
        if (before) {
            place = middle + 1;
        } else {
            end = middle;
        }
    }
    return place;
}

int64_t dtk_place_of_lender(const Pooling *pooling, int64_t code, double level) {
    int64_t place = pooling->groups[code].place;
    int is_there = place < pooling->lender_count && pooling->lenders[place] == code;
    return is_there ? place : dtk_place_of_level(pooling, level, code);
}

static void enlist(Pooling *pooling, int64_t code, double level) {
    int64_t place = dtk_place_of_level(pooling, level, code);
    size_t rest = (size_t)(pooling->lender_count++ - place);
    double *levels = pooling->levels + place;
    int64_t *lenders = pooling->lenders + place;
    memmove(levels + 1, levels, rest * sizeof *levels);
    memmove(lenders + 1, lenders, rest * sizeof *lenders);
    *levels = level;
    *lenders = code;
    pooling->groups[code].place = place;
}

static void delist(Pooling *pooling, int64_t code, double level) {
    int64_t place = dtk_place_of_lender(pooling, code, level);
    size_t rest = (size_t)(--pooling->lender_count - place);
    double *levels = pooling->levels + place;
    int64_t *lenders = pooling->lenders + place;
    memmove(levels, levels + 1, rest * sizeof *levels);
    memmove(lenders, lenders + 1, rest * sizeof *lenders);
}

static int comes_before(double level, int64_t group, double other, int64_t other_group) {
    return level < other || (level == other && group < other_group);
}

static void shift_level(Pooling *pooling, int64_t code, double level, double to) {
    int64_t place = dtk_place_of_lender(pooling, code, level), last = pooling->lender_count - 1;
    double *levels = pooling->levels;
    int64_t *lenders = pooling->lenders;
    for (; place && comes_before(to, code, levels[place - 1], lenders[place - 1]); place--) {
        levels[place] = levels[place - 1];
        lenders[place] = lenders[place - 1];
        pooling->groups[lenders[place]].place = place;
    }
    for (; place < last && comes_before(levels[place + 1], lenders[place + 1], to, code); place++) {
        levels[place] = levels[place + 1];
        lenders[place] = lenders[place + 1];
        pooling->groups[lenders[place]].place = place;
    }
    levels[place] = to;
    lenders[place] = code;
    pooling->groups[code].place = place;
}

static void refresh(Pooling *pooling, int64_t code) {
    Group *group = &pooling->groups[code];
    int64_t n = group->high - group->low, bits = 1;
    int64_t changes = group->low - group->from + group->high - group->to;
    double before = group->level;
    group->dirty = 0;
    if (!changes) return;
    while (n >> bits) bits++;
    if (group->low >= group->to || changes > FEW_CHANGES * bits) {
        sort_anew(pooling, group);
    } else {
        apply_changes(pooling, group);
    }
    group->from = group->low;
    group->to = group->high;
    group->residuals_ready = group->still_ready = 0;
    double *sorted = pooling->sorted + group->start;
    if (n) {
        group->level = pooling->by_mean ? dtk_mean(&group->sum, sorted, n, -1)
                                        : median_of(sorted, n);
        group->zeros = sorted[0] > 0 ? 0 : place_of(sorted, n, 5e-324);
    }
    if (n > 1) {
        if (group->listed) {
            shift_level(pooling, code, before, group->level);
        } else {
            enlist(pooling, code, group->level);
        }
    } else if (group->listed) {
        delist(pooling, code, before);
    }
    group->listed = n > 1;
}

static void change(Pooling *pooling, int64_t code) {
    Group *group = &pooling->groups[code];
    if (group->dirty) return;
    group->dirty = 1;
    pooling->dirty[pooling->dirty_count++] = code;
}

void dtk_lenders_discard(Pooling *pooling) {
    free(pooling->groups);
    free(pooling->points);
    free(pooling->sorted);
    free(pooling->residuals);
    free(pooling->dirty);
    free(pooling->levels);
    free(pooling->lenders);
    free(pooling->borrowed);
    free(pooling->keys);
    free(pooling->key_scratch);
    free(pooling->key_order);
    free(pooling->buffer);
    free(pooling->other_buffer);
}

/* Let the window of every group follow [from, to) to [low, high). */
static void follow(Pooling *pooling, const int64_t *codes, int64_t low, int64_t high) {
    int64_t from = pooling->window_low, to = pooling->window_high;
    for (; from < low; from++) {
        Group *group = &pooling->groups[codes[from]];
        group->high += from >= to;
        group->low++;
        change(pooling, codes[from]);
    }
    if (to < from) to = from;
    for (; to < high; to++) {
        pooling->groups[codes[to]].high++;
        change(pooling, codes[to]);
    }
    pooling->window_low = from;
    pooling->window_high = to;
}

/* Give each group room for as many values as ever share a window; returns the largest room. */
static int64_t measure(Pooling *pooling, const int64_t *codes, int64_t groups, const int64_t *low,
                       const int64_t *high, const int64_t *wanted, int64_t k) {
    int64_t start = 0, largest = 1;
    for (int64_t row = 0; row < k; row++) {
        if (wanted[row] < 0) continue;
        follow(pooling, codes, low[row], high[row]);
        while (pooling->dirty_count) {
            Group *group = &pooling->groups[pooling->dirty[--pooling->dirty_count]];
            int64_t n = group->high - group->low;
            if (n > group->room) group->room = n;
            group->dirty = 0;
        }
    }
    for (int64_t code = 0; code < groups; code++) {
        Group *group = &pooling->groups[code];
        group->start = start;
        start += group->room;
        if (group->room > largest) largest = group->room;
        group->low = group->high = 0;
    }
    pooling->window_low = pooling->window_high = 0;
    return largest;
}

/* Sort the points by group. */
static void arrange(Pooling *pooling, const double *values, const int64_t *codes, int64_t m,
                    int64_t groups) {
    int64_t start = 0;
    for (int64_t i = 0; i < m; i++) pooling->groups[codes[i]].high++;
    for (int64_t code = 0; code < groups; code++) {
        Group *group = &pooling->groups[code];
        int64_t size = group->high;
        group->low = group->high = group->from = group->to = start;
        start += size;
    }
    for (int64_t i = 0; i < m; i++) pooling->points[pooling->groups[codes[i]].high++] = values[i];
    for (int64_t code = 0; code < groups; code++) {
        pooling->groups[code].high = pooling->groups[code].low;
    }
}

/* Returns 0, or -1 when memory runs out. */
static int make_room(Pooling *pooling, int64_t m, int64_t groups) {
    size_t points = (size_t)m + 1, codes = (size_t)groups + 1;
    pooling->groups = calloc(codes, sizeof *pooling->groups);
    pooling->points = malloc(points * sizeof *pooling->points);
    pooling->sorted = malloc(points * sizeof *pooling->sorted);
    pooling->residuals = malloc(points * sizeof *pooling->residuals);
    pooling->dirty = malloc(codes * sizeof *pooling->dirty);
    pooling->levels = malloc(codes * sizeof *pooling->levels);
    pooling->lenders = malloc(codes * sizeof *pooling->lenders);
    pooling->borrowed = malloc(codes * sizeof *pooling->borrowed);
    pooling->buffer = malloc(points * sizeof *pooling->buffer);
    pooling->other_buffer = malloc(2 * points * sizeof *pooling->other_buffer);
    return pooling->groups && pooling->points && pooling->sorted && pooling->residuals &&
                   pooling->dirty && pooling->levels && pooling->lenders && pooling->borrowed &&
                   pooling->buffer && pooling->other_buffer
               ? 0
               : -1;
}

static int make_room_to_sort(Pooling *pooling, int64_t largest) {
    if (largest > INT32_MAX) return -1;
    pooling->keys = malloc((size_t)largest * sizeof *pooling->keys);
    pooling->key_scratch = malloc(2 * (size_t)largest * sizeof *pooling->key_scratch);
    pooling->key_order = malloc((size_t)largest * sizeof *pooling->key_order);
    return pooling->keys && pooling->key_scratch && pooling->key_order ? 0 : -1;
}

int dtk_lenders_open(Pooling *pooling, const double *values, const int64_t *codes, int64_t m,
                     int64_t groups, const int64_t *low, const int64_t *high,
                     const int64_t *wanted, int64_t k) {
    if (make_room(pooling, m, groups) < 0) return -1;
    int64_t largest = measure(pooling, codes, groups, low, high, wanted, k);
    arrange(pooling, values, codes, m, groups);
    return make_room_to_sort(pooling, largest);
}

void dtk_lenders_move(Pooling *pooling, const int64_t *codes, int64_t low, int64_t high) {
    follow(pooling, codes, low, high);
    while (pooling->dirty_count) refresh(pooling, pooling->dirty[--pooling->dirty_count]);
}
