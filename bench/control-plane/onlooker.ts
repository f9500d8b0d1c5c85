import { Worker } from "node:worker_threads";
import { signedHeaders } from "../../src/testing/signed-request.ts";

/** A client on a thread of its own, so that it does not wait for the thread that it measures. */
const CLIENT = `
const { parentPort } = require("node:worker_threads");
const http = require("node:http");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let taken = [];
let asked;
const ask = () => new Promise((resolve, reject) => {
  const began = performance.now();
  const request = http.request(asked.url, { method: "POST", headers: asked.headers, agent }, (response) => {
    response.resume();
    response.on("end", () => {
      if (response.statusCode !== 200) return reject(new Error("answered " + response.statusCode));
      taken.push(performance.now() - began);
      resolve();
    });
  });
  request.on("error", reject);
  request.end(asked.body);
});
const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
parentPort.on("message", (message) => {
  if (message !== "take") {
    const idle = asked === undefined;
    asked = message;
    if (idle) (async () => { for (;;) { await ask(); await pause(); } })();
    return;
  }
  parentPort.postMessage(taken);
  taken = [];
});
`;

/** Asks one thing again and again, one request at a time. */
export interface Onlooker extends AsyncDisposable {
  /** Milliseconds of each request that was answered since the last call. */
  take(): Promise<readonly number[]>;
}

/** Sends `body` to an operation of ECS every few milliseconds, with a signature that is renewed while it is good. */
export async function onlooker(url: string, operation: string, body: string): Promise<Onlooker> {
  const worker = new Worker(CLIENT, { eval: true });
  const failed = new Promise<never>((_, reject) => worker.once("error", reject));
  // Whoever takes next is told.
  failed.catch(() => undefined);
  const renew = async (): Promise<void> => {
    const plain = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AmazonEC2ContainerServiceV20141113.${operation}` };
    worker.postMessage({ url, body, headers: await signedHeaders(url, { service: "ecs", headers: plain, body }) });
  };
  await renew();
  const renewing = setInterval(() => void renew(), 60_000);
  return {
    async take() {
      const taken = new Promise<readonly number[]>((resolve) => worker.once("message", resolve));
      worker.postMessage("take");
      return Promise.race([taken, failed]);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(renewing);
      await worker.terminate();
    },
  };
}

/** The value that 99 of 100 do not exceed. */
export function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? 0;
}
