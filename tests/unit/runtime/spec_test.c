/* spec_parse on configs that are accepted: the default one, those that clients generate (tests/data), and
 * what each member becomes. What is refused: reject_test.c.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <sys/resource.h>

#include "plan.h"
#include "spec/spec.h"

#define HEAD "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"}"
#define PROCESS(more) ",\"process\":{\"args\":[\"x\"],\"cwd\":\"/\"" more "}"

static struct spec spec;
static struct error error;
static struct arena arena, texts;

static void parse(const char *text)
{
	size_t length = strlen(text);
	char *copy = arena_copy(&texts, text, length);

	arena_free(&arena);
	memset(&error, 0, sizeof error);
	if (spec_parse(&arena, copy, length, &spec, &error) < 0)
		fail_msg("%s: %s", error.pointer, error.text);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	arena_free(&texts);
	return 0;
}

static void the_default_config_is_accepted(void **state)
{
	(void)state;
	parse(spec_default(&texts, false, false, 0, 0));
	assert_int_equal(spec.warnings.count, 0);
	assert_string_equal(spec.process->args.items[0], "sh");
	assert_true(spec.process->terminal && spec.process->no_new_privileges && spec.root_readonly);
	assert_int_equal(spec.process->capabilities->bounding,
			 1ULL << CAP_AUDIT_WRITE | 1ULL << CAP_KILL | 1ULL << CAP_NET_BIND_SERVICE);
	assert_int_equal(spec.process->capabilities->inheritable, 0);
	assert_int_equal(spec.process->rlimits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(spec.process->rlimits[0].hard, 1024);
	assert_int_equal(spec.mount_count, 7);
	assert_int_equal(spec.linux_->namespace_count, 5);
	assert_int_equal(spec.linux_->masked_paths.count, 10);
	assert_int_equal(spec.linux_->readonly_paths.count, 5);
	const struct spec_device_rule *rule = &spec.linux_->resources->devices[0];
	assert_true(!rule->allow && rule->read && rule->write && rule->mknod);
	assert_int_equal(rule->type, 'a');
	assert_int_equal(rule->major, -1);
}

static void the_rootless_default_is_accepted(void **state)
{
	(void)state;
	parse(spec_default(&texts, true, true, 1000, 100));
	assert_non_null(spec_namespace(&spec, PLAN_NS_USER));
	assert_non_null(spec_namespace(&spec, PLAN_NS_CGROUP));
	assert_null(spec_namespace(&spec, PLAN_NS_NETWORK));
	assert_int_equal(spec.linux_->uid_maps.items[0].host_id, 1000);
	assert_int_equal(spec.linux_->gid_maps.items[0].host_id, 100);
	assert_null(spec.linux_->resources);
	for (uint32_t i = 0; i < spec.mount_count; i++) {
		const struct spec_mount *mount = &spec.mounts[i];

		if (!strcmp(mount->destination, "/sys"))
			assert_true(mount->bind && mount->recursive);
		for (uint32_t n = 0; n < mount->data.count; n++)
			assert_null(strstr(mount->data.items[n], "gid="));
	}
}

static const char *slurp(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = arena_alloc(&texts, 1 << 20);

	assert_non_null(in);
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}

static int is_json(const struct dirent *entry)
{
	return strstr(entry->d_name, ".json") != NULL;
}

static void what_clients_generate_is_accepted(void **state)
{
	const char *tests = getenv("OCIRUN_TESTS");
	const char *folder = arena_format(&texts, "%s/data/clients", tests ? tests : "tests");
	struct dirent **entries;
	int count = scandir(folder, &entries, is_json, alphasort);

	(void)state;
	assert_true(count >= 10);
	for (int i = 0; i < count; i++) {
		parse(slurp(arena_format(&texts, "%s/%s", folder, entries[i]->d_name)));
		assert_int_equal(spec.warnings.count, 0);
		assert_true(spec.mount_count > 0);
		free(entries[i]);
	}
	free(entries);
}

/* clang-format off */
static void null_and_unknown_count_as_absent(void **state)
{
	(void)state;
	parse(HEAD PROCESS(",\"capabilities\":null,\"env\":null,\"commandLine\":\"\"")
	      ",\"hooks\":{\"prestart\":null},\"mounts\":null,\"linux\":null,\"annotations\":null,"
	      "\"windows\":{\"layerFolders\":[1]},\"vm\":{},\"solaris\":3,\"later\":[{\"a\":null}]}");
	assert_null(spec.process->capabilities);
	assert_int_equal(spec.mount_count, 0);
	assert_non_null(spec.linux_);
	parse(HEAD PROCESS("") ",\"hooks\":null}");
	for (int kind = 0; kind < PLAN_COUNT_hook_kind; kind++)
		assert_int_equal(spec.hooks[kind].count, 0);
}

