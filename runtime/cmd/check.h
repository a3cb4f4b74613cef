/* What the files of `check` share: the report, and who fills it. Only they include this. */
#ifndef OCIRUN_CHECK_H
#define OCIRUN_CHECK_H

#include "container/create.h"

enum verdict { VERDICT_OK, VERDICT_LIMITED, VERDICT_CANNOT };

/* One line: what was looked at, how it stands, what to type. */
struct finding {
	enum verdict verdict;
	const char *topic;   /* "user namespaces" */
	const char *pointer; /* of what the user wrote, or "" */
	const char *text, *hint;
};

#define REPORT_MAX 512
struct report {
	struct arena *arena;
	uint32_t count;
	enum verdict worst;
	struct finding findings[REPORT_MAX];
};

/* Add a finding; hint NULL: none. Beyond REPORT_MAX only the verdict counts. */
void report_add(struct report *report, enum verdict verdict, const char *topic, const char *pointer,
		const char *hint, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The user that runs us, as far as id maps go. */
struct check_user {
	uint32_t uid;
	const char *name;
	const char *newuidmap, *newgidmap; /* programs, or NULL */
	uint32_t uid_count, gid_count;
	struct subid_range *uids, *gids;
};
void check_user(struct arena *arena, const struct facts *facts, struct check_user *ret);

/* check_host.c: what this host, kernel and user offer to any container. */
void check_host(const struct globals *globals, const struct facts *facts, struct report *report);
/* check_plan.c: what the plan of one container asks for and would not get. */
void check_plan(const struct prepared *prepared, struct report *report);

#endif
