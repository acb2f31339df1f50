#!/bin/sh
# Starts the service with its page and a voice: builds what is not there yet, a wheel, the page, a voicebank and the song of
# the demo. PORT and the variables of .env.example are passed on; VENV names another virtual environment, PYTHON another Python.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${VENV:-$root/.sightsinger}
export BACKEND_AUTH_DISABLED="${BACKEND_AUTH_DISABLED:-1}"
export BACKEND_DATA_DIR="${BACKEND_DATA_DIR:-$root/sightsinger-data}"
export PYTHONPATH="$root/examples/services:$here${PYTHONPATH:+:$PYTHONPATH}"

if ! [ -e "$venv/.complete" ]; then
  ls "$root"/dist/*.whl > /dev/null 2>&1 || make -C "$root" wheel
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install --quiet --requirement "$here/requirements.txt" "$root"/dist/*.whl
  touch "$venv/.complete"
fi

if ! [ -e "$here/sightsinger/static/vendor/LICENSES.txt" ]; then
  if command -v npm > /dev/null; then
    (cd "$here" && npm ci --silent && npm run --silent build)
  else
    echo "there is no npm: scores are sung, but not drawn (install Node 20 or newer, and start again)"
  fi
fi

singer=$root/examples/demo/singer
if ! [ -e "$singer/dsconfig.yaml" ]; then
  singer=$BACKEND_DATA_DIR/singer
  if ! [ -e "$singer/dsconfig.yaml" ]; then
    "$venv/bin/pip" install --quiet onnx
    "$venv/bin/python" "$root/examples/demo/make_singer.py" "$singer"
  fi
fi
if [ -z "${STORAGE_BUCKET:-}${VOICEBANK_BUCKET:-}" ] && ! [ -e "$BACKEND_DATA_DIR/assets/voicebanks/demo.tar.gz" ]; then
  "$venv/bin/python" -m sightsinger add-voicebank "$singer" demo
fi
if ! [ -e "$here/sightsinger/static/demo/song/song.json" ]; then
  "$venv/bin/python" -m sightsinger.demo_song "$singer" "$root/examples/demo/song.musicxml"
fi

exec "$venv/bin/python" -m sightsinger
