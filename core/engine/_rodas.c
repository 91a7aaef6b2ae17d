/* Rodas4 over the structure of _terms.h, for groups of patients that share a step: rodas.py in C.
 *
 * Source: Hairer & Wanner, Solving Ordinary Differential Equations II (1996), section IV.7 and method RODAS. */
#include "_terms.h"

static const double GAMMA = 0.25;
static const double A[5][4] = {
    {0, 0, 0, 0},
    {1.544, 0, 0, 0},
    {0.9466785280815826, 0.2557011698983284, 0, 0},
    {3.314825187068521, 2.896124015972201, 0.9986419139977817, 0},
    {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950}};
static const double C[6][5] = {
    {0, 0, 0, 0, 0},
    {-5.6688, 0, 0, 0, 0},
    {-2.430093356833875, -0.2063599157091915, 0, 0, 0},
    {-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0, 0},
    {7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160, 0},
    {8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054}};
static const double D[2][5] = {
    {10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662},
    {-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872}};

/* What one group of patients needs; all arrays hold `lanes`. */
typedef struct {
    lanes *numbers, *x, *absolute, *drive, *W, *u, *y, *end, *f, *first;
    lanes edge, next;
    int patient[L];
} group;

/* What is asked for; numpy arrays with the patients last. */
typedef struct {
    int batch, anchors, edge_width, ports, bolus_width, times, index_width, wanted;
    const double *edges, *bolus, *rate, *time, *absolute;
    const int *port, *index, *want;
    double relative;
    double *x, *out;
} course;

#define WITHOUT_SIGN(value) ((vector)((bits)(value) & 0x7fffffffffffffffLL))

INLINE double mean_square(const structure *s, const group *g, const lanes *value, const lanes *by, double relative)
{
    lanes sum;
    double worst = 0;
    EACH sum.v[l] = ZERO;
    for (int i = 0; i < s->n; i++) EACH {
        vector a = WITHOUT_SIGN(g->x[i].v[l]), b = WITHOUT_SIGN(by[i].v[l]);
        bits larger = a > b;
        vector part = value[i].v[l] / (g->absolute[i].v[l] + relative * (vector)(((bits)a & larger) | ((bits)b & ~larger)));
        sum.v[l] += part * part;
    }
    EACH_PATIENT {
        if (!(AT(sum, l) <= 1e300)) return INFINITY;
        if (AT(sum, l) > worst) worst = AT(sum, l);
    }
    return worst / s->n;
}

INLINE void put(const course *q, const group *g, int l, int t, int row, double value)
{
    q->out[((size_t)row * (size_t)q->times + (size_t)t) * (size_t)q->batch + (size_t)g->patient[l]] = value;
}

/* One step of size h: u[0..5], y = the end, f scratch; the error estimate is u[5]. */
INLINE void stages(const structure *s, const group *g, const lanes *h)
{
    int n = s->n;
    lanes over;
    EACH over.v[l] = 1.0 / h->v[l];
    memcpy(g->u, g->first, sizeof(lanes) * (size_t)n);
    solve(s, g->W, g->u);
    for (int stage = 1; stage < 6; stage++) {
        lanes *u = g->u + stage * n;
        for (int i = 0; i < n; i++) {
            lanes total = stage < 5 ? g->x[i] : g->y[i];
            if (stage < 5)
                for (int j = 0; j < stage; j++) EACH total.v[l] += A[stage][j] * g->u[j * n + i].v[l];
            else
                EACH total.v[l] += g->u[4 * n + i].v[l];
            g->y[i] = total;
        }
        change(s, g->numbers, g->y, g->drive, u);
        for (int i = 0; i < n; i++) {
            lanes total;
            EACH total.v[l] = C[stage][0] * g->u[i].v[l];
            for (int j = 1; j < stage; j++) EACH total.v[l] += C[stage][j] * g->u[j * n + i].v[l];
            EACH u[i].v[l] += total.v[l] * over.v[l];
        }
        solve(s, g->W, u);
    }
    for (int i = 0; i < n; i++) EACH g->end[i].v[l] = g->y[i].v[l] + g->u[5 * n + i].v[l];
}

