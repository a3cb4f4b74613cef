/* The pipeline: which stage executes the records of which row. */
#ifndef OCIRUN_ORDER_H
#define OCIRUN_ORDER_H

#include "stage.h"

/* The stage of a row, NULL for a row of the host half. */
const struct stage *order_stage(enum plan_row row);
/* What executes a record of `kind` in `row`, or NULL. */
stage_step *order_step(enum plan_row row, enum plan_kind kind);
/* Execute the plan's records in order. 0, or -errno with the fault whole: row and record too. Returns
 * only when the plan has no record `exec`, or on failure. */
int order_run(struct shim *shim, struct fault *fault);

#endif
