// The providers' official Node SDKs, unmodified, against a running sandbox: see README.md beside this file.
// Prints one line for each thing it looked at and ends with 1 when one of them was not as it should be.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { MercadoPagoConfig, MerchantOrder, Payment, PaymentRefund, Preference, WebhookSignatureValidator } from "mercadopago";
import Stripe from "stripe";

const env = process.env;
const SANDBOX = env.SANDBOX_URL || "http://127.0.0.1:8002";
const SHOP = env.SITE_URL || "http://127.0.0.1:8000";
const MP_TOKEN = env.MERCADOPAGO_ACCESS_TOKEN || "APP_USR-sandbox-0123456789";
const MP_SECRET = env.MERCADOPAGO_WEBHOOK_SECRET || "sandbox-secret";
const STRIPE_KEY = env.STRIPE_SECRET_KEY || "sk_test_sandbox0123456789";
const STRIPE_SECRET = env.STRIPE_WEBHOOK_SECRET || "whsec_sandbox_0123456789";
const at = new URL(SANDBOX);
const require = createRequire(import.meta.url);
let looked = 0;
let wrong = 0;

function see(what, is, told = "") {
  looked += 1;
  if (!is) wrong += 1;
  console.log(`${is ? "ok  " : "FAIL"} ${what}${is ? "" : ` ${JSON.stringify(told)}`}`);
}

async function refusal(act) {
  try {
    await act();
  } catch (error) {
    return error;
  }
  return null;
}

