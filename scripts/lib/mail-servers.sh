# Postfix and Exim for the tests of STARTTLS. They exclude each other as packages and want to be the machine's mail server, so
# they are unpacked beside it and never installed: nothing of them runs but what a test starts.
# shellcheck shell=bash

# What the two are linked with.
MAIL_SERVER_PACKAGES=(libdb5.3 libgnutls-dane0 libicu72 libidn12 libnsl2 libsasl2-2)

# make_mail_servers: unpacks them to .build/mail-servers. Fails where apt cannot have them.
make_mail_servers() {
    local place=$BUILD/mail-servers
    [ ! -e "$place/complete" ] || return 0
    rm -rf "$place"
    mkdir -p "$place/packages"
    (cd "$place/packages" && retry 3 apt-get -q download postfix exim4-daemon-light >&2) || return 1
    local package
    for package in "$place"/packages/*.deb; do dpkg-deb -x "$package" "$place" || return 1; done
    touch "$place/complete"
}
