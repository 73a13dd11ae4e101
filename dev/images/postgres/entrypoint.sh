#!/bin/sh
# Makes the database on the first start and runs the server. The roles' passwords are set anew on each start, so that a Secret
# that was changed takes effect with the pod.
#
# POSTGRES_OWNER_PASSWORD: of jobhunter_owner, who owns the database and runs the migrations.
# POSTGRES_APP_PASSWORD: of jobhunter_app, whom row-level security holds.
set -eu
: "${POSTGRES_OWNER_PASSWORD:?is not set}" "${POSTGRES_APP_PASSWORD:?is not set}"

# A volume mounted at /data belongs to whoever made it; the server insists on a folder of its own.
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.new"
  initdb --pgdata="$PGDATA.new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums --auth-local=peer \
    --auth-host=scram-sha-256 >/dev/null
  {
    echo "local all postgres peer map=server"
    echo "host all all all scram-sha-256"
  } > "$PGDATA.new/pg_hba.conf"
  echo "server postgres postgres" > "$PGDATA.new/pg_ident.conf"
  rm -rf "$PGDATA" && mv "$PGDATA.new" "$PGDATA"
fi

# The server refuses a folder that others may read, as a kubelet that hands the volume to a group makes it.
chmod 0700 "$PGDATA"

# Single-user mode: nobody can connect before the roles are what they should be. A value is quoted as a literal by doubling.
literal() { printf "'%s'" "$(printf %s "$1" | sed "s/'/''/g")"; }
single() { postgres --single -D "$PGDATA" -c log_min_messages=error "$1" >/dev/null; }
single postgres <<SQL
DO \$\$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobhunter_owner') THEN CREATE ROLE jobhunter_owner; END IF; IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobhunter_app') THEN CREATE ROLE jobhunter_app; END IF; END \$\$
ALTER ROLE jobhunter_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD $(literal "$POSTGRES_OWNER_PASSWORD")
ALTER ROLE jobhunter_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD $(literal "$POSTGRES_APP_PASSWORD")
SQL
exists=$(postgres --single -D "$PGDATA" postgres <<SQL
SELECT 'there' FROM pg_database WHERE datname = 'jobhunter'
SQL
)
case $exists in
  *there*) ;;
  *) echo "CREATE DATABASE jobhunter OWNER jobhunter_owner" | single postgres ;;
esac

unset POSTGRES_OWNER_PASSWORD POSTGRES_APP_PASSWORD
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp -c shared_buffers=64MB -c max_connections=100 \
  -c password_encryption=scram-sha-256 -c log_statement=none "$@"
