/* The fake kernel: files, descriptors, waiting. See fake_sys.h. */
#include <sys/mman.h>

#include "fake_core.h"

/* ---- files ------------------------------------------------------------------------------------- */

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return fake_give("openat %d \"%s\" %#x %#o", dir, path, (unsigned)flags, (unsigned)mode);
}

int sys_openat2(int dir, const char *path, struct open_how *how)
{
	uint64_t flags = how->flags & ~(uint64_t)O_CLOEXEC;

	return fake_give("openat2 %d \"%s\" %#llx%s%s%s%s%s", dir, path, (unsigned long long)flags,
			 how->resolve & RESOLVE_IN_ROOT ? " in-root" : "",
			 how->resolve & RESOLVE_BENEATH ? " beneath" : "",
			 how->resolve & RESOLVE_NO_XDEV ? " no-xdev" : "",
			 how->resolve & RESOLVE_NO_SYMLINKS ? " no-symlinks" : "",
			 how->resolve & RESOLVE_NO_MAGICLINKS ? " no-magiclinks" : "");
}

int sys_close(int fd)
{
	int bad = fd < 0 || fd >= LAST_FD || (fd >= FIRST_FD && !fake.open[fd]);

	fake_line("close %d%s", fd, bad ? " BAD" : "");
	if (!bad)
		fake.open[fd] = 0;
	return bad ? -EBADF : 0;
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return CALL("close_range %u %u %#x", first, last, flags);
}

ssize_t sys_read(int fd, void *buffer, size_t size)
{
	return fake_fill(buffer, size, 0, "read %d", fd);
}

ssize_t sys_write(int fd, const void *bytes, size_t size)
{
	return (ssize_t)fake_call((int64_t)size, "write %d \"%s\"", fd, fake_quoted(bytes, size));
}

ssize_t sys_pread(int fd, void *buffer, size_t size, off_t offset)
{
	return fake_fill(buffer, size, 0, "pread %d %lld", fd, (long long)offset);
}

ssize_t sys_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	return (ssize_t)fake_call((int64_t)size, "pwrite %d \"%s\" %lld", fd, fake_quoted(bytes, size),
				  (long long)offset);
}

static int next_stat(int r, struct stat *ret)
{
	if (r < 0)
		return r;
	memset(ret, 0, sizeof *ret);
	ret->st_mode = S_IFDIR | 0755;
	ret->st_ino = 2;
	if (fake.stat_next < fake.stat_count)
		*ret = fake.stats[fake.stat_next++];
	return r;
}

int sys_fstat(int fd, struct stat *ret)
{
	return next_stat(CALL("fstat %d", fd), ret);
}

int sys_fstatat(int dir, const char *path, struct stat *ret, int flags)
{
	return next_stat(CALL("fstatat %d \"%s\" %#x", dir, path, (unsigned)flags), ret);
}

int64_t sys_fs_magic(int fd)
{
	return fake_call(0x9fa0, "fs_magic %d", fd);
}

int64_t sys_fs_flags(int fd)
{
	return fake_call(fake.mount_flags, "fs_flags %d", fd);
}

int64_t sys_mount_id(int dir, const char *path, int flags)
{
	return fake_call(++fake.mount_id, "mount_id %d \"%s\" %#x", dir, path, (unsigned)flags);
}

int sys_mkdirat(int dir, const char *path, mode_t mode)
{
	return CALL("mkdirat %d \"%s\" %#o", dir, path, (unsigned)mode);
}

int sys_mknodat(int dir, const char *path, mode_t mode, unsigned major, unsigned minor)
{
	return CALL("mknodat %d \"%s\" %#o %u:%u", dir, path, (unsigned)mode, major, minor);
}

int sys_symlinkat(const char *target, int dir, const char *path)
{
	return CALL("symlinkat \"%s\" %d \"%s\"", target, dir, path);
}

