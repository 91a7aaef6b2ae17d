/* A window of a linear system for four patients at a time: the walk that core/engine/linear.py plans.
 *
 * States come in topological order, so that entry (i, j) of any power can only pass through states from first[j] to
 * last[i]; half of a whole-body matrix is never touched. Same method and sources as ladder.py. */
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define INLINE static inline __attribute__((always_inline))
#define L 4
#define EACH_PATIENT for (int l = 0; l < L; l++)

typedef double vector __attribute__((vector_size(32)));
static const vector ZERO = {0, 0, 0, 0};

/* What python hands over. Whole numbers: see `shape` in kernel.py. */
typedef struct {
    int batch, n, entries, anchors, events, rungs, wanted, times, starts, levels, terms, first_bit, ports, width;
    const int *row, *column, *first, *last, *port, *drive, *want, *level, *time_row, *time_anchor;
    const long long *whole;
    const double *values, *rest, *bolus, *rate, *weights, *rest_weights, *factors;
    double *x, *out;
} plan;

/* What one group of patients needs; `wide` is n rounded up to a multiple of 4. */
typedef struct {
    int wide, patient[L];
    vector *chance, *rungs, *x, *y, *anchor, *powers, *rows, *next;
} group;

INLINE int smaller(int a, int b) { return a < b ? a : b; }
INLINE int larger(int a, int b) { return a > b ? a : b; }

INLINE void multiply(const plan *p, int wide, const vector *A, const vector *B, vector *C)
{
    for (int i = 0; i < wide; i += 4) {
        int high = -1;
        for (int r = i; r < smaller(i + 4, p->n); r++) high = larger(high, p->last[r]);
        for (int j = 0; j < wide; j += 2) {
            vector sum[4][2] = {{ZERO, ZERO}, {ZERO, ZERO}, {ZERO, ZERO}, {ZERO, ZERO}};
            int low = p->n;
            for (int c = j; c < smaller(j + 2, p->n); c++) low = smaller(low, p->first[c]);
            const vector *a = A + i * wide, *b = B + j;
            for (int k = low; k <= high; k++) {
                vector left = b[k * wide], right = b[k * wide + 1];
                for (int r = 0; r < 4; r++) {
                    vector factor = a[r * wide + k];
                    sum[r][0] += factor * left;
                    sum[r][1] += factor * right;
                }
            }
            for (int r = 0; r < 4; r++) {
                C[(i + r) * wide + j] = sum[r][0];
                C[(i + r) * wide + j + 1] = sum[r][1];
            }
        }
    }
}

/* Sum of factors[q] chance^q by Horner's rule; the factors carry the Poisson weights of one step. */
INLINE void first_rung(const plan *p, const group *g, vector *sum, vector *scratch)
{
    int wide = g->wide;
    size_t size = sizeof(vector) * (size_t)(wide * wide);
    memset(sum, 0, size);
    for (int i = 0; i < p->n; i++) sum[i * wide + i] = ZERO + p->factors[16];
    for (int q = 15; q >= 0; q--) {
        memset(scratch, 0, size);
        for (int e = 0; e < p->entries; e++) {
            vector k = g->chance[e], *to = scratch + p->row[e] * wide;
            const vector *from = sum + p->column[e] * wide;
            for (int j = 0; j <= p->last[p->column[e]]; j++) to[j] += k * from[j];
        }
        for (int i = 0; i < p->n; i++) scratch[i * wide + i] += p->factors[q];
        memcpy(sum, scratch, size);
    }
}

INLINE void climb(const plan *p, const group *g)
{
    size_t square = (size_t)(g->wide * g->wide);
    if (p->rungs == 0) return;
    first_rung(p, g, g->rungs, g->rungs + square * (size_t)p->rungs);
    for (int k = 1; k < p->rungs; k++) {
        const vector *below = g->rungs + square * (size_t)(k - 1);
        multiply(p, g->wide, below, below, g->rungs + square * (size_t)k);
    }
}

/* y = chance x */
INLINE void move(const plan *p, const group *g, const vector *x, vector *y)
{
    memset(y, 0, sizeof(vector) * (size_t)p->n);
    for (int e = 0; e < p->entries; e++) y[p->row[e]] += g->chance[e] * x[p->column[e]];
}

