import { contains, overlap, parseCidr } from "../../domain/cidr.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NetworkOutcome, SeenNetworks, VpcNetwork, VpcNetworks, WantedNetwork } from "../../ports/vpc-networks.ts";
import { dockerEngine } from "./engine.ts";
import { engineInfo } from "./engine-info.ts";
import { watchMessages } from "./events.ts";
import { INSTANCE_LABEL, makeVpcNetwork, removeVpcNetworks, subnetsOf, VPC_LABEL, type ListedNetwork } from "./vpc-network.ts";

export interface DockerVpcNetworksOptions {
  readonly socketPath: string;
  /** What an installation has labelled as its own. */
  readonly instance: string;
  readonly clock: Clock;
  /** The blocks that this host has networks in, at this moment; the engine's may be among them. */
  readonly hostBlocks: () => readonly string[];
  /** Hears what an operator should know. */
  readonly warn: (message: string) => void;
}

/** The networks of VPCs on a Docker engine. Resolves when they are known. Rejects with `EngineUnavailableError` where there is no engine. */
export async function dockerVpcNetworks(options: DockerVpcNetworksOptions): Promise<VpcNetworks> {
  const { instance, hostBlocks, warn } = options;
  const engine = dockerEngine(options);
  const { reachable } = await engineInfo(engine);
  const followers = new Set<(seen: SeenNetworks) => void>();
  const making = new Map<string, Promise<NetworkOutcome>>();
  let seen: SeenNetworks = { networks: [], foreignBlocks: [] };
  let last: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;

  async function lookOnce(): Promise<void> {
    seen = seenOf(await engine.call<readonly ListedNetwork[]>("GET", "/networks"), { instance, reachable, hostBlocks: hostBlocks() });
    for (const tell of followers) tell(seen);
  }

  /** What happened before the call is seen when it resolves. One look at a time; calls for one that has not begun share it. */
  function look(): Promise<void> {
    if (waiting) return waiting;
    const next = last.then(() => {
      waiting = undefined;
      return lookOnce();
    });
    waiting = next;
    last = next.catch(() => undefined);
    return next;
  }

  const has = (wanted: WantedNetwork): boolean =>
    seen.networks.some(({ vpcId, vpcCidr }) => vpcId === wanted.vpcId && vpcCidr === wanted.vpcCidr);

  async function make(wanted: WantedNetwork): Promise<NetworkOutcome> {
    await look();
    if (has(wanted)) return { kind: "there" };
    const foreign = overlapping(seen.foreignBlocks, wanted.vpcCidr);
    if (foreign !== undefined)
      return { kind: "taken", reason: `the addresses ${wanted.vpcCidr} of ${wanted.vpcId} are used by ${foreign}` };
    const outcome = await makeVpcNetwork(engine, instance, wanted);
    await look();
    return outcome;
  }

  const events = await watchMessages({
    ...options,
    engine,
    filters: { type: ["network"], event: ["create", "destroy", "remove"] },
    onMessage: () => void look().catch((cause: unknown) => warn(`the Docker engine does not tell its networks: ${String(cause)}`)),
    resync: look,
  });
  await look();

  return {
    follow(tell) {
      followers.add(tell);
      tell(seen);
      return { [Symbol.dispose]: () => void followers.delete(tell) };
    },
    has,
    isHere: reachable,
    ensure(wanted) {
      const key = `${wanted.vpcId} ${wanted.vpcCidr}`;
      const known = making.get(key);
      if (known) return known;
      const made = make(wanted).finally(() => making.delete(key));
      making.set(key, made);
      return made;
    },
    async remove(vpcId, kept) {
      // One that is being made is there, or not, before it goes.
      for (const [key, made] of making) if (key.startsWith(`${vpcId} `)) await made.catch(() => undefined);
      const outcome = await removeVpcNetworks(engine, instance, vpcId, kept);
      await look();
      return outcome;
    },
    async close() {
      events.close();
      followers.clear();
      await last;
      engine.close();
    },
  };
}

function seenOf(
  listed: readonly ListedNetwork[],
  host: { readonly instance: string; readonly reachable: boolean; readonly hostBlocks: readonly string[] },
): SeenNetworks {
  const isOurs = ({ Labels }: ListedNetwork): boolean => Labels?.[INSTANCE_LABEL] === host.instance;
  const ours = listed.filter(isOurs);
  const own = new Set(ours.flatMap(subnetsOf));
  const foreign = [...listed.filter((network) => !isOurs(network)).flatMap(subnetsOf), ...host.hostBlocks];
  return {
    networks: ours.flatMap((network) => vpcNetworkOf(network, host.reachable)),
    // What this host has inside of our own networks are addresses of load balancers.
    foreignBlocks: [...new Set(foreign)].filter((block) => parseCidr(block) !== undefined && !isWithin(block, own)),
  };
}

function isWithin(text: string, blocks: ReadonlySet<string>): boolean {
  const block = parseCidr(text);
  return [...blocks].some((other) => {
    const whole = parseCidr(other);
    return block && whole && contains(whole, block.base) && block.prefix >= whole.prefix;
  });
}

function vpcNetworkOf({ Id: id, Labels, IPAM }: ListedNetwork, reachable: boolean): VpcNetwork[] {
  const vpcId = Labels?.[VPC_LABEL];
  const [config] = IPAM?.Config ?? [];
  if (vpcId === undefined || config?.Subnet === undefined) return [];
  const { Subnet: vpcCidr, Gateway: address } = config;
  // The engine's own rule for the name of a bridge.
  return [{ id, vpcId, vpcCidr, ...(reachable && address !== undefined && { address, bridge: `br-${id.slice(0, 12)}` }) }];
}

function overlapping(blocks: readonly string[], cidr: string): string | undefined {
  const wanted = parseCidr(cidr);
  return blocks.find((text) => {
    const block = parseCidr(text);
    return wanted && block && overlap(wanted, block);
  });
}
