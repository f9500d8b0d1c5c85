import { isWithinBlock } from "../../decide/addresses/vpc-block.ts";
import type { Logger } from "../../ports/logger.ts";
import type { VpcNetworks, WantedNetwork } from "../../ports/vpc-networks.ts";
import { moveDefaultVpc, NoBlockLeftError } from "../../state/default-vpc.ts";
import { subnets, vpcs, type VpcRecord } from "../../state/ec2.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import type { WholeState } from "../../state/state.ts";

/** Has the network of a task's VPC made; see `networkForTask`. */
export type NetworkForTask = (task: TaskRecord) => ReturnType<NetworkForVpc>;

/** Has the network of a VPC made: `undefined` where it is there. Gives why there is none, in our words. */
export type NetworkForVpc = (vpcId: string) => Promise<{ readonly failure: string } | undefined> | undefined;

export interface NetworkForTaskParts {
  readonly state: WholeState;
  readonly networks: VpcNetworks;
  readonly logger: Logger;
  /** Resolves when it is known where names are answered in a VPC that has a network; `undefined` where that is known. Without it nobody waits. */
  readonly namesReady?: (vpcId: string) => Promise<void> | undefined;
}

/** An engine that refuses so many blocks, although nobody is seen to have them, is not asked for one after the other. */
const MOST_BLOCKS = 8;

/**
 * Before a task gets an address, this host must have the addresses: `undefined` where the network of its VPC is there, which costs nothing. Else the
 * network is made; and where its block was taken meanwhile, by another installation or program, and nothing runs there, a default VPC moves
 * to a block that is free. Gives why there is no network in AWS's frame, and in our words what to do.
 */
export function networkForTask(parts: NetworkForTaskParts): NetworkForTask {
  const forVpc = networkForVpc(parts);
  const namesIn = (vpcId: string): Promise<undefined> | undefined => parts.namesReady?.(vpcId)?.then(() => undefined);
  return (task) => {
    const vpc = vpcOf(parts.state, task);
    if (!vpc) return undefined;
    return further(vpc, task) ?? first(vpc);
  };

  /** The names are answered, and load balancers and endpoints are, in the network of the first block, which the others lead to. */
  function first(vpc: VpcRecord): ReturnType<NetworkForTask> {
    return forVpc(vpc.id)?.then((failed) => failed && { failure: `ResourceInitializationError: ${failed.failure}` }) ?? namesIn(vpc.id);
  }

  /** The networks of blocks that the VPC got later, in which the task may be. */
  function further(vpc: VpcRecord, { account, networkConfiguration }: TaskRecord): ReturnType<NetworkForTask> {
    if (!vpc.moreBlocks?.length || !parts.networks.isHere) return undefined;
    const own = (networkConfiguration?.awsvpcConfiguration?.subnets ?? []).flatMap(
      (id) => parts.state.of(account).table(subnets).get(id) ?? [],
    );
    const wanted = vpc.moreBlocks
      .filter(({ cidrBlock }) => own.some((subnet) => isWithinBlock(subnet.cidrBlock, cidrBlock)))
      .map(({ cidrBlock }) => ({ vpcId: vpc.id, vpcCidr: cidrBlock, isFurther: true }))
      .filter((one) => !parts.networks.has(one));
    return wanted.length === 0 ? undefined : makeFurther(vpc, wanted);
  }

  async function makeFurther(vpc: VpcRecord, wanted: readonly WantedNetwork[]): Promise<{ readonly failure: string } | undefined> {
    const without = await first(vpc);
    if (without) return without;
    for (const one of wanted) {
      const outcome = await parts.networks.ensure(one);
      if (outcome.kind !== "there") return { failure: `ResourceInitializationError: ${outcome.reason}` };
    }
    return undefined;
  }
}

/** The same for a VPC in which something is to have an address. */
export function networkForVpc({ state, networks, logger }: NetworkForTaskParts): NetworkForVpc {
  return (vpcId) => {
    const vpc = state.table(vpcs).get(vpcId);
    return !vpc || networks.has(wantedOf(vpc)) ? undefined : make(vpc.id);
  };

  async function make(vpcId: string): Promise<{ readonly failure: string } | undefined> {
    const tried: string[] = [];
    for (;;) {
      const vpc = state.table(vpcs).get(vpcId);
      if (!vpc) return undefined;
      const outcome = await networks.ensure(wantedOf(vpc));
      if (outcome.kind === "there") return undefined;
      if (outcome.kind === "refused" || !vpc.isDefault || tried.length >= MOST_BLOCKS || isInUse(state, vpcId))
        return failure(outcome.reason);
      // Somebody else's step may have moved it meanwhile: then the new block is tried.
      if (state.table(vpcs).get(vpcId)?.cidrBlock !== vpc.cidrBlock) continue;
      tried.push(vpc.cidrBlock);
      try {
        const moved = moveDefaultVpc(state, vpcId, tried);
        if (!moved) return failure(outcome.reason);
        logger.warn("a default VPC has other addresses now: this host uses its block for something else, and nothing ran there", {
          vpc: vpcId,
          before: vpc.cidrBlock,
          after: moved.cidrBlock,
          why: outcome.reason,
        });
      } catch (cause) {
        if (!(cause instanceof NoBlockLeftError)) throw cause;
        return failure(`${outcome.reason}; ${cause.message}`);
      }
    }
  }
}

const failure = (reason: string): { readonly failure: string } => ({ failure: reason });

function wantedOf({ id, cidrBlock }: VpcRecord): { readonly vpcId: string; readonly vpcCidr: string } {
  return { vpcId: id, vpcCidr: cidrBlock };
}

/** All subnets of a task are of one VPC. */
function vpcOf(state: WholeState, { account, networkConfiguration }: TaskRecord): VpcRecord | undefined {
  const own = state.of(account);
  for (const id of networkConfiguration?.awsvpcConfiguration?.subnets ?? []) {
    const subnet = own.table(subnets).get(id);
    if (subnet) return own.table(vpcs).get(subnet.vpcId);
  }
  return undefined;
}

/** Whether a task that has not stopped has an address there. */
function isInUse(state: WholeState, vpcId: string): boolean {
  return state
    .table(tasks)
    .by("live", "live")
    .some(({ networkInterface }) => networkInterface?.vpcId === vpcId);
}
