#!/bin/sh
# Back up the Prefect database and the artifact store into a folder, while everything runs:
#     deployments/backup.sh FOLDER
# FOLDER/database/TIME.dump and .sha256 are the database as it was; FOLDER/store has every blob and record that the
# store ever had, and each backup adds what is new. Finds Postgres through PGHOST, PGPORT, PGUSER, PGPASSWORD and
# PGDATABASE, and the store through NEUROSHORTS_STORE. Shorts at their destination are not copied: the store can make
# them again.
set -eu

folder=${1:?usage: backup.sh FOLDER}
store=${NEUROSHORTS_STORE:?is not set}
name=$(date -u +%Y%m%dT%H%M%SZ)

mkdir -p "$folder/database"
cd "$folder/database"
# Under its final name only when it is whole.
trap 'rm -f "$name.part"' EXIT
pg_dump --format=custom --no-owner --file="$name.part"
mv "$name.part" "$name.dump"
sha256sum "$name.dump" > "$name.sha256"
cd - > /dev/null

# After the database, so that what its runs refer to is among what is copied.
neuroshorts copy-store "$store" "$folder/store"
echo "$folder/database/$name.dump"
