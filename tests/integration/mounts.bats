#!/usr/bin/env bats
# Mounts (rows MNT of the spine): each option word in a container, its effect read back from mountinfo inside;
# id maps, links, targets and sources. Sources stand in a mount namespace of the test's own, held by a sleeper.

load lib

test_setup() {
	needs_root
	new_bundle true
	config '.root.readonly = false'
	unshare -m --propagation private sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	VIEW=$!
	wait_for view_is_apart
	SRC=$DIR/src
	mkdir "$SRC"
	view mount -t tmpfs src "$SRC"
	view mkdir "$SRC/plain" "$SRC/plain/sub" "$SRC/full"
}
test_teardown() {
	[ -z "${VIEW-}" ] || kill "$VIEW"
	[ -z "${INNER-}" ] || kill "$INNER"
}
view_is_apart() { [ "$(readlink "/proc/$VIEW/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]; }
inner_is_apart() { [ "$(readlink "/proc/$INNER/ns/user")" != "$(readlink /proc/self/ns/user)" ]; }
view() { nsenter --mount="/proc/$VIEW/ns/mnt" -- "$@"; }

mount_entry() { # DESTINATION TYPE SOURCE [OPTION...]
	jq --arg d "$1" --arg t "$2" --arg s "$3" '.mounts += [{destination: $d, type: $t, source: $s, options: $ARGS.positional}]' \
		--args -- "${@:4}" <"$BUNDLE/config.json" >"$BUNDLE/config.json.new"
	mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}
inside() { # SCRIPT, in a container of the view
	set_args sh -c "$1"
	run_ok view "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
}
refused() { # TEXT: the container cannot be made, and that is why
	run_fail view "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	has "$1"
}

# What stands in $output (mountinfo) of the mount on $1: flags of the mount, propagation, flags of the super block.
flags_of() { awk -v at="$1" '$5 == at {f = $6} END {print f}' <<<"$output"; }
peers_of() { awk -v at="$1" '$5 == at {p = ""; for (i = 7; $i != "-"; i++) p = p " " $i} END {print substr(p, 2)}' <<<"$output" | sed 's/:[0-9]*//g'; }
super_of() { awk -v at="$1" '$5 == at {s = $NF} END {print s}' <<<"$output"; }
same() { # WHAT WANTED GOT
	[ "$2" = "$3" ] || { echo "$1: wanted \"$2\", got \"$3\"" >&2; FAILED=1; }
}

ALL=nosuid,nodev,noexec,noatime,nodiratime
full_source() { # a tmpfs with every flag of a mount, and one below it
	view mount -t tmpfs -o "$ALL" full "$SRC/full"
	view mkdir "$SRC/full/sub"
	view mount -t tmpfs -o "ro,$ALL" sub "$SRC/full/sub"
	if nosymfollow_shows; then view mount -o remount,bind,ro,nosymfollow,"$ALL" "$SRC/full"; view mount -o remount,bind,ro,nosymfollow,"$ALL" "$SRC/full/sub"; else
		view mount -o remount,bind,ro,"$ALL" "$SRC/full"; fi
}
nosymfollow_shows() { # 5.10, and a mount(8) that knows the word
	view mount -t tmpfs try "$SRC/plain/sub" && view mount -o remount,bind,nosymfollow "$SRC/plain/sub" 2>/dev/null
	local r=$?
	view umount "$SRC/plain/sub"
	return $r
}

@test "MNT-23 MNT-24 MNT-26 MNT-27 MNT-29 MNT-35 MNT-37 MNT-39 MNT-40 MNT-52 words that set a flag of a bind" {
	local word wanted table='
		none        rw,relatime
		ro          ro,relatime
		nosuid      rw,nosuid,relatime
		nodev       rw,nodev,relatime
		noexec      rw,noexec,relatime
		noatime     rw,noatime
		nodiratime  rw,nodiratime,relatime
		strictatime rw
		relatime    rw,relatime
		nosymfollow rw,relatime,nosymfollow
		norelatime  rw,relatime
		atime       rw,relatime
		async       rw,relatime
		defaults    rw,relatime'
	while read -r word wanted; do [ -z "$word" ] || mount_entry "/m/$word" none "$SRC/plain" bind "${word/none/}"; done <<<"$table"
	mount_entry /m/several none "$SRC/plain" bind nosuid noexec ro noatime rw exec
	inside 'cat /proc/self/mountinfo'
	while read -r word wanted; do [ -z "$word" ] || same "$word" "$wanted" "$(flags_of "/m/$word")"; done <<<"$table"
	same "the last of opposites" rw,nosuid,noatime "$(flags_of /m/several)"
	[ -z "${FAILED-}" ]
}

@test "MNT-25 MNT-28 MNT-30 MNT-34 MNT-36 MNT-38 MNT-41 MNT-53 BAT-71 a word for a flag of a bind: those of the source that no word names go" {
	needs_kernel 5 12 # recursive ones
	full_source
	local all word wanted table kept=rw,noatime,nodiratime
	all=$(view awk -v at="$SRC/full" '$5 == at {print $6}' /proc/self/mountinfo)
	table="none $all"$'\n'"defaults $all"$'\n'
	for word in rw suid dev exec symfollow atime diratime norelatime nostrictatime; do table+="$word $kept"$'\n'; done
	table+="nosuid ${kept/rw/rw,nosuid}"$'\n'"ro ${kept/rw/ro}"$'\n'"relatime rw,relatime"$'\n'
	table+="strictatime rw"$'\n'"nodiratime rw,nodiratime,relatime"$'\n'
	while read -r word wanted; do [ -z "$word" ] || mount_entry "/m/$word" none "$SRC/full" bind "${word/none/}"; done <<<"$table"
	mount_entry /m/tree none "$SRC/full" rbind rro nosuid
	inside 'cat /proc/self/mountinfo'
	while read -r word wanted; do [ -z "$word" ] || same "$word" "$wanted" "$(flags_of "/m/$word")"; done <<<"$table"
	same "the whole tree stays read-only" "${kept/rw/ro,nosuid}" "$(flags_of /m/tree)"
	[ -z "${FAILED-}" ]
}

