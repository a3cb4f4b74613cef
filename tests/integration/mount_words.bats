#!/usr/bin/env bats
# Every word of mounts[].options that `ocirun features` names, and the id maps beside them, in one container: each on a
# mount of its own, its effect read back from mountinfo and the mounts' contents inside. The table says what the word
# must do; a word of the program's own table without a row here is a failure.
#
#   WORD  SOURCE  FLAGS OF THE MOUNT   FLAGS OF THE MOUNT BELOW IT   PROPAGATION
#
# SOURCE: plain (a shared tmpfs with another one below it, rw), full (the same with every flag set on both), both
# bound with rbind unless the word says how; tmpfs (a new one: the third column is of its super block). "-": nothing.

load lib

TABLE='
bind           plain  rw,relatime                 -                           master
rbind          plain  rw,relatime                 rw,relatime                 master
defaults       plain  rw,relatime                 rw,relatime                 master
ro             plain  ro,relatime                 rw,relatime                 master
nosuid         plain  rw,nosuid,relatime          rw,relatime                 master
nodev          plain  rw,nodev,relatime           rw,relatime                 master
noexec         plain  rw,noexec,relatime          rw,relatime                 master
noatime        plain  rw,noatime                  rw,relatime                 master
nodiratime     plain  rw,nodiratime,relatime      rw,relatime                 master
relatime       plain  rw,relatime                 rw,relatime                 master
strictatime    plain  rw                          rw,relatime                 master
norelatime     plain  rw,relatime                 rw,relatime                 master
nosymfollow    plain  rw,relatime,nosymfollow     rw,relatime                 master
rw             full   rw,noatime,nodiratime       ALL                         master
suid           full   rw,noatime,nodiratime       ALL                         master
dev            full   rw,noatime,nodiratime       ALL                         master
exec           full   rw,noatime,nodiratime       ALL                         master
atime          full   rw,noatime,nodiratime      ALL                         master
diratime       full   rw,noatime,nodiratime      ALL                         master
nostrictatime  full   rw,noatime,nodiratime      ALL                         master
symfollow      full   rw,noatime,nodiratime       ALL                         master
rro            plain  ro,relatime                 ro,relatime                 master
rnosuid        plain  rw,nosuid,relatime          rw,nosuid,relatime          master
rnodev         plain  rw,nodev,relatime           rw,nodev,relatime           master
rnoexec        plain  rw,noexec,relatime          rw,noexec,relatime          master
rnoatime       plain  rw,noatime                  rw,noatime                  master
rnodiratime    plain  rw,nodiratime,relatime      rw,nodiratime,relatime      master
rrelatime      full   ALL-noatime+relatime        ALL-noatime+relatime        master
rstrictatime   plain  rw                          rw                          master
rnorelatime    plain  rw,relatime                 rw,relatime                 master
rnosymfollow   plain  rw,relatime,nosymfollow     rw,relatime,nosymfollow     master
rrw            full   ALL-ro                      ALL-ro                      master
rsuid          full   ALL-nosuid                  ALL-nosuid                  master
rdev           full   ALL-nodev                   ALL-nodev                   master
rexec          full   ALL-noexec                  ALL-noexec                  master
ratime         full   ALL-noatime+relatime        ALL-noatime+relatime        master
rdiratime      full   ALL-nodiratime              ALL-nodiratime              master
rnostrictatime full   ALL-noatime+relatime        ALL-noatime+relatime        master
rsymfollow     full   ALL-nosymfollow             ALL-nosymfollow             master
private        plain  rw,relatime                 rw,relatime                 -
rprivate       plain  rw,relatime                 rw,relatime                 -
slave          plain  rw,relatime                 rw,relatime                 master
rslave         plain  rw,relatime                 rw,relatime                 master
shared         plain  rw,relatime                 rw,relatime                 shared,master
rshared        plain  rw,relatime                 rw,relatime                 shared,master
unbindable     plain  rw,relatime                 rw,relatime                 unbindable
runbindable    plain  rw,relatime                 rw,relatime                 unbindable
sync           tmpfs  rw,sync                     -                           -
rsync          tmpfs  rw,sync                     -                           -
async          tmpfs  rw                          -                           -
rasync         tmpfs  rw                          -                           -
dirsync        tmpfs  rw,dirsync                  -                           -
rdirsync       tmpfs  rw,dirsync                  -                           -
lazytime       tmpfs  rw,lazytime                 -                           -
nolazytime     tmpfs  rw                          -                           -
iversion       tmpfs  rw                          -                           -
noiversion     tmpfs  rw                          -                           -
silent         tmpfs  rw                          -                           -
loud           tmpfs  rw                          -                           -
mand           tmpfs  MAND                        -                           -
rmand          tmpfs  MAND                        -                           -
nomand         tmpfs  rw                          -                           -
rnomand        tmpfs  rw                          -                           -
tmpcopyup      tmpfs  rw                          -                           -
remount        remount ro,nosuid,relatime         -                           -
copy-symlink   link   -                           -                           -
src-nofollow   plain  rw,relatime                 rw,relatime                 master
dest-nofollow  plain  rw,relatime                 rw,relatime                 master
U              plain  rw,relatime                 rw,relatime                 master
Z              plain  rw,relatime                 rw,relatime                 master
z              plain  rw,relatime                 rw,relatime                 master
idmap          map    rw,relatime,idmapped        rw,relatime                 master
ridmap         map    rw,relatime,idmapped        rw,relatime,idmapped        master'

