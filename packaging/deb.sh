#!/usr/bin/env bash
# Makes a Debian package of build/tandemail: build/tandemail_VERSION_ARCH.deb. Called by ./dev package.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
version=$(sed -n 's/^project(tandemail VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
chmod 755 "$root"
trap 'rm -rf "$root"' EXIT

install -D -m 755 -s build/tandemail "$root/usr/bin/tandemail"
install -D -m 644 packaging/tandemail.service "$root/lib/systemd/system/tandemail.service"
install -D -m 644 README.md "$root/usr/share/doc/tandemail/README.md"
for page in configuration api first-move first-move.ja security; do
  install -D -m 644 "docs/$page.md" "$root/usr/share/doc/tandemail/$page.md"
done
install -D -m 644 LICENSE "$root/usr/share/doc/tandemail/copyright"
install -d -m 755 "$root/etc/tandemail/migrations"

mkdir -p "$root/debian" "$root/DEBIAN"
printf 'Source: tandemail\nPackage: tandemail\nArchitecture: any\n' > "$root/debian/control"
depends=$(cd "$root" && dpkg-shlibdeps -O usr/bin/tandemail 2>/dev/null | sed 's/^shlibs:Depends=//')
rm -r "$root/debian"
cat > "$root/DEBIAN/control" <<EOF
Package: tandemail
Version: $version
Architecture: $architecture
Maintainer: Tandemail developers <developers@tandemail.invalid>
Depends: $depends, adduser
Section: mail
Priority: optional
Description: moves a company's mail between providers while both keep running
 SMTP gateway with mirroring, IMAP/POP3/submission proxy, mailbox copier, mail
 server and web page in one binary.
EOF
cat > "$root/DEBIAN/postinst" <<'EOF'
#!/bin/sh
set -e
adduser --system --group --home /var/lib/tandemail --no-create-home --quiet tandemail
install -d -m 750 -o root -g tandemail /etc/tandemail /etc/tandemail/migrations
# Both before the first start, so that accounts can be imported before it; the service itself may not
# write to /etc.
install -d -m 700 -o tandemail -g tandemail /var/lib/tandemail
if [ ! -e /etc/tandemail/secrets.key ]; then
  (umask 077 && head -c 32 /dev/urandom > /etc/tandemail/secrets.key.new)
  chown tandemail: /etc/tandemail/secrets.key.new
  mv /etc/tandemail/secrets.key.new /etc/tandemail/secrets.key
fi
EOF
chmod 755 "$root/DEBIAN/postinst"
dpkg-deb --root-owner-group --build "$root" "build/tandemail_${version}_${architecture}.deb"
