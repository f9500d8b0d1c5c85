import type { TaskNetwork, TaskSpec } from "../../ports/task-runner.ts";
import { sandboxBody } from "./container-body.ts";
import { inspect } from "./container-start.ts";
import { EngineError } from "./engine.ts";
import type { EngineEvent } from "./events.ts";
import { persist, type ReadySandboxes, type TaskSurroundings } from "./surroundings.ts";
import { sandboxPrefix } from "./vpc-network.ts";

type VpcNetwork = Extract<TaskNetwork, { readonly mode: "awsvpc" }>;

interface Sandbox {
  readonly network: VpcNetwork;
  /** Resolves to the engine's id, or to nothing where it could not be made. Absent while nobody has begun. */
  made?: Promise<string | undefined>;
  id?: string;
}

/** A pause container costs the host some megabytes, most of them for the engine's own process beside it. */
const MOST = 6;
const CLOSE_PATIENCE = 2_000;

/**
 * Namespaces that wait for tasks: pause containers with the address and the name that the next task of a subnet will have. Setting up a network is most of
 * what a container's start costs the engine; here it is done while nobody waits. One that a task takes gets the name that the task's own pause container
 * would have, which is how it is known again after a crash; whatever else is found then belongs to nobody, and goes.
 *
 * What is foreseen need not come: a task with another address leaves its sandbox waiting until another is foreseen in its place, and one that has the address but
 * needs a namespace of its own kind has the sandbox removed first.
 */
export class Sandboxes implements ReadySandboxes {
  readonly #at: Omit<TaskSurroundings, "sandboxes">;
  /** By the place that they are foreseen for; the one foreseen last comes last. */
  readonly #waiting = new Map<string, Sandbox>();
  /** Those that a task will take, by its ARN. */
  readonly #reserved = new Map<string, Sandbox>();
  /** Whose task has one, by the engine's id. */
  readonly #owners = new Map<string, string>();
  /** Addresses that are being given back. */
  readonly #leaving = new Map<string, Promise<void>>();
  #working = false;

  constructor(at: Omit<TaskSurroundings, "sandboxes">) {
    this.#at = at;
  }

