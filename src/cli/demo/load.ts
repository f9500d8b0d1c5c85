import { Agent, request as httpRequest } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

/** Where the requests go: an address to connect to, and the name that they ask for. */
export interface LoadTarget {
  readonly address: string;
  readonly port: number;
  readonly host: string;
}

export interface LoadCount {
  readonly sent: number;
  readonly failed: number;
  /** Answers by the version that gave them. */
  readonly byVersion: ReadonlyMap<string, number>;
  /** What went wrong first, for each kind of failure. */
  readonly failures: ReadonlyMap<string, number>;
}

export interface Load {
  count(): LoadCount;
  /** Sends nothing more, and resolves when the last answer is there. */
  stop(): Promise<LoadCount>;
}

const KEPT_CONNECTIONS = 8;
const NEW_CONNECTIONS = 4;
/** Each worker sends up to 50 requests a second: a steady load that leaves the machine to the deployment. */
const PACE_MS = 20;
const ANSWER_WITHIN_MS = 10_000;

/** Begins to send requests: some workers over a connection that each keeps, some over a new connection for every request. */
export function startLoad(target: LoadTarget): Load {
  let stopped = false;
  let sent = 0;
  let failed = 0;
  const byVersion = new Map<string, number>();
  const failures = new Map<string, number>();
  const tally = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

  async function work(agent: Agent | false): Promise<void> {
    while (!stopped) {
      sent += 1;
      try {
        tally(byVersion, await ask(target, agent));
      } catch (error) {
        failed += 1;
        tally(failures, (error as Error).message);
      }
      await wait(PACE_MS);
    }
    if (agent) agent.destroy();
  }

  const workers = [
    ...Array.from({ length: KEPT_CONNECTIONS }, () => work(new Agent({ keepAlive: true, maxSockets: 1 }))),
    ...Array.from({ length: NEW_CONNECTIONS }, () => work(false)),
  ];
  const count = (): LoadCount => ({ sent, failed, byVersion: new Map(byVersion), failures: new Map(failures) });
  return {
    count,
    async stop() {
      stopped = true;
      await Promise.all(workers);
      return count();
    },
  };
}

/** The version that answers; rejects where the answer is not a whole 200. */
export function ask({ address, port, host }: LoadTarget, agent: Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: address, port, agent, headers: { host }, timeout: ANSWER_WITHIN_MS }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        else resolve((JSON.parse(body) as { version: string }).version);
      });
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`)));
    request.on("error", reject);
    request.end();
  });
}