@test "BAT-71 MNT-18 with a user namespace a bind keeps what that locks, whatever words there are beside" {
	with_user_namespace
	full_source
	local all
	all=$(view awk -v at="$SRC/full" '$5 == at {print $6}' /proc/self/mountinfo)
	mount_entry /m/none none "$SRC/full" bind
	mount_entry /m/dev none "$SRC/full" bind nodev
	mount_entry /m/ro none "$SRC/plain" bind ro nosuid
	inside 'cat /proc/self/mountinfo'
	same none "$all" "$(flags_of /m/none)"
	same "nodev" "${all/,nosymfollow/}" "$(flags_of /m/dev)"
	same "ro" "ro,nosuid,relatime" "$(flags_of /m/ro)"
	[ -z "${FAILED-}" ]
}

@test "BAT-71 MNT-18 MNT-41 with a user namespace a word that would unlock a flag of the host's mount is refused, one that finds nothing to clear is not" {
	with_user_namespace
	view mount -t tmpfs locked "$SRC/full"
	view mount -o remount,bind,ro,nosuid,nodev,noexec,noatime "$SRC/full"
	local word
	for word in rw suid dev exec relatime strictatime nodiratime; do
		config '.mounts |= map(select(.destination != "/m"))'
		mount_entry /m none "$SRC/full" bind "$word"
		refused "error mounting $SRC/full on /m: operation not permitted"
	done
	config '.mounts |= map(select(.destination != "/m"))'
	mount_entry /m none "$SRC/full" bind atime noatime ro nosymfollow
	mount_entry /n none "$SRC/plain" bind rw suid dev exec relatime
	inside 'cat /proc/self/mountinfo'
	same locked "ro,nosuid,nodev,noexec,noatime,nosymfollow" "$(flags_of /m)"
	same plain "rw,relatime" "$(flags_of /n)"
	[ -z "${FAILED-}" ]
}

@test "MNT-23 MNT-25 MNT-28 MNT-30 a word that denies a mode of access times names no other: it only takes an earlier one back" {
	view mount -t tmpfs -o strictatime strict "$SRC/full"
	mount_entry /m none "$SRC/full" bind nostrictatime
	mount_entry /n none "$SRC/full" bind
	mount_entry /atime none "$SRC/full" bind noatime atime
	mount_entry /relatime none "$SRC/full" bind relatime norelatime ro
	mount_entry /other none "$SRC/full" bind relatime atime
	mount_entry /diratime none "$SRC/full" bind noatime nodiratime diratime
	inside 'cat /proc/self/mountinfo'
	same nostrictatime rw "$(flags_of /m)"
	same nothing rw "$(flags_of /n)"
	same "noatime atime" rw "$(flags_of /atime)"
	same "relatime norelatime ro" ro "$(flags_of /relatime)"
	same "relatime atime" rw,relatime "$(flags_of /other)"
	same "noatime nodiratime diratime" rw,noatime "$(flags_of /diratime)"
	[ -z "${FAILED-}" ]
}

@test "MNT-31 MNT-32 bind leaves submounts out, rbind brings them; other words are for the top alone" {
	view mount -t tmpfs sub "$SRC/plain/sub"
	mount_entry /a none "$SRC/plain" bind ro
	mount_entry /b none "$SRC/plain" rbind ro nosuid
	mount_entry /c bind "$SRC/plain"
	inside 'cat /proc/self/mountinfo'
	same bind ro,relatime "$(flags_of /a)"
	same "bind: sub" "" "$(flags_of /a/sub)"
	same rbind ro,nosuid,relatime "$(flags_of /b)"
	same "rbind: sub" rw,relatime "$(flags_of /b/sub)"
	same "type bind alone" rw,relatime "$(flags_of /c)"
	same "type bind alone: sub" "" "$(flags_of /c/sub)"
	[ -z "${FAILED-}" ]
}

@test "MNT-62 MNT-64 MNT-66 MNT-68 MNT-70 MNT-72 MNT-74 MNT-75 MNT-76 MNT-77 MNT-78 recursive words that set" {
	needs_kernel 5 12
	local word wanted at table='
		rro           ro,relatime
		rnosuid       rw,nosuid,relatime
		rnodev        rw,nodev,relatime
		rnoexec       rw,noexec,relatime
		rnoatime      rw,noatime
		rnodiratime   rw,nodiratime,relatime
		rstrictatime  rw
		rrelatime     rw,relatime
		rnorelatime   rw,relatime
		rnostrictatime rw,relatime
		rnosymfollow  rw,relatime,nosymfollow'
	view mount -t tmpfs sub "$SRC/plain/sub"
	while read -r word wanted; do [ -z "$word" ] || mount_entry "/m/$word" none "$SRC/plain" rbind "$word"; done <<<"$table"
	inside 'cat /proc/self/mountinfo'
	while read -r word wanted; do
		[ -n "$word" ] || continue
		for at in "/m/$word" "/m/$word/sub"; do same "$word: $at" "$wanted" "$(flags_of "$at")"; done
	done <<<"$table"
	[ -z "${FAILED-}" ]
}