static void what_is_not_supported_may_be_empty(void **state)
{
	(void)state;
	parse(HEAD PROCESS(",\"scheduler\":null,\"ioPriority\":null")
	      ",\"linux\":{\"intelRdt\":{},\"netDevices\":{},\"memoryPolicy\":null,\"resources\":{"
	      "\"blockIO\":{\"weight\":0,\"weightDevice\":[]},\"hugepageLimits\":[],\"network\":{},"
	      "\"rdma\":{},\"memory\":{\"kernel\":5,\"useHierarchy\":true}}}}");
	assert_int_equal(spec.warnings.count, 1);
	assert_non_null(strstr(spec.warnings.items[0], "kernel memory"));
}

static void the_last_of_equal_variables_wins(void **state)
{
	const char *const wanted[] = { "B=2", "C=a=b", "A=3", "AB=\n" };

	(void)state;
	parse(HEAD PROCESS(",\"env\":[\"A=1\",\"B=2\",\"A=\",\"C=a=b\",\"A=3\",\"AB=\\n\"]") "}");
	assert_int_equal(spec.process->env.count, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_string_equal(spec.process->env.items[i], wanted[i]);
	assert_null(spec.process->env.items[4]);
}

static void integers_are_exact_to_their_ends(void **state)
{
	(void)state;
	parse(HEAD PROCESS(",\"user\":{\"uid\":4294967294,\"gid\":-0,\"umask\":0,\"additionalGids\":[5,6]},"
			   "\"oomScoreAdj\":-1000,"
			   "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":9007199254740993,"
			   "\"hard\":18446744073709551615}]")
	      ",\"linux\":{\"resources\":{\"memory\":{\"limit\":9223372036854775807,"
	      "\"swap\":-9223372036854775808},\"pids\":{\"limit\":0},\"cpu\":{\"quota\":-1}}}}");
	assert_true(spec.process->uid == 4294967294u && spec.process->gid == 0);
	assert_true(spec.process->has_umask && spec.process->umask == 0);
	assert_int_equal(spec.process->additional_gids[1], 6);
	assert_true(spec.process->has_oom_score_adj && spec.process->oom_score_adj == -1000);
	assert_true(spec.process->rlimits[0].soft == 9007199254740993ULL);
	assert_true(spec.process->rlimits[0].hard == UINT64_MAX);
	const struct spec_resources *resources = spec.linux_->resources;
	assert_true(resources->memory_limit == INT64_MAX && resources->memory_swap == INT64_MIN);
	assert_true(resources->has_pids_limit && resources->pids_limit == 0);
	assert_true(resources->has_quota && resources->cpu_quota == -1 && !resources->has_period);
}

static void what_nobody_knows_is_warned_of(void **state)
{
	(void)state;
	parse("{\"ociVersion\":\"2.0.0-rc.1+x\",\"root\":{\"path\":\"r\"}"
	      PROCESS(",\"capabilities\":{\"bounding\":[\"CAP_NEW\",\"CAP_BPF\"]}")
	      ",\"mounts\":[{\"destination\":\"data\",\"type\":\"tmpfs\"}]}");
	assert_int_equal(spec.warnings.count, 3);
	assert_null(spec.warnings.items[3]);
	assert_int_equal(spec.process->capabilities->bounding, 1ULL << CAP_BPF);
	assert_string_equal(spec.mounts[0].destination, "/data");
}

static void sysctl_names_become_paths(void **state)
{
	(void)state;
	parse(HEAD PROCESS("") ",\"linux\":{\"namespaces\":[{\"type\":\"network\"},{\"type\":\"ipc\"}],"
	      "\"sysctl\":{\"net.ipv4.conf.eth0/100.forwarding\":\"1\",\"kernel/sem\":\"2\"}}}");
	assert_string_equal(spec.linux_->sysctl.items[0].key, "net/ipv4/conf/eth0.100/forwarding");
	assert_string_equal(spec.linux_->sysctl.items[1].key, "kernel/sem");
}

static void seccomp_keeps_its_text(void **state)
{
	static const char object[] =
		"{ \"defaultAction\":\"SCMP_ACT_ERRNO\", \"defaultErrnoRet\":38, \"flags\":[],"
		"\"syscalls\":[{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":7,"
		"\"args\":[{\"index\":5,\"value\":18446744073709551615,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}] }";

	(void)state;
	parse(arena_format(&texts, "%s,\"linux\":{\"seccomp\": %s }}", HEAD PROCESS(""), object));
	const struct spec_seccomp *seccomp = spec.linux_->seccomp;
	assert_int_equal(seccomp->text_length, sizeof object - 1);
	assert_memory_equal(seccomp->text, object, sizeof object - 1);
	assert_true(seccomp->has_flags && seccomp->flags.count == 0);
	assert_true(seccomp->has_default_errno && seccomp->default_errno == 38);
	assert_int_equal(seccomp->rules[0].names.count, 2);
	assert_int_equal(seccomp->rules[0].errno_ret, 7);
	assert_true(seccomp->rules[0].args[0].value == UINT64_MAX);
}

static void devices_and_hooks_are_read(void **state)
{
	(void)state;
	parse(HEAD PROCESS("") ",\"hooks\":{\"poststop\":[{\"path\":\"/h\",\"args\":[\"h\",\"1\"],\"env\":[],"
	      "\"timeout\":3}]},"
	      "\"linux\":{\"rootfsPropagation\":\"rslave\",\"personality\":{\"domain\":\"LINUX32\"},"
	      "\"devices\":[{\"path\":\"/dev/p\",\"type\":\"p\"},"
	      "{\"path\":\"/dev/b\",\"type\":\"b\",\"major\":8,"
	      "\"minor\":1,\"fileMode\":24960,\"uid\":1,\"gid\":2}]}}");
	const struct spec_hook *hook = &spec.hooks[PLAN_HOOK_POSTSTOP].items[0];
	assert_true(hook->has_env && hook->env.count == 0 && hook->timeout == 3 && hook->args.count == 2);
	const struct spec_device *device = &spec.linux_->devices[1];
	assert_true(device->type == 'b' && device->major == 8 && device->minor == 1);
	assert_true(device->has_mode && device->mode == 0600 && device->uid == 1 && device->gid == 2);
	assert_false(spec.linux_->devices[0].has_mode);
	assert_int_equal(spec.linux_->rootfs_propagation, PLAN_PROP_SLAVE | PLAN_PROP_RECURSIVE);
	assert_true(spec.linux_->has_personality && spec.linux_->personality == 8);
}
/* clang-format on */

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_default_config_is_accepted),     TEST(the_rootless_default_is_accepted),
		TEST(what_clients_generate_is_accepted),  TEST(null_and_unknown_count_as_absent),
		TEST(what_is_not_supported_may_be_empty), TEST(the_last_of_equal_variables_wins),
		TEST(integers_are_exact_to_their_ends),   TEST(what_nobody_knows_is_warned_of),
		TEST(sysctl_names_become_paths),          TEST(seccomp_keeps_its_text),
		TEST(devices_and_hooks_are_read),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
