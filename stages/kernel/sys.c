/* System calls on files, mounts and sockets, raw: see sys.h. Only sys*.c call the kernel below stages/. */
#include "sys_raw.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define OPENAT2_RETRIES 128 /* RESOLVE_IN_ROOT: EAGAIN while anything mounts or renames */

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return CALL_INT(SYS_openat, dir, path, flags | O_CLOEXEC, mode);
}

int sys_openat2(int dir, const char *path, struct open_how *how)
{
	int r = -EAGAIN;

	how->flags |= O_CLOEXEC;
	for (int i = 0; i < OPENAT2_RETRIES && (r == -EAGAIN || r == -EINTR); i++)
		r = CALL_INT(SYS_openat2, dir, path, how, sizeof *how);
	return r;
}

int sys_close(int fd)
{
	return CALL_INT(SYS_close, fd);
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return CALL_INT(SYS_close_range, first, last, flags);
}

ssize_t sys_read(int fd, void *buffer, size_t size)
{
	return CALL(SYS_read, fd, buffer, size);
}

ssize_t sys_write(int fd, const void *bytes, size_t size)
{
	return CALL(SYS_write, fd, bytes, size);
}

ssize_t sys_pread(int fd, void *buffer, size_t size, off_t offset)
{
	ssize_t r = pread(fd, buffer, size, offset);

	return r < 0 ? -errno : r;
}

ssize_t sys_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	ssize_t r = pwrite(fd, bytes, size, offset);

	return r < 0 ? -errno : r;
}

int sys_fstat(int fd, struct stat *ret)
{
	return sys_fstatat(fd, "", ret, AT_EMPTY_PATH);
}

int sys_fstatat(int dir, const char *path, struct stat *ret, int flags)
{
	return fstatat(dir, path, ret, flags) < 0 ? -errno : 0;
}

int64_t sys_fs_magic(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return (int64_t)(uint32_t)fs.f_type;
}

int64_t sys_fs_flags(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return (int64_t)(uint32_t)fs.f_flags;
}

/* struct statx of the kernel, up to stx_mnt_id (5.8): musl of Debian 12 and glibc name it apart. */
struct mount_id_statx {
	uint32_t mask, blocksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare;
	uint64_t ino, size, blocks, attributes_mask;
	uint64_t times[8];
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mount_id;
	uint64_t reserved[13];
};
_Static_assert(sizeof(struct mount_id_statx) == 256, "struct statx");

int64_t sys_mount_id(int dir, const char *path, int flags)
{
	struct mount_id_statx statx;
	int r = CALL_INT(SYS_statx, dir, path, flags | AT_NO_AUTOMOUNT, 0x1000u /* STATX_MNT_ID */, &statx);

	return r < 0 ? r : (int64_t)statx.mount_id;
}

int sys_mkdirat(int dir, const char *path, mode_t mode)
{
	return CALL_INT(SYS_mkdirat, dir, path, mode);
}

int sys_mknodat(int dir, const char *path, mode_t mode, unsigned major, unsigned minor)
{
	return CALL_INT(SYS_mknodat, dir, path, mode, (unsigned)makedev(major, minor));
}

int sys_symlinkat(const char *target, int dir, const char *path)
{
	return CALL_INT(SYS_symlinkat, target, dir, path);
}

int sys_linkat(int from, const char *path, int to, const char *name, int flags)
{
	return CALL_INT(SYS_linkat, from, path, to, name, flags);
}

int sys_unlinkat(int dir, const char *path, int flags)
{
	return CALL_INT(SYS_unlinkat, dir, path, flags);
}

int sys_renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
	return CALL_INT(SYS_renameat2, from, old, to, name, flags);
}

ssize_t sys_readlinkat(int dir, const char *path, char *buffer, size_t size)
{
	return CALL(SYS_readlinkat, dir, path, buffer, size);
}

int sys_fchmod(int fd, mode_t mode)
{
	return CALL_INT(SYS_fchmod, fd, mode);
}

int sys_fchmodat(int dir, const char *path, mode_t mode)
{
	return CALL_INT(SYS_fchmodat, dir, path, mode);
}

