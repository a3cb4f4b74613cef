/* The program: args[0] is looked up here, as the user, so that `create` fails where execve would; argv and
 * env are made of the plan's lists in place, with what only the shim knows (HOME, LISTEN_PID). Sets
 * shim->args, env, path. Executes nothing.
 */
#include "hook.h"
#include "number.h"
#include "passwd.h"
#include "stage.h"

#include <unistd.h>

/* No PATH in the environment: as execvp(3) has it. */
#define DEFAULT_PATH "/bin:/usr/bin"

/* 0 when it is a file that may be executed: EISDIR, EACCES, ENOENT and others else. Through a magic link
 * (/proc/self/fd/N) nothing is found: what the shim holds open is not the container's (CVE-2024-21626). */
static int executable(const char *path)
{
	struct open_how how = { .flags = O_PATH, .resolve = RESOLVE_NO_MAGICLINKS };
	FD_AUTO fd = sys_openat2(AT_FDCWD, path, &how);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EACCES; /* what execve says */
	return sys_access(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS);
}

/* The next directory of a search path, cut off at its ':'. NULL behind the last. */
static const char *next_entry(const char **rest, size_t *ret_length)
{
	const char *entry = *rest, *end;

	if (!entry)
		return NULL;
	end = strchr(entry, ':');
	*ret_length = end ? (size_t)(end - entry) : strlen(entry);
	*rest = end ? end + 1 : NULL;
	return entry;
}

/* `dir`/`name` in the shim's buffer; an empty entry is the working directory. False: too long for a path. */
static bool join(struct shim *shim, const char *dir, size_t length, const char *name)
{
	size_t tail = strlen(name) + 1;
	char *at = shim->path_buffer;

	if (length + 1 + tail > sizeof shim->path_buffer)
		return false;
	memcpy(at, dir, length);
	if (length)
		at[length++] = '/';
	memcpy(at + length, name, tail);
	return true;
}

/* As execvp(3): go on behind what cannot be executed, but say EACCES when there was such a thing. */
static int search(struct shim *shim, const char *path, const char *name)
{
	int r = -ENOENT, tried;
	size_t length;

	for (const char *dir; (dir = next_entry(&path, &length));) {
		if (!join(shim, dir, length, name))
			continue;
		tried = executable(shim->path_buffer);
		if (tried == 0)
			return 0;
		if (tried == -EACCES)
			r = tried;
	}
	return r;
}

static const char *variable(char *const *env, const char *name)
{
	size_t length = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, length) == 0)
			return *env + length;
	return NULL;
}

/* Whole sentences: moby, Podman and the kubelet tell 126 from 127 by these phrases. */
static int not_found(struct fault *fault, const char *name, int error)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{ -EACCES, "permission denied" },
		{ -EPERM, "permission denied" },
		{ -EISDIR, "is a directory" },
		{ -ENOTDIR, "not a directory" },
		{ -ELOOP, "too many levels of symbolic links, or a link of /proc" },
		{ -ENAMETOOLONG, "file name too long" },
	};
	bool is_path = strchr(name, '/') != NULL;
	const char *text = NULL;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].error == error)
			text = texts[i].text;
	if (!text && error != -ENOENT)
		return fault_set(fault, FAULT_STAT, error, name);
	fault_set2(fault, FAULT_FIND, 0, "exec: \"", name, "\": ");
	if (error == -ENOENT && is_path) {
		fault_append(fault->object, sizeof fault->object, "stat ");
		fault_append(fault->object, sizeof fault->object, name);
		text = ": no such file or directory";
	} else if (error == -ENOENT) {
		text = "executable file not found in $PATH";
	}
	fault_append(fault->object, sizeof fault->object, text);
	return error;
}

static int find(struct shim *shim, struct fault *fault)
{
	const char *path = variable(shim->env, "PATH=");
	char *name = shim->args[0];
	int r;

	if (!name)
		return fault_set(fault, FAULT_CHECK_PLAN, EINVAL, "program without args");
	if (strchr(name, '/')) {
		r = executable(name);
		shim->path = name;
	} else {
		r = name[0] ? search(shim, path ? path : DEFAULT_PATH, name) : -ENOENT;
		shim->path = shim->path_buffer;
	}
	return r < 0 ? not_found(fault, name, r) : 0;
}

/* HOME of /etc/passwd: in the place of an empty one, or in the list's spare slots. */
static void set_home(struct shim *shim)
{
	static const char prefix[] = "HOME=";
	const size_t length = sizeof prefix - 1;
	uint32_t uid = shim->identity ? (uint32_t)shim->identity->uid : (uint32_t)sys_getuid();
	char **env = shim->env;

	memcpy(shim->home_buffer, prefix, sizeof prefix);
	passwd_home(shim_root(shim), uid, shim->home_buffer + length, sizeof shim->home_buffer - length);
	while (*env && strcmp(*env, prefix) != 0)
		env++;
	if (!*env)
		env[1] = NULL;
	*env = shim->home_buffer;
}

/* sd_listen_fds(3) takes the descriptors only when the pid is its own: that of the container's namespace. */
static void set_listen_pid(struct shim *shim)
{
	static const char prefix[] = "LISTEN_PID=";

	for (char **env = shim->env; *env; env++) {
		if (strcmp(*env, prefix) != 0)
			continue;
		memcpy(shim->listen_buffer, prefix, sizeof prefix);
		number_text(shim->listen_buffer + sizeof prefix - 1, (uint64_t)sys_getpid());
		*env = shim->listen_buffer;
	}
}

static int program_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_program *program = STAGE_RECORD(program, record);

	shim->args = plan_argv(shim->plan, program->args);
	shim->env = plan_argv(shim->plan, program->env);
	if (program->flags & PLAN_PROGRAM_HOME)
		set_home(shim);
	set_listen_pid(shim);
	return find(shim, fault);
}

const struct stage stage_program = { "program", { { PLAN_KIND_program, program_run } } };