INLINE void step(const plan *p, group *g, int event)
{
    int n = p->n, wide = g->wide;
    for (int k = 0; p->whole[event] >> k; k++) {
        if (!((p->whole[event] >> k) & 1)) continue;
        const vector *rung = g->rungs + (size_t)k * (size_t)(wide * wide);
        for (int i = 0; i < n; i++) {
            vector sum = ZERO;
            for (int j = 0; j <= p->last[i]; j++) sum += rung[i * wide + j] * g->x[j];
            g->y[i] = sum;
        }
        memcpy(g->x, g->y, sizeof(vector) * (size_t)n);
    }
    if (!(p->rest[event] > 0)) return;
    const double *weight = p->rest_weights + 17 * event;
    vector *sum = g->powers;
    for (int i = 0; i < n; i++) sum[i] = weight[0] * g->x[i];
    for (int q = 1; q < 17; q++) {
        move(p, g, g->x, g->y);
        for (int i = 0; i < n; i++) sum[i] += weight[q] * g->y[i];
        memcpy(g->x, g->y, sizeof(vector) * (size_t)n);
    }
    memcpy(g->x, sum, sizeof(vector) * (size_t)n);
}

INLINE void walk(const plan *p, group *g)
{
    for (int k = 0; k < p->anchors; k++) {
        for (int i = 0; i < p->ports; i++) EACH_PATIENT {
            size_t at = ((size_t)k * (size_t)p->ports + (size_t)i) * (size_t)p->width;
            if (p->width > 1) at += (size_t)g->patient[l];
            if (p->port[i] >= 0) g->x[p->port[i]][l] += p->bolus[at];
            if (p->drive[i] >= 0) g->x[p->drive[i]][l] = p->rate[at];
        }
        memcpy(g->anchor + k * p->n, g->x, sizeof(vector) * (size_t)p->n);
        if (k < p->events) step(p, g, k);
    }
}

/* Rows of the exponential at the distinct fractions of the row step. */
INLINE void start_rows(const plan *p, group *g)
{
    int n = p->n, kinds = p->wanted, terms = p->terms;
    size_t one = (size_t)(kinds * n);
    memset(g->powers, 0, sizeof(vector) * one * (size_t)terms);
    for (int s = 0; s < kinds; s++) g->powers[s * n + p->want[s]] = ZERO + 1.0;
    for (int q = 1; q < terms; q++) {
        const vector *from = g->powers + one * (size_t)(q - 1);
        vector *to = g->powers + one * (size_t)q;
        for (int s = 0; s < kinds; s++)
            for (int e = 0; e < p->entries; e++) to[s * n + p->column[e]] += from[s * n + p->row[e]] * g->chance[e];
    }
    for (int u = 0; u < p->starts; u++) {
        vector *row = g->rows + one * (size_t)u;
        const double *weight = p->weights + u * terms;
        size_t i = 0;
        for (; i + 4 <= one; i += 4) {
            vector sum[4] = {ZERO, ZERO, ZERO, ZERO};
            const vector *from = g->powers + i;
            for (int q = 0; q < terms; q++, from += one)
                for (int c = 0; c < 4; c++) sum[c] += weight[q] * from[c];
            memcpy(row + i, sum, sizeof sum);
        }
        for (; i < one; i++) {
            row[i] = ZERO;
            for (int q = 0; q < terms; q++) row[i] += weight[q] * g->powers[one * (size_t)q + i];
        }
    }
}

/* A row that is zero beyond place `high`, times a rung. */
INLINE void row_times(const plan *p, int wide, const vector *row, const vector *rung, int high, vector *to)
{
    for (int j = 0; j < p->n; j += 4) {
        vector sum[4] = {ZERO, ZERO, ZERO, ZERO};
        for (int k = p->first[j]; k <= high; k++) {
            const vector *line = rung + k * wide + j;
            for (int c = 0; c < 4; c++) sum[c] += row[k] * line[c];
        }
        for (int c = 0; c < smaller(4, p->n - j); c++) to[j + c] = sum[c];
    }
}

INLINE void grow_rows(const plan *p, group *g)
{
    int n = p->n, kinds = p->wanted, wide = g->wide;
    size_t one = (size_t)(kinds * n);
    const int *at = p->level;
    for (int level = 0; level < p->levels; level++) {
        int same = *at++, moved = *at++;
        const vector *rung = g->rungs + (size_t)(p->first_bit + level) * (size_t)(wide * wide);
        vector *to = g->next;
        for (int u = 0; u < same; u++, to += one) memcpy(to, g->rows + one * (size_t)*at++, sizeof(vector) * one);
        for (int u = 0; u < moved; u++, to += one) {
            const vector *from = g->rows + one * (size_t)*at++;
            for (int s = 0; s < kinds; s++) row_times(p, wide, from + s * n, rung, p->last[p->want[s]], to + s * n);
        }
        vector *old = g->rows;
        g->rows = g->next;
        g->next = old;
    }
}

