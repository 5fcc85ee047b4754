#!/bin/sh
# Makes the certificates of the tests anew, in this folder: EC P-256, from 2020 to 2120, for localhost.
#   chain.pem, key.pem       what a server shows: its certificate, the one that vouches for it
#   root.pem                 what a client trusts
#   disordered.pem           chain.pem in the wrong order
#   encrypted-key.pem        key.pem under a passphrase
#   other.pem, other-key.pem a certificate that vouches for itself, and its key
#   rsa.pem, rsa-key.pem     the same with an RSA key
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
for name in root middle key other-key; do
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$name.pem"
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/rsa-key.pem"
touch "$work/index"
cat >"$work/config" <<END
[ca]
default_ca = here
[here]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
[req]
distinguished_name = name
[name]
END

# sign KEY NAME EXTENSIONS OUT ISSUER...
sign() {
  openssl req -new -config "$work/config" -key "$work/$1.pem" -subj "/CN=$2" -out "$work/request"
  extensions=$3 out=$4
  shift 4
  openssl ca -batch -notext -config "$work/config" -in "$work/request" -extensions "$extensions" \
    -startdate 20200101000000Z -enddate 21200101000000Z -out "$out" "$@" 2>/dev/null
}
sign root "postern test root" authority root.pem -selfsign -keyfile "$work/root.pem"
sign middle "postern test intermediate" authority "$work/middle.cert" \
  -cert root.pem -keyfile "$work/root.pem"
sign key localhost server "$work/leaf.cert" -cert "$work/middle.cert" -keyfile "$work/middle.pem"
sign other-key other server other.pem -selfsign -keyfile "$work/other-key.pem"
sign rsa-key localhost server rsa.pem -selfsign -keyfile "$work/rsa-key.pem"

cat "$work/leaf.cert" "$work/middle.cert" >chain.pem
cat "$work/middle.cert" "$work/leaf.cert" >disordered.pem
cp "$work/key.pem" "$work/other-key.pem" "$work/rsa-key.pem" .
openssl pkey -in key.pem -aes256 -passout pass:sesame -out encrypted-key.pem