/* Values asked for inside the step from share to share + size of the interval, one patient at a time. */
INLINE void record(const structure *s, const course *q, const group *g, int k, int *next, double share, double size)
{
    int n = s->n;
    EACH_PATIENT {
        if (g->patient[l] < 0) continue;
        int column = q->index_width > 1 ? g->patient[l] : 0;
        double length = AT(g->next, l) - AT(g->edge, l);
        for (; next[l] < q->times && q->index[(size_t)next[l] * (size_t)q->index_width + (size_t)column] == k; next[l]++) {
            double at = length > 0 ? (q->time[next[l]] - AT(g->edge, l)) / length : 0.0;
            at = at < 0 ? 0 : at > 1 ? 1 : at;
            if (at > share + size * (1 + 1e-12)) break;
            double theta = size > 0 ? (at - share) / size : 0.0, rest;
            theta = theta < 0 ? 0 : theta > 1 ? 1 : theta;
            rest = 1 - theta;
            for (int w = 0; w < q->wanted; w++) {
                int i = q->want[w];
                double value = AT(g->x[i], l);
                if (theta > 0) {
                    double d0 = 0, d1 = 0;
                    for (int j = 0; j < 5; j++) {
                        d0 += D[0][j] * AT(g->u[j * n + i], l);
                        d1 += D[1][j] * AT(g->u[j * n + i], l);
                    }
                    value = value * rest + theta * (AT(g->end[i], l) + rest * (d0 + theta * d1));
                }
                put(q, g, l, next[l], w, value);
            }
        }
    }
}

/* Over one interval between anchors; 0 when done. */
INLINE int cross(const structure *s, const course *q, group *g, int k, int *next)
{
    int n = s->n;
    lanes length, h;
    double longest = 0, share = 0, size;
    EACH length.v[l] = g->next.v[l] - g->edge.v[l];
    EACH_PATIENT if (AT(length, l) > longest) longest = AT(length, l);
    record(s, q, g, k, next, 0.0, 0.0);
    if (!(longest > 0)) return 0;
    EACH_PATIENT if (!(AT(length, l) > 0)) AT(length, l) = 1e-12 * longest; /* this patient stands still meanwhile */
    change(s, g->numbers, g->x, g->drive, g->first);
    for (int i = 0; i < n; i++) EACH g->f[i].v[l] = g->first[i].v[l] * length.v[l];
    double here = sqrt(mean_square(s, g, g->x, g->x, q->relative)), there = sqrt(mean_square(s, g, g->f, g->x, q->relative));
    size = (here > 1e-5 ? 0.02 * here : 1.0) / (there > 1e-300 ? there : 1e-300);
    size = size < 1e-9 ? 1e-9 : size > 1.0 ? 1.0 : size;
    for (int step = 0; step < 200000; step++) {
        if (1.0 - share - size <= 1e-10) size = 1.0 - share;
        EACH h.v[l] = size * length.v[l];
        factorise(s, g->numbers, g->x, GAMMA, &h, g->W);
        stages(s, g, &h);
        double error = sqrt(mean_square(s, g, g->u + 5 * n, g->end, q->relative)), factor = 0.2;
        if (error < INFINITY) {
            factor = 0.9 / sqrt(sqrt(error > 1e-12 ? error : 1e-12));
            factor = factor > 6.0 ? 6.0 : factor < 0.2 ? 0.2 : factor;
        }
        if (error <= 1.0) {
            record(s, q, g, k, next, share, size);
            memcpy(g->x, g->end, sizeof(lanes) * (size_t)n);
            share += size;
            if (share >= 1.0 - 1e-14) return 0;
            change(s, g->numbers, g->x, g->drive, g->first);
        }
        size *= factor;
        if (!(size >= 1e-13)) return 1;
    }
    return 1;
}

