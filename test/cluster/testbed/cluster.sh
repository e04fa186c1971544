#!/bin/bash
# A login host, two compute nodes and a jump host on this machine: network namespaces, real sshd, Slurm, slurmdbd, Apptainer.
# usage (root, Debian): cluster.sh up [--max-array N] [--max-jobs N] [--no-accounting] | down | exec HOST COMMAND…
# What it keeps lies in $ESPALIER_TESTBED (default: below the user's cache folder); `down` leaves nothing but the cached base.
# Its network is 10.77.0.0/24; with another $ESPALIER_TESTBED and $ESPALIER_TESTBED_NUMBER (1 to 254) a second one stands beside it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${ESPALIER_TESTBED:-${XDG_CACHE_HOME:-$HOME/.cache}/espalier-testbed}
state=$cache/state
hosts=(login:2 cn1:3 cn2:4 gate:5)
number=${ESPALIER_TESTBED_NUMBER:-77}
bridge=esp$number-bed
net=10.$number.0

recipe() { sha256sum "$here/make-base.sh" | cut -c1-16; }
base=$cache/base-$(recipe)

pid_of() { cat "$state/$1.pid" 2>/dev/null || true; }

inside() { # HOST COMMAND…
  local pid
  pid=$(pid_of "$1")
  shift
  nsenter -t "$pid" --mount --uts --ipc --net --pid --root --wdns=/ -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}

down() {
  for entry in "${hosts[@]}"; do
    local name=${entry%:*} pid
    # The hosts' first processes, by the ids that `up` wrote down: the kernel ends what lives in their namespaces with them.
    pid=$(pid_of "$name.outer")
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    pid=$(pid_of "$name")
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    for _ in $(seq 100); do [ -n "$pid" ] && [ -d "/proc/$pid" ] || break; sleep 0.05; done
    # By hand: a namespace lives on while a socket in it is still closing, and its end of the cable with it.
    ip link del "esp$number-$name" 2>/dev/null || true
    ip netns del "esp$number-$name" 2>/dev/null || true
    umount -l "$state/roots/$name/merged" 2>/dev/null || true
  done
  ip link del "$bridge" 2>/dev/null || true
  umount -l "$state/shared/scratch/small" 2>/dev/null || true
  for controller in memory cpuset devices freezer cpu cpuacct; do
    [ ! -d "/sys/fs/cgroup/$controller/espalier-testbed-$number" ] ||
      find "/sys/fs/cgroup/$controller/espalier-testbed-$number" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  rm -rf "$state"
}

configure() { # MAX_ARRAY MAX_JOBS ACCOUNTING
  local conf=$state/testbed
  mkdir -p "$conf/roles" "$state/slurm"
  cp "$here/host-main.sh" "$conf/"
  local accounting="" confine="CgroupPlugin=disabled" task=task/none kill=""
  local daemons="munged sshd"
  if [ "$3" = yes ]; then
    daemons="munged mariadb slurmdbd sshd"
    accounting=$'AccountingStorageType=accounting_storage/slurmdbd\nAccountingStorageHost=login\nAccountingStorageTRES=gres/gpu'
  fi
  if [ -d /sys/fs/cgroup/memory ]; then
    confine=$'CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes\nConstrainSwapSpace=yes\nAllowedSwapSpace=0'
    task=task/cgroup
  else
    kill=JobAcctGatherParams=OverMemoryKill
  fi
  echo "$daemons slurmctld" >"$conf/roles/login"
  echo "munged sshd slurmd" >"$conf/roles/cn1"
  echo "munged sshd slurmd" >"$conf/roles/cn2"
  echo "sshd" >"$conf/roles/gate"
  cat >"$state/slurm/slurm.conf" <<CONF
ClusterName=lattice
SlurmctldHost=login
SlurmUser=slurm
AuthType=auth/munge
StateSaveLocation=/var/spool/slurmctld
SlurmdSpoolDir=/var/spool/slurmd
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
SlurmctldPidFile=/run/slurm/slurmctld.pid
SlurmdPidFile=/run/slurm/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=$task
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=100
GresTypes=gpu
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
$kill
MaxArraySize=$1
MaxJobCount=$2
KillWait=5
$accounting
NodeName=cn[1-2] CPUs=16 RealMemory=8000 Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes=cn[1-2] Default=YES MaxTime=01:00:00 State=UP
PartitionName=gpu Nodes=cn[1-2] MaxTime=01:00:00 State=UP
CONF
  echo 'NodeName=cn[1-2] Name=gpu File=/dev/nvidia[0-1]' >"$state/slurm/gres.conf"
  echo "$confine" >"$state/slurm/cgroup.conf"
  cat >"$state/slurm/slurmdbd.conf" <<CONF
AuthType=auth/munge
DbdHost=login
SlurmUser=slurm
LogFile=/var/log/slurm/slurmdbd.log
PidFile=/run/slurm/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageUser=slurm
StorageLoc=slurm_acct_db
CONF
  cat >"$conf/sshd_config" <<CONF
HostKey /testbed/keys/ssh_host_ed25519_key
PasswordAuthentication no
KbdInteractiveAuthentication yes
UsePAM yes
AuthorizedKeysFile /testbed/keys/authorized/%u
StrictModes no
PermitRootLogin prohibit-password
AcceptEnv LANG LC_*
Match User otto
  AuthenticationMethods keyboard-interactive
Match User bela
  Banner /testbed/banner
CONF
  echo 'Use of this system is monitored.' >"$conf/banner"
}

