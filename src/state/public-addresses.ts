import { formatAddress, parseCidr } from "../domain/cidr.ts";
import type { Scope } from "../domain/scope.ts";
import type { Ids } from "../ports/ids.ts";
import type { TaskRecord } from "./ecs.ts";
import type { State, WholeState } from "./state.ts";
import { defineTable, ofAccount, shared } from "./table.ts";

/** From where public addresses are drawn, as the operator set it. */
export interface PublicRangeRecord {
  readonly id: typeof RANGE;
  /** Such as `127.128.0.0/18`. */
  readonly cidr: string;
  /** Whether this host leads connections to such an address to who has it. Where it does not, a task's own address stands for its public one. */
  readonly reachable: boolean;
}

const RANGE = "range";

export const publicRanges = defineTable<PublicRangeRecord>()("host.public-range", ({ id }) => id, shared);

/** A public address that somebody has. */
export interface PublicAddressRecord extends Scope {
  readonly address: string;
  /** Who gives it back: a task by its ARN, an Elastic IP address by its `eipalloc-…`. */
  readonly holder: string;
}

export const publicAddresses = defineTable<PublicAddressRecord>()("ec2.public-addresses", ({ address }) => address, ofAccount, {
  holder: ({ holder }) => holder,
});

/** No public address is left. */
export class NoPublicAddressError extends Error {
  constructor() {
    super("no public address is left: AIRFIELD_PUBLIC_ADDRESSES names a larger block");
    this.name = "NoPublicAddressError";
  }
}

/** Says from where public addresses are drawn from now on. What was drawn from another block before is kept by who has it. */
export function notePublicRange(state: WholeState, range: Omit<PublicRangeRecord, "id">): void {
  const known = state.table(publicRanges).get(RANGE);
  if (known?.cidr === range.cidr && known.reachable === range.reachable) return;
  state.record(() => state.table(publicRanges).put({ id: RANGE, ...range }));
}

/** From where public addresses are drawn; `undefined` where nobody said it yet. */
export function publicRangeOf(state: WholeState): string | undefined {
  return state.table(publicRanges).get(RANGE)?.cidr;
}

/** Whether who has a public address is reached by it on this host. */
export function arePublicAddressesReachable(state: State): boolean {
  return state.table(publicRanges).get(RANGE)?.reachable ?? false;
}

/**
 * Gives a holder a public address that nobody has, by chance, so that one that was given back is hardly the next one's. Joins the open commit.
 * Costs a step for each address beside the drawn one that somebody has.
 * @throws NoPublicAddressError also where no range was set
 */
export function drawPublicAddress(state: WholeState, ids: Ids, { account, region }: Scope, holder: string): string {
  const block = parseCidr(publicRangeOf(state) ?? "");
  if (!block) throw new NoPublicAddressError();
  // The network's address and the broadcast one are nobody's.
  const [first, count] = block.size > 2 ? [block.base + 1, block.size - 2] : [block.base, block.size];
  const from = Number.parseInt(ids.hex(8), 16) % count;
  for (let step = 0; step < count; step += 1) {
    const address = formatAddress(first + ((from + step) % count));
    if (state.table(publicAddresses).has(address)) continue;
    state.table(publicAddresses).insert({ address, account, region, holder });
    return address;
  }
  throw new NoPublicAddressError();
}

/** Gives back what a holder has; nothing where it has none. Joins the open commit. */
export function releasePublicAddresses(state: State, holder: string): void {
  const table = state.table(publicAddresses);
  for (const { address } of table.by("holder", holder)) table.delete(address);
}

/** Whether a task was to have a public address. */
export function wantsPublicAddress({ networkConfiguration }: TaskRecord): boolean {
  return networkConfiguration?.awsvpcConfiguration?.assignPublicIp === "ENABLED";
}

/** The public address of a task, where it has one: of the range, or its own where nothing leads from the range to it. */
export function publicAddressOf(task: TaskRecord): string | undefined {
  const own = task.networkInterface;
  return own?.publicIpv4Address ?? (wantsPublicAddress(task) ? own?.privateIpv4Address : undefined);
}