@test "MNT-63 MNT-65 MNT-67 MNT-69 MNT-71 MNT-73 MNT-79 recursive words that clear" {
	needs_kernel 5 12
	full_source
	local all sub word at
	all=$(view awk -v at="$SRC/full" '$5 == at {print $6}' /proc/self/mountinfo)
	sub=$(view awk -v at="$SRC/full/sub" '$5 == at {print $6}' /proc/self/mountinfo)
	same "both alike" "$all" "$sub"
	for word in rw suid dev exec diratime symfollow atime; do mount_entry "/m/$word" none "$SRC/full" rbind "r$word"; done
	inside 'cat /proc/self/mountinfo'
	for at in '' /sub; do
		same rrw "${all/ro/rw}" "$(flags_of "/m/rw$at")"
		for word in suid dev exec diratime symfollow; do same "r$word$at" "${all/,no$word/}" "$(flags_of "/m/$word$at")"; done
		same "ratime$at" "${all/noatime,nodiratime/nodiratime,relatime}" "$(flags_of "/m/atime$at")"
	done
	[ -z "${FAILED-}" ]
}

@test "MNT-21 MNT-22 MNT-42 MNT-43 MNT-44 MNT-46 MNT-47 MNT-48 MNT-49 MNT-50 MNT-51 MNT-80 MNT-81 MNT-82 MNT-83 MNT-84 super block words" {
	local word wanted has table='
		sync rw,sync
		async rw
		rsync rw,sync
		rasync rw
		dirsync rw,dirsync
		rdirsync rw,dirsync
		lazytime rw,lazytime
		nolazytime rw
		iversion rw
		noiversion rw
		silent rw
		loud rw
		nomand rw
		rnomand rw'
	while read -r word wanted; do [ -z "$word" ] || mount_entry "/m/$word" tmpfs "$word" "$word"; done <<<"$table"
	mount_entry /m/undone tmpfs undone sync lazytime mand silent iversion async nolazytime nomand loud noiversion
	mount_entry /m/mand tmpfs mand mand
	mount_entry /m/rmand tmpfs rmand rmand
	inside 'cat /proc/self/mountinfo'
	while read -r word wanted; do
		[ -n "$word" ] || continue
		# a tmpfs names its own options behind these
		has=$(super_of "/m/$word")
		case ,$has, in ,$wanted,*) ;; *) same "$word" "$wanted" "$has" ;; esac
		if [ "$wanted" = rw ]; then [[ $has != *sync* && $has != *lazytime* && $has != *mand* ]] || same "$word" rw "$has"; fi
	done <<<"$table"
	[[ $(super_of /m/undone) != *sync* && $(super_of /m/undone) != *lazytime* && $(super_of /m/undone) != *mand* ]]
	# taken, and since 5.15 without effect
	[ -n "$(flags_of /m/mand)" ] && [ -n "$(flags_of /m/rmand)" ]
	[ -z "${FAILED-}" ]
}

@test "MNT-42 super block words on a bind change nothing of the host's" {
	view mount -t tmpfs host "$SRC/full"
	mount_entry /m none "$SRC/full" bind sync dirsync lazytime mand rsync ro
	inside 'cat /proc/self/mountinfo'
	[[ $(super_of /m) == rw* && $(super_of /m) != *sync* && $(super_of /m) != *lazytime* ]]
	same "the mount" ro,relatime "$(flags_of /m)"
	output=$(view cat /proc/self/mountinfo)
	same "the host's" rw,relatime "$(flags_of "$SRC/full")"
	[ -z "${FAILED-}" ]
}

@test "MNT-40 MNT-41 ro and rw of a new file system; a tmpfs is read-only after set-up" {
	mount_entry /t tmpfs tmpfs ro
	mount_entry /t/below tmpfs tmpfs
	mount_entry /u tmpfs tmpfs ro rw
	mount_entry /q mqueue mqueue ro
	inside 'cat /proc/self/mountinfo; echo x >/t/file || true'
	same tmpfs ro,relatime "$(flags_of /t)"
	same "below it" rw,relatime "$(flags_of /t/below)"
	same "ro,rw" rw,relatime "$(flags_of /u)"
	same mqueue ro,relatime "$(flags_of /q)"
	has "Read-only file system"
	[ -z "${FAILED-}" ]
}

@test "MNT-45 remount: new flags for what stands there, the others stay" {
	mount_entry /m none "$SRC/plain" bind nosuid noexec
	mount_entry /m none "" remount bind ro exec
	mount_entry /t tmpfs tmpfs nodev size=1m
	mount_entry /t tmpfs tmpfs remount size=2m noexec
	mount_entry /u tmpfs tmpfs lazytime
	mount_entry /u tmpfs tmpfs remount ro nolazytime
	mount_entry /v tmpfs tmpfs
	mount_entry /v tmpfs tmpfs remount ro
	mount_entry /v tmpfs tmpfs remount rw
	inside 'cat /proc/self/mountinfo'
	same bind ro,nosuid,relatime "$(flags_of /m)"
	same tmpfs rw,nodev,noexec,relatime "$(flags_of /t)"
	[[ $(super_of /t) == *size=2048k* ]]
	same "remount ro" ro,relatime "$(flags_of /u)"
	[[ $(super_of /u) == ro* && $(super_of /u) != *lazytime* ]]
	same "remount rw" rw,relatime "$(flags_of /v)"
	[[ $(super_of /v) == rw* ]]
	[ -z "${FAILED-}" ]
}

