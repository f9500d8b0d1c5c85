import { Agent, request } from "node:http";

export interface LoadReport {
  readonly answered: number;
  /** What went wrong: `503`, `ECONNRESET`. Empty where every request was answered with 200. */
  readonly failures: readonly string[];
  /** How often each body was seen. */
  readonly bodies: ReadonlyMap<string, number>;
}

export interface Load {
  /** Ends the load, and waits for the requests under way. */
  stop(): Promise<LoadReport>;
  /** So far. */
  answered(): number;
}

/** Requests one after the other on each of some connections that are kept, and on as many that are made anew for every request. */
export function load(url: string, { keptConnections = 4, newConnections = 4 } = {}): Load {
  const kept = new Agent({ keepAlive: true, maxSockets: keptConnections });
  const fresh = new Agent({ keepAlive: false });
  const failures: string[] = [];
  const bodies = new Map<string, number>();
  let answered = 0;
  let running = true;

  async function client(agent: Agent): Promise<void> {
    while (running) {
      try {
        const { status, body } = await get(url, agent);
        if (status === 200) bodies.set(body, (bodies.get(body) ?? 0) + 1);
        else failures.push(String(status));
        answered += 1;
      } catch (cause) {
        failures.push((cause as NodeJS.ErrnoException).code ?? String(cause));
      }
    }
  }

  const clients = [
    ...Array.from({ length: keptConnections }, () => client(kept)),
    ...Array.from({ length: newConnections }, () => client(fresh)),
  ];
  return {
    answered: () => answered,
    async stop() {
      running = false;
      await Promise.all(clients);
      kept.destroy();
      return { answered, failures, bodies };
    },
  };
}

function get(url: string, agent: Agent): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: body.trim() }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}
