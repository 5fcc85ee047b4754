#!/bin/bash
# Starts OpenStack Swift on loopback as an S3 store, for trying postern with a real one: a proxy with the s3api
# middleware, and three nodes, each with an account, a container and an object server over one folder.
#
#   apt-get install swift-proxy swift-account swift-container swift-object memcached
#   examples/swift/start.sh FOLDER [PORT]        PORT is the proxy's; the nodes have the nine after it, memcached the tenth
#
# Afterwards, in another terminal:
#
#   export S3_ENDPOINT=http://127.0.0.1:8800 S3_ACCESS_KEY_ID=test:tester S3_SECRET_ACCESS_KEY=testing
#   rclone copy SITE :s3:site --s3-provider Other --s3-endpoint $S3_ENDPOINT …
#   postern s3://site
#
# FOLDER/pids has a line for each process: its name and its id. Ctrl-C ends all of them. The folder is made, and has
# to be empty or a former one. It needs a file system with extended attributes.
set -euo pipefail
folder=$(realpath -m "${1:?the folder that the store is kept in}")
port=${2:-8800}
user=$(id -un)
export SWIFT_CONF=$folder/etc
mkdir -p "$folder/etc" "$folder/log" "$folder/cache"
cd "$folder/etc"

cat > swift.conf <<END
[swift-hash]
swift_hash_path_suffix = postern
swift_hash_path_prefix = postern
[storage-policy:0]
name = gold
default = yes
END

# The rings: three copies of everything, one on each node.
if [ ! -e object.ring.gz ]; then
  for ring in account container object; do
    swift-ring-builder $ring.builder create 6 3 0 > /dev/null
  done
  for node in 1 2 3; do
    at=$((port + 3 * node - 2))
    swift-ring-builder account.builder add "r1z$node-127.0.0.1:$at/d$node" 1 > /dev/null
    swift-ring-builder container.builder add "r1z$node-127.0.0.1:$((at + 1))/d$node" 1 > /dev/null
    swift-ring-builder object.builder add "r1z$node-127.0.0.1:$((at + 2))/d$node" 1 > /dev/null
  done
  for ring in account container object; do
    swift-ring-builder $ring.builder rebalance > /dev/null
  done
fi

common() {
  cat <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $1
user = $user
swift_dir = $folder/etc
workers = 0
log_level = WARNING
log_address = $folder/log/none
END
}

cat > memcache.conf <<END
[memcache]
memcache_servers = 127.0.0.1:$((port + 10))
END

{ common "$port"; cat <<END
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
# A node that fails is left alone for a moment, not for a minute.
error_suppression_interval = 5
error_suppression_limit = 5
node_timeout = 3
conn_timeout = 0.5
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$((port + 10))
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
END
} > proxy.conf

run() {
  local name=$1
  shift
  "$@" > "$folder/log/$name" 2>&1 &
  echo "$name $!" >> "$folder/pids"
}

: > "$folder/pids"
trap 'awk "{print \$2}" "$folder/pids" | xargs -r kill 2> /dev/null' EXIT
memcached_as=()
[ "$user" = root ] && memcached_as=(-u root)
run memcached memcached -l 127.0.0.1 -p $((port + 10)) "${memcached_as[@]}"
for node in 1 2 3; do
  mkdir -p "$folder/node$node/d$node"
  at=$((port + 3 * node - 2))
  for kind in account container object; do
    { common "$at"; cat <<END
devices = $folder/node$node
mount_check = false
[pipeline:main]
pipeline = $kind-server
[app:$kind-server]
use = egg:swift#$kind
recon_cache_path = $folder/cache
END
    } > "$kind$node.conf"
    run "$kind$node" "swift-$kind-server" "$folder/etc/$kind$node.conf"
    at=$((at + 1))
  done
done
run proxy swift-proxy-server "$folder/etc/proxy.conf"
echo "http://127.0.0.1:$port"
wait