@test "MNT-54 MNT-55 MNT-56 MNT-57 MNT-58 MNT-59 MNT-60 MNT-61 propagation words, of the top or the tree" {
	view mount --make-rshared "$SRC"
	view mount -t tmpfs sub "$SRC/plain/sub"
	local word wanted below table='
		none master master
		private - master
		rprivate - -
		shared shared_master master
		rshared shared_master shared_master
		slave master master
		rslave master master
		unbindable unbindable master
		runbindable unbindable unbindable'
	while read -r word wanted below; do [ -z "$word" ] || mount_entry "/m/$word" none "$SRC/plain" rbind "${word/none/}"; done <<<"$table"
	mount_entry /m/order none "$SRC/plain" rbind rprivate shared
	inside 'cat /proc/self/mountinfo'
	while read -r word wanted below; do
		[ -n "$word" ] || continue
		wanted=${wanted/_/ } below=${below/_/ }
		same "$word" "${wanted/-/}" "$(peers_of "/m/$word")"
		same "$word: sub" "${below/-/}" "$(peers_of "/m/$word/sub")"
	done <<<"$table"
	same "in the order written" shared "$(peers_of /m/order)"
	same "in the order written: sub" "" "$(peers_of /m/order/sub)"
	[ -z "${FAILED-}" ]
}

@test "MNT-33 MNT-92 MNT-93 MNT-94 MNT-95 defaults goes nowhere; words of the managers neither, with a warning" {
	local word
	for word in defaults z Z U relabel=shared relabel=private; do
		mount_entry "/t/$word" tmpfs tmpfs "$word"
		mount_entry "/b/$word" none "$SRC/plain" bind "$word"
	done
	inside 'cat /proc/self/mountinfo'
	for word in defaults z Z U relabel=shared relabel=private; do
		same "$word" rw,relatime "$(flags_of "/t/$word")"
		same "$word" rw,relatime "$(flags_of "/b/$word")"
		[ "$word" = defaults ] || has "mount option \"$word\" on \"/t/$word\" is for the container manager: ignored" || FAILED=1
	done
	lacks '"defaults'
	[ -z "${FAILED-}" ]
}

@test "MNT-05 MNT-06 MNT-85 an id-mapped bind: maps of its own, without a user namespace" {
	needs_kernel 6 3 # tmpfs
	view touch "$SRC/plain/zero" "$SRC/plain/nine"
	view chown 9:19 "$SRC/plain/nine"
	mount_entry /m none "$SRC/plain" bind idmap
	mount_entry /n none "$SRC/plain" bind ro
	config '.mounts |= map(if .destination == "/m" or .destination == "/n" then .uidMappings = [{containerID: 0, hostID: 1000, size: 5}, {containerID: 9, hostID: 77, size: 1}] | .gidMappings = [{containerID: 0, hostID: 2000, size: 20}] else . end)'
	inside 'stat -c "%u:%g %n" /m/* /n/nine; cat /proc/self/mountinfo'
	has "1000:2000 /m/zero"
	has "77:2019 /m/nine"
	has "77:2019 /n/nine"
	same "as the kernel sees it" rw,relatime,idmapped "$(flags_of /m)"
	same "without the option" ro,relatime,idmapped "$(flags_of /n)"
	same "on the host" "0:0" "$(view stat -c %u:%g "$SRC/plain/zero")"
	[ -z "${FAILED-}" ]
}

with_user_namespace() {
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$DIR" "$BUNDLE"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 1000, hostID: 200000, size: 10}] | .linux.gidMappings = .linux.uidMappings'
}

@test "MNT-85 MNT-86 BAT-70 idmap and ridmap with the map of the container's user namespace; what is written keeps its owner" {
	needs_kernel 6 3 # tmpfs
	with_user_namespace
	view touch "$SRC/plain/file"
	view mount -t tmpfs sub "$SRC/plain/sub"
	view touch "$SRC/plain/sub/file"
	mount_entry /plain none "$SRC/plain" rbind
	mount_entry /top none "$SRC/plain" rbind idmap
	mount_entry /tree none "$SRC/plain" rbind ridmap
	mount_entry /single none "$SRC/plain/file" bind idmap
	inside 'stat -c "%u:%g %n" /plain/file /top/file /top/sub/file /tree/file /tree/sub/file /single; echo new >/tree/sub/new; stat -c "%u %n" /tree/sub/new'
	has "65534:65534 /plain/file"
	has "0:0 /top/file"
	has "65534:65534 /top/sub/file"
	has "0:0 /tree/file"
	has "0:0 /tree/sub/file"
	has "0:0 /single"
	has "0 /tree/sub/new"
	[ "$(view stat -c %u:%g "$SRC/plain/sub/new")" = 0:0 ]
}

@test "MNT-85 BAT-70 idmap with a user namespace joined by path" {
	needs_kernel 6 3 # tmpfs
	with_user_namespace
	view touch "$SRC/plain/file"
	set_args sleep 100
	create "$ID-first"
	config ".linux.cgroupsPath = \"$CGROUPS_PATH-second\"" 'del(.linux.uidMappings, .linux.gidMappings)' \
		".linux.namespaces |= map(if .type == \"user\" then .path = \"/proc/$(pid_of "$ID-first")/ns/user\" else . end)"
	mount_entry /m none "$SRC/plain" bind idmap
	inside 'stat -c "%u:%g %n" /m/file'
	has "0:0 /m/file"
}

@test "MNT-87 BAT-70 idmap=uids=...;gids=... with several ranges, and relative to the user namespace" {
	needs_kernel 6 3 # tmpfs
	with_user_namespace
	view touch "$SRC/plain/"{a,b}
	view chown 5:5 "$SRC/plain/b"
	mount_entry /host none "$SRC/plain" bind 'idmap=uids=0-100007-1#5-100500-1;gids=0-100008-6'
	mount_entry /relative none "$SRC/plain" bind 'idmap=uids=@0-998-10;gids=@0-20-6'
	inside 'stat -c "%u:%g %n" /host/* /relative/*'
	has "7:8 /host/a"
	has "500:13 /host/b"
	has "998:20 /relative/a"
	has "1003:25 /relative/b"
	config '.mounts[-1].options[-1] = "idmap=uids=@0-2000-1;gids=@0-0-1"'
	refused 'idmap: the id 2000 ("@") is not mapped'
}