int sys_fchownat(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	return CALL_INT(SYS_fchownat, dir, path, uid, gid, flags);
}

int sys_fsetxattr(int fd, const char *name, const void *value, size_t size)
{
	return CALL_INT(SYS_fsetxattr, fd, name, value, size, 0);
}

ssize_t sys_getdents(int fd, void *buffer, size_t size)
{
	return CALL(SYS_getdents64, fd, buffer, size);
}

int sys_fchdir(int fd)
{
	return CALL_INT(SYS_fchdir, fd);
}

int sys_chdir(const char *path)
{
	return CALL_INT(SYS_chdir, path);
}

int sys_chroot(const char *path)
{
	return CALL_INT(SYS_chroot, path);
}

ssize_t sys_getcwd(char *buffer, size_t size)
{
	return CALL(SYS_getcwd, buffer, size);
}

int sys_dup(int fd, int least)
{
	return sys_fcntl(fd, F_DUPFD_CLOEXEC, least);
}

int sys_dup3(int from, int to, int flags)
{
	return CALL_INT(SYS_dup3, from, to, flags);
}

int sys_fcntl(int fd, int command, int64_t argument)
{
	int r = fcntl(fd, command, (long)argument);

	return r < 0 ? -errno : r;
}

int sys_ftruncate(int fd, off_t size)
{
	return ftruncate(fd, size) < 0 ? -errno : 0;
}

int sys_memfd_create(const char *name, unsigned flags)
{
	return CALL_INT(SYS_memfd_create, name, flags | 1u /* MFD_CLOEXEC */);
}

int sys_mmap(int fd, size_t length, int protection, int flags, void **ret)
{
	void *at = mmap(NULL, length, protection, flags, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	*ret = at;
	return 0;
}

int sys_pipe(int ret_ends[2])
{
	return CALL_INT(SYS_pipe2, ret_ends, O_CLOEXEC);
}

int sys_poll(struct pollfd *fds, unsigned count, int milliseconds)
{
	int r = poll(fds, count, milliseconds);

	return r < 0 ? -errno : r;
}

int sys_access(int dir, const char *path, int mode, int flags)
{
	return CALL_INT(SYS_faccessat2, dir, path, mode, flags);
}

int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return CALL_INT(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC);
}

int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return CALL_INT(SYS_move_mount, from, from_path, to, to_path, flags);
}

int sys_fsopen(const char *type)
{
	return CALL_INT(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

int sys_fsconfig(int context, unsigned command, const char *key, const void *value, int aux)
{
	return CALL_INT(SYS_fsconfig, context, command, key, value, aux);
}

int sys_fspick(int dir, const char *path, unsigned flags)
{
	return CALL_INT(SYS_fspick, dir, path, flags | FSPICK_CLOEXEC);
}

int sys_fsmount(int context, unsigned attributes)
{
	return CALL_INT(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}

int sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr)
{
	return CALL_INT(SYS_mount_setattr, dir, path, flags, attr, sizeof *attr);
}

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	return CALL_INT(SYS_mount, source, target, type, flags, data);
}

int sys_umount2(const char *target, int flags)
{
	return CALL_INT(SYS_umount2, target, flags);
}

int sys_pivot_root(const char *root, const char *old)
{
	return CALL_INT(SYS_pivot_root, root, old);
}

int sys_socket(int domain, int type, int protocol)
{
	return CALL_INT(SYS_socket, domain, type | SOCK_CLOEXEC, protocol);
}

int sys_socketpair(int domain, int type, int protocol, int ret_ends[2])
{
	return CALL_INT(SYS_socketpair, domain, type | SOCK_CLOEXEC, protocol, ret_ends);
}

int sys_setsockopt(int fd, int level, int name, const void *value, unsigned size)
{
	return CALL_INT(SYS_setsockopt, fd, level, name, value, size);
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return CALL(SYS_sendmsg, fd, message, flags | MSG_NOSIGNAL);
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	return CALL(SYS_recvmsg, fd, message, flags | MSG_CMSG_CLOEXEC);
}

int sys_ioctl(int fd, unsigned long request, void *argument)
{
	return CALL_INT(SYS_ioctl, fd, request, argument);
}