INLINE void record(const plan *p, const group *g, int live)
{
    int n = p->n, kinds = p->wanted;
    for (int t = 0; t < p->times; t++) {
        const vector *state = g->anchor + p->time_anchor[t] * n;
        const vector *rows = g->rows + (size_t)p->time_row[t] * (size_t)(kinds * n);
        for (int s = 0; s < kinds; s++) {
            vector sum = ZERO;
            for (int i = 0; i <= p->last[p->want[s]]; i++) sum += rows[s * n + i] * state[i];
            double *to = p->out + ((size_t)s * (size_t)p->times + (size_t)t) * (size_t)p->batch;
            for (int l = 0; l < live; l++) to[g->patient[l]] = sum[l];
        }
    }
}

INLINE void all(const plan *p, group *g)
{
    for (int low = 0; low < p->batch; low += L) {
        int live = smaller(L, p->batch - low);
        EACH_PATIENT g->patient[l] = l < live ? low + l : low;
        for (int e = 0; e < p->entries; e++)
            EACH_PATIENT g->chance[e][l] = p->values[(size_t)e * (size_t)p->batch + (size_t)g->patient[l]];
        for (int i = 0; i < p->n; i++) EACH_PATIENT g->x[i][l] = p->x[(size_t)i * (size_t)p->batch + (size_t)g->patient[l]];
        climb(p, g);
        walk(p, g);
        if (p->times > 0) {
            start_rows(p, g);
            grow_rows(p, g);
            record(p, g, live);
        }
        for (int i = 0; i < p->n; i++)
            for (int l = 0; l < live; l++) p->x[(size_t)i * (size_t)p->batch + (size_t)g->patient[l]] = g->x[i][l];
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void all_wide(const plan *p, group *g) { all(p, g); }
#endif
static void all_plain(const plan *p, group *g) { all(p, g); }

/* `shape` in the order of the plan's first line, then the most rows of any level. Returns 0, or 2 without memory. */
EXPORT int dosewright_linear(const int *shape, const int *structure, const int *places, const int *level,
                             const int *time_row, const int *time_anchor, const long long *whole, const double *values,
                             const double *rest, const double *rest_weights, const double *weights,
                             const double *factors, const double *bolus, const double *rate, double *x, double *out)
{
    plan p;
    memcpy(&p, shape, 14 * sizeof(int));
    int most = shape[14];
    p.row = structure;
    p.column = p.row + p.entries;
    p.first = p.column + p.entries;
    p.last = p.first + p.n;
    p.port = places;
    p.drive = p.port + p.ports;
    p.want = p.drive + p.ports;
    p.level = level;
    p.time_row = time_row;
    p.time_anchor = time_anchor;
    p.whole = whole;
    p.values = values;
    p.rest = rest;
    p.rest_weights = rest_weights;
    p.weights = weights;
    p.factors = factors;
    p.bolus = bolus;
    p.rate = rate;
    p.x = x;
    p.out = out;
    group g;
    g.wide = (p.n + 3) & ~3;
    size_t square = (size_t)(g.wide * g.wide), n = (size_t)g.wide, one = (size_t)p.wanted * n;
    size_t total = (size_t)p.entries + square * (size_t)(p.rungs + 1) + 3 * n + n * (size_t)p.anchors +
                   one * (size_t)p.terms + n + 2 * one * (size_t)most;
    char *memory = malloc(total * sizeof(vector) + 64);
    if (!memory) return 2;
    vector *at = (vector *)(memory + (64 - (size_t)memory % 64) % 64);
    g.chance = at;
    g.rungs = g.chance + p.entries;
    g.x = g.rungs + square * (size_t)(p.rungs + 1);
    g.y = g.x + n;
    g.anchor = g.y + n;
    g.powers = g.anchor + n * (size_t)p.anchors;
    g.rows = g.powers + one * (size_t)p.terms + n;
    g.next = g.rows + one * (size_t)most;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        all_wide(&p, &g);
    else
#endif
        all_plain(&p, &g);
    free(memory);
    return 0;
}