@test "MNT-85 idmap that cannot be: no map at all, a file system without" {
	needs_kernel 5 12
	mount_entry /m none "$SRC/plain" bind idmap
	refused "idmap: the mount has no uidMappings and gidMappings, and the container no user namespace"
	config '.mounts[-1] += {source: "/proc/sys", uidMappings: [{containerID: 0, hostID: 1, size: 1}], gidMappings: [{containerID: 0, hostID: 1, size: 1}]}'
	refused "cannot map ids of the mount at /proc/sys: invalid argument (its file system (proc) has no id-mapped mounts)"
	[[ $output == *"/mounts/"* ]]
}

@test "MNT-89 copy-symlink makes the link again, and mounts what is no link" {
	view ln -s plain/file "$SRC/link"
	view touch "$SRC/plain/file"
	ln -s plain/file "$BUNDLE/rootfs/there"
	mount_entry /deep/er/link none "$SRC/link" bind copy-symlink
	mount_entry /there none "$SRC/link" bind copy-symlink
	mount_entry /dir none "$SRC/plain" bind copy-symlink
	inside 'readlink /deep/er/link; readlink /there; ls /dir; cat /proc/self/mountinfo'
	same link plain/file "${lines[0]}"
	same "the same link already there" plain/file "${lines[1]}"
	same "no link" file "${lines[2]}"
	same "not mounted" "" "$(flags_of /deep/er/link)"
	[ -z "${FAILED-}" ]
	ln -s other "$BUNDLE/rootfs/other"
	mount_entry /other none "$SRC/link" bind copy-symlink
	refused "file exists"
}

@test "MNT-90 MNT-91 src-nofollow and dest-nofollow bind a link, and onto a link" {
	view ln -s nowhere "$SRC/link"
	view sh -c "echo text >'$SRC/plain/file'"
	touch "$BUNDLE/rootfs/file"
	ln -s file "$BUNDLE/rootfs/to-file"
	ln -s nothing "$BUNDLE/rootfs/to-nothing"
	mount_entry /to-file none "$SRC/plain/file" bind dest-nofollow
	mount_entry /to-nothing none "$SRC/link" bind src-nofollow dest-nofollow
	mount_entry /made none "$SRC/link" bind src-nofollow
	inside 'cat /to-file; wc -c </file; readlink /to-nothing; readlink /made; cat /proc/self/mountinfo'
	same "onto the link itself" text "${lines[0]}"
	same "not onto what it leads to" 0 "${lines[1]}"
	same "a link onto a link" nowhere "${lines[2]}"
	same "a link onto a file" nowhere "${lines[3]}"
	[ -n "$(flags_of /to-file)" ] && [ -z "$(flags_of /file)" ] && [ -n "$(flags_of /made)" ]
	[ -z "${FAILED-}" ]
}

@test "MNT-01 MNT-03 MNT-04 MNT-31 relative destination and source, any type on a bind, targets made with 0755 and 0644" {
	mkdir -p "$BUNDLE/data" "$BUNDLE/rootfs/real"
	echo text >"$BUNDLE/data/file"
	ln -s /real "$BUNDLE/rootfs/leads"
	ln -s ../../../../real "$BUNDLE/rootfs/climbs"
	mount_entry relative/dir bind data bind
	mount_entry /new/deep/file ext4 data/file bind
	mount_entry /leads/a none ./data rbind
	mount_entry /climbs/b "" data bind
	umask 077
	inside 'cat /relative/dir/file /new/deep/file /real/a/file /real/b/file'
	has 'mount destination "relative/dir" is not absolute: taken from /'
	[ "$(grep -c ^text <<<"$output")" = 4 ]
	[ "$(stat -c '%a %F' "$BUNDLE/rootfs/relative/dir")" = "755 directory" ]
	[ "$(stat -c '%a %F' "$BUNDLE/rootfs/new/deep")" = "755 directory" ]
	[ "$(stat -c '%a %F' "$BUNDLE/rootfs/new/deep/file")" = "644 regular empty file" ]
}

@test "MNT-02 a mount on / is refused" {
	mount_entry / none "$SRC/plain" bind
	refused "mountpoint is on the top of rootfs"
	config '.mounts[-1].destination = "/tmp/../."'
	refused "mountpoint is on the top of rootfs"
}

@test "MNT-07 what is no word goes to the file system, and comes back as its error" {
	mount_entry /t tmpfs tmpfs nosuid size=1m mode=751 nr_inodes=77
	inside 'cat /proc/self/mountinfo'
	[[ ,$(super_of /t), == *,size=1024k,* && ,$(super_of /t), == *,nr_inodes=77,* && ,$(super_of /t), == *,mode=751,* ]]
	config '.mounts[-1].options += ["sise=3"]'
	refused sise
	config '.mounts[-1] += {options: ["bind", "size=3"]}'
	refused "a bind mount takes no file system options, such as \"size=3\""
}

@test "MNT-09 what may stand on /proc, and below it" {
	local at
	view touch "$SRC/plain/file"
	for at in cpuinfo diskstats meminfo stat swaps uptime loadavg; do mount_entry "/proc/$at" none "$SRC/plain/file" bind; done
	for at in slabinfo sys/kernel/ns_last_pid sys/crypto/fips_enabled; do [ ! -e "/proc/$at" ] || mount_entry "/proc/$at" none "$SRC/plain/file" bind; done
	inside 'cat /proc/self/mountinfo; wc -c </proc/cpuinfo'
	for at in cpuinfo diskstats meminfo stat swaps uptime loadavg; do [ -n "$(flags_of "/proc/$at")" ]; done
	[ "${lines[-1]}" = 0 ]
	for at in /proc/self/attr /proc/1 /proc/sys/kernel /proc/cpuinfo/.. /proc; do
		config ".mounts[-1].destination = \"$at\""
		refused "cannot be mounted because it is"
	done
	config '.mounts[-1] = {destination: "/proc", type: "tmpfs", source: "tmpfs"}'
	refused '"/proc" cannot be mounted because it is not of type proc'
}

