/* Weighted order statistics of sliding windows: fingers that step from member to member.
 *
 * A finger follows a quantile; if that takes too many steps, the sums of the board say where it
 * is. The values within a distance of the median are neighbours in rank: a ball, between two
 * fingers, that follows a quantile of the distances.
 */
#include <math.h>
#include <stdlib.h>

#include "board.h"
#include "kernels.h"

#define SHORTEST 256 /* points of a segment, if there are as many */
#define LONGEST 4    /* windows that a segment is long */
#define THINNEST 64  /* a window this many times shorter than its segment gets another */
#define GAP 64       /* points in no window, with which a segment ends */
#define PATIENCE 96  /* steps of a finger, after which it asks the sums */

/* A share of a total, as a fraction. */
typedef struct {
    uint64_t parts, whole;
} Share;

static const Share FIRST = {1, 4}, HALF = {1, 2}, THIRD = {3, 4}, TAIL = {19, 20};

typedef struct {
    uint64_t weight;
    int exact;  /* the share of the total is a whole number */
} Goal;

static Goal goal_of(const Board *board, Share share) {
    uint64_t total = board->total_mass + board->total_count * board->offset;
    uint64_t rest = total % share.whole * share.parts;
    return (Goal){total / share.whole * share.parts + rest / share.whole,
                  rest % share.whole == 0};
}

/* Take `finger` to the first member that lifts the weight above the goal; return the quantile. */
static double follow(const Board *board, Finger *finger, Goal goal) {
    uint64_t weight = below(board, finger);
    int64_t at;
    for (int steps = 0;; steps++) {
        if (steps == PATIENCE) {
            *finger = dtk_finger_above(board, goal.weight);
            weight = below(board, finger);
            break;
        }
        if (weight > goal.weight) {
            at = previous_member(board, finger->rank);
            if (at < 0) break;
            finger->mass -= board->weight[at];
            finger->count--;
            weight -= board->weight[at] + board->offset;
            finger->rank = at;
        } else {
            at = next_member(board, finger->rank);
            if (at == board->size) {
                finger->rank = previous_member(board, at);
                break;
            }
            uint64_t after = weight + board->weight[at] + board->offset;
            finger->rank = at;
            if (after > goal.weight) break;
            finger->mass += board->weight[at];
            finger->count++;
            finger->rank = at + 1;
            weight = after;
        }
    }
    double value = board->sorted[finger->rank];
    if (goal.exact && weight == goal.weight) {
        at = previous_member(board, finger->rank);
        if (at >= 0 && board->sorted[at] < value) return (board->sorted[at] + value) / 2;
    }
    return value;
}

/* Fit the ball between two fingers to the goal; return that quantile of the distances from
 * `centre`, which lies at the finger `middle`. */
static double surround(const Board *board, Finger *low, Finger *high, const Finger *middle,
                       double centre, Goal goal) {
    if (low->rank > middle->rank) *low = *middle;
    if (high->rank < middle->rank) *high = *middle;
    for (int patience = PATIENCE;; patience = INT32_MAX) {
        const double *sorted = board->sorted;
        uint64_t weight = below(board, high) - below(board, low);
        int64_t least = next_member(board, low->rank), most = previous_member(board, high->rank);
        int64_t left = previous_member(board, low->rank), right = next_member(board, high->rank);
        double inner_left = least < middle->rank ? centre - sorted[least] : -1;
        double inner_right = most >= middle->rank ? sorted[most] - centre : -1;
        double outer_left = left >= 0 ? centre - sorted[left] : INFINITY;
        double outer_right = right < board->size ? sorted[right] - centre : INFINITY;
        for (int steps = 0; steps < patience; steps++) {
            double inner = inner_left > inner_right ? inner_left : inner_right;
            double outer = outer_left < outer_right ? outer_left : outer_right;
            if (inner >= 0 && (weight > goal.weight || inner > outer)) {
                if (inner_left > inner_right) {
                    weight -= board->weight[least] + board->offset;
                    low->mass += board->weight[least];
                    low->count++;
                    low->rank = least + 1;
                    left = least;
                    outer_left = inner_left;
                    least = next_member(board, low->rank);
                    inner_left = least < middle->rank ? centre - sorted[least] : -1;
                } else {
                    weight -= board->weight[most] + board->offset;
                    high->mass -= board->weight[most];
                    high->count--;
                    high->rank = most;
                    right = most;
                    outer_right = inner_right;
                    most = previous_member(board, most);
                    inner_right = most >= middle->rank ? sorted[most] - centre : -1;
                }
                continue;
            }
            if (outer == INFINITY) return inner;
            int64_t nearest = outer_left < outer_right ? left : right;
            uint64_t more = board->weight[nearest] + board->offset;
            if (weight + more > goal.weight) {
                int met = goal.exact && weight == goal.weight && inner >= 0;
                return met && inner < outer ? (inner + outer) / 2 : outer;
            }
            weight += more;
            if (nearest == left) {
                low->mass -= board->weight[left];
                low->count--;
                low->rank = least = left;
                inner_left = outer_left;
                left = previous_member(board, left);
                outer_left = left >= 0 ? centre - sorted[left] : INFINITY;
            } else {
                high->mass += board->weight[right];
                high->count++;
                most = right;
                high->rank = right + 1;
                inner_right = outer_right;
                right = next_member(board, high->rank);
                outer_right = right < board->size ? sorted[right] - centre : INFINITY;
            }
        }
        dtk_find_ball(board, middle->rank, centre, goal.weight, low, high);
    }
}

