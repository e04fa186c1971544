#!/bin/sh
# Becomes PID 1 of a test host: its own root, /proc, /dev and mounts; then starts what the host's role asks for and reaps.
# usage (inside new mount, pid, uts and ipc namespaces): host-init.sh ROOT NAME SHARED CGROUP
set -eu
root=$1 name=$2 shared=$3 cgroup=$4
mount --make-rprivate /
hostname "$name"
mount --bind "$root" "$root"
mkdir -p "$root/scratch" "$root/home" "$root/old"
mount --rbind "$shared/scratch" "$root/scratch"
mount --bind "$shared/home" "$root/home"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 fuse:10:229; do
  major=${node#*:}
  mknod -m 666 "$root/dev/${node%%:*}" c "${major%:*}" "${major#*:}"
done
case $name in cn*) mknod -m 666 "$root/dev/nvidia0" c 195 0; mknod -m 666 "$root/dev/nvidia1" c 195 1 ;; esac
mkdir -p "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for n in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${n%:*}" "$root/dev/${n#*:}"; done
# Memory of jobs is confined by the machine's own cgroups (v1): a folder of this host in each controller, seen as the whole.
if grep -q '^[0-9]*:memory:' /proc/self/cgroup; then
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  for controller in memory cpuset devices freezer cpu cpuacct; do
    all=$root/old/$controller
    mkdir -p "$all" "$root/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "$all" || continue
    own=$all/$cgroup/$name
    mkdir -p "$own"
    if [ "$controller" = cpuset ]; then
      for folder in "${own%/*}" "$own"; do
        for file in cpuset.cpus cpuset.mems; do cat "$all/$file" >"$folder/$file"; done
      done
    fi
    mount --bind "$own" "$root/sys/fs/cgroup/$controller"
    umount -l "$all"
    rmdir "$all"
  done
fi
cd "$root"
pivot_root . old
umount -l /old
exec /bin/sh /testbed/host-main.sh "$name"
