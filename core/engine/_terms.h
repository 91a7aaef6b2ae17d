/* Nonlinear systems as core/engine/system.py encodes them: change, Jacobian and factors for groups of patients.
 *
 * The same formulas as elements.py and sparse_lu.py; tests hold the two together. Generic: models are data, so nothing
 * is compiled per model. */
#ifndef DOSEWRIGHT_TERMS_H
#define DOSEWRIGHT_TERMS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define V 2       /* registers of patients that share a step */
#define L (4 * V) /* patients that share a step */

#define INLINE static inline __attribute__((always_inline))
#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define EACH for (int l = 0; l < V; l++)
#define EACH_PATIENT for (int l = 0; l < L; l++)

/* One number for each patient of a group; gcc and clang map the arithmetic to whatever registers the machine has. */
typedef double vector __attribute__((vector_size(32)));
typedef long long bits __attribute__((vector_size(32)));
typedef struct {
    vector v[V];
} lanes;
#define AT(value, l) ((value).v[(l) / 4][(l) % 4])
static const vector ZERO = {0, 0, 0, 0}, ONE = {1, 1, 1, 1};

/* Structure, read from the program. */
typedef struct {
    int n, slots, entries, elements;
    const int *entry;    /* row, column, slot of each first-order entry */
    const int *diagonal; /* slot of each diagonal entry */
    const int *element;  /* kind, length, body of each element */
    const int *pivots, *forward, *backward;
} structure;

static const int *skip_pivots(const int *at)
{
    int count = *at++;
    while (count-- > 0) {
        int rows = at[1];
        at += 2;
        while (rows-- > 0) at += 2 + 2 * at[1];
    }
    return at;
}

static structure read_structure(const int *at)
{
    structure s;
    s.n = at[0];
    s.slots = at[1];
    s.entries = at[2];
    s.entry = at + 3;
    s.diagonal = s.entry + 3 * s.entries;
    at = s.diagonal + s.n;
    s.elements = *at++;
    s.element = at;
    for (int e = 0; e < s.elements; e++) at += 2 + at[1];
    s.pivots = at;
    s.forward = skip_pivots(at);
    s.backward = s.forward + 1 + 3 * s.forward[0];
    return s;
}

INLINE void sigmoid(const lanes *conc, const lanes *half, const lanes *hill, lanes *value, lanes *slope)
{
    EACH_PATIENT {
        double c = AT(*conc, l), h = AT(*hill, l), r = c / AT(*half, l);
        if (c > 0) {
            if (h != 1.0) r = pow(r, h);
            if (r > 1e200) r = 1e200;
            AT(*value, l) = r / (1 + r);
            AT(*slope, l) = h * r / (c * (1 + r) * (1 + r));
        } else {
            AT(*value, l) = 0;
            AT(*slope, l) = h == 1.0 ? 1.0 / AT(*half, l) : 0.0;
        }
    }
}

INLINE void add_to(lanes *W, int slot, const lanes *value, double sign)
{
    if (slot >= 0) EACH W[slot].v[l] += sign * value->v[l];
}

/* body: source, target, enzyme, saturable, count, (state, kind)..., then slots (source row, target row) per column.
 * With f the change is added, with W the slopes are SUBTRACTED (W holds -J). Returns the constants it has read. */
