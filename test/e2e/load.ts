import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Sending {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly host?: string;
}

/** One request to a port on loopback; rejects where no whole answer comes. */
export function send(port: number, { path = "/", headers = {}, agent = new Agent(), host = "127.0.0.1" }: Sending = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, headers, agent }, (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, reason: response.statusMessage ?? "", headers: response.headers, body }),
        reject,
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

export interface Load {
  /** Resolves when this many more answers came. */
  answers(more: number): Promise<void>;
  /** Ends the load and tells what it saw. */
  stop(): Promise<{ readonly answered: number; readonly failures: readonly string[]; readonly bodies: ReadonlySet<string> }>;
}

/** Sends requests without a pause, some over connections that stay and some over a new connection each, until stopped. */
export function load(port: number, { keepAlive = 4, fresh = 2 } = {}): Load {
  let stopping = false;
  let answered = 0;
  const failures: string[] = [];
  const bodies = new Set<string>();
  const waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();
  const kept = new Agent({ keepAlive: true, maxSockets: keepAlive });
  const client = async (agent: () => Agent): Promise<void> => {
    while (!stopping) {
      try {
        const { status, body } = await send(port, { agent: agent() });
        if (status !== 200) failures.push(`${status}: ${body}`);
        bodies.add(body);
      } catch (error) {
        failures.push(String(error));
      }
      answered += 1;
      for (const one of waiting) {
        if (one.at > answered) continue;
        waiting.delete(one);
        one.resolve();
      }
    }
  };
  const clients = [
    ...Array.from({ length: keepAlive }, () => client(() => kept)),
    ...Array.from({ length: fresh }, () => client(() => new Agent())),
  ];
  return {
    answers: (more) => new Promise((resolve) => waiting.add({ at: answered + more, resolve })),
    stop: async () => {
      stopping = true;
      await Promise.all(clients);
      kept.destroy();
      return { answered, failures, bodies };
    },
  };
}
