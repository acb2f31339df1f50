#!/usr/bin/env bash
# Deploys one service on Cloud Run: PROJECT=... REGION=... IMAGE=... deploy.sh api|worker
# What it prints beside fills in is deploy/api.yaml or deploy/worker.yaml, which say why each line is there.
set -euo pipefail
role=${1:?api or worker}
: "${PROJECT:?}" "${REGION:?}" "${IMAGE:?}"
case $role in api | worker) ;; *) echo "api or worker, not $role" >&2; exit 2 ;; esac
folder=$(dirname "$0")
service=$(mktemp)
trap 'rm -f "$service"' EXIT
sed -e "s|IMAGE|$IMAGE|; s|PROJECT|$PROJECT|g; s|REGION|$REGION|g" "$folder/$role.yaml" > "$service"
gcloud run services replace "$service" --project "$PROJECT" --region "$REGION" --quiet
if [ "$role" = api ]; then
  # Browsers and the extension have no Google account: tokens of the service say who they are.
  gcloud run services add-iam-policy-binding streamqueue --project "$PROJECT" --region "$REGION" \
    --member allUsers --role roles/run.invoker --quiet
  gcloud run services describe streamqueue --project "$PROJECT" --region "$REGION" --format 'value(status.url)'
fi
