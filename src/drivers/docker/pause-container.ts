import { errorText } from "../../domain/error-text.ts";
import type { TaskSpec } from "../../ports/task-runner.ts";
import { pauseBody } from "./container-body.ts";
import { startTaskContainer, vpcNetworkOf } from "./container-create.ts";
import { createContainer, inspect, type Inspection, publishedPorts, wasStarted } from "./container-start.ts";
import { EngineError } from "./engine.ts";
import { mayForge } from "./hardening.ts";
import { ContainerFailure } from "./reasons.ts";
import { persist, type TaskSurroundings } from "./surroundings.ts";
import { containerName, PAUSE, type TaskPlan } from "./task-plan.ts";

/** The container that holds the namespaces which the containers of a task share. */
export class PauseContainer {
  id: string | undefined;
  /** Only one that ran can be missed. */
  ran = false;
  ports: ReadonlyMap<string, number> = new Map();
  #bringUp: Promise<void> | undefined;
  readonly #at: TaskSurroundings;
  readonly #plan: TaskPlan;

  constructor(at: TaskSurroundings, plan: TaskPlan) {
    this.#at = at;
    this.#plan = plan;
  }

  /** Brings it about once, for all containers that ask. Rejects with `ResourceInitializationError: …`. */
  bringUp(spec: TaskSpec): Promise<void> {
    return (this.#bringUp ??= (this.ran ? Promise.resolve() : this.#start(spec)).then(() => this.#bind(spec)));
  }

  /** False where it ran and does not any more. */
  adopt(inspection: Inspection): boolean {
    this.id = inspection.Id;
    this.ports = publishedPorts(inspection);
    this.ran = wasStarted(inspection);
    return !this.ran || inspection.State.Status === "running";
  }

  async stop(): Promise<void> {
    // A failure to bring it about is the containers' to tell; here it only matters that it is over.
    await this.#bringUp?.catch(() => undefined);
    if (this.id === undefined) return;
    try {
      // As the first process of its namespace it would not hear SIGTERM.
      await persist(this.#at, () => this.#at.engine.call("POST", `/containers/${this.id}/kill`, { query: { signal: "KILL" } }));
    } catch (error) {
      // 404: gone. 409: it does not run.
      if (!(error instanceof EngineError)) throw error;
      if (error.status !== 404 && error.status !== 409) this.#at.warn(`pause container ${this.id} cannot be stopped: ${error.message}`);
    }
  }

  /** Before there is anybody in it who could send in another's name. */
  async #bind(spec: TaskSpec): Promise<void> {
    const { guard, engine } = this.#at;
    const { id } = this;
    if (!guard || id === undefined || spec.network.mode !== "awsvpc" || !mayForge(spec)) return;
    const { State } = await persist(this.#at, () => inspect(engine, id));
    try {
      await guard.bind(State.Pid ?? 0, spec.network.address);
    } catch (error) {
      const text = `unable to keep the task to its own address, which its containers could exchange for another: ${errorText(error)}`;
      throw new ContainerFailure("ResourceInitializationError", text);
    }
  }

  async #start(spec: TaskSpec): Promise<void> {
    const at = this.#at;
    try {
      const name = containerName(at.settings.instance, spec.taskId, PAUSE);
      this.id = await at.sandboxes.take(spec, name);
      if (this.id !== undefined) {
        this.ran = true;
        return;
      }
      await at.sandboxes.vacate(spec);
      const image = await persist(at, at.pauseImage);
      const body = pauseBody(spec, image, { ...at.settings, plan: this.#plan, vpcNetwork: vpcNetworkOf(at, this.#plan) });
      const { id, existing } = await persist(at, () => createContainer(at.engine, name, spec.taskArn, body));
      this.id = id;
      if (existing?.State.Status !== "running") await startTaskContainer(at, this.#plan, id);
      this.ran = true;
      if (this.#plan.published) this.ports = publishedPorts(await persist(at, () => inspect(at.engine, id)));
    } catch (error) {
      if (error instanceof EngineError || error instanceof ContainerFailure) {
        throw new ContainerFailure("ResourceInitializationError", `unable to make the task's namespaces: ${error.message}`);
      }
      throw error;
    }
  }
}
