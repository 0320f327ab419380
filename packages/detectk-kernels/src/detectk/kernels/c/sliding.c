/* Order statistics of windows that follow one another, for about the same price at any length. */
#include <math.h>
#include <stdlib.h>

#include "blocks.h"
#include "members.h"
#include "order.h"

/* Short blocks would pay for the radix sort's bins again and again. */
#define SHORTEST 512
/* More shifts than this cost more than a binary search. */
#define SHIFTS 10
/* A second pair of fingers costs more than so many searches. */
#define JUMPS 8
#define FINGERS 12

typedef struct {
    dtk_blocks blocks;
    dtk_members members; /* the ranks of the values at places from `from` to `to` */
    int64_t from, to;
    dtk_finger fingers[FINGERS];
    int live; /* fingers in use; the others need no care */
} slide;

static inline double value_at(const slide *state, int32_t at) { return state->blocks.sorted[at]; }

static inline int32_t rank_of(const slide *state, int64_t place) {
    return state->blocks.ranks[place - state->blocks.base];
}

static inline void add(slide *state, int64_t place) {
    int32_t rank = rank_of(state, place);
    dtk_put(&state->members, rank);
    for (int f = 0; f < state->live; f++) {
        state->fingers[f].below += rank < state->fingers[f].at;
    }
}

static inline void drop(slide *state, int64_t place) {
    int32_t rank = rank_of(state, place);
    dtk_take(&state->members, rank);
    for (int f = 0; f < state->live; f++) {
        state->fingers[f].below -= rank < state->fingers[f].at;
    }
}

/* Rank anew around a window, and keep each finger where it was in order. */
static void rebuild(slide *state, int64_t low, int64_t high) {
    int32_t n = (int32_t)(high - low);
    dtk_blocks_move(&state->blocks, low);
    dtk_members_clear(&state->members);
    for (int64_t i = low; i < high; i++) dtk_put(&state->members, rank_of(state, i));
    for (int f = 0; f < state->live; f++) {
        dtk_finger *finger = &state->fingers[f];
        if (finger->below >= n) finger->below = n - 1;
        finger->at = dtk_select(&state->members, finger->below);
    }
}

static void slide_to(slide *state, int64_t low, int64_t high) {
    if (low >= state->blocks.base + state->blocks.length || state->to < 0) {
        rebuild(state, low, high);
    } else {
        int64_t gone = low < state->to ? low : state->to;
        for (int64_t i = state->from; i < gone; i++) drop(state, i);
        for (int64_t i = low > state->to ? low : state->to; i < high; i++) add(state, i);
    }
    state->from = low;
    state->to = high;
}

/* Take fingers into use, where a call needs them for the first time. */
static inline int claim(slide *state, int *slot, int fingers) {
    if (*slot < 0) {
        *slot = state->live;
        for (int f = 0; f < fingers; f++) {
            state->fingers[state->live].at = state->fingers[state->live].below = 0;
            state->live++;
        }
    }
    return *slot;
}

/* The `count` values nearest to a centre follow one another in order: two fingers hold the ends of
 * them from window to window. A second pair is for centres that jump to and fro. */
typedef struct {
    int slots[2], searches;
    double centres[2];
} interval;

/* Those values, while they are looked for, and their neighbours outside. */
typedef struct {
    int32_t before, left, begin, end, right;
    double left_far, begin_far, end_far, right_far;
} ends;

static inline double distance(const slide *state, int32_t at, double centre) {
    return fabs(value_at(state, at) - centre);
}

static inline void look_left(const slide *state, ends *found, double centre) {
    found->left_far = INFINITY;
    if (found->before > 0) {
        found->left = dtk_previous(&state->members, found->begin);
        found->left_far = distance(state, found->left, centre);
    }
}

static inline void look_right(const slide *state, ends *found, double centre, int32_t last) {
    found->right_far = INFINITY;
    if (found->before < last) {
        found->right = dtk_next(&state->members, found->end + 1);
        found->right_far = distance(state, found->right, centre);
    }
}

static inline void look(slide *state, int slot, ends *found, double centre, int32_t n,
                        int32_t count) {
    const dtk_members *members = &state->members;
    found->begin = dtk_seek(members, &state->fingers[slot], found->before);
    found->end = dtk_seek(members, &state->fingers[slot + 1], found->before + count - 1);
    found->begin_far = distance(state, found->begin, centre);
    found->end_far = distance(state, found->end, centre);
    look_left(state, found, centre);
    look_right(state, found, centre, n - count);
}

static inline void shift_left(const slide *state, ends *found, double centre) {
    found->before--;
    found->right = found->end;
    found->right_far = found->end_far;
    found->begin = found->left;
    found->begin_far = found->left_far;
    found->end = dtk_previous(&state->members, found->end);
    found->end_far = distance(state, found->end, centre);
    look_left(state, found, centre);
}

static inline void shift_right(const slide *state, ends *found, double centre, int32_t last) {
    found->before++;
    found->left = found->begin;
    found->left_far = found->begin_far;
    found->end = found->right;
    found->end_far = found->right_far;
    found->begin = dtk_next(&state->members, found->begin + 1);
    found->begin_far = distance(state, found->begin, centre);
    look_right(state, found, centre, last);
}

/* How many values lie before the nearest ones: the least number for which the value behind them is
 * not nearer to the centre than the first of them. */
static int32_t search(const slide *state, int32_t low, int32_t high, int32_t count, double centre) {
    while (low < high) {
        int32_t between = low + (high - low) / 2;
        double begin = value_at(state, dtk_select(&state->members, between));
        double behind = value_at(state, dtk_select(&state->members, between + count));
        if (behind - centre < centre - begin) {
            low = between + 1;
        } else {
            high = between;
        }
    }
    return low;
}

