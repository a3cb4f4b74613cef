#!/usr/bin/env bats
# The runner for slow machines (tests/integration/quick) has the verdicts that bats has.

verdicts() { sed -E 's/^((not )?ok [0-9]+ [^#]*[^# ]).*(# skip .*)?$/\1/; /^#/d' | sort -n; }

@test "quick and bats agree on what passes, fails, is skipped, and on each teardown" {
	sed "s/^%/@/" >"$BATS_TEST_TMPDIR/some.bats" <<-'END'
		setup_file() { own=1; export told="of the file"; }
		teardown_file() { echo "$told" >>"$OUT"; }
		setup() { mark=set; if [ "$BATS_TEST_NUMBER" = 8 ]; then false; fi; }
		teardown() {
			if [ "$BATS_TEST_NUMBER" = 9 ]; then return 1; fi
			if [ "$BATS_TEST_NUMBER" = 10 ]; then false; fi
			echo "$BATS_TEST_NUMBER $mark $late $told $own" >>"$OUT"
		}
		helper() { false; echo never; }
		%test "passes" { late=1; [ "$mark" = set ]; }
		%test "fails in the middle" {
			late=2
			[ 1 = 2 ]
			late=3
		}
		%test "fails in a function" { helper; true; }
		%test "is skipped, and says \"why\"" { skip "for a reason"; false; }
		%test "run keeps status, output and lines" {
			run sh -c 'echo a; echo; echo b >&2; exit 3'
			[ "$status" = 3 ] && [ "$output" = $'a\n\nb' ] && [ "${#lines[@]}" = 2 ] && [ "${lines[1]}" = b ]
			run false
			[[ $output == "" ]]
		}
		%test "a condition may fail" { if helper >/dev/null; then :; fi; false || true; ! true; :; }
		%test "exits" { exit 4; }
		%test "setup fails" { echo never >>"$OUT"; }
		%test "teardown fails" { :; }
		%test "a command in teardown fails, which nobody counts" { :; }
		%test "an unset command" { no-such-command; echo never >>"$OUT"; }
	END
	cd "$BATS_TEST_TMPDIR"
	# without the variables and the PATH of the bats that runs this
	clean=(env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$HOME" TMPDIR="$BATS_TEST_TMPDIR")
	run "${clean[@]}" OUT="$PWD/of-bats" bats --formatter tap some.bats
	[ "$status" = 1 ]
	verdicts <<<"$output" >bats
	run "${clean[@]}" OUT="$PWD/of-quick" "$BATS_TEST_DIRNAME/quick" some.bats
	[ "$status" = 1 ]
	verdicts <<<"$output" >quick
	diff bats quick
	diff of-bats of-quick
	grep -q '^1\.\.11$' quick
	grep '^not ok' quick | cut -d' ' -f3 | sort -n | xargs >failed
	[ "$(cat failed)" = "2 3 7 8 9 11" ]
	[[ $output == *'[ 1 = 2 ]'* ]]
}

@test "quick: when a file cannot begin, all its tests fail" {
	sed "s/^%/@/" >"$BATS_TEST_TMPDIR/none.bats" <<-'END'
		setup_file() { false; }
		%test "one" { :; }
		%test "two" { :; }
	END
	run "$BATS_TEST_DIRNAME/quick" "$BATS_TEST_TMPDIR/none.bats"
	[ "$status" = 1 ]
	[ "$(grep -c '^not ok' <<<"$output")" = 2 ]
	[[ $output != *$'\nok'* ]]
}
