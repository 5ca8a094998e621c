#!/bin/sh
# Restore what backup.sh has saved:
#     deployments/restore.sh FOLDER [TIME]
# TIME is the name of a dump in FOLDER/database without its ending, the last one by default. Stop the Prefect API, its
# services and all workers first, and run `neuroshorts recover` when the API is up again (docs/runbook.md). Takes the
# same variables as backup.sh. The dump is checked before anything is changed, and the database is replaced in one
# transaction: when it fails, all is as before. Every blob of the store is checked against its hash.
set -eu

folder=${1:?usage: restore.sh FOLDER [TIME]}
store=${NEUROSHORTS_STORE:?is not set}
name=${2:-$(cd "$folder/database" && ls ./*.dump | sort | tail -n 1 | sed 's|^\./||; s|\.dump$||')}

(cd "$folder/database" && sha256sum --check --quiet "$name.sha256")
if [ -z "$(psql --no-psqlrc --tuples-only --no-align --dbname=postgres \
    --command="select 1 from pg_database where datname = '$PGDATABASE'")" ]; then
    createdb "$PGDATABASE"
fi
pg_restore --clean --if-exists --no-owner --single-transaction --exit-on-error --dbname="$PGDATABASE" \
    "$folder/database/$name.dump"
neuroshorts copy-store --verify "$folder/store" "$store"
echo "restored $name"