INLINE int saturable(const int *b, const lanes *c, const lanes *x, lanes *f, lanes *W)
{
    int source = b[0], target = b[1], enzyme = b[2], saturates = b[3], count = b[4];
    const int *inhibitor = b + 5, *slot = b + 5 + 2 * count;
    lanes conc, flux, on_km, on_complex, below, slope;
    EACH conc.v[l] = x[source].v[l] * c[0].v[l];
    EACH on_km.v[l] = on_complex.v[l] = ONE;
    for (int i = 0; i < count; i++) {
        int kind = inhibitor[2 * i + 1];
        const lanes *I = x + inhibitor[2 * i];
        if (kind != 1) EACH on_km.v[l] += I->v[l] * c[3 + i].v[l];
        if (kind != 0) EACH on_complex.v[l] += I->v[l] * c[3 + i].v[l];
    }
    EACH below.v[l] = on_km.v[l] * c[2].v[l] + (saturates ? on_complex.v[l] * conc.v[l] : ZERO);
    EACH flux.v[l] = c[1].v[l] * conc.v[l] / below.v[l];
    if (!W) {
        if (enzyme >= 0) EACH flux.v[l] *= x[enzyme].v[l];
        EACH f[source].v[l] -= flux.v[l];
        if (target >= 0) EACH f[target].v[l] += flux.v[l];
        return 3 + count;
    }
    lanes amount;
    EACH amount.v[l] = enzyme >= 0 ? x[enzyme].v[l] : ONE;
    EACH slope.v[l] = c[0].v[l] * c[1].v[l] * amount.v[l] * (saturates ? on_km.v[l] * c[2].v[l] : below.v[l]) /
                      (below.v[l] * below.v[l]);
    add_to(W, slot[0], &slope, 1.0);
    add_to(W, slot[1], &slope, -1.0);
    if (enzyme >= 0) {
        add_to(W, slot[2], &flux, 1.0);
        add_to(W, slot[3], &flux, -1.0);
    }
    for (int i = 0; i < count; i++) {
        int kind = inhibitor[2 * i + 1];
        EACH {
            vector acts = (kind != 1 ? c[2].v[l] : ZERO) + (kind != 0 && saturates ? conc.v[l] : ZERO);
            slope.v[l] = -amount.v[l] * flux.v[l] / below.v[l] * acts * c[3 + i].v[l];
        }
        add_to(W, slot[4 + 2 * i], &slope, 1.0);
        add_to(W, slot[5 + 2 * i], &slope, -1.0);
    }
    return 3 + count;
}

/* body: enzyme, inactivators, inducers, their states, then slots (enzyme row) for enzyme and each state. */
INLINE int turnover(const int *b, const lanes *c, const lanes *x, lanes *f, lanes *W)
{
    int enzyme = b[0], lost = b[1], made = b[2];
    const int *state = b + 3, *slot = b + 3 + lost + made;
    lanes loss = c[0], synthesis, conc, value, slope;
    const lanes *k = c + 1;
    EACH synthesis.v[l] = ONE;
    for (int i = 0; i < lost; i++, k += 3) {
        EACH {
            vector amount = x[state[i]].v[l] * k[0].v[l], sum = k[2].v[l] + amount;
            loss.v[l] += k[1].v[l] * amount / sum;
            slope.v[l] = x[enzyme].v[l] * k[1].v[l] * k[2].v[l] * k[0].v[l] / (sum * sum);
        }
        if (W) add_to(W, slot[1 + i], &slope, 1.0);
    }
    for (int i = lost; i < lost + made; i++, k += 4) {
        EACH conc.v[l] = x[state[i]].v[l] * k[0].v[l];
        sigmoid(&conc, k + 2, k + 3, &value, &slope);
        EACH synthesis.v[l] += k[1].v[l] * value.v[l];
        EACH slope.v[l] *= c[0].v[l] * k[1].v[l] * k[0].v[l];
        if (W) add_to(W, slot[1 + i], &slope, -1.0);
    }
    if (W)
        add_to(W, slot[0], &loss, 1.0);
    else
        EACH f[enzyme].v[l] += c[0].v[l] * synthesis.v[l] - loss.v[l] * x[enzyme].v[l];
    return 1 + 3 * lost + 4 * made;
}

/* body: source, target, copies, slots (source, source) and (target, source). */
INLINE int hill(const int *b, const lanes *c, const lanes *x, lanes *f, lanes *W)
{
    lanes conc, value, slope;
    EACH conc.v[l] = x[b[0]].v[l] * c[0].v[l];
    sigmoid(&conc, c + 2, c + 3, &value, &slope);
    if (W) {
        EACH slope.v[l] *= c[0].v[l] * c[1].v[l];
        if (!b[2]) add_to(W, b[3], &slope, 1.0);
        add_to(W, b[4], &slope, -1.0);
        return 4;
    }
    if (!b[2]) EACH f[b[0]].v[l] -= c[1].v[l] * value.v[l];
    if (b[1] >= 0) EACH f[b[1]].v[l] += c[1].v[l] * value.v[l];
    return 4;
}