INLINE int follow(const structure *s, const course *q, group *g)
{
    int next[L] = {0};
    for (int k = 0; k < q->anchors; k++) {
        memset(g->drive, 0, sizeof(lanes) * (size_t)s->n);
        EACH_PATIENT {
            int p = g->patient[l] < 0 ? g->patient[0] : g->patient[l];
            size_t wide = (size_t)q->bolus_width, b = wide > 1 ? (size_t)p : 0, e = q->edge_width > 1 ? (size_t)p : 0;
            AT(g->edge, l) = q->edges[(size_t)k * (size_t)q->edge_width + e];
            AT(g->next, l) = q->edges[(size_t)(k + 1) * (size_t)q->edge_width + e];
            for (int i = 0; i < q->ports; i++) {
                size_t at = ((size_t)k * (size_t)q->ports + (size_t)i) * wide + b;
                AT(g->x[q->port[i]], l) += q->bolus[at];
                AT(g->drive[q->port[i]], l) += q->rate[at];
            }
        }
        if (cross(s, q, g, k, next)) return 1;
    }
    return 0;
}

INLINE void load(lanes *to, const double *from, int rows, const course *q, const group *g)
{
    for (int i = 0; i < rows; i++)
        EACH_PATIENT AT(to[i], l) = from[(size_t)i * (size_t)q->batch + (size_t)(g->patient[l] < 0 ? g->patient[0] : g->patient[l])];
}

INLINE int follow_all(const structure *s, const course *q, group *g, const double *numbers, int count)
{
    for (int low = 0; low < q->batch; low += L) {
        EACH_PATIENT g->patient[l] = low + l < q->batch ? low + l : -1;
        load(g->numbers, numbers, count, q, g);
        load(g->x, q->x, s->n, q, g);
        load(g->absolute, q->absolute, s->n, q, g);
        if (follow(s, q, g)) return 1;
        for (int i = 0; i < s->n; i++)
            EACH_PATIENT if (g->patient[l] >= 0) q->x[(size_t)i * (size_t)q->batch + (size_t)g->patient[l]] = AT(g->x[i], l);
    }
    return 0;
}

#if defined(__x86_64__)
/* The same code for machines with wider registers; which one runs is decided when it is called. */
__attribute__((target("avx2,fma"))) static int follow_all_wide(const structure *s, const course *q, group *g,
                                                               const double *numbers, int count)
{
    return follow_all(s, q, g, numbers, count);
}
#endif

static int follow_all_plain(const structure *s, const course *q, group *g, const double *numbers, int count)
{
    return follow_all(s, q, g, numbers, count);
}

/* Returns 0, 1 when the step became too small, 2 when memory ran out. */
EXPORT int dosewright_rodas(double relative, const int *shape, const int *program, const double *numbers,
                            const double *edges, const double *bolus, const double *rate, const int *port,
                            const double *time, const int *index, const int *want, const double *absolute, double *x,
                            double *out)
{
    structure s = read_structure(program);
    course q = {shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], shape[6], shape[7], edges, bolus, rate,
                time, absolute, port, index, want, relative, x, out};
    int count = count_constants(&s);
    size_t n = (size_t)s.n, total = (size_t)count + (size_t)s.slots + 13 * n;
    char *memory = malloc(total * sizeof(lanes) + 64);
    if (!memory) return 2;
    lanes *at = (lanes *)(memory + (64 - (size_t)memory % 64) % 64);
    group g;
    g.numbers = at;
    g.W = g.numbers + count;
    g.u = g.W + s.slots;
    g.x = g.u + 6 * n;
    g.absolute = g.x + n;
    g.drive = g.absolute + n;
    g.y = g.drive + n;
    g.end = g.y + n;
    g.f = g.end + n;
    g.first = g.f + n;
    int (*run)(const structure *, const course *, group *, const double *, int) = follow_all_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) run = follow_all_wide;
#endif
    int status = run(&s, &q, &g, numbers, count);
    free(memory);
    return status;
}
