/* Mean and standard deviation of sliding windows from exact sums.
 *
 * Every value is a whole multiple of 2**unit, the lowest bit set anywhere in the call. The sums of
 * these whole numbers and of their squares are exact, in as few limbs as the call needs, so a value
 * that leaves takes away what it brought, and what is rounded at the end is the truth.
 */
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "wide.h"

#define FRACTION (((uint64_t)1 << 52) - 1)
#define HIDDEN ((uint64_t)1 << 52)
#define LEAST_EXPONENT (-1074)
/* From 2**-1074 to 2**1000, as many as 2**60 of them, and a sign. */
#define MOST_LIMBS 34

/* A value is mantissa * 2**exponent, with `negative` 0 or all ones. */
typedef struct {
    uint64_t mantissa;
    int exponent;
    uint64_t negative;
} Parts;

/* `limbs` of sum, as two's complement, and twice as many of squares. */
typedef struct {
    uint64_t sum[MOST_LIMBS];
    uint64_t squares[2 * MOST_LIMBS];
} Sums;

DTK_INLINE Parts parts_of(double value) {
    uint64_t bits;
    Parts parts;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff);
    parts.mantissa = (bits & FRACTION) | (exponent ? HIDDEN : 0);
    parts.exponent = (exponent ? exponent : 1) + LEAST_EXPONENT - 1;
    parts.negative = (uint64_t)0 - (bits >> 63);
    return parts;
}

/* x * 2**exponent, rounded once, for 0 or 2**-64 < x < 2**54 and a result below 2**1024. */
DTK_INLINE double scaled(double x, int exponent) {
    double power, rest = 1.0;
    if (exponent < -900) {
        rest = 0x1p-200;
        exponent += 200;
    } else if (exponent > 900) {
        rest = 0x1p200;
        exponent -= 200;
    }
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    memcpy(&power, &bits, sizeof power);
    return x * power * rest;
}

DTK_INLINE void add_at(uint64_t *limbs, int count, int at, const uint64_t *terms, int terms_count) {
    uint64_t carry = 0;
    for (int i = 0; i < terms_count && at < count; i++, at++) {
        limbs[at] = wide_add(limbs[at], terms[i], &carry);
    }
    for (; carry && at < count; at++) {
        limbs[at] = wide_add(limbs[at], 0, &carry);
    }
}

DTK_INLINE void subtract_at(uint64_t *limbs, int count, int at, const uint64_t *terms,
                            int terms_count) {
    uint64_t borrow = 0;
    for (int i = 0; i < terms_count && at < count; i++, at++) {
        limbs[at] = wide_subtract(limbs[at], terms[i], &borrow);
    }
    for (; borrow && at < count; at++) {
        limbs[at] = wide_subtract(limbs[at], 0, &borrow);
    }
}

/* Let a value enter (`leaving` 0) or leave (all ones). */
DTK_INLINE void count_value(Sums *sums, int limbs, double value, int unit, uint64_t leaving) {
    Parts parts = parts_of(value);
    int shift = parts.exponent - unit;
    /* The bits that go are 0: the unit is at most the lowest bit set. A 0 has none. */
    uint64_t whole = parts.mantissa >> (shift < 0 ? -shift & 63 : 0);
    shift = shift < 0 ? 0 : shift;
    uint64_t negative = parts.negative ^ leaving;
#if defined(__SIZEOF_INT128__) && !defined(DTK_NO_INT128)
    typedef unsigned __int128 Pair;
    if (limbs == 1) {
        whole <<= shift;
        sums->sum[0] += (whole ^ negative) - negative;
        Pair squares = (Pair)sums->squares[1] << 64 | sums->squares[0];
        Pair square = (Pair)whole * whole;
        squares = leaving ? squares - square : squares + square;
        sums->squares[0] = (uint64_t)squares;
        sums->squares[1] = (uint64_t)(squares >> 64);
        return;
    }
    if (limbs == 2) {
        Pair both = (Pair)whole << shift, mask = (Pair)negative << 64 | negative;
        uint64_t low = (uint64_t)both, high = (uint64_t)(both >> 64), borrow = 0;
        Pair sum = ((Pair)sums->sum[1] << 64 | sums->sum[0]) + ((both ^ mask) - mask);
        sums->sum[0] = (uint64_t)sum;
        sums->sum[1] = (uint64_t)(sum >> 64);
        Pair cross = (Pair)low * high, lower = (Pair)low * low, upper = (Pair)high * high;
        Pair doubled = cross << 65;
        lower += doubled;
        upper += (cross >> 63) + (lower < doubled);
        uint64_t square[4] = {(uint64_t)lower, (uint64_t)(lower >> 64), (uint64_t)upper,
                              (uint64_t)(upper >> 64)};
        for (int i = 0; i < 4; i++) {
            sums->squares[i] = leaving ? wide_subtract(sums->squares[i], square[i], &borrow)
                                       : wide_add(sums->squares[i], square[i], &borrow);
        }
        return;
    }
#endif
    int rest = shift % 64;
    uint64_t shifted[2] = {whole << rest, rest ? whole >> (64 - rest) : 0};
    if (negative) {
        subtract_at(sums->sum, limbs, shift / 64, shifted, 2);
    } else {
        add_at(sums->sum, limbs, shift / 64, shifted, 2);
    }
    uint64_t high = 0, low = wide_multiply(whole, whole, 0, &high);
    rest = 2 * shift % 64;
    uint64_t square[3] = {low, high, 0};
    if (rest) {
        square[2] = high >> (64 - rest);
        square[1] = high << rest | low >> (64 - rest);
        square[0] = low << rest;
    }
    if (leaving) {
        subtract_at(sums->squares, 2 * limbs, 2 * shift / 64, square, 3);
    } else {
        add_at(sums->squares, 2 * limbs, 2 * shift / 64, square, 3);
    }
}

