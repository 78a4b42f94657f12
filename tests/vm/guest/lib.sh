# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Variables that only the scripts use:
# shellcheck disable=SC2034
#
# For the scripts that run in the guest. They begin with
#
#	. "$(dirname "$0")/lib.sh"
#
# and may leave everything behind: the guest ends with them.
set -u
NBD=$O/aoe-nbd
W=/tmp/guest
mkdir -p "$W"
export LC_ALL=C

fail() {
	echo "FAILED: $*"
	local f
	for f in "$W"/*.log; do
		[ -s "$f" ] && echo "--- ${f##*/}" && tail -n 20 "$f"
	done
	dmesg | tail -n 8
	exit 1
}

say() {
	echo "[$(cut -d' ' -f1 /proc/uptime)] $*"
}

# wait_for SECONDS COMMAND...: until it succeeds; 1 when it does not in time.
wait_for() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/[.,]/}" -lt $end ] || return 1
		sleep 0.05
	done
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# expect STATUS PATTERN COMMAND...: its exit status, and what it must say; an
# empty pattern is not looked for.
expect() {
	local want=$1 pattern=$2 rc=0
	shift 2
	timeout -s KILL 60 "$@" >"$W/said.log" 2>&1 </dev/null || rc=$?
	[ $rc = "$want" ] || fail "'$*' ended with $rc, not $want"
	[ -z "$pattern" ] || grep -Eq -- "$pattern" "$W/said.log" ||
		fail "'$*' does not say /$pattern/"
}

# ---- targets: namespace t, joined to us by va -- vb ----

net() {
	ip netns add t || fail "no namespace"
	ip link add va mtu "${1:-1500}" type veth peer name vb netns t \
		mtu "${1:-1500}" || fail "no veth"
	ip link set va up
	ip -n t link set vb up
	wait_for 5 grep -q 1 /sys/class/net/va/carrier || fail "no carrier"
}

sockets() {
	ip netns exec t grep -c ' 88a2 ' /proc/net/packet
}

more_sockets() {
	[ "$(sockets)" -gt "$1" ]
}

# target SHELF SLOT SIZE [OPTION...]: a vblade; its pid is in $TARGET, its file
# "$W/eSHELF.SLOT."
target() {
	local shelf=$1 slot=$2 size=$3 before
	shift 3
	[ -e "$W/e$shelf.$slot" ] || truncate -s "$size" "$W/e$shelf.$slot"
	before=$(sockets)
	ip netns exec t vblade "$@" "$shelf" "$slot" vb "$W/e$shelf.$slot" \
		>"$W/vblade-$shelf.$slot.log" 2>&1 </dev/null &
	TARGET=$!
	disown
	wait_for 10 more_sockets "$before" || fail "vblade does not start"
}

# ---- devices ----

connected() {
	[ -e "/sys/block/$1/pid" ]
}

free() {
	! connected "$1"
}

# The kernel's own AoE driver, on the same interface.
kernel_aoe() {
	modprobe aoe aoe_iflist=va || fail "no aoe module"
	[ -e /dev/etherd/discover ] || fail "no /dev/etherd"
	cat /dev/etherd/err >"$W/etherd-err.log" 2>&1 </dev/null &
	echo >/dev/etherd/discover
	wait_for 10 [ -b "/dev/etherd/$1" ] || fail "no /dev/etherd/$1"
}