/* The `count`-th and the next smallest distance of the n members to a centre, 0 < count < n.
 *
 * Rounding is monotone, so rounded distances fall towards the centre and rise behind it, and the
 * interval is right once neither neighbour is nearer than its far end.
 */
static void nearest(slide *state, interval *known, int32_t n, int32_t count, double centre,
                    double *inner, double *outer) {
    int32_t last = n - count;
    int side = known->slots[1] >= 0 &&
               fabs(centre - known->centres[1]) < fabs(centre - known->centres[0]);
    int slot = claim(state, &known->slots[side], 2);
    ends found = {0};
    found.before = state->fingers[slot].below < last ? state->fingers[slot].below : last;
    look(state, slot, &found, centre, n, count);
    for (int shifts = 0; shifts < SHIFTS; shifts++) {
        if (found.left_far < found.end_far) {
            shift_left(state, &found, centre);
        } else if (found.right_far < found.begin_far) {
            shift_right(state, &found, centre, last);
        } else {
            break;
        }
    }
    if (found.left_far < found.end_far || found.right_far < found.begin_far) {
        if (known->searches < JUMPS) {
            known->searches++;
        } else {
            side = !side;
            slot = claim(state, &known->slots[side], 2);
        }
        if (found.left_far < found.end_far) {
            found.before = search(state, 0, found.before, count, centre);
        } else {
            found.before = search(state, found.before, last, count, centre);
        }
        look(state, slot, &found, centre, n, count);
    }
    state->fingers[slot].at = found.begin;
    state->fingers[slot].below = found.before;
    state->fingers[slot + 1].at = found.end;
    state->fingers[slot + 1].below = found.before + count - 1;
    known->centres[side] = centre;
    *inner = found.begin_far > found.end_far ? found.begin_far : found.end_far;
    *outer = found.left_far < found.right_far ? found.left_far : found.right_far;
}

static double middle(slide *state, int slot, int32_t n) {
    int32_t at = dtk_seek(&state->members, &state->fingers[slot], (n - 1) / 2);
    double below = value_at(state, at);
    return n & 1 ? below : (below + value_at(state, dtk_next(&state->members, at + 1))) / 2;
}

static double quantile(slide *state, int slot, int32_t n, double share) {
    dtk_place place = dtk_quantile_place(share, n);
    int32_t at = dtk_seek(&state->members, &state->fingers[slot], (int32_t)place.below);
    double below = value_at(state, at);
    if (n == 1) return below;
    return dtk_blend(below, value_at(state, dtk_next(&state->members, at + 1)), place.part);
}

static double middle_distance(slide *state, interval *known, int32_t n, double centre) {
    double inner, outer;
    if (n == 1) return 0;
    nearest(state, known, n, n / 2, centre, &inner, &outer);
    return n & 1 ? outer : (inner + outer) / 2;
}

static double tail_distance(slide *state, interval *known, int32_t n, double centre) {
    double inner, outer;
    dtk_place place = dtk_quantile_place(0.95, n);
    if (n == 1) return 0;
    nearest(state, known, n, (int32_t)place.below + 1, centre, &inner, &outer);
    return dtk_blend(inner, outer, place.part);
}

static void follow(slide *state, const dtk_orders *orders) {
    int centre = -1, least = -1, first = -1, third = -1;
    interval half = {{-1, -1}, 0, {0, 0}}, most = half;
    for (int64_t j = 0; j < orders->count; j++) {
        int64_t low = orders->low[j], high = orders->high[j];
        int32_t n = (int32_t)(high - low);
        double median = NAN, deviation = NAN, tail = NAN, lower = NAN, upper = NAN, smallest = NAN;
        if (n) {
            slide_to(state, low, high);
            median = middle(state, claim(state, &centre, 1), n);
            if (orders->least) {
                dtk_finger *finger = &state->fingers[claim(state, &least, 1)];
                smallest = value_at(state, dtk_seek(&state->members, finger, 0));
            }
            if (orders->first) {
                lower = quantile(state, claim(state, &first, 1), n, 0.25);
                upper = quantile(state, claim(state, &third, 1), n, 0.75);
            }
            if (orders->deviation && (!orders->first || lower == upper)) {
                deviation = middle_distance(state, &half, n, median);
                if (deviation == 0) tail = tail_distance(state, &most, n, median);
            }
        }
        orders->median[j] = median;
        if (orders->least) orders->least[j] = smallest;
        if (orders->first) {
            orders->first[j] = lower;
            orders->third[j] = upper;
        }
        if (orders->deviation) {
            orders->deviation[j] = deviation;
            orders->tail[j] = tail;
        }
    }
}

int dtk_order_sliding(const dtk_orders *orders) {
    slide state;
    int64_t start = orders->low[0], size = orders->high[orders->count - 1] - start;
    int64_t length = orders->longest < SHORTEST ? SHORTEST : orders->longest;
    if (length > size) length = size > 0 ? size : 1;
    if (dtk_blocks_make(&state.blocks, orders->values, start, start + size, (int32_t)length)) {
        return -1;
    }
    if (dtk_members_make(&state.members, 2 * (int32_t)length)) {
        dtk_blocks_free(&state.blocks);
        return -1;
    }
    state.from = start;
    state.to = -1;
    state.live = 0;
    follow(&state, orders);
    dtk_members_free(&state.members);
    dtk_blocks_free(&state.blocks);
    return 0;
}
