import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ElasticLoadBalancingV2Client, ModifyLoadBalancerAttributesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { airfieldProcess, freePort } from "../../src/testing/airfield-process.ts";
import { atLeast, atMost, median, part, type Figure } from "../figure.ts";
import { loadBalancer } from "../load-balancer.ts";
import { bareHaproxy, fixedAnswer, likewiseHaproxy, nginx } from "../peers/proxies.ts";
import { wrk } from "../wrk.ts";
import { targetChange } from "./target-change.ts";

const SECONDS = Number(process.env["AIRFIELD_BENCH_SECONDS"] ?? 3);
const ROUNDS = Number(process.env["AIRFIELD_BENCH_ROUNDS"] ?? 5);
const CONNECTIONS = 32;
const BUCKET = "bench-logs";

/** Requests through load balancers, beside HAProxy and nginx with configurations written by hand, to the same server, in turns. */
export async function measure(tell: (figure: Figure) => void): Promise<void> {
  await requests(tell);
  await targetChange(tell);
}

async function requests(tell: (figure: Figure) => void): Promise<void> {
  // Targets at this host are what an operator opens.
  const logs = await mkdtemp(join(tmpdir(), "airfield-bench-logs-"));
  await mkdir(join(logs, BUCKET));
  const environment = { AIRFIELD_TARGET_ADDRESSES: "127.0.0.1/32", AIRFIELD_LOG_BUCKETS: logs };
  await using airfield = await airfieldProcess({ environment });
  const backendPort = await freePort();
  await using _backend = await fixedAnswer(backendPort);
  const elb = airfield.client(ElasticLoadBalancingV2Client);
  for (const rules of [1, 100]) {
    const [peer, likewise, second] = [await freePort(), await freePort(), await freePort()];
    await using _haproxy = await bareHaproxy({ port: peer, backendPort, rules });
    await using _likewise = await likewiseHaproxy({ port: likewise, backendPort, rules });
    await using _nginx = await nginx({ port: second, backendPort, rules });
    const { arn, port: ours } = await loadBalancer(airfield, { backendPort, rules });
    const many = rules === 1 ? "1 rule" : `${rules} rules`;
    for (const reused of [true, false]) {
      const seen = await inTurns({ ours, haproxy: peer, likewise, nginx: second }, { path: `/r${rules - 1}/x`, reused });
      const name = `${many}, ${reused ? "kept" : "new"} connections`;
      const rates = (of: "ours" | "haproxy" | "likewise" | "nginx"): number =>
        median(seen[of].map(({ requestsPerSecond }) => requestsPerSecond));
      const late = (of: "ours" | "haproxy"): number => median(seen[of].map(({ p99 }) => p99));
      tell(atLeast(0.95, { name: `requests, ${name}`, unit: "1/s", ours: rates("ours"), peer: rates("haproxy") }));
      tell(
        part({ name: `requests, ${name}, against HAProxy that does the same`, unit: "1/s", ours: rates("ours"), peer: rates("likewise") }),
      );
      tell(atMost(1.1, { name: `99th percentile, ${name}`, unit: "ms", ours: late("ours"), peer: late("haproxy") }));
      tell(atLeast(1.2, { name: `requests, ${name}, against nginx`, unit: "1/s", ours: rates("ours"), peer: rates("nginx") }));
    }
    await logRequests(elb, arn);
    const logged = await inTurns({ ours, haproxy: peer }, { path: `/r${rules - 1}/x`, reused: true });
    const rate = (of: "ours" | "haproxy"): number => median(logged[of].map(({ requestsPerSecond }) => requestsPerSecond));
    tell(atLeast(0.9, { name: `requests, ${many}, with access logs`, unit: "1/s", ours: rate("ours"), peer: rate("haproxy") }));
  }
  await rm(logs, { recursive: true });
}

async function logRequests(elb: ElasticLoadBalancingV2Client, LoadBalancerArn: string): Promise<void> {
  const Attributes = [
    { Key: "access_logs.s3.enabled", Value: "true" },
    { Key: "access_logs.s3.bucket", Value: BUCKET },
  ];
  await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
}

type Measured = Awaited<ReturnType<typeof wrk>>;

async function inTurns<K extends string>(
  ports: Readonly<Record<K, number>>,
  { path, reused }: { readonly path: string; readonly reused: boolean },
): Promise<Readonly<Record<K, readonly Measured[]>>> {
  const names = Object.keys(ports) as K[];
  const seen = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<K, Measured[]>;
  const headers: Readonly<Record<string, string>> = reused ? {} : { Connection: "close" };
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of names) {
      const url = `http://127.0.0.1:${ports[name]}${path}`;
      const measured = await wrk({ url, connections: CONNECTIONS, seconds: SECONDS, headers });
      // The load's own end cuts a connection or two that are just being closed.
      if (measured.failures > (reused ? 0 : CONNECTIONS)) throw new Error(`${measured.failures} requests to ${name} failed`);
      seen[name].push(measured);
    }
  return seen;
}
