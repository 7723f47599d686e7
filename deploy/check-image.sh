#!/bin/sh
# Runs the program in what its image is, without an engine for images:
#
#   deploy/check-image.sh BINARY [--mount DIR:PATH[:rw]]… [-- ARGUMENT…]
#
# The root file system holds the program and what distroless/cc-debian12 has of shared
# libraries, certificates and users, and can only be read. The program is the user 65532 without
# capabilities, process 1 of a namespace of its own, in a chroot, where Linux makes no further
# namespaces of users, which is what a container's seccomp profile refuses, too. /tmp and
# /var/lib/bapsang are empty and may be written, as the chart mounts them.
#
# Without arguments it looks for libraries that the image does not have, then asks one question
# about a small file, which starts the query processes. Needs root, unshare, setpriv and chroot.
set -eu

# What the image has; of a Debian of the same release, which is where the program is built.
libraries='ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libgcc_s.so.1 libstdc++.so.6
libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 libnss_dns.so.2 libnss_files.so.2 libgomp.so.1'

die() { echo "check-image: $*" >&2; exit 1; }

inside() { # inside ROOT MOUNTS ARGUMENT…: in namespaces of our own
  root=$1 mounts=$2
  shift 2
  mount --make-rprivate /
  mount --bind "$root" "$root"
  mount -o remount,ro,bind,nosuid,nodev "$root" "$root"
  mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
  mount -t tmpfs -o mode=755 dev "$root/dev"
  for d in null zero full random urandom; do : >"$root/dev/$d"; mount --bind "/dev/$d" "$root/dev/$d"; done
  mkdir "$root/dev/shm"
  mount -t tmpfs -o nosuid,nodev,mode=1777 shm "$root/dev/shm"
  mount -t tmpfs -o nosuid,nodev,size=2g,mode=1777 tmp "$root/tmp"
  mount -t tmpfs -o nosuid,nodev,size=4g,mode=2770,uid=0,gid=65532 data "$root/var/lib/bapsang"
  for m in $mounts; do
    from=${m%%:*} rest=${m#*:}
    mount --bind "$from" "$root${rest%:rw}"
    case $rest in *:rw) ;; *) mount -o remount,ro,bind "$root${rest%:rw}" ;; esac
  done
  # Capabilities that chroot needs to become somebody are inherited that far and no further.
  exec setpriv --inh-caps=-all,+sys_chroot,+setuid,+setgid setpriv --no-new-privs --bounding-set=-all \
    chroot --userspec=65532:65532 --groups=65532 "$root" /usr/local/bin/bapsang "$@"
}

if [ "${1:-}" = --inside ]; then
  shift
  inside "$@"
fi

[ "$(id -u)" = 0 ] || die "needs root, to make a root file system of its own"
binary=${1:?name the program}
shift
mounts=
while [ "${1:-}" = --mount ]; do
  mounts="$mounts $2"
  shift 2
done
[ "${1:-}" != -- ] || shift

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/proc" "$root/dev" "$root/tmp" "$root/var/lib/bapsang" "$root/usr/local/bin" "$root/etc/ssl/certs" "$root/home/nonroot"
chmod 755 "$root"
install -m 755 "$binary" "$root/usr/local/bin/bapsang"
for l in $libraries; do
  # Where the loader looks for it: /lib/x86_64-linux-gnu on Debian, /lib64 for the loader itself.
  for at in $(ldconfig -p | awk -v l="$l" '$1 == l { print $NF }') "/lib64/$l" "/lib/$l"; do
    [ -e "$at" ] || continue
    mkdir -p "$root$(dirname "$at")"
    cp -L "$at" "$root$at"
  done
done
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
for f in hosts resolv.conf; do [ ! -e "/etc/$f" ] || cp -L "/etc/$f" "$root/etc/$f"; done
for m in $mounts; do
  rest=${m#*:}
  if [ -d "${m%%:*}" ]; then mkdir -p "$root${rest%:rw}"; else mkdir -p "$root$(dirname "${rest%:rw}")"; : >"$root${rest%:rw}"; fi
done

# The image has no shell: whoever is inside is alone with the program, and no variable of
# ours goes in but those named IN_….
run() {
  unshare --mount --pid --ipc --uts --fork --kill-child env -i $(env | sed -n 's/^IN_//p' | grep -E '^[A-Z_]+=[^ ]*$') \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$self" --inside "$root" "$mounts" "$@"
}
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

if [ $# -gt 0 ]; then
  run "$@"
  exit
fi

missing=$(ldd "$binary" | awk '/=>/ { print $1 } $2 != "=>" && /ld-linux/ { n = split($1, p, "/"); print p[n] }' | while read -r l; do
  case " $(echo $libraries) " in *" $l "*) ;; *) echo "$l" ;; esac
done)
[ -z "$missing" ] || die "the image has no $(echo $missing)"
run version
mkdir -p "$root/data"
printf 'day,region,revenue\n2026-10-01,서울,1200\n2026-10-02,부산,800\n2026-10-03,서울,300\n' >"$root/data/sales.csv"
answer=$(run ask --data /data/sales.csv --now 2026-11-22 --json '지난달 지역별 매출')
case $answer in *1500*) echo "answered: $(echo "$answer" | sed -n 's/.*"text": *"\([^"]*\)".*/\1/p' | head -1)" ;; *) die "the answer is not there: $answer" ;; esac
