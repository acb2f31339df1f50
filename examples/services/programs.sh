#!/bin/sh
# What the suites of the example services use if it is there: Redis and browsers. As root on Debian what is absent is
# installed; elsewhere the tests that need it are skipped, and say so. Names of programs as arguments: only those.
for pair in redis-server:redis-server chromium:chromium firefox-esr:firefox-esr; do
  program=${pair%:*} package=${pair#*:}
  [ $# -gt 0 ] && case " $* " in *" $program "*) ;; *) continue ;; esac
  command -v "$program" > /dev/null && continue
  if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then
    echo "installing $package"
    apt-get update --quiet=2 > /dev/null
    apt-get install --yes --quiet=2 --no-install-recommends "$package" > /dev/null || echo "skipped: $package cannot be installed"
  else
    echo "skipped: what needs $program: install $package"
  fi
done