@test "MNT-10 proc and sysfs go on no link" {
	rmdir "$BUNDLE/rootfs/proc" "$BUNDLE/rootfs/sys"
	mkdir "$BUNDLE/rootfs/other"
	ln -s other "$BUNDLE/rootfs/proc"
	refused 'filesystem "proc" must be mounted on ordinary directory'
	rm "$BUNDLE/rootfs/proc"
	ln -s other "$BUNDLE/rootfs/sys"
	refused 'filesystem "sysfs" must be mounted on ordinary directory'
}

@test "MNT-11 mode of a tmpfs: as given, else of the directory it covers" {
	mkdir -m 2710 "$BUNDLE/rootfs/there"
	mkdir -m 700 "$BUNDLE/rootfs/given"
	mount_entry /there tmpfs tmpfs
	mount_entry /given tmpfs tmpfs mode=1750
	mount_entry /new tmpfs tmpfs
	inside 'stat -c "%a %n" /there /given /new'
	has "2710 /there"
	has "1750 /given"
	has "1777 /new"
}

@test "MNT-13 MNT-14 control groups, in the host's namespace of them and in an own" {
	local how
	for how in host own; do
		config '.linux.namespaces |= map(select(.type != "cgroup"))' ".linux.cgroupsPath = \"$CGROUPS_PATH-$how\""
		[ $how = host ] || config '.linux.namespaces += [{type: "cgroup"}]'
		inside 'cat /proc/self/mountinfo; cd /sys/fs/cgroup; for d in . *; do if [ -d "$d" ] && [ -e "$d/cgroup.procs" ]; then n=$(wc -l <"$d/cgroup.procs"); echo "$d has $n"; fi; done; ls -l; touch /sys/fs/cgroup/x || echo read-only'
		has read-only
		if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
			[[ $(flags_of /sys/fs/cgroup) == ro,nosuid,nodev,noexec* ]]
			# the whole tree without a namespace of its own: its options are the host's, and stay
			[ $how = host ] || has ". has "
		else
			[[ $(flags_of /sys/fs/cgroup) == ro,nosuid,nodev,noexec* ]]
			[[ $(flags_of /sys/fs/cgroup/memory) == ro,nosuid,nodev,noexec* ]]
			has "memory has "
			lacks "memory has 0"
			lacks "/$ID-$how /sys/fs/cgroup/none"
			local name
			for name in $(awk -F: '$2 ~ /,/ && $2 !~ /=/ {print $2}' /proc/self/cgroup); do has "-> $name"; done
		fi
	done
	[ "$(host_mounts)" = "$MOUNTS_BEFORE" ]
}

@test "MNT-15 sysfs without a network namespace of the user namespace: the host's, with the flags asked for" {
	needs_kernel 5 12
	with_user_namespace
	config '.linux.namespaces |= map(select(.type != "network"))'
	inside 'cat /proc/self/mountinfo; ls /sys/class >/dev/null && echo listed'
	[[ $(flags_of /sys) == ro,nosuid,nodev,noexec* ]]
	has listed
}

@test "MNT-16 MNT-17 a source that is missing, a file onto a directory and the reverse" {
	mount_entry /x none "$SRC/missing" bind
	refused "no such file or directory"
	has "$SRC/missing"
	[ ! -e "$BUNDLE/rootfs/x" ]
	[ ! -e "$SRC/missing" ]
	view touch "$SRC/plain/file"
	config ".mounts[-1] += {source: \"$SRC/plain/file\", destination: \"/tmp\"}"
	refused "not a directory"
	config ".mounts[-1] += {source: \"$SRC/plain\", destination: \"/etc/passwd\"}"
	refused "not a directory"
}

@test "MNT-19 a source that only the host's root can reach, in a user namespace" {
	with_user_namespace
	view mkdir -p "$SRC/plain/hidden/data"
	view sh -c "echo text >'$SRC/plain/hidden/data/file'; chmod 700 '$SRC/plain/hidden' '$SRC/plain'"
	mount_entry /m none "$SRC/plain/hidden/data" bind ro
	inside 'cat /m/file'
	has text
}

@test "MNT-20 a root file system on an overlay of many layers" {
	local i layers=''
	for i in $(seq 60); do
		view mkdir "$SRC/full/$i"
		layers+=":$SRC/full/$i"
	done
	view mkdir "$SRC/up" "$SRC/work" "$SRC/root"
	view sh -c "cd '$SRC/full' && mount -t overlay overlay -o 'lowerdir=$BUNDLE/rootfs:$(seq -s : 60),upperdir=$SRC/up,workdir=$SRC/work' '$SRC/root'"
	config ".root.path = \"$SRC/root\""
	inside 'echo text >/file; cat /proc/self/mountinfo'
	[[ $(super_of /) == rw,lowerdir=* ]]
	[ "$(view cat "$SRC/up/file")" = text ]
}

