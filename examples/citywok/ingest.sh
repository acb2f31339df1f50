#!/bin/sh
# New episodes for servers that follow a bucket, without a server: on a laptop, or in a workflow.
#
#   ./ingest.sh add FOLDER BUCKET     adds what is new in a folder of files named S01E05.mp4, and publishes it
#   ./ingest.sh import PLACE BUCKET   imports what CityWok left: pickles, LMDB, or its bucket
#   ./ingest.sh rollback BUCKET [N]   makes the snapshot before the current one (or number N) current again
#
# BUCKET is s3://bucket/prefix (AWS_ENDPOINT_URL for R2), az://..., gs://... or file:///folder. STORE is where the store is
# kept meanwhile; it is pulled first, so any machine will do.
set -eu
store=${STORE:-ingest.store}
sonic=${SONIC:-sonic}

usage() {
  sed -n '3,6s/^# *//p' "$0" >&2
  exit 2
}

# Begins with what the bucket has; an empty bucket begins with nothing.
begin() {
  if $sonic snapshot list "$1" | grep -q .; then
    $sonic snapshot pull --store "$store" "$1"
  fi
}

publish() {
  $sonic compact --store "$store"
  $sonic snapshot push --store "$store" "$1"
}

case ${1:-} in
  add)
    [ $# -eq 3 ] || usage
    begin "$3"
    # Files that cannot be read end with status 1, after the others were added: they are told, and the rest is published.
    $sonic add --replace --store "$store" "$2" || failed=$?
    publish "$3"
    exit "${failed:-0}"
    ;;
  import)
    [ $# -eq 3 ] || usage
    begin "$3"
    $sonic import citywok --store "$store" "$2"
    $sonic import validate --store "$store" "$2"
    publish "$3"
    ;;
  rollback)
    [ $# -eq 2 ] || [ $# -eq 3 ] || usage
    $sonic snapshot rollback ${3:+--to "$3"} "$2"
    ;;
  *)
    usage
    ;;
esac
