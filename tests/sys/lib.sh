# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Variables that only the scripts use:
# shellcheck disable=SC2034
#
# For the scripts in this folder, which begin with
#
#	. "$(dirname "$0")/lib.sh"
#
# It gives them two network namespaces joined by Ethernet, targets, programs
# that are waited for, and a clean-up that runs however the script ends.
# Exit status: 0 passed, 1 failed (fail), 77 skipped (skip).
set -u
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
O=${O:-$TOP/build}
O=$(cd "$O" && pwd) || exit 1
FAKE=$O/tests/fake/fake-target
NBD=$O/aoe-nbd
FUSE=$O/aoe-fuse
AOE=$O/aoe
CLIENT=$O/tests/sys/nbd_client
T=$(mktemp -d "${TMPDIR:-/tmp}/sys.XXXXXX")
RUN_ID=$(printf '%04x' $((RANDOM * 32768 + RANDOM & 0xffff)))
CNS=aoe-$RUN_ID-c # where our programs are
TNS=aoe-$RUN_ID-t # where the targets are
M=$T/mnt # where aoe-fuse mounts
declare -A PIDS=()
export LC_ALL=C
cd "$T" || exit 1 # what a program drops goes with the rest

fail() {
	echo "FAILED: $*"
	local f
	for f in "$T"/*.log; do
		[ -s "$f" ] && echo "--- ${f##*/}" && tail -n 15 "$f"
	done
	exit 1
}

skip() {
	echo "skip: $*"
	exit 77
}

# ---- things that end by themselves, and clean-up for those that do not ----