@test "MNT-88 tmpcopyup: what the directory held, with modes and owners, and none of it touched" {
	mkdir -p "$BUNDLE/rootfs/var/below/deep"
	chmod 751 "$BUNDLE/rootfs/var/below/deep"
	echo text >"$BUNDLE/rootfs/var/below/file"
	chmod 4755 "$BUNDLE/rootfs/var/below/file"
	chown -R 7:8 "$BUNDLE/rootfs/var"
	ln -s below/file "$BUNDLE/rootfs/var/link"
	mkfifo -m 604 "$BUNDLE/rootfs/var/pipe"
	chmod 4755 "$BUNDLE/rootfs/var/below/file"
	mount_entry /var tmpfs tmpfs tmpcopyup ro
	mount_entry /fresh tmpfs tmpfs tmpcopyup
	mkdir -m 705 "$BUNDLE/rootfs/told"
	chown 7:8 "$BUNDLE/rootfs/told"
	mount_entry /told tmpfs tmpfs tmpcopyup mode=1712 uid=9
	inside 'stat -c "%a %u:%g %n" /told; cd /var; stat -c "%a %u:%g %F %n" . below below/deep below/file pipe; cat link; touch x || echo read-only'
	has "755 7:8 directory ."
	has "1712 9:0 /told" # what options say stays
	has "751 7:8 directory below/deep"
	has "4755 7:8 regular file below/file"
	has "604 0:0 fifo pipe"
	has $'\ntext'
	has read-only
	[ "$(cat "$BUNDLE/rootfs/var/below/file")" = text ]
}

@test "MNT-96 MNT-100 MNT-101 rootfsPropagation, all eight words, on a host that shares; the host never sees the root" {
	local word top below before table='
		none master master
		private - -
		rprivate - -
		shared shared master
		rshared shared shared_master
		slave master master
		rslave master master
		unbindable unbindable -
		runbindable unbindable unbindable'
	view mount --make-rshared /
	view mount --bind "$BUNDLE/rootfs" "$BUNDLE/rootfs"
	view mount --make-shared "$BUNDLE/rootfs"
	view mkdir -p "$SRC/plain/data"
	mkdir "$BUNDLE/rootfs/below"
	view mount --bind "$SRC/plain/data" "$BUNDLE/rootfs/below"
	before=$(view cut -d' ' -f4- /proc/self/mountinfo)
	while read -r word top below; do
		[ -n "$word" ] || continue
		[ "$word" = none ] || config ".linux.rootfsPropagation = \"$word\""
		inside 'cat /proc/self/mountinfo'
		top=${top/_/ } below=${below/_/ }
		same "$word" "${top/-/}" "$(peers_of /)"
		same "$word: below" "${below/-/}" "$(peers_of /below)"
		same "$word: the host" "$before" "$(view cut -d' ' -f4- /proc/self/mountinfo)"
		lacks "/put_old"
	done <<<"$table"
	config '.linux.rootfsPropagation = "rprivate"'
	run_fail view "$OCIRUN" --root "$ROOT" run --no-pivot --bundle "$BUNDLE" "$ID"
	has "private mounts can only be had with pivot_root"
	[ -z "${FAILED-}" ]
}

@test "MNT-96 Bidirectional and HostToContainer of Kubernetes: rshared and rslave in a container that shares" {
	local how pid
	view mount --make-rshared /
	view mkdir "$SRC/plain/host" "$SRC/plain/inside"
	for how in rshared rslave rprivate; do
		config '.mounts |= map(select(.destination != "/m"))' ".linux.rootfsPropagation = \"${how/rprivate/rslave}\"" ".linux.cgroupsPath = \"$CGROUPS_PATH-$how\""
		mount_entry /m none "$SRC/plain" rbind "$how"
		set_args sleep 100
		view "$OCIRUN" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
		pid=$(pid_of)
		view mount -t tmpfs host "$SRC/plain/host"
		nsenter -t "$pid" -m -r /bin/busybox mount -t tmpfs inside /m/inside
		output=$(cat "/proc/$pid/mountinfo")
		same "$how: in" "$([ $how = rprivate ] || echo rw,relatime)" "$(flags_of /m/host)"
		output=$(view cat /proc/self/mountinfo)
		same "$how: out" "$([ $how != rshared ] || echo rw,relatime)" "$(flags_of "$SRC/plain/inside")"
		ocirun delete -f "$ID"
		view umount "$SRC/plain/host"
		[ $how != rshared ] || view umount "$SRC/plain/inside"
	done
	[ -z "${FAILED-}" ]
}

@test "MNT-97 MNT-98 masked and read-only paths keep the flags of what they stand on; missing and double ones are skipped" {
	mkdir "$BUNDLE/rootfs/fixed" "$BUNDLE/rootfs/gone"
	touch "$BUNDLE/rootfs/secret"
	mount_entry /fixed tmpfs tmpfs nosuid nodev noexec
	config '.linux.readonlyPaths = ["/fixed", "/missing", "/fixed"] | .linux.maskedPaths = ["/secret", "/gone", "/missing", "/gone"]'
	inside 'cat /proc/self/mountinfo; stat -c "%t:%T" /secret; touch /gone/x || echo masked'
	[[ $(flags_of /fixed) == ro,nosuid,nodev,noexec* ]]
	has 1:3
	has masked
	[[ $(super_of /gone) == ro,*nr_inodes=1* ]]
	[ "$(grep -c " /gone " <<<"$output")" = 1 ]
}

@test "MNT-102 a read-only /dev is made so when all stands in it" {
	config '.mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)'
	inside 'cat /proc/self/mountinfo; touch /dev/x || echo read-only; echo x >/dev/null && ls /dev/ptmx /dev/fd'
	[[ $(flags_of /dev) == ro,nosuid* ]]
	[[ $(flags_of /dev/shm) == rw,* ]]
	has read-only
	has /dev/fd
}

@test "MNT-85 id-mapped mounts keep their map when the flags of the host are locked for CAP_SYS_ADMIN" {
	needs_kernel 6 3 # tmpfs
	with_user_namespace
	view touch "$SRC/plain/file"
	view mount -t tmpfs -o ro sub "$SRC/plain/sub"
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	mount_entry /m none "$SRC/plain" rbind ridmap
	inside 'stat -c "%u:%g %n" /m/file; cat /proc/self/mountinfo; mount -o remount,bind,rw /m/sub || echo locked'
	has "0:0 /m/file"
	same "the tree" rw,relatime,idmapped "$(flags_of /m)"
	same "below" ro,relatime,idmapped "$(flags_of /m/sub)"
	has locked
	[ -z "${FAILED-}" ]
}