  /** The next task of `place`, a subnet, will probably have this network. Made when no container is being started. */
  foresee(place: string, network: VpcNetwork): void {
    const known = this.#waiting.get(place);
    this.#waiting.delete(place);
    if (known && sameNetwork(known.network, network)) this.#waiting.set(place, known);
    else {
      if (known) this.#giveBack(known);
      this.#waiting.set(place, { network });
    }
    for (const [oldest, sandbox] of this.#waiting) {
      if (this.#waiting.size <= MOST) break;
      this.#waiting.delete(oldest);
      this.#giveBack(sandbox);
    }
    void this.#work();
  }

  /** Keeps the sandbox for the task where there is one, or will be in a moment. */
  reserve(spec: TaskSpec): boolean {
    const found = this.#find(spec.network);
    if (!found?.sandbox.made || !sameNetwork(found.sandbox.network, spec.network) || !fits(spec)) return false;
    this.#waiting.delete(found.place);
    this.#reserved.set(spec.taskArn, found.sandbox);
    return true;
  }

  async take({ taskArn }: Pick<TaskSpec, "taskArn">, name: string): Promise<string | undefined> {
    const id = await this.#reserved.get(taskArn)?.made;
    if (!this.#reserved.delete(taskArn) || id === undefined) return undefined;
    // Before it can be told of under its new name.
    this.#owners.set(id, taskArn);
    if (await this.#rename(id, name)) return id;
    this.#owners.delete(id);
    await this.#remove(id);
    return undefined;
  }

  async vacate({ network }: Pick<TaskSpec, "network">): Promise<void> {
    const found = this.#find(network);
    if (found) {
      this.#waiting.delete(found.place);
      this.#giveBack(found.sandbox);
    }
    await this.#leaving.get(addressOf(network));
  }

  /** Of a task before this life: events of its sandbox are its own. */
  adopted(id: string, taskArn: string): void {
    this.#owners.set(id, taskArn);
  }

  /** Whose it is. */
  ownerOf(id: string): string | undefined {
    return this.#owners.get(id);
  }

  /** Gives back what the task has not taken. */
  forget(taskArn: string): void {
    const kept = this.#reserved.get(taskArn);
    if (this.#reserved.delete(taskArn) && kept) this.#giveBack(kept);
    for (const [id, owner] of this.#owners) if (owner === taskArn) this.#owners.delete(id);
  }

  /** One that ended while it waited is of no use any more. */
  hear({ kind, containerId }: EngineEvent): void {
    if (kind === "die" || kind === "destroy") this.#lose((id) => id === containerId);
  }

  /** Compares with the engine's containers that run, after a reconnection. */
  resync(isRunning: (id: string) => boolean): void {
    this.#lose((id) => !isRunning(id));
  }

  /** Removes those that wait. An engine that does not answer is not waited for: the next start removes what is left. */
  async close(): Promise<void> {
    const waiting = [...this.#waiting.values(), ...this.#reserved.values()];
    this.#waiting.clear();
    this.#reserved.clear();
    for (const sandbox of waiting) this.#giveBack(sandbox);
    let patience: Disposable | undefined;
    const patient = new Promise<void>((resolve) => (patience = this.#at.clock.after(CLOSE_PATIENCE, resolve)));
    await Promise.race([Promise.all(this.#leaving.values()), patient]);
    patience?.[Symbol.dispose]();
  }

  /** Removes what an earlier life left for nobody. */
  async removeStray(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#remove(id)));
  }

  /** One after the other. What fails is told by `#make`. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (;;) {
      await this.#at.slots.idle();
      const next = [...this.#waiting.values()].find(({ made }) => made === undefined);
      if (!next || this.#at.closed()) break;
      next.made = this.#make(next);
      await next.made;
    }
    this.#working = false;
  }

  async #make(sandbox: Sandbox): Promise<string | undefined> {
    const at = this.#at;
    const { network } = sandbox;
    try {
      await this.#leaving.get(addressOf(network));
      await at.networks.ensure(network);
      const body = sandboxBody(network, await at.pauseImage(), { ...at.settings, vpcNetwork: at.networks.nameOf(network) });
      const name = `${sandboxPrefix(at.settings.instance, network.vpcId)}${network.address.replaceAll(".", "-")}`;
      const id = await this.#create(name, body);
      sandbox.id = id;
      await at.engine.call("POST", `/containers/${id}/start`);
      return id;
    } catch (error) {
      // The task that it was for starts as if there had been none.
      if (!at.closed()) at.warn(`no sandbox could be made ready for ${network.address} of ${network.vpcId}: ${String(error)}`);
      if (sandbox.id !== undefined) await this.#remove(sandbox.id);
      for (const [place, waiting] of this.#waiting) if (waiting === sandbox) this.#waiting.delete(place);
      return undefined;
    }
  }

  async #create(name: string, body: unknown): Promise<string> {
    const create = (): Promise<{ readonly Id: string }> => this.#at.engine.call("POST", "/containers/create", { query: { name }, body });
    try {
      return (await create()).Id;
    } catch (error) {
      if (!(error instanceof EngineError && error.status === 409)) throw error;
      // An earlier life asked for it, and it was not there yet when this one looked for what was left.
      await this.#remove(name);
      return (await create()).Id;
    }
  }

  /** True where the container, running, has the name. */
  async #rename(id: string, name: string): Promise<boolean> {
    try {
      await persist(this.#at, () => this.#at.engine.call("POST", `/containers/${id}/rename`, { query: { name } }));
      return true;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // A call that broke off may have had its effect.
      const now = await persist(this.#at, () => inspect(this.#at.engine, id).catch(() => undefined));
      return now?.Name === `/${name}` && now.State.Status === "running";
    }
  }

  #giveBack(sandbox: Sandbox): void {
    if (!sandbox.made) return;
    const address = addressOf(sandbox.network);
    const leaving = sandbox.made
      .then((id) => (id === undefined ? undefined : this.#remove(id)))
      .finally(() => {
        if (this.#leaving.get(address) === leaving) this.#leaving.delete(address);
      });
    this.#leaving.set(address, leaving);
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.#at.engine.call("DELETE", `/containers/${id}`, { query: { v: true, force: true } });
    } catch (error) {
      const isGone = error instanceof EngineError && (error.status === 404 || error.status === 409);
      if (!isGone) this.#at.warn(`the sandbox ${id} cannot be removed now; the next start will: ${String(error)}`);
    }
  }

  #find(network: TaskNetwork): { readonly place: string; readonly sandbox: Sandbox } | undefined {
    for (const [place, sandbox] of this.#waiting) if (addressOf(sandbox.network) === addressOf(network)) return { place, sandbox };
    return undefined;
  }

  #lose(isLost: (id: string) => boolean): void {
    for (const [place, sandbox] of this.#waiting) {
      if (sandbox.id === undefined || !isLost(sandbox.id)) continue;
      this.#waiting.delete(place);
      this.#giveBack(sandbox);
    }
  }
}

/** Whether a namespace without settings of the task's own will do. */
function fits({ containers, pidMode, ipcMode }: TaskSpec): boolean {
  if (pidMode === "task" || ipcMode === "task") return false;
  const [only] = containers;
  if (containers.length === 1 && (only?.networkDisabled || Object.keys(only?.systemControls ?? {}).length > 0)) return false;
  return containers.every(
    ({ dnsServers = [], dnsSearchDomains = [], extraHosts = [] }) =>
      dnsServers.length === 0 && dnsSearchDomains.length === 0 && extraHosts.length === 0,
  );
}

/** Unique on this host; nothing else has one, so that nothing of it is ever found. */
function addressOf(network: TaskNetwork): string {
  return network.mode === "awsvpc" ? `${network.vpcId}/${network.address}` : "";
}

function sameNetwork(one: VpcNetwork, other: TaskNetwork): boolean {
  return (
    other.mode === "awsvpc" &&
    addressOf(one) === addressOf(other) &&
    one.vpcCidr === other.vpcCidr &&
    JSON.stringify(one.names) === JSON.stringify(other.names) &&
    one.macAddress === other.macAddress &&
    one.hostname === other.hostname
  );
}
