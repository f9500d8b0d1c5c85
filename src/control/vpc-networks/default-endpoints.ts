import { defaultEndpointsDue, putDefaultEndpoints } from "../../state/default-endpoints.ts";
import { vpcs } from "../../state/ec2.ts";
import { loop, records, type Needs } from "../loop.ts";

/** Gives default VPCs of earlier versions the endpoints that new ones come with; once. */
export const defaultEndpoints = loop("endpoints of default VPCs", ({ state, ids, clock }: Needs<"ids">) => ({
  watches: [records(defaultEndpointsDue, ({ after }) => after !== undefined)],
  step(vpcId) {
    state.commit(() => {
      const vpc = state.table(vpcs).get(vpcId);
      if (!state.table(defaultEndpointsDue).delete(vpcId) || !vpc) return;
      putDefaultEndpoints(state, ids, vpc, clock.now());
    });
  },
}));
