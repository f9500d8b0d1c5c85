import type { Tag } from "@aws-sdk/client-ec2";
import type { Path } from "../decide/reachability/path.ts";
import { keyInScope, scopeKey, type Scope } from "../domain/scope.ts";
import { defineTable, ofAccount } from "./table.ts";

/** What the Reachability Analyzer is asked about. */
export interface InsightsPathRecord extends Scope {
  /** `nip-…`. */
  readonly id: string;
  /** `eni-…`, or `igw-…` for whoever comes from the internet. */
  readonly source: string;
  /** `eni-…`, `vpce-…`, `igw-…`; absent where an address alone is meant. */
  readonly destination?: string;
  readonly sourceIp?: string;
  readonly destinationIp?: string;
  readonly protocol: "tcp" | "udp";
  readonly destinationPort?: number;
  readonly clientToken?: string;
  readonly tags: readonly Tag[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

export const insightsPaths = defineTable<InsightsPathRecord>()("ec2.network-insights-paths", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  clientToken: (record) => record.clientToken && keyInScope(record, record.clientToken),
});

/** What was found, as things were when it was asked. */
export interface InsightsAnalysisRecord extends Scope {
  /** `nia-…`. */
  readonly id: string;
  readonly pathId: string;
  readonly path: Path;
  readonly clientToken?: string;
  readonly tags: readonly Tag[];
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
}

export const insightsAnalyses = defineTable<InsightsAnalysisRecord>()("ec2.network-insights-analyses", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  path: ({ pathId }) => pathId,
  clientToken: (record) => record.clientToken && keyInScope(record, record.clientToken),
});
