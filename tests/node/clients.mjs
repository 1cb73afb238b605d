// One run of one real client against a door: node clients.mjs NAME URL KEY
// Each makes the same calls for the same person, flushes, and ends.
import process from "node:process";

const [name, url, key] = process.argv.slice(2);
const traits = { email: "minji@shop.example", name: "Kim Minji" };
const order = { order_id: `${name}-1`, revenue: 12.5, currency: "KRW", products: [{ sku: "x", quantity: 2 }] };

async function segment() {
  const { Analytics } = await import("@segment/analytics-node");
  const client = new Analytics({ writeKey: key, host: url, path: "/v1/batch", flushInterval: 200 });
  client.on("error", (error) => { throw new Error(String(error.reason ?? error.code)); });
  client.identify({ userId: "user-1", traits });
  client.track({ userId: "user-1", event: "Order Completed", properties: order });
  client.page({ userId: "user-1", name: "Home", properties: { url: "http://x/y" } });
  client.screen({ userId: "user-1", name: "Main" });
  client.group({ userId: "user-1", groupId: "org-9", traits: { industry: "retail" } });
  client.alias({ userId: "user-1", previousId: "anonymous-1" });
  await client.closeAndFlush({ timeout: 10_000 });
}

async function rudder() {
  const module = await import("@rudderstack/rudder-sdk-node");
  const Client = module.default?.default ?? module.default;
  const client = new Client(key, { dataPlaneUrl: url, flushAt: 1, flushInterval: 200 });
  client.identify({ userId: "user-1", traits });
  client.track({ userId: "user-1", event: "Order Completed", properties: order });
  client.page({ userId: "user-1", name: "Home", properties: { url: "http://x/y" } });
  client.screen({ userId: "user-1", name: "Main" });
  client.group({ userId: "user-1", groupId: "org-9", traits: { industry: "retail" } });
  client.alias({ userId: "user-1", previousId: "anonymous-1" });
  await new Promise((resolve) => { client.flush(() => resolve()); });
  await new Promise((resolve) => { setTimeout(resolve, 1500); });
  process.exit(0);
}

async function jitsu() {
  const { jitsuAnalytics } = await import("@jitsu/js");
  const client = jitsuAnalytics({ host: url, writeKey: `${key}:any` }); // it insists on two parts; ours is the first;
  await client.identify("user-1", traits);
  await client.track("Order Completed", order);
  await client.page({ name: "Home", url: "http://x/y", path: "/y" });
  await client.group("org-9", { industry: "retail" });
}

async function posthog() {
  const { PostHog } = await import("posthog-node");
  const client = new PostHog(key, { host: url, flushAt: 20, flushInterval: 200 });
  client.identify({ distinctId: "user-1", properties: traits });
  client.capture({ distinctId: "user-1", event: "Order Completed", properties: order });
  client.alias({ distinctId: "user-1", alias: "anonymous-1" });
  await client.shutdown(10_000);
}

await { segment, rudder, jitsu, posthog }[name]();
