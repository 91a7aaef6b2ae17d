/* out[t][b] = sum over j of tables[j][rows[t]][b] * weights[anchors[t]][j][b], in one pass over memory. */
#include <stddef.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define INLINE static inline __attribute__((always_inline))

typedef double vector __attribute__((vector_size(32)));

INLINE void all(const int *shape, const double *const *tables, const int *rows, const int *anchors, const double *weights,
                double *out)
{
    int times = shape[0], count = shape[1];
    size_t batch = (size_t)shape[2], stride = (size_t)shape[3];
    for (int t = 0; t < times; t++) {
        const double *held = weights + (size_t)anchors[t] * (size_t)count * batch;
        size_t row = (size_t)rows[t] * batch, b = 0;
        double *to = out + (size_t)t * stride;
        for (; b + 4 <= batch; b += 4) {
            vector sum = {0, 0, 0, 0}, table, weight;
            for (int j = 0; j < count; j++) {
                memcpy(&table, tables[j] + row + b, sizeof table);
                memcpy(&weight, held + (size_t)j * batch + b, sizeof weight);
                sum += table * weight;
            }
            memcpy(to + b, &sum, sizeof sum);
        }
        for (; b < batch; b++) {
            to[b] = 0;
            for (int j = 0; j < count; j++) to[b] += tables[j][row + b] * held[(size_t)j * batch + b];
        }
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void all_wide(const int *shape, const double *const *tables, const int *rows,
                                                         const int *anchors, const double *weights, double *out)
{
    all(shape, tables, rows, anchors, weights, out);
}
#endif

/* `shape`: times, tables, patients, and doubles from one row of `out` to the next. Returns 0. */
EXPORT int dosewright_superpose(const int *shape, const double *const *tables, const int *rows, const int *anchors,
                                const double *weights, double *out)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        all_wide(shape, tables, rows, anchors, weights, out);
        return 0;
    }
#endif
    all(shape, tables, rows, anchors, weights, out);
    return 0;
}
