import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { motoServer } from "../../bench/peers/moto.ts";
import { logDelivery } from "../../src/control/access-logs/deliver.ts";
import { logFolder } from "../../src/drivers/filesystem/log-folder.ts";
import { requestLog } from "../../src/drivers/haproxy/request-log.ts";
import { memoryJournal } from "../../src/drivers/memory/journal.ts";
import { s3LogBuckets } from "../../src/drivers/s3/log-buckets.ts";
import type { LogBuckets } from "../../src/ports/log-buckets.ts";
import { loadBalancers } from "../../src/state/elb.ts";
import { JournaledState } from "../../src/state/journaled-state.ts";
import { balancerArn, balancerRecord } from "../../src/testing/balancer-records.ts";
import { backend, serverAt } from "../../src/testing/traffic-proxy-contract.ts";
import { send } from "./load.ts";
import { clock, haproxyWorld } from "./traffic-world.ts";

const OWNER = balancerArn("loadbalancer/app/web");
const BUCKET = "logs";
const [CLIENTS, EACH] = [8, 250];
const logger = { info: () => undefined, warn: () => undefined, error: (text: string) => void process.stderr.write(`${text}\n`) };

/** Requests as fast as clients get them answered, over a connection each, delivered; the texts of what came, by the beginnings of their names. */
async function delivered(buckets: LogBuckets, objects: () => Promise<readonly (readonly [name: string, text: string])[]>) {
  await using world = await haproxyWorld();
  const target = await world.target(200);
  const port = await world.freePort();
  const state = new JournaledState(memoryJournal());
  const attributes = Object.fromEntries(
    ["access", "connection"].flatMap((kind) => [
      [`${kind}_logs.s3.enabled`, "true"],
      [`${kind}_logs.s3.bucket`, BUCKET],
    ]),
  );
  state.commit(() => state.table(loadBalancers).put(balancerRecord({ arn: OWNER, attributes })));
  await using log = await requestLog({ directory: world.directory, clock });
  await using delivery = logDelivery({ state, clock, log, buckets, logger });
  const action = { kind: "forward", backends: [{ id: "web", weight: 1 }] } as const;
  await world.proxy.apply({
    listeners: [
      {
        ...{ id: "main", addresses: ["127.0.0.1"], port, logsConnectionsOf: OWNER },
        routes: [{ hosts: [], owner: OWNER, idleTimeout: 60, logged: 0, logsConnections: true, action }],
      },
    ],
    backends: [backend("web", [serverAt("one", target, { health: "healthy" })])],
  });
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let count = 0; count < EACH; count += 1) await send(port, { path: `/${client}/${count}`, agent });
      agent.destroy();
    }),
  );
  const count = (found: readonly (readonly [string, string])[], isConnections: boolean): string[] =>
    found.filter(([name]) => name.includes("/conn_log.") === isConnections).flatMap(([, text]) => text.trimEnd().split("\n"));
  let found: readonly (readonly [string, string])[] = [];
  // HAProxy tells nobody when it has written all.
  for (let tries = 0; tries < 100 && count(found, false).length < CLIENTS * EACH; tries += 1) {
    await delivery.deliverNow();
    found = await objects();
  }
  return { requests: count(found, false), connections: count(found, true), names: found.map(([name]) => name) };
}

/** What came, counted: each request names its connection. */
function summaryOf({ requests, connections, names }: Awaited<ReturnType<typeof delivered>>) {
  const ids = new Set(connections.map((line) => line.split(" ").at(-1)));
  return {
    lines: requests.length,
    paths: new Set(requests.map((line) => /GET http:\/\/[^/]+(\/\d+\/\d+) /.exec(line)?.[1])).size,
    connections: connections.length,
    named: [...new Set(requests.map((line) => /TID_[0-9a-f]{32}/.exec(line)?.[0]))].filter((id) => ids.has(id)).length,
    elsewhere: names.filter((name) => !/^AWSLogs\/123456789012\/elasticloadbalancing\/us-east-1\/\d{4}\/\d{2}\/\d{2}\//.test(name)),
  };
}

const ALL = { lines: CLIENTS * EACH, paths: CLIENTS * EACH, connections: CLIENTS, named: CLIENTS, elsewhere: [] };

test("each request and connection is delivered once, into a folder", { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "log-delivery-"));
  try {
    await mkdir(join(folder, BUCKET));
    const objects = async () => {
      const all = await readdir(join(folder, BUCKET), { recursive: true });
      const files = all.filter((name) => name.endsWith(".log.gz"));
      return Promise.all(files.map(async (name) => [name, gunzipSync(await readFile(join(folder, BUCKET, name))).toString()] as const));
    };
    expect(summaryOf(await delivered(logFolder(folder), objects))).toEqual(ALL);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("and into a bucket of what speaks S3", { timeout: 60_000 }, async () => {
  await using server = await motoServer("s3");
  const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" };
  const client = new S3Client({ endpoint: server.url, region: "us-east-1", credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  using buckets = s3LogBuckets([{ bucket: BUCKET, prefix: "", endpoint: server.url, region: "us-east-1", credentials }]);
  const objects = async () => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return Promise.all(
      Contents.map(async ({ Key = "" }) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        return [Key, gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString()] as const;
      }),
    );
  };
  try {
    expect(summaryOf(await delivered(buckets, objects))).toEqual(ALL);
  } finally {
    client.destroy();
  }
});
