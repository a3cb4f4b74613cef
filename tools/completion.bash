# shellcheck shell=bash disable=SC2034,SC2154 # arrays of the caller, filled by the tables
# bash completion for ocirun(8), made by tools/gen-completion.c from the tables of its command line.
# Needs no bash-completion; where that is, it loads this file when `ocirun` is first completed.

# Fills the caller's arrays. By command, `ocirun` for the global options: options; arguments; containers: the statuses
# of those that it is for; foreign: what follows its first argument is another program's. By "COMMAND OPTION": value.
_ocirun_tables() {
@TABLES
}

# The ids of containers that have one of these statuses.
_ocirun_ids() { # STATUSES
	local id pid status rest
	while read -r id pid status rest; do
		[[ " $1 " != *" $status "* ]] || echo "$id"
	done < <("$program" "${root[@]}" list 2>/dev/null)
}

# Offers those of the lines on stdin that are ids and begin with what was typed. Not `compgen -W`, which expands its
# words: what a program prints is data.
_ocirun_offer_ids() {
	local id
	while read -r id; do
		[[ $id == *[^a-zA-Z0-9_+.-]* || $id != "$current"* ]] || COMPREPLY+=("$id")
	done
}

# Offers values of this kind, as the tables name it.
_ocirun_offer() { # KIND
	case $1 in
	DIR | bundle) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
	PATH | FILE) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
	signal) mapfile -t COMPREPLY < <(compgen -W "$(compgen -A signal SIG) $(compgen -A signal SIG | sed s/^SIG//)" -- "$current") ;;
	container-id) _ocirun_offer_ids < <(_ocirun_ids "${containers[$command]-}") ;;
	*'|'*) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$current") ;;
	esac
}

_ocirun() {
	local -A options value arguments containers foreign
	local program=${1/#\~\//$HOME/} command=ocirun current=${COMP_WORDS[COMP_CWORD]} root=() given=0 pending='' word kinds kind
	_ocirun_tables
	COMPREPLY=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [ -n "$pending" ]; then
			[ "$word" != = ] || continue # bash makes words of --root=DIR's three parts
			[ "$pending" != --root ] || root=(--root "${word/#\~\//$HOME/}")
			pending=''
		elif [[ $word == -* ]]; then
			word=${word#-} word=${word#-}
			[ "${#word}" = 1 ] && word=-$word || word=--$word # one dash or two
			[ -z "${value["$command $word"]-}" ] || pending=$word
		elif [ "$command" = ocirun ]; then
			command=$word
		else
			given=$((given + 1))
			[ -z "${foreign[$command]-}" ] || return 0
		fi
	done
	[ "$current" != = ] || current=''
	if [ -n "$pending" ]; then
		_ocirun_offer "${value["$command $pending"]}"
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${options[$command]-}" -- "$current")
	elif [ "$command" = ocirun ] || { [ "$command" = help ] && [ $given = 0 ]; }; then
		unset 'options[ocirun]'
		mapfile -t COMPREPLY < <(compgen -W "${!options[*]} help" -- "$current")
	else
		read -ra kinds <<<"${arguments[$command]-}"
		kind=${kinds[given]-}
		kind=${kind#[<[]}
		_ocirun_offer "${kind%[]>]}"
	fi
}
complete -F _ocirun ocirun
