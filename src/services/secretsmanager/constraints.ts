import type { ServiceConstraints } from "../model-constraints.ts";
import { model } from "./model.ts";

export const constraints: ServiceConstraints = {
  model,
  exceptions: {
    ClientRequestToken: "answered",
    "RotationRulesType.AutomaticallyAfterDays": "answered",
    "ReplicaRegionType.Region": "answered",
    "RemoveRegionsFromReplicationRequest.RemoveReplicaRegions": "answered",
  },
};
