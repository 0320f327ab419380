/* Two doubles hold a sum and mostly prove its rounding; otherwise whole numbers of any length. */
#include "sums.h"

#include <string.h>

#define DIGIT_BITS 32
/* From 2**-1074 to 2**1000, as many as 2**31 of them, and a sign. */
#define DIGITS 68
#define LEAST_EXPONENT (-1074)
#define MANTISSA_BITS 53
/* Beyond these an error of a product or a quotient might itself be rounded. */
#define SMALL 0x1p-900
#define MANY ((int64_t)1 << 26)

/* A multiple of 2**-1074, the least digit first; digits carry late, so they have a sign. */
typedef struct {
    int64_t digits[DIGITS];
    int64_t pending; /* additions since the last carry */
} Exact;

static void carry(Exact *exact) {
    int64_t over = 0;
    for (int i = 0; i < DIGITS; i++) {
        int64_t digit = exact->digits[i] + over;
        over = (digit - (int64_t)(uint32_t)digit) / ((int64_t)1 << DIGIT_BITS);
        exact->digits[i] = (int64_t)(uint32_t)digit;
    }
    /* What is left over is the sign. */
    exact->digits[DIGITS - 1] += over * ((int64_t)1 << DIGIT_BITS);
    exact->pending = 0;
}

static void exact_add(Exact *exact, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t mantissa = bits & (((uint64_t)1 << 52) - 1);
    int exponent = (int)(bits >> 52 & 0x7ff);
    if (exponent) {
        mantissa |= (uint64_t)1 << 52;
    } else {
        exponent = 1;
    }
    int place = (exponent - 1) / DIGIT_BITS, shift = (exponent - 1) % DIGIT_BITS;
    uint64_t low = (mantissa & UINT32_MAX) << shift, high = (mantissa >> 32) << shift;
    int64_t sign = bits >> 63 ? -1 : 1;
    exact->digits[place] += sign * (int64_t)(uint32_t)low;
    exact->digits[place + 1] += sign * (int64_t)((low >> 32) + (uint32_t)high);
    exact->digits[place + 2] += sign * (int64_t)(high >> 32);
    if (++exact->pending == (int64_t)1 << 28) carry(exact);
}

/* exact / n, to the nearest double, ties to even. */
static double exact_quotient(Exact *exact, uint32_t n) {
    carry(exact);
    int64_t *digits = exact->digits;
    int negative = digits[DIGITS - 1] < 0;
    if (negative) {
        for (int i = 0; i < DIGITS; i++) digits[i] = -digits[i];
        carry(exact);
    }
    uint64_t rest = 0;
    int top = -1;
    for (int i = DIGITS - 1; i >= 0; i--) {
        uint64_t part = rest << DIGIT_BITS | (uint64_t)digits[i];
        digits[i] = (int64_t)(part / n);
        rest = part % n;
        if (digits[i] && top < 0) top = i;
    }
    /* The leading bits, half a unit and whether anything is left below it. */
    uint64_t mantissa = 0;
    int length = 0, dropped = 0, half = 0, more = 0;
    if (top >= 0) {
        int bits = top * DIGIT_BITS;
        for (uint64_t digit = (uint64_t)digits[top]; digit; digit >>= 1) bits++;
        length = bits < MANTISSA_BITS ? bits : MANTISSA_BITS;
        dropped = bits - length;
        for (int bit = bits - 1; bit >= dropped; bit--) {
            mantissa = mantissa << 1 | (uint64_t)(digits[bit / DIGIT_BITS] >> bit % DIGIT_BITS & 1);
        }
    }
    if (dropped) {
        int bit = dropped - 1;
        half = (int)(digits[bit / DIGIT_BITS] >> bit % DIGIT_BITS & 1);
        more = rest != 0 || (digits[bit / DIGIT_BITS] & (((int64_t)1 << bit % DIGIT_BITS) - 1));
        for (int i = 0; i < bit / DIGIT_BITS && !more; i++) more = digits[i] != 0;
    } else {
        half = 2 * rest >= n;
        more = 2 * rest > n;
    }
    if (half && (more || (mantissa & 1))) mantissa++;
    double value = ldexp((double)mantissa, LEAST_EXPONENT + dropped);
    return negative ? -value : value;
}

static double exact_mean(const double *values, int64_t n, int64_t skip) {
    Exact exact;
    memset(&exact, 0, sizeof exact);
    for (int64_t i = 0; i < n; i++) {
        if (i != skip) exact_add(&exact, values[i]);
    }
    return exact_quotient(&exact, (uint32_t)(skip < 0 ? n : n - 1));
}

static int is_power_of_two(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & (((uint64_t)1 << 52) - 1)) == 0;
}

/* sum / n in `mean`, if its rounding is certain; returns whether it is.
 *
 * With q the quotient of the leading part, the remainder high - q * n is exact, and so is what
 * q lacks but for a small error. If both ends of that error round alike, so does the truth.
 */
static int certain(dtk_sum sum, int64_t n, double *mean) {
    double whole = (double)n, rest, lost;
    double high = dtk_two_sum(sum.high, sum.low, &rest);
    *mean = high / whole;
    if (sum.slack == 0 && rest == 0) return 1;
    if (!(fabs(*mean) > SMALL) || n > MANY) return 0;
    uint64_t bits;
    double coarse;
    memcpy(&bits, mean, sizeof bits);
    bits &= ~(((uint64_t)1 << 27) - 1);
    memcpy(&coarse, &bits, sizeof coarse);
    double remainder = (high - coarse * whole) - (*mean - coarse) * whole;
    remainder = dtk_two_sum(remainder, rest, &lost);
    double lacks = remainder / whole;
    /* Twice the slack: adding it up was rounded too. */
    double error = (fabs(lost) + 2 * sum.slack) / whole * (1 + 0x1p-40) + fabs(lacks) * 0x1p-50;
    double least = *mean + (lacks - error), most = *mean + (lacks + error);
    if (least != most) {
        /* Half-way between two doubles is certain too, if nothing was rounded. */
        int known = lost == 0 && sum.slack == 0 && is_power_of_two(lacks);
        if (!known || lacks * whole != remainder) return 0;
        most = *mean + lacks;
    }
    *mean = most;
    return 1;
}

double dtk_mean(dtk_sum *sum, const double *values, int64_t n, int64_t skip) {
    double mean;
    int64_t left = skip < 0 ? n : n - 1;
    for (int fresh = 0; fresh < 2; fresh++) {
        dtk_sum others = *sum;
        if (skip >= 0) dtk_sum_add(&others, -values[skip]);
        if (certain(others, left, &mean)) return mean;
        if (sum->slack == 0) break;
        *sum = (dtk_sum){0, 0, 0};
        for (int64_t i = 0; i < n; i++) dtk_sum_add(sum, values[i]);
    }
    return exact_mean(values, n, skip);
}

double dtk_sum_squares(const double *values, int64_t n) {
    dtk_sum sum = {0, 0, 0};
    for (int64_t i = 0; i < n; i++) dtk_sum_add(&sum, values[i] * values[i]);
    double rest, high = dtk_two_sum(sum.high, sum.low, &rest);
    if (sum.slack == 0) return high;
    double error = 2 * sum.slack + fabs(rest) * 0x1p-50;
    if (high + (rest - error) == high + (rest + error)) return high + (rest + error);
    Exact exact;
    memset(&exact, 0, sizeof exact);
    for (int64_t i = 0; i < n; i++) exact_add(&exact, values[i] * values[i]);
    return exact_quotient(&exact, 1);
}
