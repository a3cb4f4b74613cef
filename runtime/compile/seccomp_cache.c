/* Compiled filters kept between runs (LNX-16): a profile of 300 names costs libseccomp 8 ms, reading it
 * back four system calls. A file holds the profile's text beside the filter, and the two texts are compared:
 * the hash in its name only finds it. The directory belongs to the runtime alone, and is no symlink, or there
 * is no cache; a file that another user could have written is no entry, and none is ever changed in place.
 */
#include <dirent.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compile/filter.h"

#define CACHE_MAGIC 0x3143434553495243ULL /* its last digit counts changes of what we put into a filter */
#define CACHE_TEXT (1u << 20)             /* a profile above this is not kept */
#define CACHE_DIGITS 16                   /* of a name: the hash */
#define WORD sizeof(uint64_t)
#define CACHE_FILES 128 /* then all are thrown away: profiles change with releases, not by the hour */

struct cache_head {
	uint64_t magic;
	uint32_t arch, text_length, filter_length;
	uint32_t major, minor, micro; /* of libseccomp: a newer one knows more names */
};

static struct cache_head make_head(const struct spec_seccomp *seccomp, const struct facts *facts,
				   uint32_t length)
{
	const struct scmp_version *version = seccomp_version();

	return (struct cache_head){
		.magic = CACHE_MAGIC,
		.arch = facts->audit_arch,
		.text_length = seccomp->text_length,
		.filter_length = length,
		.major = version->major,
		.minor = version->minor,
		.micro = version->micro,
	};
}

/* Eight bytes as a number; libc's memcmp looks at one at a time, and a profile has ten thousand. */
static uint64_t word_at(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, WORD);
	return word;
}

static bool same_text(const char *a, const char *b, size_t length)
{
	size_t i = 0;

	for (; i + WORD <= length; i += WORD)
		if (word_at(a + i) != word_at(b + i))
			return false;
	return !memcmp(a + i, b + i, length - i);
}

static const char *file_name(struct arena *arena, const struct spec_seccomp *seccomp,
			     const struct facts *facts)
{
	uint64_t hash = 0xcbf29ce484222325ULL ^ facts->audit_arch;

	/* words, and no tail: the hash only finds the file, whose text is then compared */
	for (uint32_t i = 0; i + WORD <= seccomp->text_length; i += WORD) {
		hash = (hash ^ word_at(seccomp->text + i)) * 0x100000001b3ULL;
		hash ^= hash >> 29;
	}
	return arena_format(arena, "%0*llx", CACHE_DIGITS, (unsigned long long)hash);
}

static bool trusted(const struct stat *st, const struct facts *facts)
{
	return S_ISREG(st->st_mode) && st->st_uid == facts->uid && (st->st_mode & 077) == 0;
}

/* Descriptor, or -1: there is no directory that none but us can have filled. */
static int open_directory(const char *path, const struct facts *facts)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_uid != facts->uid || (st.st_mode & 022))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_file(const char *directory, const char *name, const struct facts *facts)
{
	int dir = open_directory(directory, facts), fd;

	if (dir < 0)
		return -1;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	close(dir);
	return fd;
}

bool filter_cache_read(struct arena *arena, const char *directory, const struct spec_seccomp *seccomp,
		       const struct facts *facts, struct compiled_filter *ret)
{
	int fd = open_file(directory, file_name(arena, seccomp, facts), facts);
	size_t text_room = ((size_t)seccomp->text_length + 7) / 8 * 8, size;
	struct cache_head head;
	struct stat st;
	char *bytes;
	ssize_t n = -1;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !trusted(&st, facts) || st.st_size < (off_t)(sizeof head + text_room) ||
	    st.st_size > (off_t)(sizeof head + text_room + PLAN_MAX_BPF)) {
		close(fd);
		return false;
	}
	size = (size_t)st.st_size;
	bytes = arena_alloc(arena, size);
	n = read(fd, bytes, size);
	close(fd);
	head = make_head(seccomp, facts, (uint32_t)(size - sizeof head - text_room));
	if (n != (ssize_t)size || memcmp(bytes, &head, sizeof head) != 0 || head.filter_length == 0 ||
	    head.filter_length % 8 || !same_text(bytes + sizeof head, seccomp->text, seccomp->text_length))
		return false;
	ret->bytes = bytes + sizeof head + text_room;
	ret->length = head.filter_length;
	return true;
}

/* HASH, or HASH.PID of one that is being written. */
static bool is_ours(const char *name)
{
	size_t digits = strspn(name, "0123456789abcdef");

	return digits == CACHE_DIGITS && (!name[digits] || name[digits] == '.');
}

/* Only on the way of a miss, which costs milliseconds anyway. */
static void make_room(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	unsigned count = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir));)
		count += is_ours(entry->d_name);
	rewinddir(dir);
	for (struct dirent *entry; count > CACHE_FILES && (entry = readdir(dir));)
		if (is_ours(entry->d_name))
			unlinkat(directory, entry->d_name, 0);
	closedir(dir);
}

static bool write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);

		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

void filter_cache_write(struct arena *arena, const char *directory, const struct spec_seccomp *seccomp,
			const struct facts *facts, const struct compiled_filter *filter)
{
	size_t text_room = ((size_t)seccomp->text_length + 7) / 8 * 8;
	const char *name = file_name(arena, seccomp, facts), *temporary;
	struct cache_head head = make_head(seccomp, facts, filter->length);
	size_t size = sizeof head + text_room + filter->length;
	char *bytes;
	int dir, fd;

	if (seccomp->text_length > CACHE_TEXT)
		return;
	mkdir(directory, 0700);
	dir = open_directory(directory, facts);
	if (dir < 0)
		return; /* the filter is here: the cache only makes the next one faster */
	bytes = arena_alloc(arena, size);
	memcpy(bytes, &head, sizeof head);
	memcpy(bytes + sizeof head, seccomp->text, seccomp->text_length);
	memcpy(bytes + sizeof head + text_room, filter->bytes, filter->length);
	make_room(dir);
	temporary = arena_format(arena, "%s.%ld", name, (long)getpid());
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && (!write_all(fd, bytes, size) || renameat(dir, temporary, dir, name) < 0))
		unlinkat(dir, temporary, 0);
	if (fd >= 0)
		close(fd);
	close(dir);
}
