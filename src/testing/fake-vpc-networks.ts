import { overlap, parseCidr, routerOf } from "../domain/cidr.ts";
import type { NetworkOutcome, SeenNetworks, VpcNetwork, VpcNetworks, WantedNetwork } from "../ports/vpc-networks.ts";

/** A host whose networks a test makes and removes. As on the real one, what overlaps is refused, and everybody is told of every change. */
export class FakeVpcNetworks implements VpcNetworks {
  /** What `ensure` was asked for. */
  readonly asked: WantedNetwork[] = [];
  readonly isHere = true;
  #seen: SeenNetworks = { networks: [], foreignBlocks: [] };
  #unseen: readonly string[] = [];
  readonly #followers = new Set<(seen: SeenNetworks) => void>();
  #made = 0;

  follow(tell: (seen: SeenNetworks) => void): Disposable {
    this.#followers.add(tell);
    tell(this.#seen);
    return { [Symbol.dispose]: () => void this.#followers.delete(tell) };
  }

  has(wanted: WantedNetwork): boolean {
    return this.#seen.networks.some(({ vpcId, vpcCidr }) => vpcId === wanted.vpcId && vpcCidr === wanted.vpcCidr);
  }

  async ensure(wanted: WantedNetwork): Promise<NetworkOutcome> {
    this.asked.push(wanted);
    await Promise.resolve();
    if (this.has(wanted)) return { kind: "there" };
    const used = [...this.#seen.foreignBlocks, ...this.#unseen, ...this.#seen.networks.map(({ vpcCidr }) => vpcCidr)];
    if (used.some((block) => overlap(parseCidr(block)!, parseCidr(wanted.vpcCidr)!)))
      return { kind: "taken", reason: `unable to make a network with the addresses ${wanted.vpcCidr}: Pool overlaps` };
    this.make(wanted);
    return { kind: "there" };
  }

  readonly #further = new Set<string>();

  make({ vpcId, vpcCidr, isFurther = false }: WantedNetwork): void {
    if (isFurther) this.#further.add(vpcCidr);
    // A network of another block of the VPC's is left over, but for those that it got later.
    const others = this.#seen.networks.filter(
      (network) => network.vpcId !== vpcId || (network.vpcCidr !== vpcCidr && (isFurther || this.#further.has(network.vpcCidr))),
    );
    this.#made += 1;
    const network: VpcNetwork = {
      id: `network-${this.#made}`,
      vpcId,
      vpcCidr,
      address: routerOf(parseCidr(vpcCidr)!),
      bridge: isFurther ? `br-${vpcId}-${vpcCidr}` : `br-${vpcId}`,
    };
    this.#tell({ networks: [...others, network] });
  }

  /** VPCs in whose networks something runs. */
  readonly busy = new Set<string>();

  async remove(vpcId: string, kept: readonly string[]): ReturnType<VpcNetworks["remove"]> {
    await Promise.resolve();
    if (this.busy.has(vpcId)) return { kind: "in-use", reason: `network ${vpcId} has active endpoints` };
    const left = this.#seen.networks.filter((network) => network.vpcId === vpcId && !kept.includes(network.vpcCidr));
    if (left.length > 0) this.#tell({ networks: this.#seen.networks.filter((network) => !left.includes(network)) });
    return { kind: "gone" };
  }

  /** Somebody else removes a network. */
  lose(vpcId: string): void {
    this.#tell({ networks: this.#seen.networks.filter((network) => network.vpcId !== vpcId) });
  }

  /** @param unseen blocks that the engine refuses although nobody is seen to have them */
  use(foreignBlocks: readonly string[], unseen: readonly string[] = []): void {
    this.#unseen = unseen;
    this.#tell({ foreignBlocks });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #tell(change: Partial<SeenNetworks>): void {
    this.#seen = { ...this.#seen, ...change };
    for (const tell of this.#followers) tell(this.#seen);
  }
}
