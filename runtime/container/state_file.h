/* What the writer (state.c) and the reader (state_read.c) of state.json agree on. */
#ifndef OCIRUN_STATE_FILE_H
#define OCIRUN_STATE_FILE_H

#define STATE_FORMAT 1 /* raised when an older build would misread the file */
#define STATE_GATE_FIFO "fifo"
#define STATE_GATE_RUN "run"

#endif