/* body: ligand, target, bound, then slots by column (ligand, target, bound) and row (ligand, target, bound). */
INLINE int binding(const int *b, const lanes *c, const lanes *x, lanes *f, lanes *W)
{
    const lanes *drug = x + b[0], *free = x + b[1], *bound = x + b[2];
    lanes net;
    if (!W) {
        EACH net.v[l] = c[1].v[l] * c[0].v[l] * drug->v[l] * free->v[l] - c[2].v[l] * bound->v[l];
        EACH f[b[0]].v[l] -= net.v[l];
        EACH f[b[1]].v[l] += c[3].v[l] - c[4].v[l] * free->v[l] - net.v[l];
        EACH f[b[2]].v[l] += net.v[l] - c[5].v[l] * bound->v[l];
        return 6;
    }
    for (int column = 0; column < 3; column++) {
        const int *slot = b + 3 + 3 * column;
        EACH {
            vector both = c[1].v[l] * c[0].v[l];
            net.v[l] = column == 0 ? both * free->v[l] : column == 1 ? both * drug->v[l] : -c[2].v[l];
        }
        add_to(W, slot[0], &net, 1.0);
        add_to(W, slot[1], &net, 1.0);
        add_to(W, slot[2], &net, -1.0);
    }
    add_to(W, b[3 + 4], c + 4, 1.0);
    add_to(W, b[3 + 8], c + 5, 1.0);
    return 6;
}

INLINE void elements(const structure *s, const lanes *constants, const lanes *x, lanes *f, lanes *W)
{
    const int *at = s->element;
    for (int e = 0; e < s->elements; e++) {
        const int *body = at + 2;
        switch (at[0]) {
        case 1: constants += saturable(body, constants, x, f, W); break;
        case 2: constants += turnover(body, constants, x, f, W); break;
        case 3: constants += hill(body, constants, x, f, W); break;
        default: constants += binding(body, constants, x, f, W); break;
        }
        at = body + at[1];
    }
}

INLINE void change(const structure *s, const lanes *numbers, const lanes *x, const lanes *drive, lanes *f)
{
    memcpy(f, drive, sizeof(lanes) * (size_t)s->n);
    const int *entry = s->entry;
    for (int e = 0; e < s->entries; e++, entry += 3) {
        const lanes *k = numbers + e, *from = x + entry[1];
        lanes *to = f + entry[0];
        EACH to->v[l] += k->v[l] * from->v[l];
    }
    elements(s, numbers + s->entries, x, f, NULL);
}

/* W = I/(gamma h) - J, then its factors. */
INLINE void factorise(const structure *s, const lanes *numbers, const lanes *x, double gamma, const lanes *h, lanes *W)
{
    memset(W, 0, sizeof(lanes) * (size_t)s->slots);
    for (int e = 0; e < s->entries; e++) EACH W[s->entry[3 * e + 2]].v[l] -= numbers[e].v[l];
    elements(s, numbers + s->entries, x, NULL, W);
    for (int i = 0; i < s->n; i++) EACH W[s->diagonal[i]].v[l] += 1.0 / (gamma * h->v[l]);
    const int *at = s->pivots;
    for (int p = *at++; p > 0; p--) {
        lanes *pivot = W + at[0];
        int rows = at[1];
        at += 2;
        EACH pivot->v[l] = 1.0 / pivot->v[l];
        for (; rows > 0; rows--) {
            lanes *row = W + at[0];
            int updates = at[1];
            at += 2;
            EACH row->v[l] *= pivot->v[l];
            for (; updates > 0; updates--, at += 2) {
                lanes *to = W + at[0];
                const lanes *right = W + at[1];
                EACH to->v[l] -= row->v[l] * right->v[l];
            }
        }
    }
}

INLINE void solve(const structure *s, const lanes *W, lanes *b)
{
    const int *at = s->forward;
    for (int p = *at++; p > 0; p--, at += 3) EACH b[at[0]].v[l] -= W[at[2]].v[l] * b[at[1]].v[l];
    at = s->backward;
    for (int p = *at++; p > 0; p--) {
        lanes sum = b[at[0]];
        const lanes *pivot = W + at[1];
        lanes *to = b + at[0];
        int terms = at[2];
        at += 3;
        for (; terms > 0; terms--, at += 2) EACH sum.v[l] -= W[at[1]].v[l] * b[at[0]].v[l];
        EACH to->v[l] = sum.v[l] * pivot->v[l];
    }
}

static int count_constants(const structure *s)
{
    int total = s->entries;
    const int *at = s->element;
    for (int e = 0; e < s->elements; e++) {
        const int *body = at + 2;
        total += at[0] == 1 ? 3 + body[4] : at[0] == 2 ? 1 + 3 * body[1] + 4 * body[2] : at[0] == 3 ? 4 : 6;
        at = body + at[1];
    }
    return total;
}

#endif
