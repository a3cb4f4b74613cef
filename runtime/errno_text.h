/* Words for errno values: see errno_text.c. */
#ifndef OCIRUN_ERRNO_TEXT_H
#define OCIRUN_ERRNO_TEXT_H

/* The text of an errno value of either sign, its first letter small ("unknown error" for a foreign one). */
const char *errno_text(int error);

#endif
