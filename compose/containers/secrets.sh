#!/usr/bin/env bash
# Generates secrets: passwords in .env and certificates in secrets/, both below the given directory (default: that of this script).
# Existing secrets are kept; to replace one, delete its file or its line. Needs openssl.
set -euo pipefail
umask 077
cd "${1:-$(dirname "$0")}"
mkdir -p secrets

# Files are world-readable, because containers mount single files and run as other users; on the host the directory's mode protects them.
readable() {
  chmod 0444 "$1"
}

password() {
  grep -qs "^$1=" .env || echo "$1=$(openssl rand -hex 24)" >>.env
}

certificate() {
  local name=$1 names=$2
  [ -e "secrets/$name.pem" ] && return
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$name" -keyout "secrets/$name.key" -out "secrets/$name.csr" 2>/dev/null
  openssl x509 -req -in "secrets/$name.csr" -CA secrets/ca.pem -CAkey secrets/ca.key -CAcreateserial -days 825 -sha256 \
    -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\n%s' "${names:+subjectAltName=$names}") -out "secrets/$name.crt" 2>/dev/null
  cat "secrets/$name.key" "secrets/$name.crt" >"secrets/$name.pem"
  rm "secrets/$name.csr"
  readable "secrets/$name.key"
  readable "secrets/$name.crt"
  readable "secrets/$name.pem"
}

for name in BOB_SECRET BOB_EMPLOYEE_PASSWORD BOB_PASSWORD_TOPICS BOB_PASSWORD_REGISTRY BOB_PASSWORD_PROCESSOR BOB_PASSWORD_API; do
  password "$name"
done
grep -q '^CLUSTER_ID=' .env || echo "CLUSTER_ID=A$(openssl rand -base64 15 | tr '+/' 'ab')g" >>.env

if [ ! -e secrets/ca.pem ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -sha256 -subj '/CN=bob authority' \
    -keyout secrets/ca.key -out secrets/ca.pem 2>/dev/null
  readable secrets/ca.pem
fi
certificate kafka 'DNS:kafka-1,DNS:kafka-2,DNS:kafka-3,DNS:localhost,IP:127.0.0.1'
certificate admin ''