static Finger *use(Board *board, int which) {
    Finger *finger = &board->fingers[which];
    for (int i = 0; i < board->uses; i++) {
        if (board->used[i] == which) return finger;
    }
    board->used[board->uses++] = which;
    *finger = dtk_finger_at(board, board->fingers[MEDIAN].rank);
    return finger;
}

typedef struct {
    double *median, *deviation, *tail, *first, *third;
} Results;

static void blank(const Results *results, int64_t row) {
    results->median[row] = NAN;
    if (results->deviation) results->deviation[row] = results->tail[row] = NAN;
    if (results->first) results->first[row] = results->third[row] = NAN;
}

static void measure(Board *board, const Results *results, int64_t row) {
    Goal half = goal_of(board, HALF);
    Finger *middle = use(board, MEDIAN);
    double median = results->median[row] = follow(board, middle, half);
    int wanted = results->deviation != NULL;
    if (results->first) {
        double first = follow(board, use(board, FIRST_QUARTILE), goal_of(board, FIRST));
        double third = follow(board, use(board, THIRD_QUARTILE), goal_of(board, THIRD));
        results->first[row] = first;
        results->third[row] = third;
        if (wanted && first != third) {
            results->deviation[row] = results->tail[row] = NAN;
            wanted = 0;
        }
    }
    if (!wanted) return;
    Finger *low = use(board, LOW), *high = use(board, HIGH);
    results->deviation[row] = surround(board, low, high, middle, median, half);
    results->tail[row] = NAN;
    if (results->deviation[row] == 0) {
        low = use(board, TAIL_LOW);
        high = use(board, TAIL_HIGH);
        results->tail[row] = surround(board, low, high, middle, median, goal_of(board, TAIL));
    }
}

/* Where each window begins once it has lost the points that count for nothing. */
static int64_t *counting(const int64_t *exponent, const int64_t *low, const int64_t *high,
                         int64_t k) {
    int64_t *from = malloc((size_t)(k ? k : 1) * sizeof *from), first = 0;
    if (!from) return NULL;
    for (int64_t row = 0; row < k; row++) {
        if (first < low[row]) first = low[row];
        while (first < high[row] &&
               (uint64_t)exponent[high[row] - 1] - (uint64_t)exponent[first] > HALVINGS) {
            first++;
        }
        from[row] = first < high[row] ? first : high[row];
    }
    return from;
}

int dtk_weighted(const double *values, const int64_t *mass, const int64_t *exponent, int64_t m,
                 const int64_t *low, const int64_t *high, const int64_t *offset, int64_t k,
                 double *median, double *deviation, double *tail, double *first, double *third) {
    Results results = {median, deviation, tail, first, third};
    Board board = {0};
    board.values = values;
    board.mass = mass;
    board.exponent = exponent;
    (void)m;
    int64_t *from = exponent ? counting(exponent, low, high, k) : NULL;
    if (exponent && !from) return -1;
    if (from) low = from;

    int status = 0;
    for (int64_t row = 0, last; row < k; row = last) {
        int64_t start = low[row], size = high[row] - start, widest = size;
        last = row + 1;
        if (size <= 0) {
            blank(&results, row);
            continue;
        }
        int64_t longest = LONGEST * size > SHORTEST ? LONGEST * size : SHORTEST;
        for (; last < k && high[last] - start <= longest; last++) {
            int64_t next = high[last] - low[last];
            if (low[last] - high[last - 1] > GAP || next * THINNEST < longest) break;
            if (next > widest) widest = next;
        }
        status = dtk_board_open(&board, start, high[last - 1], widest);
        if (status < 0) break;
        for (int64_t target = row; target < last; target++) {
            board.offset = offset ? (uint64_t)offset[target] : 0;
            dtk_board_move(&board, low[target], high[target]);
            if (board.total_count) {
                measure(&board, &results, target);
            } else {
                blank(&results, target);
            }
        }
    }
    dtk_board_discard(&board);
    free(from);
    return status;
}