make_keys() {
  local keys=$state/testbed/keys name
  mkdir -p "$keys/authorized"
  ssh-keygen -q -t ed25519 -N '' -C anna -f "$state/id_ed25519"
  for name in root anna carl finn bela; do cp "$state/id_ed25519.pub" "$keys/authorized/$name"; done
  : >"$state/known_hosts"
  for entry in "${hosts[@]}"; do
    name=${entry%:*}
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$state/host-key-$name"
    printf '%s,%s.%s %s\n' "$name" "$net" "${entry#*:}" "$(cut -d' ' -f1,2 "$state/host-key-$name.pub")" >>"$state/known_hosts"
  done
  cat >"$state/ssh_config" <<CONF
Host login cn1 cn2 gate
  User anna
  IdentityFile $state/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile $state/known_hosts
  GlobalKnownHostsFile /dev/null
$(for entry in "${hosts[@]}"; do printf 'Host %s\n  HostName %s.%s\n' "${entry%:*}" "$net" "${entry#*:}"; done)
# Behind two hosts.
Host deep
  HostName $net.4
  HostKeyAlias cn2
  ProxyJump gate,cn1
  User anna
  IdentityFile $state/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile $state/known_hosts
  GlobalKnownHostsFile /dev/null
Host inner
  HostName $net.2
  HostKeyAlias login
  ProxyJump gate
  User anna
  IdentityFile $state/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile $state/known_hosts
  GlobalKnownHostsFile /dev/null
CONF
}

start_host() { # NAME ADDRESS
  local name=$1 address=$2 root=$state/roots/$1
  mkdir -p "$root/upper" "$root/work" "$root/merged"
  mount -t overlay overlay -o "lowerdir=$base,upperdir=$root/upper,workdir=$root/work" "$root/merged"
  mkdir -p "$root/merged/etc/slurm" "$root/merged/testbed"
  cp "$state/slurm/"* "$root/merged/etc/slurm/"
  cp -r "$state/testbed/." "$root/merged/testbed/"
  cp "$state/host-key-$name" "$root/merged/testbed/keys/ssh_host_ed25519_key"
  chmod 600 "$root/merged/testbed/keys/ssh_host_ed25519_key"
  name_hosts >"$root/merged/etc/hosts"
  if [ "$name" = login ]; then second_factor "$root/merged"; fi
  if [ "$name" = login ]; then count_commands "$root/merged"; fi
  ip netns add "esp$number-$name"
  ip link add "esp$number-$name" type veth peer name eth0 netns "esp$number-$name"
  ip link set "esp$number-$name" master "$bridge" up
  ip -n "esp$number-$name" addr add "$net.$address/24" dev eth0
  ip -n "esp$number-$name" link set eth0 up
  ip -n "esp$number-$name" link set lo up
  setsid ip netns exec "esp$number-$name" unshare --mount --uts --ipc --pid --fork --kill-child \
    /bin/sh "$here/host-init.sh" "$root/merged" "$name" "$state/shared" "espalier-testbed-$number" >"$state/$name.log" 2>&1 </dev/null &
  echo $! >"$state/$name.outer.pid"
}

name_hosts() {
  printf '127.0.0.1 localhost\n%s.1 laptop\n' "$net"
  for entry in "${hosts[@]}"; do printf '%s.%s %s\n' "$net" "${entry#*:}" "${entry%:*}"; done
}

