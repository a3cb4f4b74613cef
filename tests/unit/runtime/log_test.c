/* The log's formats, JSON escaping and times. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/cmd.h"
#include "json_out.h"
#include "scratch.h"
#include "timestamp.h"

static char path[64], file[100];

static int setup(void **state)
{
	(void)state;
	if (!scratch_make(path))
		return -1;
	snprintf(file, sizeof file, "%s/log", path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_remove(path);
	return 0;
}

/* Run `write` with a log of this format; returns what stands in the file. stderr goes to /dev/null meanwhile.
 */
static const char *logged(struct globals globals, void (*write_messages)(struct globals *globals))
{
	static char text[4096];
	struct error error = { 0 };
	int saved = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	unlink(file);
	globals.log = file;
	assert_int_equal(log_check(&globals, &error), 0);
	assert_int_equal(fcntl(globals.log_fd, F_GETFD), FD_CLOEXEC);
	dup2(nowhere, STDERR_FILENO);
	write_messages(&globals);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(nowhere);
	close(globals.log_fd);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t got = read(fd, text, sizeof text - 1);
	close(fd);
	assert_true(got >= 0);
	text[got] = 0;
	return text;
}

static void all_levels(struct globals *globals)
{
	struct error error = { 0 };

	log_debug(globals, "d");
	log_warning(globals, "w");
	error_set(&error, EINVAL, "no \"x\"");
	error_in(&error, -EINVAL, "mounts");
	log_error(globals, "create web", &error);
}

static void of_another_command(struct globals *globals)
{
	struct error error = { 0 };

	error_set(&error, ESRCH, "gone");
	log_error(globals, "kill web", &error);
}

static void inside(struct globals *globals)
{
	struct error error = { .inside = true };

	error_set(&error, EINVAL, "bad");
	log_error(globals, "exec web", &error);
}

static int lines(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void json_is_one_object(void **state)
{
	const char *text = logged((struct globals){ .log_format = "json" }, all_levels);

	(void)state;
	assert_int_equal(lines(text), 1);
	assert_non_null(strstr(
		text, "{\"level\":\"error\",\"msg\":\"create web: /mounts: no \\\"x\\\"\",\"time\":\"2"));
	assert_non_null(strstr(text, "Z\"}\n"));
}

static void debug_writes_all(void **state)
{
	(void)state;
	assert_int_equal(lines(logged((struct globals){ .log_format = "json", .debug = true }, all_levels)),
			 3);
	assert_int_equal(lines(logged((struct globals){ .log_format = "text" }, all_levels)), 2);
	assert_int_equal(lines(logged((struct globals){ .log_level = "error" }, all_levels)), 1);
}

static void called_as_runc(void **state)
{
	struct globals globals = { .log_format = "json", .program = "runc" };

	(void)state;
	assert_non_null(
		strstr(logged(globals, all_levels), "\"runc create failed: no \\\"x\\\" (at /mounts)\""));
	assert_non_null(strstr(logged(globals, of_another_command), "\"kill web: gone\""));
	assert_non_null(strstr(
		logged(globals, inside),
		"\"exec failed: unable to start container process: error during container init: bad\""));
}

static void text_form(void **state)
{
	const char *text = logged((struct globals){ .program = "x" }, all_levels);

	(void)state;
	assert_int_equal(strncmp(text, "time=\"2", 7), 0);
	assert_non_null(strstr(text, " level=warning msg=\"w\"\n"));
	assert_non_null(strstr(text, " level=error msg=\"create web: /mounts: no \\\"x\\\"\"\n"));
}

static void refused(void **state)
{
	static const struct {
		const char *log, *format, *text;
	} cases[] = {
		{ NULL, "xml", "invalid log-format: xml" },
		{ NULL, "JSON", "invalid log-format: JSON" },
		{ "syslog:x", NULL, "--log syslog: is not supported yet: give a path" },
		{ "/nonexistent/log", NULL,
		  "cannot open the log /nonexistent/log: no such file or directory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct globals globals = { .log = cases[i].log, .log_format = cases[i].format };
		struct error error = { 0 };

		assert_true(log_check(&globals, &error) < 0);
		assert_string_equal(error.text, cases[i].text);
		assert_int_equal(globals.log_fd, 0);
	}
}

static void escaping(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a/b", "\"a/b\"" },
		{ "\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xff", "\"\xef\xbf\xbd\"" },
		{ "\xc3", "\"\xef\xbf\xbd\"" },                 /* cut */
		{ "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" }, /* overlong */
		{ "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[128] = "";
		FILE *out = fmemopen(text, sizeof text, "w");

		json_out_quote(out, cases[i].in);
		fclose(out);
		assert_string_equal(text, cases[i].out);
	}
}

static void documents(void **state)
{
	char text[256] = "";
	FILE *file_out = fmemopen(text, sizeof text, "w");
	struct json_out out = { .file = file_out, .indent = "  " };

	(void)state;
	json_out_open(&out, '{');
	json_out_member(&out, "a", "b");
	json_out_key(&out, "c");
	json_out_open(&out, '[');
	json_out_signed(&out, -1);
	json_out_open(&out, '{');
	json_out_close(&out, '}');
	json_out_close(&out, ']');
	json_out_flag(&out, "d", true);
	json_out_close(&out, '}');
	fclose(file_out);
	assert_string_equal(text, "{\n  \"a\": \"b\",\n  \"c\": [\n    -1,\n    {}\n  ],\n  \"d\": true\n}");
}

static void times(void **state)
{
	static const struct {
		time_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000000007Z" },
		{ 951782399, "2000-02-28T23:59:59.000000007Z" },
		{ 951782400, "2000-02-29T00:00:00.000000007Z" },
		{ 1709251199, "2024-02-29T23:59:59.000000007Z" },
		{ 4107542400, "2100-03-01T00:00:00.000000007Z" },
		{ -1, "1969-12-31T23:59:59.000000007Z" },
	};
	char text[TIMESTAMP_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct timespec when = { cases[i].seconds, 7 };

		assert_string_equal(timestamp_text(text, &when, 9), cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_one_object),
		cmocka_unit_test(debug_writes_all),
		cmocka_unit_test(called_as_runc),
		cmocka_unit_test(text_form),
		cmocka_unit_test(refused),
		cmocka_unit_test(escaping),
		cmocka_unit_test(documents),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
