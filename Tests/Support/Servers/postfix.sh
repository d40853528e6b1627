#!/bin/sh
# A real submission server on loopback: Postfix with STARTTLS, implicit TLS and AUTH (Dovecot SASL), everything under one
# folder, every mail delivered into DIR/mail/inbox (Maildir), nothing ever leaving the machine. Lives as long as its
# standard input is open. Must run as root, as Postfix does.
#   postfix.sh DIR STARTTLS_PORT SMTPS_PORT USER PASSWORD
# Says "ready" once both ports answer; what goes wrong afterwards stands in DIR/log.
set -eu
ulimit -n 1024 # every process of Postfix closes all it might have inherited, one by one
dir=$1 starttls=$2 smtps=$3 user=$4 password=$5
libexec=$(postconf -dh daemon_directory)

mkdir -p "$dir/config" "$dir/data" "$dir/mail" "$dir/dovecot" "$dir/queue/pid"
chmod 0755 "$dir"
# What `postfix check` would make, in a hundredth of its time.
for name in active bounce corrupt defer deferred flush hold incoming maildrop private public saved trace; do
    install -d -o postfix -m 0700 "$dir/queue/$name"
done
chmod 0710 "$dir/queue/public"
chown postfix "$dir/data"
chown nobody:nogroup "$dir/mail"

for name in authorities strangers; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj "/CN=$name" -keyout "$dir/$name.key" -out "$dir/$name.pem" 2>>"$dir/log"
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost" -addext "basicConstraints=CA:FALSE" \
    -CA "$dir/authorities.pem" -CAkey "$dir/authorities.key" \
    -keyout "$dir/server.key" -out "$dir/server.pem" 2>>"$dir/log"

printf '%s:{PLAIN}%s\n' "$user" "$password" >"$dir/users"
chown dovecot "$dir/users"
chmod 0400 "$dir/users"
cat >"$dir/dovecot.conf" <<END
base_dir = $dir/dovecot
state_dir = $dir/dovecot
log_path = $dir/log
protocols =
ssl = no
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = $dir/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}
service auth {
  unix_listener $dir/auth {
    mode = 0666
  }
}
# A wrong password is a test here, not an attack to slow down.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
END

cat >"$dir/config/main.cf" <<END
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = $dir/postfix.log
maillog_file_prefixes = $dir
myhostname = relay.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
mydestination =
alias_maps =
alias_database =
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:inbox/
virtual_mailbox_base = $dir/mail
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
default_transport = error:nothing leaves this machine
smtpd_tls_cert_file = $dir/server.pem
smtpd_tls_key_file = $dir/server.key
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = $dir/auth
smtpd_error_sleep_time = 0
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access
    inline:{ { nobody@cci.example = 550 5.1.1 no such mailbox }, { later@cci.example = 450 4.2.0 come back later } }
END

cat >"$dir/config/master.cf" <<END
127.0.0.1:$starttls inet n - n - - smtpd
127.0.0.1:$smtps inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
END

# Postfix waits until its configuration looks as though nobody is still writing it.
touch -d "1 minute ago" "$dir/config/main.cf" "$dir/config/master.cf"

dovecot -F -c "$dir/dovecot.conf" >>"$dir/log" 2>&1 &
dovecot=$!
setsid "$libexec/master" -d -c "$dir/config" >>"$dir/log" 2>&1 &
postfix=$!
trap 'kill "$postfix" "$dovecot" 2>/dev/null; wait; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

tries=0
until [ -S "$dir/auth" ] && openssl s_client -quiet -no_ign_eof -connect "127.0.0.1:$smtps" </dev/null >/dev/null 2>&1; do
    tries=$((tries + 1))
    kill -0 "$postfix" && kill -0 "$dovecot" && [ "$tries" -lt 100 ] || { cat "$dir/log" "$dir/postfix.log" >&2; exit 1; }
    sleep 0.05
done
echo ready
cat >/dev/null
