import type { TaskNetwork } from "../../ports/task-runner.ts";
import type { DockerEngine } from "./engine.ts";
import { ContainerFailure } from "./reasons.ts";
import { makeVpcNetwork, vpcNetworkName } from "./vpc-network.ts";

type VpcNetwork = Extract<TaskNetwork, { readonly mode: "awsvpc" }>;

/** A VPC is a bridge network of the engine, made when its first task comes and kept from then on. */
export class Networks {
  readonly #engine: DockerEngine;
  readonly #instance: string;
  readonly #ensured = new Map<string, Promise<void>>();

  constructor(engine: DockerEngine, instance: string) {
    this.#engine = engine;
    this.#instance = instance;
  }

  nameOf(vpcId: string): string {
    return vpcNetworkName(this.#instance, vpcId);
  }

  /** Rejects with `ResourceInitializationError: …`, such as where the engine uses the VPC's addresses for something else. */
  ensure(network: VpcNetwork): Promise<void> {
    const known = this.#ensured.get(network.vpcId);
    if (known) return known;
    const ensured = this.#ensure(network).catch((error: unknown) => {
      this.#ensured.delete(network.vpcId);
      throw error;
    });
    this.#ensured.set(network.vpcId, ensured);
    return ensured;
  }

  /** Somebody removed the network: look again next time. */
  lost(vpcId: string): void {
    this.#ensured.delete(vpcId);
  }

  async #ensure({ vpcId, vpcCidr }: VpcNetwork): Promise<void> {
    const made = await makeVpcNetwork(this.#engine, this.#instance, { vpcId, vpcCidr });
    if (made.kind !== "there") throw new ContainerFailure("ResourceInitializationError", made.reason);
  }
}