# otto answers for his password and for a code of which the secret is known; the others use keys and never meet PAM's questions.
second_factor() { # ROOT
  printf 'JBSWY3DPEHPK3PXP\n" WINDOW_SIZE 17\n" TOTP_AUTH\n' >"$1/etc/otto.totp"
  chmod 400 "$1/etc/otto.totp"
  cat >"$1/etc/pam.d/sshd" <<'PAM'
auth required pam_unix.so
auth required pam_google_authenticator.so secret=/etc/otto.totp user=root no_increment_hotp
account required pam_unix.so
session required pam_unix.so
PAM
}

# Small scripts earlier on the PATH write down which Slurm programs the login host ran, and then run them.
count_commands() { # ROOT
  mkdir -p "$1/usr/local/bin"
  : >"$state/shared/scratch/.commands"
  chmod 666 "$state/shared/scratch/.commands"
  for program in sbatch squeue sacct scancel scontrol sinfo sacctmgr; do
    printf '#!/bin/sh\necho "%s $*" >>/scratch/.commands\nexec /usr/bin/%s "$@"\n' $program $program >"$1/usr/local/bin/$program"
    chmod 755 "$1/usr/local/bin/$program"
  done
}

# What this machine itself needs: make-base.sh has its own, for when the base is made.
need_programs() {
  local missing=() entry
  for entry in ip:iproute2 ssh:openssh-client faketime:faketime; do
    command -v "${entry%:*}" >/dev/null || missing+=("${entry#*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update >&2
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 install -y --no-install-recommends "${missing[@]}" >&2
}

wait_for() { # SECONDS WHAT COMMAND…
  local n=$(($1 * 10)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    n=$((n - 1))
    [ "$n" -gt 0 ] || { echo "test cluster: $what did not come up; see $state" >&2; return 1; }
    sleep 0.1
  done
}

child_of() { # OUTER: `unshare` is a child of it, the host's first process a child of that
  local pid=$1
  pid=$(cat "/proc/$pid/task/$pid/children" | tr -d ' ')
  echo "$pid"
}

up() {
  local max_array=1001 max_jobs=10000 accounting=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --max-array) max_array=$2; shift 2 ;;
      --max-jobs) max_jobs=$2; shift 2 ;;
      --no-accounting) accounting=no; shift ;;
      *) echo "unknown option $1" >&2; exit 64 ;;
    esac
  done
  [ "$(id -u)" = 0 ] || { echo "the test cluster needs root" >&2; exit 77; }
  [ -e /etc/debian_version ] || { echo "the test cluster needs Debian" >&2; exit 77; }
  need_programs
  down
  if [ ! -d "$base" ]; then
    rm -rf "$cache"/base-*
    sh "$here/make-base.sh" "$base"
  fi
  mkdir -p "$state/shared/scratch" "$state/shared/home" "$state/roots"
  chmod 1777 "$state/shared/scratch"
  # A disk of a few megabytes that all hosts share, for tests to fill.
  mkdir "$state/shared/scratch/small"
  mount -t tmpfs -o size=8m,mode=1777 tmpfs "$state/shared/scratch/small"
  local user uid=2001
  for user in anna carl finn otto bela; do
    mkdir -p "$state/shared/home/$user"
    chown $uid:$uid "$state/shared/home/$user"
    chmod 700 "$state/shared/home/$user"
    uid=$((uid + 1))
  done
  printf 'echo "Welcome to the cluster: maintenance on Monday"\n' >"$state/shared/home/bela/.bashrc"
  configure "$max_array" "$max_jobs" "$accounting"
  make_keys
  ip link add "$bridge" type bridge
  ip addr add "$net.1/24" dev "$bridge"
  ip link set "$bridge" up
  local entry name
  for entry in "${hosts[@]}"; do start_host "${entry%:*}" "${entry#*:}"; done
  for entry in "${hosts[@]}"; do
    name=${entry%:*}
    # --fork makes unshare wait for its child, which is the host's first process.
    wait_for 10 "$name" grep -q . "/proc/$(cat "$state/$name.outer.pid")/task/$(cat "$state/$name.outer.pid")/children"
    child_of "$(cat "$state/$name.outer.pid")" >"$state/$name.pid"
  done
  for entry in "${hosts[@]}"; do wait_for 60 "${entry%:*}" test -e "$state/roots/${entry%:*}/upper/testbed/ready-${entry%:*}"; done
  wait_for 60 "Slurm" sh -c "ssh -F '$state/ssh_config' login /usr/bin/sinfo -h -o %T | grep -qx idle"
  echo "test cluster is up: ssh -F $state/ssh_config login"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  up) up "$@" ;;
  down) down ;;
  exec) inside "$@" ;;
  *) sed -n '2,6p' "$0" | sed 's/^# //' >&2; exit 64 ;;
esac
