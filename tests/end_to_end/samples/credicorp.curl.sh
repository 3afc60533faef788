curl -s -X POST https://hub.credicorp.co.uk/partner/v1/oauth/token \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -d grant_type=client_credentials \
  -d client_id=$CREDICORP_CLIENT_ID \
  -d client_secret=$CREDICORP_CLIENT_SECRET \
  -d scope='applications:write decisions:read'