int sys_linkat(int from, const char *path, int to, const char *name, int flags)
{
	return CALL("linkat %d \"%s\" %d \"%s\" %#x", from, path, to, name, (unsigned)flags);
}

int sys_unlinkat(int dir, const char *path, int flags)
{
	return CALL("unlinkat %d \"%s\" %#x", dir, path, (unsigned)flags);
}

int sys_renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
	return CALL("renameat2 %d \"%s\" %d \"%s\" %#x", from, old, to, name, flags);
}

ssize_t sys_readlinkat(int dir, const char *path, char *buffer, size_t size)
{
	return fake_fill(buffer, size, -EINVAL, "readlinkat %d \"%s\"", dir, path);
}

int sys_fchmod(int fd, mode_t mode)
{
	return CALL("fchmod %d %#o", fd, (unsigned)mode);
}

int sys_fchmodat(int dir, const char *path, mode_t mode)
{
	return CALL("fchmodat %d \"%s\" %#o", dir, path, (unsigned)mode);
}

int sys_fchownat(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	return CALL("fchownat %d \"%s\" %d:%d %#x", dir, path, (int)uid, (int)gid, (unsigned)flags);
}

int sys_fsetxattr(int fd, const char *name, const void *value, size_t size)
{
	return CALL("fsetxattr %d \"%s\" \"%s\"", fd, name, fake_quoted(value, size));
}

ssize_t sys_getdents(int fd, void *buffer, size_t size)
{
	return fake_fill(buffer, size, 0, "getdents %d", fd);
}

int sys_fchdir(int fd)
{
	return CALL("fchdir %d", fd);
}

int sys_chdir(const char *path)
{
	return CALL("chdir \"%s\"", path);
}

int sys_chroot(const char *path)
{
	return CALL("chroot \"%s\"", path);
}

ssize_t sys_getcwd(char *buffer, size_t size)
{
	if (size >= 2)
		memcpy(buffer, "/", 2);
	return fake_fill(buffer, size, 2, "getcwd");
}

int sys_dup(int fd, int least)
{
	return fake_give("dup %d %d", fd, least);
}

int sys_dup3(int from, int to, int flags)
{
	return (int)fake_call(to, "dup3 %d %d %#x", from, to, (unsigned)flags);
}

int sys_fcntl(int fd, int command, int64_t argument)
{
	return CALL("fcntl %d %d %#llx", fd, command, (long long)argument);
}

int sys_ftruncate(int fd, off_t size)
{
	return CALL("ftruncate %d %lld", fd, (long long)size);
}

int sys_memfd_create(const char *name, unsigned flags)
{
	return fake_give("memfd_create \"%s\" %#x", name, flags);
}

int sys_mmap(int fd, size_t length, int protection, int flags, void **ret)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t r;

	if (memory == MAP_FAILED)
		abort();
	r = fake_fill(memory, length, 0, "mmap %d %zu %#x %#x", fd, length, (unsigned)protection,
		      (unsigned)flags);
	if (r < 0) {
		munmap(memory, length);
		return (int)r;
	}
	*ret = memory;
	return 0;
}

int sys_pipe(int ret_ends[2])
{
	int r = CALL("pipe");

	if (r < 0)
		return r;
	ret_ends[0] = fake_track(fake.next_fd++);
	ret_ends[1] = fake_track(fake.next_fd++);
	return 0;
}

int sys_poll(struct pollfd *fds, unsigned count, int milliseconds)
{
	int r = (int)fake_call(1, "poll %u %d", count, milliseconds), left = r;

	for (unsigned i = 0; i < count; i++) {
		fds[i].revents = 0;
		if (fds[i].fd >= 0 && left > 0) {
			fds[i].revents = POLLIN;
			left--;
		}
	}
	return r;
}

int64_t sys_clock_ms(void)
{
	return ++fake.clock;
}

int sys_access(int dir, const char *path, int mode, int flags)
{
	return CALL("access %d \"%s\" %d %#x", dir, path, mode, (unsigned)flags);
}
