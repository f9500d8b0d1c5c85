import type { TargetSurroundings } from "../../decide/routing/target-place.ts";
import { vpcBlocks, vpcs, type VpcRecord } from "../../state/ec2.ts";
import type { WholeState } from "../../state/state.ts";

interface Parts {
  /** Of every account: whose VPC an address lies in is not a question of who asks. */
  readonly state: WholeState;
  /** This host in its networks, at this moment. */
  readonly host: () => Pick<TargetSurroundings, "ownBlocks" | "bridgedBlocks">;
  readonly openedBlocks: readonly string[];
}

/** What decides, for operations and for the loop alike, where load balancers may send to. */
export function targetSurroundings({ state, host, openedBlocks }: Parts): () => TargetSurroundings {
  return () => ({ ...host(), vpcs: [...state.table(vpcs).values()].flatMap(blocksOf), openedBlocks });
}

function blocksOf(vpc: VpcRecord): TargetSurroundings["vpcs"] {
  return vpcBlocks(vpc).map((cidrBlock) => ({ id: vpc.id, cidrBlock }));
}
