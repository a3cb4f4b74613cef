/* Faults in words: pointers, stages, and the phrases that clients match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compile/writer.h"
#include "launch.h"

/* A plan of two records: a mount that the user wrote and a gate of our own. */
static void two_records(struct arena *arena, struct compiled *ret)
{
	struct writer *w = writer_new(arena);
	struct error error = { 0 };
	struct plan_mount mount = { .how = PLAN_MOUNT_FILESYSTEM,
				    .target = writer_text(w, "/data"),
				    .tree = PLAN_NONE,
				    .type = writer_text(w, "overlay") };
	struct plan_gate gate = { .kind = PLAN_GATE_RUN, .fifo = PLAN_NONE, .fault = PLAN_NONE };

	WRITER_ADD(w, MOUNTS, mount, &mount, "/mounts/3");
	WRITER_ADD(w, GATE, gate, &gate, "");
	assert_int_equal(writer_finish(w, 0, ret, &error), 0);
}

static void check(const struct fault *fault, const char *pointer, const char *text)
{
	struct arena arena = { 0 };
	struct error error = { 0 };
	struct compiled compiled;

	two_records(&arena, &compiled);
	fault_error(&compiled.plan, fault, &error);
	assert_string_equal(error.pointer, pointer);
	assert_string_equal(error.text, text);
	assert_int_not_equal(error.code, 0);
	arena_free(&arena);
}

static struct fault fault_of(uint32_t row, uint32_t record, enum fault_op op, int code, const char *object)
{
	struct fault fault = { .row = row, .record = record };

	fault_set(&fault, op, code, object);
	return fault;
}

static void names_the_pointer_of_the_record(void **state)
{
	struct fault fault = fault_of(PLAN_ROW_MOUNTS, 0, FAULT_MOUNT, EINVAL, "overlay on /data");

	(void)state;
	fault_note(&fault, "lowerdir \"/srv/base\" does not exist");
	check(&fault, "/mounts/3",
	      "cannot mount overlay on /data: invalid argument (lowerdir \"/srv/base\" does not exist)");
}

static void names_the_stage_of_a_record_of_our_own(void **state)
{
	struct fault ours = fault_of(PLAN_ROW_GATE, 1, FAULT_READ, EIO, "fifo");
	struct fault none = fault_of(PLAN_ROW_SOURCES, FAULT_NO_RECORD, FAULT_OPEN, ENOENT, "/proc");

	(void)state;
	check(&ours, "", "gate: cannot read fifo: input/output error");
	check(&none, "", "sources: cannot open /proc: no such file or directory");
}

static void says_what_clients_match(void **state)
{
	struct fault exec = fault_of(PLAN_ROW_EXEC, FAULT_NO_RECORD, FAULT_EXEC, ENOENT, "/run.sh");
	struct fault denied = fault_of(PLAN_ROW_EXEC, FAULT_NO_RECORD, FAULT_EXEC, EACCES, "/etc/motd");
	struct fault find = fault_of(PLAN_ROW_PROGRAM, FAULT_NO_RECORD, FAULT_FIND, ENOENT,
				     "\"nope\": executable file not found in $PATH");
	struct fault hook =
		fault_of(PLAN_ROW_HOOKS, FAULT_NO_RECORD, FAULT_HOOK, 0,
			 "error running createContainer hook #0: exit status 1, stdout: , stderr: no");
	struct fault no_hook = fault_of(PLAN_ROW_HOST_HOOKS, FAULT_NO_RECORD, FAULT_HOOK, ENOENT,
					"error running prestart hook #1: exec /none");
	struct fault mount = fault_of(PLAN_ROW_MOUNTS, 0, FAULT_MOUNT, EPERM, "tmpfs on /data");
	struct fault cgroup = fault_of(PLAN_ROW_CGROUP, FAULT_NO_RECORD, FAULT_MAKE_DIRECTORY, EACCES, "/x");
	struct fault sentence = fault_of(PLAN_ROW_CGROUP, FAULT_NO_RECORD, FAULT_VERIFY, 0,
					 "container's cgroup is not empty: 1 process(es) found");

	(void)state;
	check(&exec, "", "exec /run.sh: no such file or directory");
	check(&denied, "", "exec /etc/motd: permission denied");
	check(&find, "", "\"nope\": executable file not found in $PATH");
	check(&hook, "", "error running createContainer hook #0: exit status 1, stdout: , stderr: no");
	check(&no_hook, "", "error running prestart hook #1: exec /none: no such file or directory");
	check(&mount, "/mounts/3", "error mounting tmpfs on /data: operation not permitted");
	check(&cgroup, "", "cgroup: unable to apply cgroup configuration: cannot make /x: permission denied");
	check(&sentence, "", "container's cgroup is not empty: 1 process(es) found");
}

/* What comes through the page was written by another process. */
static void survives_a_fault_of_garbage(void **state)
{
	struct fault fault;
	struct error error = { 0 };

	(void)state;
	memset(&fault, 0xff, sizeof fault);
	fault_error(NULL, &fault, &error);
	assert_int_not_equal(error.code, 0);
	assert_true(strlen(error.text) < sizeof error.text);
}

static void stays_on_one_line(void **state)
{
	struct fault fault = fault_of(PLAN_ROW_MOUNTS, 0, FAULT_MOUNT, EINVAL, "a\nb");

	(void)state;
	fault_note(&fault, "c\nd");
	check(&fault, "/mounts/3", "cannot mount a b: invalid argument (c d)");
}

static void keeps_the_first_error(void **state)
{
	struct fault fault = fault_of(PLAN_ROW_MOUNTS, 0, FAULT_MOUNT, EINVAL, "x");
	struct error error = { 0 };

	(void)state;
	error_set(&error, EBUSY, "first");
	fault_error(NULL, &fault, &error);
	assert_string_equal(error.text, "first");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_pointer_of_the_record),
		cmocka_unit_test(names_the_stage_of_a_record_of_our_own),
		cmocka_unit_test(says_what_clients_match),
		cmocka_unit_test(survives_a_fault_of_garbage),
		cmocka_unit_test(stays_on_one_line),
		cmocka_unit_test(keeps_the_first_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
