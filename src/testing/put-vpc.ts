import type { SubnetRecord, VpcRecord } from "../state/ec2.ts";
import { subnets, vpcs } from "../state/ec2.ts";
import { putVpcBasics } from "../state/vpc-basics.ts";
import type { networkWorld } from "./network-world.ts";

/** A VPC that is no default one, 10.20.0.0/16 where nothing else is said, with what every one has, and two subnets of it: 10.20.0.0/24 and 10.20.1.0/24. */
export function putVpc(
  api: Pick<Awaited<ReturnType<typeof networkWorld>>, "state" | "platform">,
  more: Partial<VpcRecord> = {},
): { readonly vpc: VpcRecord; readonly first: SubnetRecord; readonly second: SubnetRecord } {
  const { state } = api;
  const { ids } = api.platform;
  const scope = { account: "123456789012", region: "us-east-1" };
  const vpc: VpcRecord = { ...scope, id: `vpc-${ids.hex(17)}`, cidrBlock: "10.20.0.0/16", isDefault: false, tags: [], ...more };
  const subnet = (cidrBlock: string): SubnetRecord => ({
    account: vpc.account,
    region: vpc.region,
    id: `subnet-${ids.hex(17)}`,
    vpcId: vpc.id,
    cidrBlock,
    availabilityZone: `${vpc.region}a`,
    availabilityZoneId: "use1-az1",
    defaultForAz: false,
    mapPublicIpOnLaunch: false,
    tags: [],
  });
  const [first, second] = [subnet("10.20.0.0/24"), subnet("10.20.1.0/24")];
  state.commit(() => {
    state.table(vpcs).put(vpc);
    putVpcBasics(state, ids, vpc);
    for (const one of [first, second]) state.table(subnets).put(one);
  });
  return { vpc, first, second };
}
