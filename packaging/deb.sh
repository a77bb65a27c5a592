#!/usr/bin/env bash
# Makes a Debian package of build/tandemail: build/tandemail_VERSION_ARCH.deb. Called by ./dev package.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
version=$(sed -n 's/^project(tandemail VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

install -D -m 755 -s build/tandemail "$root/usr/bin/tandemail"
install -D -m 644 packaging/tandemail.service "$root/lib/systemd/system/tandemail.service"
install -D -m 644 README.md "$root/usr/share/doc/tandemail/README.md"
install -D -m 644 docs/configuration.md "$root/usr/share/doc/tandemail/configuration.md"
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
EOF
chmod 755 "$root/DEBIAN/postinst"
dpkg-deb --root-owner-group --build "$root" "build/tandemail_${version}_${architecture}.deb"
