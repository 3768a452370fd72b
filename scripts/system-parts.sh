#!/usr/bin/env bash
# What tests need of the system: Debian's chromium, openssh-server, strace, zsh and fish, and root for those that mount
# a disk or act as another user.
#   system-parts.sh            installs them when it may (root, apt-get); else says in one line what is missing
#   system-parts.sh --select   prints the pytest options that leave out the tests of a missing part
# With CI=true a missing part is a failure.
set -euo pipefail

missing=()
leave_out=()
find_missing() {
  missing=() leave_out=()
  [ -x /usr/bin/chromium ] || { missing+=(chromium); leave_out+=(browser); }
  [ -x /usr/sbin/sshd ] || { missing+=(openssh-server); leave_out+=(sshd); }
  [ -x /usr/bin/strace ] || { missing+=(strace); leave_out+=(strace); }
  command -v zsh >/dev/null && command -v fish >/dev/null || { missing+=(zsh fish); leave_out+=(shells); }
  [ "$(id -u)" = 0 ] || { missing+=(root); leave_out+=(root); }
}

find_missing
if [ "${1:-}" = --select ]; then
  if [ ${#leave_out[@]} -gt 0 ]; then
    printf -- '--leave-out=%s ' "${leave_out[@]}"
  fi
  exit 0
fi
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} for the tests."
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-dejavu-core >/dev/null || true
  find_missing
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "Missing: ${missing[*]} (Debian packages, and rights). The tests marked '${leave_out[*]}' are left out."
  [ "${CI:-}" != true ] || exit 1
fi
