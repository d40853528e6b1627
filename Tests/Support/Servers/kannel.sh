#!/bin/sh
# A real Kannel on loopback (bearerbox, smsbox and Kannel's own fake SMSC), everything under one folder, no text ever
# leaving the machine. Lives as long as its standard input is open.
#   kannel.sh DIR SENDSMS_PORT ADMIN_PORT SMSBOX_PORT SMSC_PORT USER PASSWORD MO_URL
# Texts that reached the SMSC stand in DIR/smsc.log, one line a part. The SMSC answers "STOP" from a mobile once, which
# Kannel forwards to MO_URL. Says "ready" once the SMSC is connected.
set -eu
dir=$1 sendsms=$2 admin=$3 smsbox_port=$4 smsc=$5 user=$6 password=$7 answers=$8
PATH=$PATH:/usr/sbin
mkdir -p "$dir/spool"

cat >"$dir/kannel.conf" <<END
group = core
admin-port = $admin
admin-interface = 127.0.0.1
admin-password = admin
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = $smsbox_port
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal
store-type = spool
store-location = "$dir/spool"
log-file = "$dir/bearerbox.log"

group = smsc
smsc = fake
smsc-id = FAKE
port = $smsc
connect-allow-ip = "127.0.0.1"
denied-prefix = "+336399899"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $sendsms
sendsms-interface = 127.0.0.1
http-request-retry = 60
http-queue-delay = 1
log-file = "$dir/smsbox.log"

group = sendsms-user
username = $user
password = $password
user-allow-ip = "127.0.0.1"
max-messages = 10
concatenation = true

group = sms-service
keyword = default
get-url = "$answers?from=%p&to=%P&text=%b&charset=%C&coding=%c"
max-messages = 0
catch-all = true
END

bearerbox "$dir/kannel.conf" >"$dir/bearerbox.out" 2>&1 &
bearerbox=$!
smsbox= fakesmsc=
trap 'kill $fakesmsc $smsbox "$bearerbox" 2>/dev/null; wait; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

status() { curl -sf "http://127.0.0.1:$admin/status.txt?password=admin" 2>/dev/null || true; }
await() {
    tries=0
    until status | grep -q "$1"; do
        tries=$((tries + 1))
        kill -0 "$bearerbox" && [ "$tries" -lt 300 ] || { cat "$dir"/*.out >&2; exit 1; }
        sleep 0.05
    done
}
await 'Status: running'
smsbox "$dir/kannel.conf" >"$dir/smsbox.out" 2>&1 &
smsbox=$!
await 'smsbox:(none)'
/usr/lib/kannel/test/fakesmsc -H 127.0.0.1 -r "$smsc" -i 1 -m 1 "+33639982014 36000 text STOP" >"$dir/smsc.log" 2>&1 &
fakesmsc=$!
await 'FAKE:[0-9]* (online'
echo ready
cat >/dev/null
