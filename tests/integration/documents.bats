#!/usr/bin/env bats
# Manual pages, completion, `make install`: made of the tables that the command line is parsed with; held here against
# what `--help` says, which is printed from the same ones by another way.

load lib

test_setup() {
	BUILD=$(dirname "$(realpath -e "$OCIRUN")")
	[ -d "$BUILD/man" ] || skip "this binary stands alone: no documents beside it"
	mapfile -t COMMANDS < <("$OCIRUN" --help | sed -n '/^COMMANDS:/,/^$/s/^   \([a-z]*\) .*/\1/p')
	[ "${#COMMANDS[@]}" -ge 17 ]
}

page() { [ "$1" = ocirun ] && echo "$BUILD/man/ocirun.8" || echo "$BUILD/man/ocirun-$1.8"; } # COMMAND
helped() { # COMMAND: "NAME LETTER VALUE" of each option, "-" for none
	local help=(--help)
	[ "$1" = ocirun ] || help=("$1" --help)
	"$OCIRUN" "${help[@]}" | sed -nE '/OPTIONS:$/,$ {
		s/^   --([a-z0-9-]+), -(.) .*/\1 \2 -/p; t
		s/^   --([a-z0-9-]+) ([^ ]+), -(.) .*/\1 \3 \2/p; t
		s/^   --([a-z0-9-]+) ([^ ]+) .*/\1 - \2/p; t
		s/^   --([a-z0-9-]+)  .*/\1 - -/p
	}'
}

@test "PKG-15 a manual page for each command, and one for each program; no other" {
	local command wanted=(ociinit.8 ocirun.8)
	for command in "${COMMANDS[@]}"; do wanted+=("ocirun-$command.8"); done
	[ "$(cd "$BUILD/man" && printf '%s\n' *.8 | sort)" = "$(printf '%s\n' "${wanted[@]}" | sort)" ]
	for command in "${COMMANDS[@]}"; do
		grep -q "^.It Xr ocirun-$command 8\$" "$BUILD/man/ocirun.8"
	done
}

@test "PKG-15 each option that --help lists stands in its page, with its letter, its value and its text" {
	local command name letter value count
	for command in ocirun "${COMMANDS[@]}"; do
		count=0
		while read -r name letter value; do
			count=$((count + 1))
			[ "$letter" = - ] && letter= || letter="Fl $letter , "
			[ "$value" = - ] && value= || value=" Ar $value"
			grep -qxF -- ".It ${letter}Fl Fl $name$value" "$(page "$command")" ||
				{ echo "not in the page of $command: .It ${letter}Fl Fl $name$value" >&2; return 1; }
		done < <(helped "$command")
		[ "$count" -ge 1 ]
		# and there is none besides
		[ "$(grep -c '^\.It .*Fl Fl ' "$(page "$command")")" = "$count" ]
	done
}

@test "PKG-15 each page has its sections, and refers to pages that are there" {
	local page section name
	for page in "$BUILD"/man/*.8; do
		for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' 'SEE ALSO'; do
			grep -qx "\.Sh $section" "$page"
		done
		while read -r name; do
			[ -e "$BUILD/man/$name.8" ] || { echo "$page refers to $name(8)" >&2; return 1; }
		done < <(sed -nE 's/^\.Xr (oci[a-z-]+) 8.*/\1/p' "$page")
	done
	for name in "${COMMANDS[@]}"; do grep -q '^\.Sh EXAMPLES' "$(page "$name")"; done
}

@test "PKG-22 the contract of streams and terminals, in ocirun(8): the four arrangements that terminals.bats shows" {
	sed -n '/^.Sh STANDARD STREAMS AND TERMINALS/,/^.Sh ENVIRONMENT/p' "$BUILD/man/ocirun.8" >"$BATS_TEST_TMPDIR/section"
	[ "$(grep -cE '^\.It with(out)? a terminal, in the (fore|back)ground$' "$BATS_TEST_TMPDIR/section")" = 4 ]
	grep -q 'console-socket' "$BATS_TEST_TMPDIR/section"
	helped create | grep -q '^console-socket '
	for command in run exec; do helped "$command" | grep -q '^detach '; done
}

