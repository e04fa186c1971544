#!/bin/sh
# PID 1 of a test host: starts the daemons of its role and reaps what is left behind.
name=$1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /run/sshd /run/munge /run/mysqld /run/slurm /var/log/slurm /var/spool/slurmd /var/spool/slurmctld /var/lib/munge /var/log/munge
chown munge: /run/munge /var/lib/munge /var/log/munge /etc/munge /etc/munge/munge.key
chown slurm: /var/log/slurm /var/spool/slurmctld /run/slurm
chown mysql: /run/mysqld
chmod 0400 /etc/munge/munge.key

start() {
  case $1 in
    sshd) /usr/sbin/sshd -f /testbed/sshd_config ;;
    munged) runuser -u munge -- /usr/sbin/munged --force ;;
    mariadb)
      mkdir -p /var/lib/mysql && chown -R mysql: /var/lib/mysql
      [ -d /var/lib/mysql/mysql ] || mariadb-install-db --user=mysql --datadir=/var/lib/mysql >/dev/null 2>&1
      mariadbd --user=mysql --skip-networking --innodb-buffer-pool-size=64M >/var/log/mariadbd.log 2>&1 &
      n=0; until mariadb -e 'select 1' >/dev/null 2>&1; do n=$((n + 1)); [ $n -lt 200 ] || exit 1; sleep 0.1; done
      mariadb -e "create database if not exists slurm_acct_db; create user if not exists slurm@localhost; grant all on slurm_acct_db.* to slurm@localhost" ;;
    slurmdbd)
      chown slurm: /etc/slurm/slurmdbd.conf; chmod 600 /etc/slurm/slurmdbd.conf
      runuser -u slurm -- /usr/sbin/slurmdbd
      n=0; until sacctmgr -n list cluster >/dev/null 2>&1; do n=$((n + 1)); [ $n -lt 200 ] || exit 1; sleep 0.1; done
      sacctmgr -i add cluster lattice >/dev/null 2>&1
      sacctmgr -i add account imaging Description=imaging Organization=imaging >/dev/null 2>&1
      for user in anna carl finn otto bela; do sacctmgr -i add user "$user" Account=imaging >/dev/null 2>&1; done
      : ;;
    slurmctld) runuser -u slurm -- /usr/sbin/slurmctld ;;
    slurmd) /usr/sbin/slurmd ;;
  esac
}

if [ "${1:-}" = start ]; then start "$2"; exit; fi
for daemon in $(cat "/testbed/roles/$name"); do start "$daemon" || echo "$daemon did not start" >>"/testbed/failed-$name"; done
: >"/testbed/ready-$name"
trap 'exit 0' TERM
while :; do sleep 3600 & wait $!; done
