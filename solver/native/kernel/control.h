/* What chooses the step size: see solver/controllers.py, which this repeats in C. */
#ifndef CONTROL_H
#define CONTROL_H

#include "numbers.h"

/* `dt` is the first step's size, or that of fixed steps; where it is 0, a first step is selected that may err by
`first_error`. */
typedef struct {
    int64_t adaptive, norm, max_steps;
    double rtol, atol, dt, min_step, max_step, first_error;
    double beta1, beta2, beta3, safety, min_factor, max_factor;
} Rules;

typedef struct {
    int accept;
    double dt_next;
} Decision;

typedef struct {
    double ratio, previous, before_previous;
    int rejected;
} ErrorHistory;

static double power(double ratio, double exponent) { return pow(ratio > 1e-10 ? ratio : 1e-10, exponent); }

static Decision by_errors(const Rules *rules, double dt, const ErrorHistory *errors, int error_order) {
    double ratio = errors->ratio, k = error_order + 1;
    if (!isfinite(ratio))
        return (Decision){0, dt * rules->min_factor};
    if (ratio > 1.0)
        return (Decision){0, dt * fmax(rules->min_factor, rules->safety * pow(ratio, -1.0 / k))};
    double most = errors->rejected ? 1.0 : rules->max_factor;
    double factor = pow(rules->safety, rules->beta1 + rules->beta2 + rules->beta3) * power(ratio, -rules->beta1 / k);
    factor *= power(errors->previous, -rules->beta2 / k) * power(errors->before_previous, -rules->beta3 / k);
    return (Decision){1, dt * fmin(most, fmax(rules->min_factor, factor))};
}

/* Within the limits; a finite step of the smallest size is accepted whatever its error. */
static Decision limited(const Rules *rules, Decision decision, double dt, double ratio) {
    double size = fmin(fmax(fabs(decision.dt_next), rules->min_step), rules->max_step);
    int smallest = fabs(dt) <= rules->min_step && isfinite(ratio);
    return (Decision){decision.accept || smallest, copysign(size, dt)};
}

static Decision decide(const Rules *rules, double dt, const ErrorHistory *errors, int error_order) {
    if (!rules->adaptive)
        return (Decision){!isnan(errors->ratio), dt};
    Decision decision = by_errors(rules, dt, errors, error_order);
    if (rules->min_step > 0.0 || rules->max_step < INFINITY)
        return limited(rules, decision, dt, errors->ratio);
    return decision;
}

#endif
