#!/bin/sh
# The database's two logins, made by its image when the volume is new: yiwang_owner owns the tables and changes them,
# yiwang_app is what the processes sign in as. Neither is a superuser. Safe to repeat (a new password, a volume of before):
#   docker compose exec db sh /docker-entrypoint-initdb.d/20-yiwang-roles.sh
set -eu
psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-yiwang}" <<'SQL'
\getenv owner_password YIWANG_DB_OWNER_PASSWORD
\getenv app_password YIWANG_DB_PASSWORD
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['yiwang_owner', 'yiwang_app']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE yiwang_owner WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE yiwang_app WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';
GRANT yiwang_app TO yiwang_owner; -- the stronger may be the weaker, never the other way round
SELECT format('ALTER DATABASE %I OWNER TO yiwang_owner', current_database()) \gexec
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
SQL
