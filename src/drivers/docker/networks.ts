import type { TaskNetwork } from "../../ports/task-runner.ts";
import { EngineError, type DockerEngine } from "./engine.ts";
import { ContainerFailure } from "./reasons.ts";

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
    return `airfield-${this.#instance}-${vpcId}`;
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
    const name = this.nameOf(vpcId);
    try {
      const found = await this.#find(name);
      if (found) {
        if (found.subnet !== vpcCidr)
          throw new ContainerFailure(
            "ResourceInitializationError",
            `the network ${name} has the addresses ${found.subnet}, and the VPC ${vpcCidr}: remove the network, and it is made anew`,
          );
        return;
      }
      await this.#engine.call("POST", "/networks/create", {
        body: {
          Name: name,
          Driver: "bridge",
          // Older engines take a second network of the same name unless they are told to look.
          CheckDuplicate: true,
          IPAM: { Driver: "default", Config: [{ Subnet: vpcCidr, Gateway: gatewayOf(vpcCidr) }] },
          Labels: { "airfield.instance": this.#instance, "airfield.vpc": vpcId },
        },
      });
    } catch (error) {
      // Somebody was quicker: the network is there now.
      if (error instanceof EngineError && error.status === 409 && (await this.#find(name))) return;
      if (error instanceof EngineError) {
        throw new ContainerFailure(
          "ResourceInitializationError",
          `unable to make a network with the addresses ${vpcCidr} for ${vpcId}: ${error.message}`,
        );
      }
      throw error;
    }
  }

  async #find(name: string): Promise<{ readonly subnet: string } | undefined> {
    const found = await this.#engine.call<readonly { Name: string; IPAM: { Config?: readonly { Subnet?: string }[] | null } }[]>(
      "GET",
      "/networks",
      {
        query: { filters: JSON.stringify({ name: [name] }) },
      },
    );
    // The filter matches parts of names too.
    const network = found.find(({ Name }) => Name === name);
    return network && { subnet: network.IPAM.Config?.[0]?.Subnet ?? "" };
  }
}

/** The first address after the network's own: AWS reserves it for the VPC's router. */
export function gatewayOf(cidr: string): string {
  const [address = ""] = cidr.split("/");
  const bytes = address.split(".").map(Number);
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 1].join(".");
}
