import { FilterCompiler } from "../../decide/packet-filter/compiler.ts";
import { isNoChange } from "../../decide/packet-filter/holdings.ts";
import { errorText } from "../../domain/error-text.ts";
import { atStart, loop, type Needs, type Waking, type Watch } from "../loop.ts";
import { followWorld } from "./follow-world.ts";

/** All of it is one thing: what happens while a transaction is under way is the next one. */
const FILTER = "filter";
const SWEEP = "sweep";

/**
 * How often what nothing needs any more is taken out, which takes two of them: a group whose only task is replaced, or runs every minute, stays meanwhile, and the next task's start
 * need not wait for its chains.
 */
const SWEEP_MS = 60_000;

/**
 * Keeps the kernel's packet filter at what the records say. A step costs what changed; the first one, and one after a transaction that was refused, looks at all. Where nothing is
 * enforced it has nothing to do.
 */
export const packetFiltering = loop("packet filter", ({ state, clock, logger, enforcement }: Needs<"enforcement">) => {
  if (!enforcement) return { watches: [], step: () => undefined };
  const { filter, inPlace, networks, resolvers, doors, trouble } = enforcement;
  const compiler = new FilterCompiler();
  for (const id of resolvers) compiler.tell("resolvers", { id });
  for (const port of doors) compiler.tell("doors", { id: String(port) });
  /** Interfaces that the compiler knows, and the kernel perhaps not. */
  let arrived = new Set<string>();
  /** What stands in the kernel is not known, at first or since something was refused. */
  let isUnsure = true;
  let isSweepDue = false;

  const told: Pick<FilterCompiler, "tell" | "forget"> = {
    tell(sort, value) {
      compiler.tell(sort, value);
      if (sort === "interfaces") arrived.add(value.id);
    },
    forget(sort, id) {
      compiler.forget(sort, id);
      if (sort !== "interfaces") return;
      arrived.delete(id);
      inPlace.gone(id);
    },
  };

  const world: Watch = ({ wake }, whole) => followWorld(whole, told, () => wake(FILTER));

  const bridges: Watch = ({ wake }) => {
    let known: ReadonlySet<string> = new Set();
    return networks.follow((seen) => {
      const now = new Map(
        seen.networks.flatMap(({ id, vpcCidr, bridge }) => (bridge === undefined ? [] : [[id, { bridge, block: vpcCidr }] as const])),
      );
      for (const id of known) if (!now.has(id)) told.forget("networks", id);
      for (const [id, network] of now) told.tell("networks", { id, ...network });
      known = new Set(now.keys());
      wake(FILTER);
    });
  };

  async function step(key: string, { wake, wakeAt }: Waking): Promise<void> {
    if (key === SWEEP) {
      isSweepDue = false;
      compiler.sweep();
      return wake(FILTER);
    }
    // The kernel is told of nothing that a crash would take back.
    await state.durable();
    const change = compiler.change();
    const coming = arrived;
    arrived = new Set();
    try {
      if (isUnsure) {
        const { differed } = await filter.adopt(compiler.contents());
        if (differed > 0) logger.info("the packet filter is what the records say", { changed: differed });
      } else if (!isNoChange(change)) await filter.apply(change);
    } catch (cause) {
      isUnsure = true;
      for (const id of coming) arrived.add(id);
      trouble(`the kernel does not hold what security groups, network ACLs and routes say now; new tasks wait: ${errorText(cause)}`);
      throw cause;
    }
    isUnsure = false;
    trouble(undefined);
    inPlace.placed([...coming]);
    if (!compiler.hasIdle || isSweepDue) return;
    isSweepDue = true;
    wakeAt(SWEEP, clock.now() + SWEEP_MS);
  }

  return { watches: [world, bridges, atStart(FILTER)], step };
});