async function control(path, body) {
  const answer = await plainFetch(`${SANDBOX}/_sandbox/api/${path}`, body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(told)}`);
  return told;
}

// Mercado Pago's SDK has no setting for its address: what it asks of the API is asked of the sandbox instead.
const plainFetch = globalThis.fetch;
globalThis.fetch = (url, init) => {
  const target = String(url);
  const api = "https://api.mercadopago.com";
  return plainFetch(target.startsWith(api) ? `${SANDBOX}/mp${target.slice(api.length)}` : url, init);
};

// The requests of every notification about `id` that the sandbox sent, whatever was answered.
async function sent(id) {
  await control("flush", { timeout: 10 });
  const found = (await control("deliveries")).filter((one) => JSON.stringify(one).includes(id));
  return found.flatMap((one) => one.tries);
}

function header(headers, name) {
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  return found ? found[1] : undefined;
}

async function mercadoPago() {
  const config = new MercadoPagoConfig({ accessToken: MP_TOKEN, options: { timeout: 15000, maxRetries: 0 } });
  const [preferences, payments, refunds] = [new Preference(config), new Payment(config), new PaymentRefund(config)];
  const reference = `node-${Date.now()}`;
  const made = await preferences.create({ body: {
    items: [{ id: "REM-1", title: "Remera", quantity: 2, currency_id: "ARS", unit_price: 12500.5 }],
    payer: { name: "Ana", surname: "Pérez", email: "ana@example.com" },
    back_urls: { success: `${SHOP}/r/`, pending: `${SHOP}/r/`, failure: `${SHOP}/r/` },
    external_reference: reference,
    notification_url: `${SHOP}/payments/webhook/mercadopago/?source_news=webhooks`,
  } });
  see("mercadopago: Preference.create", made.id && made.init_point, made);
  see("mercadopago: Preference.get", (await preferences.get({ preferenceId: made.id })).external_reference === reference);
  const listed = await preferences.search({ options: { external_reference: reference } });
  see("mercadopago: Preference.search", listed.elements.some((one) => one.id === made.id), listed);
  const changed = await preferences.update({ id: made.id, updatePreferenceRequest: { expires: false } });
  see("mercadopago: Preference.update", changed.id === made.id, changed);
  const paid = await control("actions/mp.pay", { id: made.id, method: "visa", outcome: "approved" });
  const payment = await payments.get({ id: paid.id });
  see("mercadopago: Payment.get", payment.status === "approved" && payment.transaction_amount === 25001, payment);
  see("mercadopago: the card's last digits", payment.card.last_four_digits.length === 4, payment.card);
  const found = await payments.search({ options: {
    external_reference: reference, sort: "date_created", criteria: "desc", limit: 30, offset: 0,
  } });
  see("mercadopago: Payment.search", found.results.length === 1 && found.paging.total === 1, found.paging);
  const back = await refunds.create({ payment_id: paid.id, body: { amount: 100 }, requestOptions: { idempotencyKey: `k-${reference}` } });
  see("mercadopago: PaymentRefund.create", back.status === "approved" && back.amount === 100, back);
  const refundsListed = await refunds.list({ payment_id: paid.id });
  see("mercadopago: PaymentRefund.list", refundsListed.length === 1 && refundsListed[0].id === back.id, refundsListed);
  const one = await refunds.get({ payment_id: paid.id, refund_id: back.id });
  see("mercadopago: PaymentRefund.get", one.id === back.id, one);
  // The SDK keeps the last call's options, its idempotency key too.
  const rest = await refunds.total({ payment_id: paid.id, requestOptions: { idempotencyKey: `t-${reference}` } });
  see("mercadopago: PaymentRefund.total", rest.amount === 24901, rest);
  const orders = await new MerchantOrder(config).search({ options: { external_reference: reference } });
  see("mercadopago: MerchantOrder.search", Array.isArray(orders.elements), orders);
  const waiting = await preferences.create({ body: {
    items: [{ id: "REM-2", title: "Remera", quantity: 1, currency_id: "ARS", unit_price: 900 }], external_reference: `${reference}-v`,
  } });
  const voucher = await control("actions/mp.pay", { id: waiting.id, method: "rapipago" });
  see("mercadopago: Payment.cancel", (await payments.cancel({ id: voucher.id })).status === "cancelled");
  await mercadoPagoErrors(config, preferences, payments);
  await mercadoPagoWebhooks(String(paid.id));
}

async function mercadoPagoErrors(config, preferences, payments) {
  const absent = await refusal(() => payments.get({ id: 123456 }));
  see("mercadopago: an unknown payment is MPNotFoundError", absent?.constructor.name === "MPNotFoundError", String(absent));
  const bad = await refusal(() => preferences.create({ body: { items: [] } }));
  see("mercadopago: no items is MPBadRequestError", bad?.constructor.name === "MPBadRequestError", String(bad));
  const stranger = new Payment(new MercadoPagoConfig({ accessToken: "APP_USR-another", options: { maxRetries: 0 } }));
  const refused = await refusal(() => stranger.get({ id: 1 }));
  see("mercadopago: another token is MPAuthenticationError", refused?.constructor.name === "MPAuthenticationError", String(refused));
  const route = await plainFetch(`${SANDBOX}/mp/v1/nowhere`);
  const told = await route.json();
  see("mercadopago: an unknown address in its own shape", route.status === 404 && told.status === 404 && told.error && told.message && "cause" in told, told);
  const method = await plainFetch(`${SANDBOX}/mp/v1/payments/1`, { method: "DELETE" });
  see("mercadopago: an unknown method is 405 in its own shape", method.status === 405 && (await method.json()).status === 405);
}

async function mercadoPagoWebhooks(id) {
  const tries = (await sent(id)).filter((one) => header(one.request_headers, "x-signature"));
  see("mercadopago: webhooks were sent", tries.length > 0);
  for (const one of tries) {
    const wanted = {
      xSignature: header(one.request_headers, "x-signature"), xRequestId: header(one.request_headers, "x-request-id"),
      dataId: new URL(one.url).searchParams.get("data.id"), secret: MP_SECRET, toleranceSeconds: 300,
    };
    const error = await refusal(async () => WebhookSignatureValidator.validate(wanted));
    see("mercadopago: WebhookSignatureValidator, toleranceSeconds 300", error === null, error?.reason);
    const forged = await refusal(async () => WebhookSignatureValidator.validate({ ...wanted, secret: "another" }));
    see("mercadopago: another secret is refused", forged?.reason === "SignatureMismatch", forged?.reason);
  }
}

async function stripe() {
  // No patched fetch: the SDK takes host, port and protocol, and the sandbox answers /v1 at its root.
  const options = { host: at.hostname, port: Number(at.port), protocol: "http", maxNetworkRetries: 0, telemetry: false };
  const sdk = new Stripe(STRIPE_KEY, options);
  const line = (amount, currency = "mxn") => ({
    quantity: 1, price_data: { currency, unit_amount: amount, product_data: { name: "Remera" } },
  });
  const wanted = (amount = 135050) => ({
    mode: "payment", line_items: [line(amount)], success_url: `${SHOP}/r/?s={CHECKOUT_SESSION_ID}`, cancel_url: `${SHOP}/c/`,
    client_reference_id: `node-${Date.now()}`,
  });
  const made = await sdk.checkout.sessions.create(wanted(), { idempotencyKey: `node-${Date.now()}` });
  see("stripe: checkout.sessions.create", made.status === "open" && made.url, made);
  see("stripe: checkout.sessions.retrieve", (await sdk.checkout.sessions.retrieve(made.id)).id === made.id);
  see("stripe: checkout.sessions.list", (await sdk.checkout.sessions.list({ limit: 3 })).data.some((one) => one.id === made.id));
  see("stripe: checkout.sessions.listLineItems", (await sdk.checkout.sessions.listLineItems(made.id)).data.length === 1);
  const other = await sdk.checkout.sessions.create(wanted());
  see("stripe: checkout.sessions.expire", (await sdk.checkout.sessions.expire(other.id)).status === "expired");
  await control("actions/stripe.pay", { id: made.id, method: "card" });
  const done = await sdk.checkout.sessions.retrieve(made.id, { expand: ["payment_intent.latest_charge"] });
  const intent = done.payment_intent;
  see("stripe: expand payment_intent.latest_charge", intent.status === "succeeded" && intent.latest_charge.paid, intent);
  see("stripe: paymentIntents.retrieve", (await sdk.paymentIntents.retrieve(intent.id)).id === intent.id);
  see("stripe: paymentIntents.list", (await sdk.paymentIntents.list({ limit: 2 })).data[0].object === "payment_intent");
  const charge = await sdk.charges.retrieve(intent.latest_charge.id);
  see("stripe: charges.retrieve", charge.payment_method_details.card.last4 === "4242", charge);
  see("stripe: charges.list", (await sdk.charges.list({ payment_intent: intent.id })).data.length === 1);
  const back = await sdk.refunds.create({ payment_intent: intent.id, amount: 5000 });
  see("stripe: refunds.create", back.status === "succeeded" && back.amount === 5000, back);
  see("stripe: refunds.retrieve", (await sdk.refunds.retrieve(back.id)).id === back.id);
  see("stripe: refunds.list", (await sdk.refunds.list({ payment_intent: intent.id })).data.length === 1);
  await control("actions/stripe.dispute", { id: made.id });
  const disputes = await sdk.disputes.list({ payment_intent: intent.id });
  see("stripe: disputes.list", disputes.data.length === 1, disputes);
  const dispute = await sdk.disputes.retrieve(disputes.data[0].id);
  see("stripe: disputes.retrieve", dispute.charge === charge.id, dispute);
  see("stripe: events.list", (await sdk.events.list({ limit: 5 })).data.length > 0);
  alwaysThere({ Session: ["Checkout/Sessions", done], PaymentIntent: ["PaymentIntents", intent], Refund: ["Refunds", back],
    Charge: ["Charges", charge], Dispute: ["Disputes", dispute] });
  await stripeErrors(sdk, options, wanted, line, made, intent);
  await stripeWebhooks(sdk, made.id);
}

// What the SDK's own types say is always there (no question mark) must be there, one level down as well.
function alwaysThere(objects) {
  for (const [name, [file, object]] of Object.entries(objects)) {
    const folder = require.resolve("stripe").replace(/cjs.*$/, "esm/resources/");
    const types = readFileSync(`${folder}${file}.d.ts`, "utf8");
    const missing = (wanted, told, indent) => required(types, wanted, indent).filter((key) => !(key in told));
    const absent = missing(name, object, "");
    if (name === "Charge") {
      absent.push(...missing("BillingDetails", object.billing_details, "    ").map((key) => `billing_details.${key}`));
      const card = object.payment_method_details.card;
      absent.push(...missing("Card", card, "        ").map((key) => `payment_method_details.card.${key}`));
    }
    see(`stripe: ${name} has every field that its type has`, absent.length === 0, absent);
  }
}

function required(types, name, indent) {
  const start = types.search(new RegExp(`^${indent}(export )?(declare )?interface ${name} \\{`, "m"));
  if (start < 0) throw new Error(`no interface ${name}`);
  const end = types.indexOf(`\n${indent}}`, start);
  const inside = types.slice(start, end).split("\n");
  const found = inside.map((text) => text.match(new RegExp(`^${indent}    (\\w+): `))).filter(Boolean);
  return found.map((match) => match[1]).filter((key) => key !== "lastResponse");
}

async function stripeErrors(sdk, options, wanted, line, session, intent) {
  const absent = await refusal(() => sdk.checkout.sessions.retrieve("cs_test_nothing"));
  see("stripe: an unknown session is StripeInvalidRequestError 404", absent?.type === "StripeInvalidRequestError" && absent.statusCode === 404 && absent.code === "resource_missing", absent);
  const key = await refusal(() => new Stripe("sk_test_another", options).paymentIntents.retrieve(intent.id));
  see("stripe: another key is StripeAuthenticationError", key?.type === "StripeAuthenticationError", key);
  const large = await refusal(() => sdk.checkout.sessions.create(wanted(100000000)));
  see("stripe: nine digits are amount_too_large", large?.code === "amount_too_large", large);
  const small = await refusal(() => sdk.checkout.sessions.create(wanted(999)));
  see("stripe: less than ten pesos is amount_too_small", small?.code === "amount_too_small", small);
  const again = { idempotencyKey: `node-same-${Date.now()}` };
  await sdk.checkout.sessions.create(wanted(), again);
  const reused = await refusal(() => sdk.checkout.sessions.create(wanted(20000), again));
  see("stripe: another request under the same key is StripeIdempotencyError", reused?.type === "StripeIdempotencyError", reused);
  const card = await refusal(() => sdk.paymentIntents.create({
    amount: 20000, currency: "mxn", confirm: true, payment_method: "pm_card_chargeDeclined",
  }));
  see("stripe: a declined card is StripeCardError", card?.type === "StripeCardError" && card.decline_code === "generic_decline", card);
  const over = await refusal(() => sdk.checkout.sessions.expire(session.id));
  see("stripe: a complete session does not expire", over?.type === "StripeInvalidRequestError", over);
  const nowhere = await refusal(() => sdk.customers.retrieve("cus_x"));
  see("stripe: an unknown address is StripeInvalidRequestError with its sentence and request id",
    nowhere?.type === "StripeInvalidRequestError" && nowhere.message.startsWith("Unrecognized request URL (GET: /v1/customers/cus_x)") && nowhere.requestId?.startsWith("req_"), nowhere);
  const method = await refusal(() => sdk.rawRequest("DELETE", "/v1/refunds/re_x"));
  see("stripe: an unknown method likewise", method?.statusCode === 404 && method.message.startsWith("Unrecognized request URL (DELETE"), method);
}

async function stripeWebhooks(sdk, id) {
  const tries = (await sent(id)).filter((one) => header(one.request_headers, "stripe-signature"));
  see("stripe: webhooks were sent", tries.length > 0);
  for (const one of tries) {
    const signature = header(one.request_headers, "stripe-signature");
    const event = sdk.webhooks.constructEvent(one.request_body, signature, STRIPE_SECRET);
    see(`stripe: webhooks.constructEvent ${event.type}`, event.object === "event");
  }
  const forged = await refusal(async () => sdk.webhooks.constructEvent(tries[0].request_body, header(tries[0].request_headers, "stripe-signature"), "whsec_another"));
  see("stripe: another secret is StripeSignatureVerificationError", forged?.type === "StripeSignatureVerificationError", forged);
}

const failures = [];
for (const run of [mercadoPago, stripe]) {
  try {
    await run();
  } catch (error) {
    failures.push(error);
    console.log(`FAIL ${run.name}: ${error?.stack || JSON.stringify(error)}`);
  }
}
console.log(`${looked} looked at, ${wrong} wrong, ${failures.length} broken off`);
process.exitCode = wrong || failures.length ? 1 : 0;