@test "PKG-15 the pages are well-formed" {
	local page
	if command -v mandoc >/dev/null; then
		run_ok mandoc -T lint -W warning "$BUILD"/man/*.8
	elif command -v groff >/dev/null; then
		for page in "$BUILD"/man/*.8; do
			run_ok groff -mandoc -ww -z -Tutf8 "$page"
			[ -z "$output" ]
		done
	else
		skip "neither mandoc nor groff is here"
	fi
}

@test "PKG-15 prose that names an option which is not there makes no page" {
	run_fail "$BUILD/gen-man" run 1 today < <(printf '.Fl Fl nonsense\n@OPTIONS\n')
	has "gen-man: run: there is no option --nonsense"
	run_fail "$BUILD/gen-man" run 1 today <<<".Fl Fl detach"
	has "no @OPTIONS"
}

# What Tab offers behind these words, of which the last is the one that is typed.
complete_words() { # WORD...
	# shellcheck disable=SC2016 # of the inner shell
	bash --norc -c '
		source "$0" || exit
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_ocirun "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' "$BUILD/completion/ocirun" "$OCIRUN" "$@"
}
offered() { complete_words "$@" | sort | tr '\n' ' ' | sed 's/ $//'; }

@test "GLB-34 PKG-16 completion: the commands, and the options of each" {
	local command
	[ "$(offered "")" = "$(printf '%s\n' "${COMMANDS[@]}" help | sort | tr '\n' ' ' | sed 's/ $//')" ]
	[ "$(offered sta)" = "start state" ]
	[ "$(offered help cr)" = create ]
	[ "$(offered --debug --log x res)" = "restore resume" ]
	for command in "${COMMANDS[@]}"; do
		[ "$(offered "$command" --)" = "$(helped "$command" | sed 's/^\([^ ]*\).*/--\1/' | sort | tr '\n' ' ' | sed 's/ $//')" ]
	done
	[ "$(offered --)" = "$(helped ocirun | sed 's/^\([^ ]*\).*/--\1/' | sort | tr '\n' ' ' | sed 's/ $//')" ]
	[ "$(offered exec --de)" = --detach ]
	[ -z "$(offered exec web ls --de)" ] # an option of another program
}

@test "GLB-34 completion of values: words, directories, files, signals" {
	mkdir "$DIR/one" "$DIR/two" && touch "$DIR/one.file"
	[ "$(offered list --format j)" = json ]
	[ "$(offered list -f "")" = "json table" ]
	[ "$(offered -log-format = j)" = json ]
	[ "$(offered --log-level w)" = warning ]
	[ "$(offered create --bundle "$DIR/o")" = "$DIR/one" ]
	[ "$(offered create --bundle = "$DIR/o")" = "$DIR/one" ]
	[ "$(offered exec -p "$DIR/one.")" = "$DIR/one.file" ]
	[ "$(offered check "$DIR/t")" = "$DIR/two" ]
	[ "$(offered kill web TER)" = TERM ]
	[ "$(offered kill web SIGK)" = SIGKILL ]
	[ -z "$(offered create "")" ] # a new id
	[ -z "$(offered exec --env "")" ]
}

@test "GLB-34 completion of container ids: those below --root whose status the command is for" {
	needs_root
	new_bundle sleep 100
	local status
	for status in made running paused stopped; do
		config ".linux.cgroupsPath = \"$CGROUPS_PATH-$status\""
		create "$ID-$status"
	done
	ocirun start "$ID-running"
	ocirun start "$ID-paused"
	ocirun pause "$ID-paused"
	ocirun kill "$ID-stopped" KILL
	wait_status stopped "$ID-stopped"
	[ "$(offered --root "$ROOT" start "")" = "$ID-made" ]
	[ "$(offered --root "$ROOT" resume "")" = "$ID-paused" ]
	[ "$(offered --root = "$ROOT" pause "")" = "$ID-made $ID-running" ]
	[ "$(offered --root "$ROOT" kill "$ID-r")" = "$ID-running" ]
	[ "$(offered --root "$ROOT" delete --force "")" = "$ID-made $ID-paused $ID-running $ID-stopped" ]
	[ "$(offered --root "$ROOT" state "")" = "$("$OCIRUN" --root "$ROOT" list -q | sort | tr '\n' ' ' | sed 's/ $//')" ]
	[ -z "$(offered --root "$DIR/none" start "")" ]
}

