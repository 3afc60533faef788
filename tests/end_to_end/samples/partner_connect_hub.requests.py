import os, uuid, requests

TOKEN_URL = "https://sunrift-hub.com/oauth/token"

def get_token():
    r = requests.post(TOKEN_URL, data={
        "grant_type": "client_credentials",
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
        "scope": "identity:read partners:*",
    }, timeout=10)
    r.raise_for_status()
    return r.json()["access_token"]

def place_order():
    token = get_token()
    r = requests.post(
        "https://sunrift-hub.com/api/v1/orders",
        headers={
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": str(uuid.uuid4()),
        },
        json={
            "sku_code": "partner_a.product_a.usd",
            "amount": 25,
            "external_order_id": "your-ref-123",
        },
        timeout=20,
    )
    r.raise_for_status()
    print(r.json())
