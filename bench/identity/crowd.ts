import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isLoopback } from "../../src/gateway/loopback.ts";

/** Who attacks in vain, at once: on loopback only, and for a bounded time even where nobody ends them. */
const [LARGE, MANY, SLOW, SILENT] = [4, 64, 64, 500];
const LONGEST_MS = 120_000;
const BODY = Buffer.from("a&".repeat(16 * 1024 * 1024));

const { hostname, port } = new URL(process.argv[2] ?? "");
if (!isLoopback(hostname)) throw new RangeError(`${hostname} is not this machine`);
setTimeout(() => process.exit(), LONGEST_MS);

function dial(): Socket {
  return connect(Number(port), hostname).on("error", () => undefined);
}

/** Forms of 32 MB, one after another. */
async function large(): Promise<void> {
  for (;;) {
    await new Promise<void>((done) => {
      const sent = request({ hostname, port, method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } }, (answer) =>
        answer.resume(),
      );
      sent.on("error", () => undefined).on("close", done);
      sent.end(BODY);
    });
    await sleep(10);
  }
}

/** Small requests, as many as are answered. */
async function many(agent: Agent): Promise<void> {
  const headers = { "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListClusters", "content-type": "application/x-amz-json-1.1" };
  for (;;) {
    await new Promise<void>((done) => {
      const sent = request({ hostname, port, agent, method: "POST", headers }, (answer) => answer.resume());
      sent.on("error", () => undefined).on("close", done);
      sent.end("{}");
    });
    await sleep(1);
  }
}

/** A body a byte at a time. */
async function slow(): Promise<void> {
  for (;;) {
    const socket = dial();
    socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 10000\r\n\r\n");
    while (!socket.destroyed) {
      socket.write("a");
      await sleep(100);
    }
  }
}

/** A connection that says nothing, and another when it is closed. */
function silent(): void {
  dial().once("close", () => setTimeout(silent, 100));
}

const agent = new Agent({ keepAlive: true, maxSockets: MANY });
const each = (count: number, act: () => void): void => Array.from({ length: count }).forEach(act);
each(SILENT, silent);
each(SLOW, () => void slow());
each(MANY, () => void many(agent));
each(LARGE, () => void large());
// When they have all come, and what the door lets a first crowd have is used up.
setTimeout(() => process.stdout.write("here\n"), 2000);