@test "GLB-34 completion of container ids: what the program prints is data, never a command" {
	# a program in ocirun's place, whose list is hostile
	cat >"$DIR/fake" <<-E
		#!/bin/sh
		echo 'ID PID STATUS BUNDLE CREATED OWNER'
		echo '\$(touch\${IFS}$DIR/done) 1 running / 0 root'
		echo '\`touch\${IFS}$DIR/done\` 1 running / 0 root'
		echo 'w*b 1 running / 0 root'
		echo 'web.1 1 running / 0 root'
		echo 'other 1 running / 0 root'
	E
	chmod +x "$DIR/fake"
	"$DIR/fake" | grep -qF "\$(touch\${IFS}$DIR/done) 1"
	local OCIRUN=$DIR/fake
	[ "$(offered exec "")" = "other web.1" ]
	[ "$(offered exec w)" = "web.1" ]
	[ ! -e "$DIR/done" ]
}

@test "GLB-34 completion in an interactive shell on a terminal" {
	helper terminal "$DIR/terminal"
	mkdir "$DIR/bin" && ln -s "$OCIRUN" "$DIR/bin/ocirun"
	printf 'PS1="READY> "\nPATH=%s:$PATH\nsource %s\nbind "set bell-style none"\n' "$DIR/bin" "$BUILD/completion/ocirun" >"$DIR/rc"
	# the keys: a command and one of its options, each with Tab; what they make is run
	run_ok env TERM=dumb HOME="$DIR" "$DIR/terminal" human 'expect:READY> ' $'send:ocirun fea\t--he\t\\r' 'expect:ocirun features --help' \
		'expect:print what this runtime supports' 'expect:READY> ' 'send:exit\r' -- bash --noprofile --rcfile "$DIR/rc" -i
}

@test "PKG-15 PKG-16 make install: programs, pages and completion below DESTDIR and PREFIX, and they work there" {
	local top=$BATS_TEST_DIRNAME/../.. build
	command -v make >/dev/null || skip "no make"
	[ -e "$BUILD/obj" ] || skip "this binary stands alone: nothing to install it from"
	build=$(realpath --relative-to="$top" "$BUILD")
	run_ok env -u MAKEFLAGS -u MAKELEVEL make -C "$top" BUILD="$build" DESTDIR="$DIR/image" PREFIX=/usr install
	(cd "$DIR/image/usr" && find . -type f -printf '%m %p\n' | sort -k 2) >"$DIR/installed"
	{
		echo "755 ./sbin/ocirun"
		echo "755 ./sbin/ociinit"
		[ ! -e "$BUILD/ocirun-systemd" ] || echo "755 ./libexec/ocirun/ocirun-systemd"
		echo "644 ./share/bash-completion/completions/ocirun"
		(cd "$BUILD/man" && printf '644 ./share/man/man8/%s\n' *.8)
	} | sort -k 2 | diff - "$DIR/installed"
	run_ok "$DIR/image/usr/sbin/ocirun" --version
	has "ocirun version"
	run_ok "$DIR/image/usr/sbin/ociinit" --version
	if command -v man >/dev/null; then
		run_ok env MANPATH="$DIR/image/usr/share/man" MANPAGER=cat MANWIDTH=80 man 8 ocirun-kill
		has "send a signal"
	fi
}

@test "PKG-05 PKG-11 switches of the build: without systemd, with a version of the packager's" {
	local top=$BATS_TEST_DIRNAME/../..
	command -v make >/dev/null || skip "no make"
	run_ok env -u MAKEFLAGS -u MAKELEVEL make -n -C "$top" BUILD="$DIR/build" NO_SYSTEMD=1 install
	lacks ocirun-systemd
	has -DNO_SYSTEMD # for features
	run_ok env -u MAKEFLAGS -u MAKELEVEL make -C "$top" BUILD="$DIR/build" VERSION=9.8.7-vendor COMMIT=feed "$DIR/build/obj/cc/runtime/version.o"
	run_ok grep -aoE '9\.8\.7-vendor|feed' "$DIR/build/obj/cc/runtime/version.o"
	has 9.8.7-vendor
	has feed
}
