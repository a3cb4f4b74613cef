#!/bin/sh
# The program of the containers that sweep and kill9 make: says `whole` when nothing of the config was left out,
# else what was. One line. Arguments: what has to
# be a mount point, the masked and read-only paths among them.
b=/bin/busybox
miss() { missing="$missing $1"; }
[ "$($b hostname)" = sweep ] || miss hostname
! $b touch /x 2>/dev/null || miss read-only-root
! $b touch /data/x 2>/dev/null || miss read-only-bind
mounts=" $($b awk '{printf "%s ", $5}' /proc/self/mountinfo)"
for value; do
	case $mounts in *" $value "*) ;; *) miss "mount:$value" ;; esac
done
while read -r key value rest; do
	case $key in
	CapBnd:) [ "$value" = 0000000020000420 ] || miss bounding-set ;;
	NoNewPrivs:) [ "$value" = 1 ] || miss no_new_privs ;;
	Seccomp:) [ "$value" = 2 ] || miss seccomp ;;
	Uid:) [ "$value" = 7 ] || miss uid ;;
	Gid:) [ "$value" = 8 ] || miss gid ;;
	Groups:) [ "$value" = 9 ] || miss groups ;;
	SigBlk:) [ "$value" = 0000000000000000 ] || miss signals ;;
	esac
done </proc/self/status
# shellcheck disable=SC3045 # busybox has it
[ "$(ulimit -n)" = 512 ] || miss rlimit
[ "$(umask)" = 0027 ] || miss umask
[ "$PWD" = /tmp ] || miss cwd
[ -c /dev/null ] && [ -c /dev/urandom ] && [ -h /dev/fd ] || miss devices
read -r value </proc/self/oom_score_adj && [ "$value" = 100 ] || miss oom_score_adj
[ "$($b cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" = 77 ] || miss sysctl
for value in /proc/self/fd/*; do
	case ${value##*/} in 0 | 1 | 2 | 10 | 255) ;; *) [ ! -e "$value" ] || miss "descriptor-${value##*/}" ;; esac
done
$b ip link show lo | $b grep -q UP || miss lo
echo "${missing:-whole}"
