/* exp(x) and exp(x) - 1 for many numbers at once: numpy's own needs AVX-512 to be fast.
 *
 * x = k ln 2 + r, |r| <= 0.35, and the series of exp(r) - 1 to r^13, whose tail is below 1e-17. Source: Cody & Waite,
 * Software Manual for the Elementary Functions (1980), ch. 6. */
#include <stddef.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define INLINE static inline __attribute__((always_inline))

typedef double vector __attribute__((vector_size(32)));
typedef long long bits __attribute__((vector_size(32)));

INLINE vector series(vector r)
{
    static const double inverse[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                     1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                     1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        1.0 / 2.0};
    vector sum = r * 0.0 + inverse[0];
    for (int i = 1; i < 12; i++) sum = sum * r + inverse[i];
    return r + r * r * sum;
}

INLINE vector one(vector x, int minus_one)
{
    const double magic = 0x1.8p52; /* adding it rounds to a whole number, found in the lowest bits */
    bits tiny = x < -708.0, huge = x > 709.0;
    x = (vector)(((bits)x & ~tiny) | ((bits)(x * 0.0 - 708.0) & tiny));
    x = (vector)(((bits)x & ~huge) | ((bits)(x * 0.0 + 709.0) & huge));
    vector shifted = x * 1.4426950408889634 + magic, k = shifted - magic;
    vector r = x - k * 0x1.62e42feep-1;
    r -= k * 0x1.a39ef35793c76p-33;
    vector scale = (vector)(((bits)shifted << 52) + 0x3ff0000000000000LL), power = series(r);
    vector value = minus_one ? scale * power + (scale - 1.0) : scale * power + scale;
    if (minus_one) return value;
    return (vector)((bits)value & ~tiny);
}

INLINE void all(const double *x, double *y, size_t count, int minus_one)
{
    size_t i = 0;
    vector v;
    for (; i + 4 <= count; i += 4) {
        memcpy(&v, x + i, sizeof v);
        v = one(v, minus_one);
        memcpy(y + i, &v, sizeof v);
    }
    if (i < count) {
        v = (vector){0, 0, 0, 0};
        memcpy(&v, x + i, (count - i) * sizeof(double));
        v = one(v, minus_one);
        memcpy(y + i, &v, (count - i) * sizeof(double));
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void all_wide(const double *x, double *y, size_t count, int minus_one)
{
    if (minus_one)
        all(x, y, count, 1);
    else
        all(x, y, count, 0);
}
#endif

EXPORT void dosewright_exp(const double *x, double *y, size_t count, int minus_one)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        all_wide(x, y, count, minus_one);
        return;
    }
#endif
    all(x, y, count, minus_one);
}
