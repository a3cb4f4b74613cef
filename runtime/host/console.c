/* See console.h. */
#include "console.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "fd.h"
#include "unix_socket.h"

int console_check(const char *program, bool terminal, bool socket, bool foreground, struct error *error)
{
	if (terminal && !socket && !foreground)
		return error_set(error, EINVAL,
				 "cannot allocate tty if %s will detach without setting console socket",
				 program);
	if (socket && (!terminal || foreground))
		return error_set(error, EINVAL,
				 "cannot use console socket if %s will not detach or allocate tty", program);
	return 0;
}

int console_connect(const char *path, int *ret_sock, struct error *error)
{
	int sock = path ? unix_connect(path, SOCK_STREAM) : -1;

	*ret_sock = sock < 0 ? -1 : sock;
	return path && sock < 0 ? error_errno(error, sock, "cannot connect to the console socket %s", path)
				: 0;
}

/* The text is what receivers print as the terminal's name; they refuse an empty one. */
int console_send(int sock, int master, struct error *error)
{
	static const char name[] = "/dev/pts/ptmx";
	int r = unix_send_fd(sock, name, strlen(name), master);

	return r < 0 ? error_errno(error, r, "cannot send the terminal to the console socket") : 0;
}

int console_of_caller(void)
{
	static const int streams[] = { 2, 1, 0 };

	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
		if (isatty(streams[i]))
			return sys_dup(streams[i], 3);
	int fd = sys_openat(AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY, 0);
	return fd < 0 ? -1 : fd;
}

void console_size_of_caller(uint32_t *ret_rows, uint32_t *ret_columns)
{
	FD_AUTO terminal = console_of_caller();
	struct winsize size = { 0 };

	if (terminal >= 0)
		sys_ioctl(terminal, TIOCGWINSZ, &size);
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
}