/* total * 2**unit / n, correctly rounded, for n below 2**53 and a total that is not 0.
 *
 * A quotient of doubles is within three units in the last place; the exact remainder, of which the
 * low limb is enough because it is so small, says which neighbour is the nearest.
 */
DTK_INLINE double rounded_mean(const uint64_t *total, int limbs, int64_t n, int unit) {
    int length = wide_bits(total, limbs);
    uint64_t top = wide_read(total, limbs, length - 64), bits;
    double quotient = (double)(int64_t)(top >> 1) / (double)n;
    memcpy(&bits, &quotient, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023 - 52 + (length - 63) + unit;
    int64_t digits = (int64_t)((bits & FRACTION) | HIDDEN);
    if (exponent < LEAST_EXPONENT) {
        int lost = LEAST_EXPONENT - exponent;
        digits = lost < 64 ? digits >> lost : 0;
        exponent = LEAST_EXPONENT;
    }
    for (;;) {
        /* In halves of the last place: `left` is twice the remainder, less a part of 1 if `more`. */
        int from = exponent - unit - 1;
        int more = wide_any(total, from);
        uint64_t taken = 2 * (uint64_t)digits * (uint64_t)n;
        int64_t left = (int64_t)(wide_read(total, limbs, from) - taken);
        while (left > n || (left == n && (more || digits & 1))) {
            digits++;
            left -= 2 * n;
        }
        while (left < -n || (left == -n && !more && digits & 1)) {
            digits--;
            left += 2 * n;
        }
        /* Near a power of two the quotient may be on its other side. */
        if (digits > (int64_t)(2 * HIDDEN)) {
            digits /= 2;
            exponent++;
        } else if (exponent > LEAST_EXPONENT &&
                   (digits < (int64_t)HIDDEN || (digits == (int64_t)HIDDEN && left < 0))) {
            digits *= 2;
            exponent--;
        } else {
            return scaled((double)digits, exponent);
        }
    }
}

/* Root of n * squares - total**2, over n. */
DTK_INLINE double rounded_deviation(const uint64_t *total, const uint64_t *squares, int limbs,
                                    int64_t n, int unit) {
    uint64_t spread[2 * MOST_LIMBS], carry = 0;
    for (int i = 0; i < 2 * limbs; i++) {
        spread[i] = 0;
    }
    for (int i = 0; i < limbs; i++, carry = 0) {
        for (int j = 0; j < limbs; j++) {
            spread[i + j] = wide_multiply(total[i], total[j], spread[i + j], &carry);
        }
        spread[i + limbs] = carry;
    }
    uint64_t borrow = 0;
    for (int i = 0; i < 2 * limbs; i++) {
        uint64_t product = wide_multiply(squares[i], (uint64_t)n, 0, &carry);
        spread[i] = wide_subtract(product, spread[i], &borrow);
    }
    int length = wide_bits(spread, 2 * limbs);
    if (length == 0) {
        return 0.0;
    }
    uint64_t top = wide_read(spread, 2 * limbs, length - 64);
    uint64_t rest = (top & 1) | (uint64_t)wide_any(spread, length - 64);
    /* 63 bits, of which the last stands for all that follow: the conversion rounds once. */
    double fraction = (double)(int64_t)(top >> 1 | rest) * (length % 2 ? 0x1p-62 : 0x1p-61);
    return scaled(sqrt(fraction) / (double)n, (length - (length % 2 ? 1 : 2)) / 2 + unit);
}

DTK_INLINE void describe(const Sums *sums, int limbs, int64_t n, int unit, double *mean,
                         double *deviation) {
    uint64_t total[MOST_LIMBS], negative = (uint64_t)0 - (sums->sum[limbs - 1] >> 63);
    uint64_t carry = negative & 1, any = 0;
    for (int i = 0; i < limbs; i++) {
        total[i] = wide_add(sums->sum[i] ^ negative, 0, &carry);
        any |= total[i];
    }
    double size = any ? rounded_mean(total, limbs, n, unit) : 0.0;
    *mean = negative ? -size : size;
    *deviation = rounded_deviation(total, sums->squares, limbs, n, unit);
}

DTK_INLINE void clear(Sums *sums, int limbs) {
    for (int i = 0; i < limbs; i++) {
        sums->sum[i] = sums->squares[i] = sums->squares[limbs + i] = 0;
    }
}

DTK_INLINE void slide(const double *values, const int64_t *low, const int64_t *high, int64_t k,
                      int unit, int limbs, double *mean, double *deviation) {
    Sums sums;
    int64_t from = 0, to = 0;
    clear(&sums, limbs);
    for (int64_t j = 0; j < k; j++) {
        if (low[j] >= to || low[j] - from > to - low[j]) {
            clear(&sums, limbs);
            from = to = low[j];
        }
        for (; to < high[j]; to++) {
            count_value(&sums, limbs, values[to], unit, 0);
        }
        for (; from < low[j]; from++) {
            count_value(&sums, limbs, values[from], unit, ~(uint64_t)0);
        }
        if (to == from) {
            mean[j] = deviation[j] = NAN;
        } else {
            describe(&sums, limbs, to - from, unit, &mean[j], &deviation[j]);
        }
    }
}

/* One function for each of the usual widths, in which the compiler unrolls every loop. */
static void slide_one(const double *values, const int64_t *low, const int64_t *high, int64_t k,
                      int unit, double *mean, double *deviation) {
    slide(values, low, high, k, unit, 1, mean, deviation);
}

static void slide_two(const double *values, const int64_t *low, const int64_t *high, int64_t k,
                      int unit, double *mean, double *deviation) {
    slide(values, low, high, k, unit, 2, mean, deviation);
}

static void slide_three(const double *values, const int64_t *low, const int64_t *high, int64_t k,
                        int unit, double *mean, double *deviation) {
    slide(values, low, high, k, unit, 3, mean, deviation);
}

static void slide_many(const double *values, const int64_t *low, const int64_t *high, int64_t k,
                       int unit, int limbs, double *mean, double *deviation) {
    slide(values, low, high, k, unit, limbs, mean, deviation);
}

int dtk_moments(const double *values, int64_t m, const int64_t *low, const int64_t *high,
                int64_t k, double *mean, double *deviation) {
    int unit = 1024, top = LEAST_EXPONENT;
    int64_t most = 1;
    (void)m;
    if (k == 0) {
        return 0;
    }
    for (int64_t i = low[0]; i < high[k - 1]; i++) {
        Parts parts = parts_of(values[i]);
        uint64_t lowest = parts.mantissa & ((uint64_t)0 - parts.mantissa);
        int bit = parts.exponent + wide_length(lowest) - 1;
        unit = parts.mantissa && bit < unit ? bit : unit;
        top = parts.exponent > top ? parts.exponent : top;
    }
    for (int64_t j = 0; j < k; j++) {
        most = high[j] - low[j] > most ? high[j] - low[j] : most;
    }
    /* n * squares is below 4**bits, and the sum has a sign. */
    int bits = wide_length((uint64_t)most) + (top + 53 > unit ? top + 53 - unit : 1);
    int limbs = bits / 64 + 1;
    if (limbs == 1) {
        slide_one(values, low, high, k, unit, mean, deviation);
    } else if (limbs == 2) {
        slide_two(values, low, high, k, unit, mean, deviation);
    } else if (limbs == 3) {
        slide_three(values, low, high, k, unit, mean, deviation);
    } else {
        slide_many(values, low, high, k, unit, limbs, mean, deviation);
    }
    return 0;
}
