// Node 18+ (built-in fetch)
const TOKEN_URL = "https://sunrift-hub.com/oauth/token";

async function getToken() {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: process.env.CLIENT_ID,
    client_secret: process.env.CLIENT_SECRET,
    scope: "identity:read partners:*",
  });
  const res = await fetch(TOKEN_URL, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body,
  });
  if (!res.ok) throw new Error(`token: ${res.status}`);
  return (await res.json()).access_token;
}

async function placeOrder() {
  const token = await getToken();
  const res = await fetch("https://sunrift-hub.com/api/v1/orders", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Authorization": `Bearer ${token}`,
      "Idempotency-Key": crypto.randomUUID(),
    },
    body: JSON.stringify({
      sku_code: "partner_a.product_a.usd",
      amount: 25,
      external_order_id: "your-ref-123",
    }),
  });
  console.log(await res.json());
}