# let_go: what a failed test has mounted, and loop devices on files in $M.
let_go() {
	local loop file
	mountpoint -q "$T/fs" && umount "$T/fs"
	losetup -n -O NAME,BACK-FILE | while read -r loop file; do
		[[ $file != "$M"/* ]] || losetup -d "$loop"
	done
}

cleanup() {
	local rc=$? name
	trap - EXIT
	let_go
	for name in "${!PIDS[@]}"; do
		finish "$name" TERM 2>/dev/null || rc=1
	done
	grep -q " $M fuse" /proc/self/mounts && umount -l "$M"
	ip netns del "$CNS" 2>/dev/null
	ip netns del "$TNS" 2>/dev/null
	rm -rf "$T"
	exit $rc
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# wait_for SECONDS COMMAND...: until it succeeds; 1 when it does not in time.
wait_for() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/[.,]/}" -lt $end ] || return 1
		sleep 0.02
	done
}

# spawn NAME COMMAND...: in the background; its output is $T/NAME.log.
spawn() {
	local name=$1
	shift
	: >"$T/$name.log"
	"$@" >"$T/$name.log" 2>&1 </dev/null &
	PIDS[$name]=$!
}

alive() {
	kill -0 "${PIDS[$1]}" 2>/dev/null
}

gone() {
	! alive "$1"
}

# finish NAME [SIGNAL]: ends it and waits; its exit status is in $STATUS.
finish() {
	local name=$1 signal=${2:-TERM} rc=0
	kill -s "$signal" "${PIDS[$name]}" 2>/dev/null
	wait_for 8 gone "$name" || {
		echo "FAILED: $name did not end within 8 s of SIG$signal"
		kill -s KILL "${PIDS[$name]}"
		rc=1
	}
	wait "${PIDS[$name]}" 2>/dev/null
	STATUS=$?
	unset "PIDS[$name]"
	sane "$T/$name.log" && return $rc
}

# join NAME SECONDS: waits for it to end by itself; status in $STATUS.
join() {
	wait_for "$2" gone "$1" || fail "$1 still runs after $2 s"
	wait "${PIDS[$1]}" 2>/dev/null
	STATUS=$?
	unset "PIDS[$1]"
	sane "$T/$1.log" || fail "$1"
}

# No report of a sanitizer in the file.
sane() {
	! grep -HE 'Sanitizer|runtime error:' "$1"
}

# ---- the network ----

# net [MTU]: two namespaces, eth0 for the client and tgt0 for targets.
net() {
	ip netns add "$CNS" && ip netns add "$TNS" ||
		fail "cannot make network namespaces"
	ip -n "$CNS" link set lo up
	link 0 "${1:-1500}"
}

# link N MTU: another wire, from ethN to tgtN.
link() {
	ip -n "$CNS" link add "eth$1" mtu "$2" type veth \
		peer name "tgt$1" mtu "$2" netns "$TNS" &&
		ip -n "$CNS" link set "eth$1" up &&
		ip -n "$TNS" link set "tgt$1" up || fail "no link $1"
	wait_for 5 carrier "eth$1" || fail "eth$1 has no carrier"
}

# bridge MTU N [OPTION...]: behind eth0 is a switch now, with N more ports that
# targets can use: tgt10, tgt11 and so on. OPTIONs are of the kernel's bridge.
bridge() {
	local mtu=$1 ports=$2 n
	ip -n "$TNS" link add sw0 mtu "$mtu" type bridge "${@:3}" &&
		ip -n "$TNS" link set tgt0 master sw0 &&
		ip -n "$TNS" link set sw0 up || fail "no bridge"
	for ((n = 10; n < 10 + ports; n++)); do
		ip -n "$TNS" link add "tgt$n" mtu "$mtu" type veth \
			peer name "sw$n" mtu "$mtu" &&
			ip -n "$TNS" link set "sw$n" master sw0 up &&
			ip -n "$TNS" link set "tgt$n" up || fail "no port $n"
	done
}

# statistic NAMESPACE INTERFACE NAME: rx_packets, tx_bytes ...
statistic() {
	ip netns exec "$1" cat "/sys/class/net/$2/statistics/$3"
}

# shape N MBIT [BURST]: both ends of that wire send no faster; the queues take
# two windows of 16 jumbo frames, so that no vblade sees one overflow and dies.
shape() {
	local queue=(rate "$2mbit" burst "${3:-32k}" limit 400k)
	ip netns exec "$CNS" tc qdisc replace dev "eth$1" root tbf \
		"${queue[@]}" &&
		ip netns exec "$TNS" tc qdisc replace dev "tgt$1" root tbf \
			"${queue[@]}" ||
		fail "no rate limit on link $1"
}

carrier() {
	[ "$(ip netns exec "$CNS" cat "/sys/class/net/$1/carrier")" = 1 ]
}

# c COMMAND...: run it where our programs are.
c() {
	ip netns exec "$CNS" "$@"
}

# ---- targets ----

# Packet sockets for AoE that are bound in the targets' namespace.
aoe_sockets() {
	ip netns exec "$TNS" grep -c ' 88a2 ' /proc/net/packet
}

more_sockets() {
	[ "$(aoe_sockets)" -gt "$1" ]
}

# vblade NAME SHELF SLOT FILE [N [OPTION...]]: on wire N.
vblade() {
	local name=$1 shelf=$2 slot=$3 file=$4 port=tgt${5:-0} before
	shift $(($# > 5 ? 5 : $#))
	before=$(aoe_sockets)
	# shellcheck disable=SC2016 # expanded on the other host
	spawn "$name" ip netns exec "$TNS" unshare --uts sh -c \
		'echo "$0" >/proc/sys/kernel/hostname; exec vblade "$@"' \
		"${VBLADE_HOST:-$(uname -n)}" "$@" \
		"$shelf" "$slot" "$port" "$file"
	wait_for 5 more_sockets "$before" || fail "vblade $name does not start"
}

# vblade_of HOST ...: as vblade, on a host of that name, which is in the serial
# number of the disk: SHELF.SLOT:HOST.
vblade_of() {
	local VBLADE_HOST=$1
	shift
	vblade "$@"
}

# fake NAME ARGUMENT...: on tgt0, unless -i says otherwise.
fake() {
	local name=$1 port=
	shift
	[[ " $* " == *" -i "* ]] || port='-i tgt0'
	# shellcheck disable=SC2086
	spawn "$name" ip netns exec "$TNS" "$FAKE" $port "$@"
	wait_for 15 grep -q '^ready:' "$T/$name.log" ||
		fail "fake-target $name does not start"
}

lines() {
	[ "$(grep -c '^{' "$T/$1.log")" -gt "$2" ]
}

# counter NAME FIELD: what the fake target has counted up to now.
counter() {
	local before
	before=$(grep -c '^{' "$T/$1.log")
	kill -s USR1 "${PIDS[$1]}" && wait_for 5 lines "$1" "$before" ||
		fail "fake-target $1 does not report"
	grep '^{' "$T/$1.log" | tail -n 1 |
		sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"
}

# lawful NAME: the fake target saw nothing that the standards do not allow.
lawful() {
	[ "$(counter "$1" violations)" = 0 ] || fail "$1 saw violations"
	[ "$(counter "$1" low_tags)" = 0 ] || fail "$1 saw tags below 2^31"
}

# ---- disks ----

# sparse FILE SECTORS: empty, of this size.
sparse() {
	truncate -s $(($2 * 512)) "$1"
}

# random FILE SECTORS
random() {
	head -c $(($2 * 512)) /dev/urandom >"$1"
}

# same FILE FILE: byte for byte.
same() {
	cmp "$1" "$2" || fail "$1 and $2 differ"
}

# ---- our programs ----

# expect STATUS COMMAND...: in the client's namespace; output in $T/out, $T/err.
expect() {
	local want=$1 rc
	shift
	c timeout -k 5 "${EXPECT_LIMIT:-30}" "$@" >"$T/out" 2>"$T/err" </dev/null
	rc=$?
	sane "$T/err" || fail "$*"
	[ $rc = "$want" ] && return
	echo "--- stdout"
	head -n 20 "$T/out"
	echo "--- stderr"
	head -n 20 "$T/err"
	fail "exit status $rc instead of $want: $*"
}

# says PATTERN / complains PATTERN: what the last `expect` wrote.
says() {
	grep -qE -- "$1" "$T/out" || {
		cat "$T/out"
		fail "standard output has no '$1'"
	}
}

complains() {
	grep -qE -- "$1" "$T/err" || {
		cat "$T/err"
		fail "standard error has no '$1'"
	}
}

# One line that a user can act on, and no more.
one_line() {
	[ "$(wc -l <"$T/err")" = 1 ] || {
		cat "$T/err"
		fail "standard error is not one line"
	}
}

# serve [ARGUMENT...]: aoe-nbd on $SOCK with these arguments.
SOCK=$T/nbd.sock
serve() {
	spawn nbd ip netns exec "$CNS" "$NBD" --unix "$SOCK" "$@"
	wait_for 15 listening || fail "aoe-nbd does not serve"
}

listening() {
	alive nbd || fail "aoe-nbd ended"
	[ -S "$SOCK" ] && nbdinfo --list "nbd+unix://?socket=$SOCK" \
		>/dev/null 2>&1
}

uri() {
	echo "nbd+unix:///$1?socket=$SOCK"
}

# mount_fuse [ARGUMENT...]: aoe-fuse at $M, live when this returns. Not
# with `ip netns exec`, which has mounts of its own.
mount_fuse() {
	mkdir -p "$M" 2>/dev/null
	spawn fuse nsenter --net="/run/netns/$CNS" "$FUSE" -f "$@" "$M"
	wait_for 15 mounted || fail "aoe-fuse does not mount"
}

# here DISK...: they are there, soon.
here() {
	local d
	for d; do
		wait_for 10 test -e "$M/$d/disk" || fail "no $d in $(ls "$M")"
	done
}

mounted() {
	alive fuse || fail "aoe-fuse ended"
	grep -q " $M fuse.aoe-fuse" /proc/self/mounts && ls "$M" >/dev/null 2>&1
}

# unmount_fuse [SIGNAL]: ends it, and sees that it was in order.
unmount_fuse() {
	finish fuse "${1:-TERM}" || fail "aoe-fuse does not end"
	[ "$STATUS" = 0 ] || fail "aoe-fuse: exit status $STATUS"
	grep -q " $M " /proc/self/mounts && fail "$M is still mounted"
	return 0
}