test_setup() {
	needs_root
	new_bundle true
	config '.root.readonly = false'
	unshare -m --propagation private sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	VIEW=$!
	wait_for view_is_apart
	SRC=$DIR/src
	mkdir "$SRC"
	ALL=ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow
	view sh -e -c "mount -t tmpfs src $SRC; mkdir $SRC/plain $SRC/full; ln -s /nowhere $SRC/link
		mount -t tmpfs plain $SRC/plain; mkdir $SRC/plain/sub; mount -t tmpfs sub $SRC/plain/sub; : >$SRC/plain/file; : >$SRC/plain/sub/file
		mount -t tmpfs full $SRC/full; mkdir $SRC/full/sub; mount -t tmpfs sub $SRC/full/sub
		for at in full full/sub; do mount -o remount,bind,$ALL $SRC/\$at; done
		mount --make-rshared $SRC"
}
test_teardown() { [ -z "${VIEW-}" ] || kill "$VIEW"; }
view_is_apart() { [ "$(readlink "/proc/$VIEW/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]; }
view() { nsenter --mount="/proc/$VIEW/ns/mnt" -- "$@"; }

# The mount entry of a row.
entry() { # WORD SOURCE
	local options=\"$1\" type=none source=$SRC/$2 maps=''
	case $2:$1 in
	plain:bind | plain:rbind) ;;
	plain:* | full:*) options='"rbind","'$1'"' ;;
	map:*)
		source=$SRC/plain options='"rbind","'$1'"'
		maps=', "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}], "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}]'
		;;
	link:*) options='"bind","'$1'"' ;;
	tmpfs:*) type=tmpfs source=tmpfs ;;
	remount:*)
		printf '{"destination": "/m/remount", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid"]}\n'
		type=tmpfs source=tmpfs options='"remount","ro"'
		;;
	esac
	printf '{"destination": "/m/%s", "type": "%s", "source": "%s", "options": [%s]%s}\n' "$1" "$type" "$source" "$options" "$maps"
}

# ALL-x+y in words of mountinfo, in its order.
wanted() { # FLAGS
	local flags=$1 word
	if [[ $flags == ALL* ]]; then
		flags=$FULL
		for word in $(grep -oE -- '-[a-z]+' <<<"$1" | tr -d -); do
			[ "$word" = ro ] && flags=${flags/#ro/rw} || flags=${flags/,$word/}
		done
		[[ $1 != *+relatime ]] || flags=$(sed 's/,nodiratime/&,relatime/' <<<"$flags")
	fi
	echo "${flags/#-/}"
}
flags_at() { awk -v at="$1" '$5 == at {f = $6} END {print f}' "$DIR/table"; }
super_at() { awk -v at="$1" '$5 == at {s = $NF} END {print s}' "$DIR/table"; }
peers_at() { awk -v at="$1" '$5 == at {p = ""; for (i = 7; $i != "-"; i++) p = p "," $i} END {print substr(p, 2)}' "$DIR/table" | sed 's/:[0-9]*//g'; }

check_row() { # WORD SOURCE TOP SUB PEERS
	local top=$3
	if [ "$2" = tmpfs ]; then
		# a tmpfs names its own options behind those that all super blocks have
		top=$(super_at "/m/$1" | grep -oE '^r[wo](,(sync|dirsync|mand|lazytime))*')
		[ "$3" != MAND ] || top=MAND # taken, and since Linux 5.15 without effect
		[ "$top" = "$3" ] && [ -n "$(flags_at "/m/$1")" ]
		return
	fi
	[ "$(flags_at "/m/$1")" = "$(wanted "$3")" ] && [ "$(flags_at "/m/$1/sub")" = "$(wanted "$4")" ] &&
		[ "$(peers_at "/m/$1")" = "${5/#-/}" ]
}

@test "MNT-21 MNT-53 MNT-79 MNT-86 every option word does what its row says, read back inside; no word is without a row" {
	needs_kernel 5 12 # id-mapped and recursive ones
	local word source top sub peers known failed=0
	FULL=$(view awk -v at="$SRC/full" '$5 == at {print $6}' /proc/self/mountinfo)
	[[ $FULL == *nosymfollow* ]] || skip "this mount(8) or kernel has no nosymfollow to build the source with"
	known=$("$OCIRUN" features | jq -r '.mountOptions[], "idmap", "ridmap"' | sort)
	same=$(awk 'NF {print $1}' <<<"$TABLE" | sort)
	[ "$known" = "$same" ] || { diff <(echo "$known") <(echo "$same"); false; }
	while read -r word source _; do [ -z "$word" ] || entry "$word" "$source"; done <<<"$TABLE" >"$DIR/entries"
	mkdir "$BUNDLE/rootfs/m" "$BUNDLE/rootfs/m/tmpcopyup"
	echo covered >"$BUNDLE/rootfs/m/tmpcopyup/file"
	jq --slurpfile more "$DIR/entries" '.mounts += $more' "$BUNDLE/config.json" >"$DIR/new"
	mv "$DIR/new" "$BUNDLE/config.json"
	set_args sh -c 'cat /proc/self/mountinfo; echo ====; readlink /m/copy-symlink; cat /m/tmpcopyup/file; stat -c %u /m/idmap/file /m/idmap/sub/file /m/ridmap/file /m/ridmap/sub/file'
	run_ok view "$OCIRUN" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	sed '/^====$/,$d' <<<"$output" >"$DIR/table"
	while read -r word source top sub peers; do
		[ -n "$word" ] || continue
		if ! check_row "$word" "$source" "$top" "$sub" "$peers"; then
			echo "$word: wanted $top $sub $peers, got $(flags_at "/m/$word") $(flags_at "/m/$word/sub") $(peers_at "/m/$word") $(super_at "/m/$word")"
			failed=1
		fi
	done <<<"$TABLE"
	[ "$failed" = 0 ]
	[ "$(sed '1,/^====$/d' <<<"$output" | tr '\n' ' ')" = "/nowhere covered 1000 0 1000 1000 " ]
}
