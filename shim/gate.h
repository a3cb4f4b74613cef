/* The gate: where a created container waits for `start`. */
#ifndef OCIRUN_GATE_H
#define OCIRUN_GATE_H

#include "stage.h"

extern const struct stage stage_gate;

#endif
