# Seeds for the fuzzers: what our own sides say in a handshake (written by the fuzzer itself), what openssl says, and
# certificates, CRLs, requests and keys that openssl makes.
# shellcheck shell=bash

# make_seeds DIRECTORY: a folder of seeds for each target.
make_seeds() {
    local seeds=$1 scratch
    scratch=$(mktemp -d)
    SWIFTLET_FUZZ_SEEDS=$seeds ASAN_OPTIONS=detect_leaks=0 "$FUZZER"
    openssl_certificates "$scratch" "$seeds"
    openssl_messages "$scratch" "$seeds"
    rm -rf "$scratch"
}

# plant SEEDS TARGET FILE...: copies files to the seeds of a target, named after their contents.
plant() {
    local seeds=$1 target=$2 file
    shift 2
    mkdir -p "$seeds/$target"
    for file; do [ ! -s "$file" ] || cp "$file" "$seeds/$target/$(sha1sum <"$file" | cut -c 1-40)"; done
}

# with_length FILE: its bytes with their count in three bytes in front.
with_length() {
    local count
    count=$(bytes_of "$1")
    # shellcheck disable=SC2059
    printf "$(printf '\\x%02x\\x%02x\\x%02x' $((count >> 16)) $((count >> 8 & 255)) $((count & 255)))"
    cat "$1"
}

openssl_certificates() {
    local scratch=$1 seeds=$2 kind extensions
    extensions="subjectAltName=DNS:host.example.org,DNS:*.example.org,IP:127.0.0.1,IP:2001:db8::1,email:a@example.org"
    for kind in "EC -pkeyopt ec_paramgen_curve:P-256" "EC -pkeyopt ec_paramgen_curve:P-384" \
        "RSA -pkeyopt rsa_keygen_bits:2048" "RSA-PSS -pkeyopt rsa_keygen_bits:2048"; do
        # shellcheck disable=SC2086
        openssl genpkey -algorithm $kind -out "$scratch/key.pem" 2>/dev/null
        openssl req -x509 -new -key "$scratch/key.pem" -subj "/C=DE/O=Swiftlet/CN=authority" -days 36500 \
            -addext "nameConstraints=critical,permitted;DNS:.example.org,excluded;IP:10.0.0.0/255.0.0.0" \
            -addext "keyUsage=critical,keyCertSign,cRLSign" -addext certificatePolicies=1.2.3.4 -out "$scratch/root.pem"
        openssl req -new -key "$scratch/key.pem" -subj "/CN=leaf" -addext "$extensions" -out "$scratch/leaf.csr"
        printf '%s\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\nauthorityKeyIdentifier=keyid\ncertificatePolicies=1.2.3.4\n' \
            "$extensions" >"$scratch/leaf.ext"
        openssl x509 -req -in "$scratch/leaf.csr" -CA "$scratch/root.pem" -CAkey "$scratch/key.pem" -CAcreateserial \
            -days 36500 -extfile "$scratch/leaf.ext" -out "$scratch/leaf.pem" 2>/dev/null
        plant_certificates "$scratch" "$seeds"
        plant_crl "$scratch" "$seeds"
    done
}

# Certificates, request and key of one kind.
plant_certificates() {
    local scratch=$1 seeds=$2 name
    openssl pkey -in "$scratch/key.pem" -outform DER -out "$scratch/key.der"
    openssl pkcs8 -topk8 -in "$scratch/key.pem" -iter 1 -passout pass:password -outform DER -out "$scratch/encrypted.der"
    plant "$seeds" encrypted-key "$scratch/encrypted.der"
    openssl pkey -in "$scratch/key.pem" -pubout -outform DER -out "$scratch/info.der"
    openssl req -in "$scratch/leaf.csr" -outform DER -out "$scratch/csr.der"
    for name in root leaf; do openssl x509 -in "$scratch/$name.pem" -outform DER -out "$scratch/$name.der"; done
    { with_length "$scratch/leaf.der" && with_length "$scratch/root.der"; } >"$scratch/chain"
    { with_length "$scratch/info.der" && printf '\0signature'; } >"$scratch/info"
    plant "$seeds" private-key "$scratch/key.pem" "$scratch/key.der"
    plant "$seeds" pem "$scratch/leaf.pem" "$scratch/leaf.csr"
    plant "$seeds" certificate "$scratch/leaf.der" "$scratch/root.der"
    plant "$seeds" certificate-path "$scratch/chain"
    plant "$seeds" certificate-request-pkcs10 "$scratch/csr.der"
    plant "$seeds" der "$scratch/leaf.der"
    plant "$seeds" public-key "$scratch/info"
}

# A CRL of the root that names one certificate.
plant_crl() {
    local scratch=$1 seeds=$2
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\ncrlnumber=%s/number\ndefault_md=sha256\ndefault_crl_days=36500\n' \
        "$scratch" "$scratch" >"$scratch/ca.cnf"
    printf 'R\t460101000000Z\t260101000000Z,keyCompromise\t01\tunknown\t/CN=revoked\n' >"$scratch/index"
    echo 01 >"$scratch/number"
    openssl ca -config "$scratch/ca.cnf" -gencrl -cert "$scratch/root.pem" -keyfile "$scratch/key.pem" \
        -crlexts /dev/null -out "$scratch/crl.pem" 2>/dev/null ||
        openssl ca -config "$scratch/ca.cnf" -gencrl -cert "$scratch/root.pem" -keyfile "$scratch/key.pem" \
            -out "$scratch/crl.pem" 2>/dev/null
    openssl crl -in "$scratch/crl.pem" -outform DER -out "$scratch/crl.der"
    { with_length "$scratch/crl.der" && cat "$scratch/chain"; } >"$scratch/revocation"
    plant "$seeds" revocation-list "$scratch/crl.der"
    plant "$seeds" certificate-revocation "$scratch/revocation"
    plant "$seeds" pem "$scratch/crl.pem"
}

# The handshake messages of openssl's client and server, as -msg prints them.
openssl_messages() {
    local scratch=$1 seeds=$2 port=0 server name
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$scratch/s.key" -out "$scratch/s.pem" \
        -subj /CN=localhost -days 36500 2>/dev/null
    openssl s_server -accept 127.0.0.1:0 -key "$scratch/s.key" -cert "$scratch/s.pem" -tls1_3 -verify 1 -alpn http/1.1 \
        >"$scratch/server.log" 2>&1 </dev/zero &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sleep 0.3
        port=$(sed -n 's/^ACCEPT .*://p' "$scratch/server.log")
        [ -z "$port" ] || break
    done
    openssl s_client -connect "127.0.0.1:$port" -tls1_3 -alpn h2,http/1.1 -servername localhost -cert "$scratch/s.pem" \
        -key "$scratch/s.key" -msg </dev/null >"$scratch/messages" 2>/dev/null || true
    kill -KILL "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    for name in ClientHello:client-hello ServerHello:server-hello EncryptedExtensions:encrypted-extensions \
        CertificateRequest:certificate-request Certificate:certificate-message CertificateVerify:certificate-verify \
        NewSessionTicket:new-session-ticket; do
        # The body: without type and length.
        awk -v name="${name%%:*}" '/^(<<<|>>>)/ { on = $NF == name; next } on && /^    / { print }' \
            "$scratch/messages" | xxd -r -p | tail -c +5 >"$scratch/message"
        plant "$seeds" "${name#*:}" "$scratch/message"
    done
}
