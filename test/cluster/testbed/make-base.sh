#!/bin/sh
# Makes the root file system that all hosts of the test cluster share: Debian trixie, with Apptainer from sid.
# usage: make-base.sh FOLDER   (as root, on Debian; takes the mirror from this machine's own apt sources)
set -eu
target=$1
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

apt() { apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2; }
command -v mmdebstrap >/dev/null && command -v ip >/dev/null && command -v ssh >/dev/null || {
  apt update
  apt install -y --no-install-recommends mmdebstrap iproute2 openssh-client
}
mirror_of() {
  apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Identifier: Packages' 'Origin: Debian' 'Component: main' |
    awk '$2 == "Debian" { print $1; exit }'
}
mirror=$(mirror_of)
[ -n "$mirror" ] || { apt update; mirror=$(mirror_of); }
[ -n "$mirror" ] || { echo "the apt sources of this machine name no Debian mirror" >&2; exit 1; }

packages=openssh-server,slurm-wlm,slurmdbd,munge,mariadb-server,apptainer,squashfs-tools,squashfuse,fuse3,iproute2
packages=$packages,python3-numpy,python3-tifffile,python3-scipy,nodejs,docker-registry,skopeo,fish,tcsh,busybox
packages=$packages,krb5-kdc,krb5-admin-server,krb5-user,mesa-vulkan-drivers,libvulkan1,libpam-google-authenticator,faketime,openssl,procps,curl,time,ca-certificates

part=$target.part
rm -rf "$part"
mkdir -p "$(dirname "$target")"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mmdebstrap --quiet --variant=minbase --mode=root --include="$packages" \
  --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Default-Release "trixie"' --aptopt='Acquire::Retries "3"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --skip=cleanup/apt trixie "$part" \
  "deb [signed-by=$keyring] $mirror trixie main" "deb [signed-by=$keyring] $mirror sid main" >&2

in_base() { chroot "$part" "$@"; }
# The same users everywhere. anna: bash; carl: tcsh; finn: fish; otto: password and one-time code; bela: a talkative shell.
uid=2001
for entry in anna:/bin/bash carl:/bin/tcsh finn:/usr/bin/fish otto:/bin/bash bela:/bin/bash; do
  in_base useradd --uid $uid --user-group --no-create-home --home-dir "/home/${entry%%:*}" --shell "${entry#*:}" "${entry%%:*}"
  uid=$((uid + 1))
done
echo 'otto:lattice-light' | in_base chpasswd
ls "$part/etc/ssh/"ssh_host_ed25519_key >/dev/null
[ -e "$part/etc/munge/munge.key" ] || in_base mungekey --create
rm -rf "$part/var/cache/apt" "$part/var/lib/apt/lists" "$part/var/log/"*
mv "$part" "$target"
