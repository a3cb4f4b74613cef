/* The version of libseccomp, which `--version` prints too: only cmd/features.c knows the library. */
#ifndef OCIRUN_FEATURES_H
#define OCIRUN_FEATURES_H

#define SECCOMP_VERSION_TEXT 40

/* "2.5.4"; "" when the library does not say. Returns text. */
const char *seccomp_version_text(char text[SECCOMP_VERSION_TEXT]);

#endif
