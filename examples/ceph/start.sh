#!/bin/bash
# Starts Ceph on loopback as an S3 store, for trying postern with a real one: a monitor, three OSDs that keep three
# copies of everything, and radosgw, the gateway that speaks S3. There is no manager, and no key inside the cluster.
#
#   apt-get install --no-install-recommends ceph-common ceph-mon ceph-osd curl radosgw
#   examples/ceph/start.sh FOLDER [PORT]         PORT is the gateway's; the monitor has the next one, the OSDs some of the 24 after
#
# It takes about 15 s, and prints the endpoint. Then, in another terminal:
#
#   export S3_ENDPOINT=http://127.0.0.1:8900 S3_ACCESS_KEY_ID=tester S3_SECRET_ACCESS_KEY=testing
#   rclone copy SITE :s3:site --metadata --s3-provider Ceph --s3-endpoint $S3_ENDPOINT …
#   postern s3://site
#
# The bucket `site` is there. FOLDER/pids has a line for each process: its name and its id. Ctrl-C ends all of them.
# The folder is made, and has to be empty or a former one.
set -euo pipefail
folder=$(realpath -m "${1:?the folder that the store is kept in}")
port=${2:-8900}
# The cluster's id; those of the OSDs end in 1 to 3.
id=4c1ea5e0-0000-4000-8000-000000000000
export CEPH_CONF=$folder/ceph.conf
mkdir -p "$folder/log" "$folder/run"

cat > "$CEPH_CONF" <<END
[global]
fsid = $id
mon_host = v2:127.0.0.1:$((port + 1))
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
# An OSD has four ports, and takes others when it was taken for lost and goes on.
ms_bind_port_min = $((port + 2))
ms_bind_port_max = $((port + 25))
ms_bind_msgr1 = false
# The gateway encrypts what it says to the monitor, which takes keys.
ms_mon_client_mode = crc
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = $folder/run
admin_socket = $folder/run/\$name.asok
log_file = $folder/log/\$name
mon_cluster_log_file = $folder/log/cluster
mon_data = $folder/mon
osd_data = $folder/osd\$id
rgw_data = $folder/run
# Three copies on one host; one is enough to go on with.
osd_pool_default_size = 3
osd_pool_default_min_size = 1
osd_crush_chooseleaf_type = 0
mon_osd_reporter_subtree_level = osd
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
rgw_rados_pool_pg_num_min = 8
mon_max_pg_per_osd = 1000
# A change of the cluster's maps waits for others for so many seconds.
paxos_propose_interval = 0.1
# A file with holes.
bluestore_block_size = 8589934592
osd_memory_target = 939524096
END

run() {
  local name=$1
  shift
  "$@" > "$folder/log/$name.out" 2>&1 &
  echo "$name $!" >> "$folder/pids"
}

start_osd() {
  [ -e "$folder/osd$1/ready" ] || ceph-osd --mkfs -i "$1" --osd-uuid "${id%0}$(($1 + 1))"
  exec ceph-osd -f -i "$1"
}

: > "$folder/pids"
# Without its monitor an OSD doesn't end on SIGTERM.
trap 'kill -KILL $(jobs -p) 2> /dev/null' EXIT
if [ ! -e "$folder/mon" ]; then
  monmaptool --create --clobber --fsid $id --addv a "[v2:127.0.0.1:$((port + 1))]" "$folder/monmap" > /dev/null
  ceph-mon --mkfs -i a --monmap "$folder/monmap"
fi
run mon ceph-mon -f -i a
for osd in 0 1 2; do
  if [ ! -e "$folder/osd$osd" ]; then
    timeout 60 ceph osd new "${id%0}$((osd + 1))" > /dev/null
    mkdir "$folder/osd$osd"
  fi
  run "osd$osd" start_osd $osd
done
# This makes the pools, and waits for the OSDs.
timeout 120 radosgw-admin user create --uid tester --display-name tester --access-key tester --secret-key testing \
  > "$folder/log/user" 2>&1 || grep -q exists "$folder/log/user"
run gateway radosgw -f -n client.gateway --rgw-frontends "beast endpoint=127.0.0.1:$port"
curl -sf --retry 600 --retry-delay 0 --retry-all-errors --retry-max-time 60 "http://127.0.0.1:$port" > /dev/null
# curl signs what it is told of the content: that it isn't signed.
curl -sf -X PUT --user tester:testing --aws-sigv4 aws:amz:us-east-1:s3 -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" \
  "http://127.0.0.1:$port/site"
echo "http://127.0.0.1:$port"
wait