@test "MNT-18 in a user namespace of the caller's: locked flags stay when others are set, and clearing one is refused" {
	local in_userns
	view mount -t tmpfs -o ro,nosuid,noatime locked "$SRC/full"
	nsenter "--mount=/proc/$VIEW/ns/mnt" -- unshare -U -m sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	INNER=$!
	in_userns=(nsenter -t "$INNER" -U -m --)
	wait_for inner_is_apart
	echo "0 0 65536" >"/proc/$INNER/uid_map"
	echo "0 0 65536" >"/proc/$INNER/gid_map"
	config '.linux.resources = {devices: [{allow: true, access: "rwm"}]} | .linux.namespaces |= map(select(.type != "network" and .type != "cgroup"))' \
		'.mounts |= map(select(.type != "sysfs" and .type != "cgroup" and .type != "devpts" and .type != "mqueue"))'
	mount_entry /m none "$SRC/full" bind noexec
	set_args cat /proc/self/mountinfo
	run_ok "${in_userns[@]}" "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	same "the others stay" ro,nosuid,noexec,noatime "$(flags_of /m)"
	local word words=(rw suid relatime)
	if has_kernel 5 12; then words+=(rrw); fi
	for word in "${words[@]}"; do
		config ".mounts[-1].options = [\"bind\", \"$word\"]"
		run_fail "${in_userns[@]}" "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
		has "operation not permitted"
		has "$SRC/full on /m"
	done
	[ -z "${FAILED-}" ]
}

@test "MNT-03 MNT-16 a source below the container's own root shows what was mounted there before it; a destination may name the root's place on the host" {
	local root=$BUNDLE/rootfs
	mkdir -p "$root/mnt" "$root/plain"
	view mkdir "$SRC/plain/x"
	view sh -c "echo first >$SRC/plain/x/file; echo hidden >$SRC/full/file"
	mount_entry /mnt none "$SRC/plain" bind
	mount_entry "$root/mnt/sub" none "$SRC/full" bind
	mount_entry /copy none "$root/mnt" rbind ro
	mount_entry "$root/deep" none "$root/mnt/x" bind
	mount_entry /none none "$root/plain" bind
	inside 'cat /mnt/sub/file /copy/sub/file /deep/file; ls /none; touch /copy/new 2>&1; cat /proc/self/mountinfo'
	[ "${lines[*]:0:3}" = "hidden hidden first" ]
	has "Read-only file system"
	same "the source itself" rw,relatime "$(flags_of /mnt)"
	same "its copy" ro,relatime "$(flags_of /copy)"
	[ -z "${FAILED-}" ]
	# a link of the image leads to the container's own place
	ln -s /mnt "$root/link"
	view mkdir "$SRC/plain/y"
	mount_entry /link/y none "$SRC/full" bind
	mount_entry /linked none "$root/link" rbind
	inside 'cat /linked/x/file /linked/y/file'
	[ "${lines[*]}" = "first hidden" ]
	# what is not there by then is an error that says where it was looked for
	mount_entry /z none "$root/mnt/nothing" bind
	refused "cannot clone the mount at /mnt/nothing of the container's root: no such file or directory"
}

@test "MNT-85 an id-mapped bind of what was mounted in the root before" {
	needs_kernel 6 3 # tmpfs
	view touch "$SRC/plain/file"
	mount_entry /m none "$SRC/plain" bind
	mount_entry /n none "$BUNDLE/rootfs/m" bind idmap
	mount_entry /o none "$SRC/plain" bind idmap
	config '.mounts |= map(if .destination == "/n" or .destination == "/o" then .uidMappings = [{containerID: 0, hostID: 1000, size: 5}] | .gidMappings = [{containerID: 0, hostID: 2000, size: 20}] else . end)'
	inside 'stat -c "%u:%g %n" /m/file /n/file /o/file'
	[ "${lines[*]}" = "0:0 /m/file 1000:2000 /n/file 1000:2000 /o/file" ]
}

@test "MNT-85 BAT-70 id-mapped binds of what was mounted in the root before, in a user namespace: the host side maps them, each by its own map" {
	needs_kernel 6 3 # tmpfs
	with_user_namespace
	view touch "$SRC/plain/file"
	mount_entry /m none "$SRC/plain" bind
	mount_entry /n none "$BUNDLE/rootfs/m" bind idmap
	mount_entry /o none "$BUNDLE/rootfs/m" rbind ridmap
	mount_entry /p none "$BUNDLE/rootfs/m" bind idmap
	local host
	host=$(jq '.linux.uidMappings[0].hostID' "$BUNDLE/config.json")
	config ".mounts |= map(if .destination == \"/n\" then .uidMappings = [{containerID: 0, hostID: $((host + 5)), size: 1}] | .gidMappings = .uidMappings
		elif .destination == \"/o\" then .uidMappings = [{containerID: 0, hostID: $((host + 7)), size: 1}] | .gidMappings = .uidMappings else . end)"
	inside 'stat -c "%u:%g %n" /m/file /n/file /o/file /p/file'
	[ "${lines[*]}" = "65534:65534 /m/file 5:5 /n/file 7:7 /o/file 0:0 /p/file" ]
}

@test "MNT-85 an id-mapped bind in a user namespace of what the kernel cannot map: which mount and which file system, nothing is left" {
	with_user_namespace
	mount_entry /m proc proc
	mount_entry /n none "$BUNDLE/rootfs/m" bind idmap
	local at
	at=$(jq '.mounts | length - 1' "$BUNDLE/config.json")
	refused "/mounts/$at: cannot map ids of the mount at /m: "
	[ ! -e "$ROOT/$ID" ]
}
