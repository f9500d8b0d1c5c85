import { haproxyTrafficProxy } from "../../src/drivers/haproxy/haproxy-traffic-proxy.ts";
import type { ProxyConfiguration } from "../../src/ports/traffic-proxy.ts";
import { clock } from "./traffic-world.ts";

// A control plane for a test to kill: it applies one configuration, says so and stays.
const [directory = "", configuration = ""] = process.argv.slice(2);
const proxy = await haproxyTrafficProxy({ directory, clock });
await proxy.apply(JSON.parse(configuration) as ProxyConfiguration);
process.stdout.write("applied\n");
