import { errorText } from "../../domain/error-text.ts";
import type { LinkLocalResolver } from "../../ports/link-local-resolver.ts";
import type { VpcNetworks } from "../../ports/vpc-networks.ts";
import { vpcs } from "../../state/ec2.ts";
import type { WholeState } from "../../state/state.ts";
import { atStart, loop, type Needs } from "../loop.ts";

const ALL = "resolver";

/**
 * Has each VPC's resolver answer at 169.254.169.253, too, whichever of the VPC's networks it is asked from. A step costs a look at the networks, and happens when one comes or goes. Where this host cannot,
 * that is told once, and tried again at the next change: tasks are told to ask at base+2.
 */
export const linkLocalNames = loop(
  "resolvers at 169.254.169.253",
  ({ state, networks, leads, logger }: Needs & { readonly networks: Pick<VpcNetworks, "follow">; readonly leads: LinkLocalResolver }) => {
    let wanted: ReadonlyMap<string, string> = new Map();
    let led: string | undefined;
    let trouble: string | undefined;
    return {
      watches: [
        atStart(ALL),
        ({ wake }) =>
          networks.follow((seen) => {
            wanted = leadsOf(state, seen.networks);
            wake(ALL);
          }),
      ],
      async step() {
        const now = JSON.stringify([...wanted]);
        if (now === led) return;
        try {
          await leads.lead(wanted);
          [led, trouble] = [now, undefined];
        } catch (cause) {
          const why = errorText(cause);
          if (why !== trouble) logger.info("no names are answered at 169.254.169.253 in VPCs", { why });
          trouble = why;
        }
      },
    };
  },
);

/** By bridge, where the VPC's resolver answers: at the router of the first block's network. */
function leadsOf(
  state: WholeState,
  networks: Parameters<Parameters<VpcNetworks["follow"]>[0]>[0]["networks"],
): ReadonlyMap<string, string> {
  const routers = new Map(
    networks.flatMap(({ vpcId, vpcCidr, address }) =>
      address !== undefined && vpcCidr === state.table(vpcs).get(vpcId)?.cidrBlock ? [[vpcId, address] as const] : [],
    ),
  );
  return new Map(
    networks.flatMap(({ vpcId, bridge }) => {
      const router = routers.get(vpcId);
      return bridge === undefined || router === undefined ? [] : [[bridge, router] as const];
    }),
  );
}
