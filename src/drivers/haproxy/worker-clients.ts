import type { ProxyClientSet } from "../../ports/traffic-proxy.ts";
import { parseClients, planClientChanges, showClients } from "./client-sets.ts";
import { HaproxyRefusalError } from "./haproxy-process.ts";
import { askHaproxyAll, wasDone } from "./runtime-api.ts";

/** Commands that one connection carries: a worker answers others meanwhile. */
const BATCH = 500;

/** The sets of clients of a worker, as far as is known. */
export class WorkerClients {
  readonly #socket: string;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(workerSocket: string) {
    this.#socket = workerSocket;
  }

  /** Another worker, whose sets are not known. */
  forget(): void {
    this.#known.clear();
  }

  /**
   * Has it serve exactly these clients of each of these sets. Time is proportional to these; what is not known is asked for.
   * @throws HaproxyRefusalError
   */
  async change(sets: readonly ProxyClientSet[]): Promise<void> {
    const unknown = sets.filter(({ id }) => !this.#known.has(id));
    const printed = await askHaproxyAll(this.#socket, unknown.map(showClients));
    for (const [at, { id }] of unknown.entries()) this.#known.set(id, parseClients(printed[at] ?? ""));
    for (const set of sets) {
      const commands = planClientChanges(set, this.#known.get(set.id) ?? new Set());
      if (commands.length === 0) continue;
      // Not known where this ends half way.
      this.#known.delete(set.id);
      for (let at = 0; at < commands.length; at += BATCH) await this.#tell(commands.slice(at, at + BATCH));
      this.#known.set(set.id, new Set(set.addresses));
    }
  }

  async #tell(commands: readonly string[]): Promise<void> {
    const answers = await askHaproxyAll(this.#socket, commands);
    const refused = answers.findIndex((answer) => !wasDone(answer));
    if (refused !== -1) throw new HaproxyRefusalError(`${commands[refused]}: ${answers[refused]}`);
  }
}
