#!/usr/bin/env bash
# Shows Assay deciding tokens of four systems: a development issuer gives them out, the sidecar accepts or refuses.
#
# usage: tools/demo.sh [--keep] [--build-dir DIR]
#   --keep       leaves issuer and sidecar running until Ctrl-C and prints curl lines to try
#   --build-dir  takes the programs from there instead of setting up and building
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

keep=no
build_dir=
while [ $# -gt 0 ]; do
  case "$1" in
    --keep) keep=yes; shift ;;
    --build-dir) build_dir=$2; shift 2 ;;
    *) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
  esac
done

if [ -z "$build_dir" ]; then
  tools/setup.sh
  build_preset dev assay assay-issuer
  build_dir=build/dev
fi

folder=$(mktemp -d)
pids=()
failed=no
# Both programs are ours and end on SIGTERM; the files of the demo go with them.
end_demo() {
  local pid
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap end_demo EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# wait_for_line FILE PATTERN: the first line of FILE that begins with PATTERN.
wait_for_line() {
  for _ in $(seq 600); do
    grep -m 1 "^$2" "$1" && return
    sleep 0.1
  done
  echo "demo.sh: no line '$2' after 60 s in:" >&2
  cat "$folder"/*.log >&2
  return 1
}

"$build_dir/bin/assay-issuer" --listen 127.0.0.1:0 --write-files "$folder" >"$folder/issuer.log" 2>&1 &
pids+=($!)
issuer=$(wait_for_line "$folder/issuer.log" http://)

# The configuration of the documentation with free ports.
sed -e "s|127\.0\.0\.1:8180|${issuer#http://}|" -e 's|tcp://127\.0\.0\.1:818[123]|tcp://127.0.0.1:0|' \
  docs/systems/all.toml >"$folder/assay.toml"
"$build_dir/bin/assay" serve --config "$folder/assay.toml" >"$folder/sidecar.log" 2>&1 &
pids+=($!)
sidecar=$(wait_for_line "$folder/sidecar.log" 'listening tcp://' | sed 's|listening tcp://|http://|; s| .*||')

# member NAME: the text of a string member of the JSON on standard input.
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# mint PARAMETER...: a token that no client would get, from the issuer's controls.
mint() { curl -s "$issuer/dev/mint" "${@/#/-d}" | member access_token; }

# hubrise_token SCOPE LOCATION: authorises as the test user and exchanges the code.
hubrise_token() {
  local code
  code=$(curl -s -G -o /dev/null -w '%{redirect_url}' "$issuer/oauth2/v1/authorize" \
    -d client_id=hubrise-client -d redirect_uri=https://app.example/callback \
    --data-urlencode "scope=$1" --data-urlencode "location_name=$2" | sed 's/.*code=//')
  curl -s "$issuer/oauth2/v1/token" -d "code=$code" -d client_id=hubrise-client -d client_secret=hubrise-secret |
    member access_token
}

# decide LABEL EXPECTED METHOD PATH FIELD: asks the sidecar, prints status and code, and compares with EXPECTED.
decide() {
  local answer
  answer=$(curl -s -o /dev/null -w '%{http_code} %header{x-assay-code}' -X "$3" -H "$5" "$sidecar$4")
  answer=${answer% }
  if [ "$answer" = "$2" ]; then
    printf '    %-14s %s\n' "$1" "$answer"
  else
    printf '    %-14s %s   <- expected %s\n' "$1" "$answer" "$2"
    failed=yes
  fi
}

# introduce NAME CALL PROTECTED: what the next lines are about.
introduce() {
  printf '\n%s\n  The client gets a token:\n' "$1"
  printf '%s\n' "$2" | sed 's/^/    /'
  printf '  and sends it with %s. Assay answers:\n' "$3"
}

demo_hub() {
  local form=(-d grant_type=client_credentials -d client_id=hub-client -d client_secret=hub-secret)
  local call=(POST /api/v1/orders)
  introduce 'Partner Connect Hub (JWT, RS256; granted partners:* meets the required partners:write)' \
    "curl -s $issuer/oauth/token -d grant_type=client_credentials \\
  -d client_id=hub-client -d client_secret=hub-secret -d 'scope=identity:read partners:*'" "${call[*]}"
  local token scoped
  token=$(curl -s "$issuer/oauth/token" "${form[@]}" -d 'scope=identity:read partners:*' | member access_token)
  scoped=$(curl -s "$issuer/oauth/token" "${form[@]}" -d scope=identity:read | member access_token)
  hub_token=$token
  decide accepted 200 "${call[@]}" "Authorization: Bearer $token"
  decide expired '401 expired' "${call[@]}" "Authorization: Bearer $(mint system=hub expires_in=-60)"
  decide 'wrong scope' '403 insufficient_scope' "${call[@]}" "Authorization: Bearer $scoped"
  decide tampered '401 bad_signature' "${call[@]}" "Authorization: Bearer $(mint system=hub signature=tampered)"
}

demo_bookings() {
  local id=9b1e82a7-0a59-4e7e-add5-b9ffa37aade1 call=(POST /api/bookings)
  local body="{\"grant_type\": \"client_credentials\", \"client_id\": \"$id\", \"client_secret\": \"bookings-secret\"}"
  introduce 'Bookings partner API (JWT, RS256 with 4096 bits; no kid, no iss, fractional times)' \
    "curl -s $issuer/api/oauth/token -H 'Content-Type: application/json' \\
  -d '$body'" "${call[*]}"
  local token
  token=$(curl -s "$issuer/api/oauth/token" -H 'Content-Type: application/json' -d "$body" | member access_token)
  decide accepted 200 "${call[@]}" "Authorization: Bearer $token"
  decide expired '401 expired' "${call[@]}" "Authorization: Bearer $(mint system=bookings expires_in=-60)"
  decide 'wrong scope' '403 insufficient_scope' "${call[@]}" \
    "Authorization: Bearer $(mint system=bookings scope=bookings:delete)"
  decide tampered '401 bad_signature' "${call[@]}" "Authorization: Bearer $(mint system=bookings signature=tampered)"
}

demo_credicorp() {
  local form=(-d grant_type=client_credentials -d client_id=credicorp-client -d client_secret=credicorp-secret)
  local call=(POST /partner/v1/applications)
  introduce 'Credicorp (JWT, RS256; keys found through RFC 8414 metadata)' \
    "curl -s $issuer/partner/v1/oauth/token -d grant_type=client_credentials \\
  -d client_id=credicorp-client -d client_secret=credicorp-secret -d scope='applications:write decisions:read'" \
    "${call[*]}"
  local token scoped
  token=$(curl -s "$issuer/partner/v1/oauth/token" "${form[@]}" -d scope='applications:write decisions:read' |
    member access_token)
  scoped=$(curl -s "$issuer/partner/v1/oauth/token" "${form[@]}" -d scope=decisions:read | member access_token)
  decide accepted 200 "${call[@]}" "Authorization: Bearer $token"
  decide expired '401 expired' "${call[@]}" "Authorization: Bearer $(mint system=credicorp expires_in=-60)"
  decide 'wrong scope' '403 insufficient_scope' "${call[@]}" "Authorization: Bearer $scoped"
  decide tampered '401 bad_signature' "${call[@]}" "Authorization: Bearer $(mint system=credicorp signature=tampered)"
}

demo_hubrise() {
  local call=(POST /v1/location/orders) scope='location[orders.write,customer_list.write,]'
  introduce 'HubRise (opaque token in X-Access-Token; Assay asks HubRise once and remembers for a second)' \
    "curl -s $issuer/oauth2/v1/token -d code=... -d client_id=hubrise-client -d client_secret=hubrise-secret
(the code comes from $issuer/oauth2/v1/authorize, where the user agrees to
 scope=$scope)" "${call[*]}"
  local token last
  token=$(hubrise_token "$scope" Paris)
  hubrise_token=$token
  decide accepted 200 "${call[@]}" "X-Access-Token: $token"
  printf '    %-14s %s\n' expired '-   (these tokens never expire; the user may take them back)'
  decide 'wrong scope' '403 insufficient_scope' "${call[@]}" \
    "X-Access-Token: $(hubrise_token 'location[orders.read]' Lyon)"
  last=$([ "${token: -1}" = 0 ] && echo 1 || echo 0)
  decide tampered '401 inactive' "${call[@]}" "X-Access-Token: ${token%?}$last"
  token=$(hubrise_token "$scope" Nice)
  curl -s -o /dev/null "$issuer/dev/revoke" -d "token=$token"
  decide 'taken back' '401 inactive' "${call[@]}" "X-Access-Token: $token"
}

printf 'issuer   %s   (gives out tokens as the four systems document it)\n' "$issuer"
printf 'sidecar  %s   (decides; a proxy would ask it before every request)\n' "$sidecar"
# The keys of two issuers are fetched in the background; until then the answer is 503.
for _ in $(seq 100); do
  answer=$(curl -s -o /dev/null -w '%{http_code}' -X POST -H "Authorization: Bearer $(mint system=credicorp)" \
    "$sidecar/partner/v1/applications")
  [ "$answer" = 503 ] || break
  sleep 0.1
done
demo_hub
demo_bookings
demo_credicorp
demo_hubrise

if [ "$failed" = yes ]; then
  printf '\nSomething was decided otherwise than expected. What the programs said:\n' >&2
  cat "$folder"/*.log >&2
  exit 1
fi
if [ "$keep" = yes ]; then
  cat <<END

Everything keeps running until Ctrl-C. To try (the answer's X-Assay-Code says why):
  curl -i -X POST $sidecar/api/v1/orders -H 'Authorization: Bearer $hub_token'
  curl -i -X POST $sidecar/v1/location/orders -H 'X-Access-Token: $hubrise_token'
  curl -i -X POST $sidecar/api/v1/orders
  curl -s $issuer/dev/mint -d system=hub -d expires_in=-60
  curl -s $issuer/dev/revoke -d token=$hubrise_token
Configuration: $folder/assay.toml
END
  wait "${pids[@]}"
fi
