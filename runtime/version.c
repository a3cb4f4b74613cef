/* What `--version` and `features` print; the numbers come from the GNUmakefile. */
#include "cmd/cmd.h"

const char ocirun_version[] = OCIRUN_VERSION;
const char ocirun_commit[] = OCIRUN_COMMIT;
const char ocirun_spec_version[] = "1.3.0";
