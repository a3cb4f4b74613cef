/* `ocirun check [BUNDLE]`: says, without touching anything, what of a config this host, kernel and user
 * cannot do, and why; without a bundle, what they offer. Status 0: it can run (perhaps with less), 1: it
 * cannot.
 */
#include "cmd/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "json_out.h"
#include "utf8.h"

struct values {
	bool json;
};

static const struct option options[] = {
	{ "json", 0, OPTION_BOOL, NULL, "print the report as JSON", COMMAND_OPTION(values, json) },
	{ 0 },
};

static const char *const verdicts[] = { "ok", "limited", "cannot" }; /* by enum verdict */

void report_add(struct report *report, enum verdict verdict, const char *topic, const char *pointer,
		const char *hint, const char *format, ...)
{
	va_list arguments;
	char text[1024];

	if (verdict > report->worst)
		report->worst = verdict;
	if (report->count == REPORT_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	utf8_defuse(text, '?'); /* paths and keys of a config that is a stranger's */
	report->findings[report->count++] = (struct finding){
		.verdict = verdict,
		.topic = topic,
		.pointer = pointer ? arena_copy(report->arena, pointer, strlen(pointer)) : "",
		.text = arena_copy(report->arena, text, strlen(text)),
		.hint = hint,
	};
}

static void print_text(const struct report *report)
{
	for (uint32_t i = 0; i < report->count; i++) {
		const struct finding *finding = &report->findings[i];

		printf("%-8s %-18s %s%s%s\n", verdicts[finding->verdict], finding->topic, finding->pointer,
		       *finding->pointer ? ": " : "", finding->text);
		if (finding->hint)
			printf("%-27s > %s\n", "", finding->hint);
	}
}

static void print_json(const struct report *report)
{
	struct json_out out = { .file = stdout, .indent = "  " };

	json_out_open(&out, '{');
	json_out_member(&out, "verdict", verdicts[report->worst]);
	json_out_key(&out, "findings");
	json_out_open(&out, '[');
	for (uint32_t i = 0; i < report->count; i++) {
		const struct finding *finding = &report->findings[i];

		json_out_open(&out, '{');
		json_out_member(&out, "verdict", verdicts[finding->verdict]);
		json_out_member(&out, "topic", finding->topic);
		if (*finding->pointer)
			json_out_member(&out, "pointer", finding->pointer);
		json_out_member(&out, "text", finding->text);
		if (finding->hint)
			json_out_member(&out, "hint", finding->hint);
		json_out_close(&out, '}');
	}
	json_out_close(&out, ']');
	json_out_close(&out, '}');
	putc('\n', stdout);
}

/* What `create` would refuse before it touched anything, then what would fail on the way. */
static int check_bundle(const struct globals *globals, const char *bundle, struct report *report,
			struct error *error)
{
	struct create_options create = {
		.id = "check", .bundle = bundle, .gate = PLAN_GATE_FIFO, .plan_only = true
	};
	struct prepared prepared = { 0 };
	int r = create_prepare(globals, &create, &prepared, error);

	if (r < 0) /* not the host's fault: the same text as create's, where errors go */
		report_add(report, VERDICT_CANNOT, "config", error->pointer, NULL, "%s", error->text);
	else
		check_plan(&prepared, report);
	memset(error, 0, sizeof *error);
	return 0;
}

static int run(const struct globals *globals, const void *given, int count, char **arguments,
	       struct error *error)
{
	const struct values *values = given;
	struct report *report = arena_alloc(globals->arena, sizeof *report);
	struct facts facts;
	int r;

	report->arena = globals->arena;
	if (count > 0) {
		r = check_bundle(globals, arguments[0], report, error);
	} else {
		r = facts_probe(globals->arena, &facts, error);
		facts_probe_lsm(&facts);
		if (r == 0)
			check_host(globals, &facts, report);
	}
	if (r < 0)
		return r;
	if (report->count == 0)
		report_add(report, VERDICT_OK, "config", "", NULL, "nothing speaks against it on this host");
	(values->json ? print_json : print_text)(report);
	return report->worst == VERDICT_CANNOT;
}

const struct command command_check = {
	.name = "check",
	.arguments = "[bundle]",
	.summary = "say what a bundle asks for that this host cannot do, or what this host can",
	.details = "Nothing is made or changed. Status 0: it can run; 1: it cannot",
	.options = options,
	.size = sizeof(struct values),
	.least = 0,
	.most = 1,
	.run = run,
};
