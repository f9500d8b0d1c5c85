import type { Tag } from "@aws-sdk/client-ec2";
import { keyInScope, scopeKey, type Scope } from "../domain/scope.ts";
import { defineTable, ofAccount } from "./table.ts";

/** What is recorded of the traffic of a VPC's interfaces, of a subnet's, or of one, and where that goes. Only its tags are changed, and how its delivery goes. */
export interface FlowLogRecord extends Scope {
  /** `fl-…`. */
  readonly id: string;
  readonly resourceType: "VPC" | "Subnet" | "NetworkInterface";
  readonly resourceId: string;
  readonly trafficType: "ACCEPT" | "REJECT" | "ALL";
  readonly destination: FlowLogDestination;
  /** Such as `${version} ${srcaddr}`. */
  readonly format: string;
  readonly maxAggregationSeconds: 60 | 600;
  /** Why the last delivery failed, in AWS's words; absent where it did not. */
  readonly failure?: "Access error" | "Unknown error";
  readonly clientToken?: string;
  readonly tags: readonly Tag[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

export type FlowLogDestination =
  | {
      readonly kind: "cloud-watch-logs";
      readonly group: string;
      /** As whom records are delivered. */
      readonly roleArn: string;
      /** Where the group was named by its ARN. */
      readonly arn?: string;
    }
  | {
      readonly kind: "s3";
      readonly arn: string;
      readonly hiveCompatible: boolean;
      readonly perHour: boolean;
    };

export const flowLogs = defineTable<FlowLogRecord>()("ec2.flow-logs", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  resource: ({ resourceId }) => resourceId,
  token: (record) => record.clientToken && keyInScope(record, record.clientToken),
});
