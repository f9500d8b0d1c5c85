import type { TaskNetwork } from "../../ports/task-runner.ts";
import type { DockerEngine } from "./engine.ts";
import { ContainerFailure } from "./reasons.ts";
import { makeVpcNetwork, vpcNetworkName } from "./vpc-network.ts";

type VpcNetwork = Extract<TaskNetwork, { readonly mode: "awsvpc" }>;

/** A block of a VPC is a bridge network of the engine, made when its first task comes and kept from then on. */
export class Networks {
  readonly #engine: DockerEngine;
  readonly #instance: string;
  readonly #ensured = new Map<string, Promise<void>>();

  constructor(engine: DockerEngine, instance: string) {
    this.#engine = engine;
    this.#instance = instance;
  }

  nameOf(network: VpcNetwork): string {
    return vpcNetworkName(this.#instance, network);
  }

  /** Rejects with `ResourceInitializationError: …`, such as where the engine uses the VPC's addresses for something else. */
  ensure(network: VpcNetwork): Promise<void> {
    const name = this.nameOf(network);
    const known = this.#ensured.get(name);
    if (known) return known;
    const ensured = this.#ensure(network).catch((error: unknown) => {
      this.#ensured.delete(name);
      throw error;
    });
    this.#ensured.set(name, ensured);
    return ensured;
  }

  /** Somebody removed the network: look again next time. */
  lost(network: VpcNetwork): void {
    this.#ensured.delete(this.nameOf(network));
  }

  async #ensure(network: VpcNetwork): Promise<void> {
    const made = await makeVpcNetwork(this.#engine, this.#instance, network);
    if (made.kind !== "there") throw new ContainerFailure("ResourceInitializationError", made.reason);
  }
}
