import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ElasticLoadBalancingV2Client, ModifyLoadBalancerAttributesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import { airfieldProcess, freePort } from "../../src/testing/airfield-process.ts";
import { madeCertificate } from "../../src/testing/certificates.ts";
import { atLeast, atMost, median, part, type Figure } from "../figure.ts";
import { loadBalancer } from "../load-balancer.ts";
import { bareHaproxy, fixedAnswer, likewiseHaproxy, nginx } from "../peers/proxies.ts";
import { wrk } from "../wrk.ts";
import { targetChange } from "./target-change.ts";

const SECONDS = Number(process.env["AIRFIELD_BENCH_SECONDS"] ?? 3);
const ROUNDS = Number(process.env["AIRFIELD_BENCH_ROUNDS"] ?? 5);
const CONNECTIONS = 32;
const BUCKET = "bench-logs";

interface Case {
  readonly rules: number;
  readonly by: "path" | "host";
  /** Of the certificate that all show, where TLS is spoken. */
  readonly pem?: string;
  /** Whether connections are kept: each in turn. */
  readonly reuses: readonly boolean[];
  /** Whether they are measured with access logs, too. */
  readonly logs?: boolean;
}

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
  const { pem: certificate, keyPem } = await madeCertificate({ commonName: "bench.test", names: ["bench.test"], key: 2048 });
  const { CertificateArn } = await airfield
    .client(ACMClient)
    .send(new ImportCertificateCommand({ Certificate: Buffer.from(certificate), PrivateKey: Buffer.from(keyPem) }));
  const pem = `${certificate}${keyPem}`;
  const cases: readonly Case[] = [
    { rules: 1, by: "path", reuses: [true, false], logs: true },
    { rules: 100, by: "path", reuses: [true, false], logs: true },
    { rules: 100, by: "host", reuses: [true] },
    { rules: 1, by: "path", pem, reuses: [true, false] },
    { rules: 100, by: "host", pem, reuses: [true] },
  ];
  for (const { reuses, logs: isLogged = false, ...task } of cases) {
    const { rules, by } = task;
    const [peer, likewise, second] = [await freePort(), await freePort(), await freePort()];
    await using _haproxy = await bareHaproxy({ port: peer, backendPort, ...task });
    await using _likewise = await likewiseHaproxy({ port: likewise, backendPort, ...task });
    await using _nginx = await nginx({ port: second, backendPort, ...task });
    const { arn, port: ours } = await loadBalancer(airfield, { backendPort, rules, by }, task.pem && CertificateArn);
    const many = `${rules === 1 ? "1 rule" : `${rules} rules${by === "host" ? " by host" : ""}`}${task.pem === undefined ? "" : ", TLS"}`;
    const load = { path: `/r${rules - 1}/x`, secure: task.pem !== undefined, ...(by === "host" && { host: `r${rules - 1}.test` }) };
    for (const reused of reuses) {
      const seen = await inTurns({ ours, haproxy: peer, likewise, nginx: second }, { ...load, reused });
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
    if (!isLogged) continue;
    await logRequests(elb, arn);
    const logged = await inTurns({ ours, haproxy: peer }, { ...load, reused: true });
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
  { path, host, reused, secure }: { readonly path: string; readonly host?: string; readonly reused: boolean; readonly secure: boolean },
): Promise<Readonly<Record<K, readonly Measured[]>>> {
  const names = Object.keys(ports) as K[];
  const seen = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<K, Measured[]>;
  const headers: Readonly<Record<string, string>> = { ...(host !== undefined && { Host: host }), ...(!reused && { Connection: "close" }) };
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of names) {
      const url = `${secure ? "https" : "http"}://127.0.0.1:${ports[name]}${path}`;
      const measured = await wrk({ url, connections: CONNECTIONS, seconds: SECONDS, headers });
      // The load's own end cuts a connection or two that are just being closed.
      if (measured.failures > (reused ? 0 : CONNECTIONS)) throw new Error(`${measured.failures} requests to ${name} failed`);
      seen[name].push(measured);
    }
  return seen;
}
