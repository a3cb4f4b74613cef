/* The signals' words, without "SIG": for `kill` and for what names a signal in a message. The numbers are
 * the kernel's for this architecture (MIPS differs from the others), so they come from <signal.h>. The
 * real-time family is written out, because SIGRTMIN is a function of the C library: glibc keeps the first
 * two numbers for itself, musl three. The words mean glibc's numbers, in whatever library this is built:
 * RTMIN is 34, as for kill(1) and for systemd, which stops at RTMIN+3.
 */
#include <signal.h>
#include <stddef.h>

#include "words.h"

#define RTMIN 34u
#define RTMAX 64u /* 127 on MIPS, where the numbers above 64 have no word here */
/* clang-format off */
#define SIGNAL(name) { #name, SIG##name }
#define UP(n) { "RTMIN+" #n, RTMIN + (n) }
#define DOWN(n) { "RTMAX-" #n, RTMAX - (n) }

const struct word words_signals[] = {
	SIGNAL(HUP), SIGNAL(INT), SIGNAL(QUIT), SIGNAL(ILL), SIGNAL(TRAP), SIGNAL(ABRT), SIGNAL(BUS),
	SIGNAL(FPE), SIGNAL(KILL), SIGNAL(USR1), SIGNAL(SEGV), SIGNAL(USR2), SIGNAL(PIPE), SIGNAL(ALRM),
	SIGNAL(TERM),
#ifdef SIGSTKFLT /* not on MIPS, SPARC */
	SIGNAL(STKFLT),
#endif
	SIGNAL(CHLD), SIGNAL(CONT), SIGNAL(STOP), SIGNAL(TSTP), SIGNAL(TTIN), SIGNAL(TTOU), SIGNAL(URG),
	SIGNAL(XCPU), SIGNAL(XFSZ), SIGNAL(VTALRM), SIGNAL(PROF), SIGNAL(WINCH), SIGNAL(IO), SIGNAL(PWR),
	SIGNAL(SYS),
	/* second names, after the first so that words_name gives the usual one */
	SIGNAL(IOT), SIGNAL(POLL), { "CLD", SIGCHLD }, { "UNUSED", SIGSYS },
	{ "RTMIN", RTMIN }, UP(0), UP(1), UP(2), UP(3), UP(4), UP(5), UP(6), UP(7), UP(8), UP(9), UP(10),
	UP(11), UP(12), UP(13), UP(14), UP(15), UP(16), UP(17), UP(18), UP(19), UP(20), UP(21), UP(22),
	UP(23), UP(24), UP(25), UP(26), UP(27), UP(28), UP(29), UP(30),
	{ "RTMAX", RTMAX }, DOWN(0), DOWN(1), DOWN(2), DOWN(3), DOWN(4), DOWN(5), DOWN(6), DOWN(7), DOWN(8),
	DOWN(9), DOWN(10), DOWN(11), DOWN(12), DOWN(13), DOWN(14), DOWN(15), DOWN(16), DOWN(17), DOWN(18),
	DOWN(19), DOWN(20), DOWN(21), DOWN(22), DOWN(23), DOWN(24), DOWN(25), DOWN(26), DOWN(27), DOWN(28),
	DOWN(29), DOWN(30),
	{ NULL, 0 },
};
/* clang-format on */
