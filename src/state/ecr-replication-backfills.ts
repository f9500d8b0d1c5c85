import type { ReplicationBackfillStatus } from "@aws-sdk/client-ecr";
import { type Scope, scopeKey } from "../domain/scope.ts";
import type { ReplicationDestination } from "./ecr-replication.ts";
import type { State } from "./state.ts";
import { accountOfKey, defineTable, ofAccount } from "./table.ts";

/** The replication of what a registry had before its rules. Times are milliseconds since the Unix epoch. */
export interface BackfillRecord extends Scope {
  readonly id: string;
  readonly destination: ReplicationDestination;
  readonly status: ReplicationBackfillStatus;
  readonly failureCode?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
}

export const backfills = defineTable<BackfillRecord>()("ecr.replication-backfills", ({ id }) => id, ofAccount, {
  scope: scopeKey,
});

/** One image under one tag, or without any: each is a replication of its own, as ECR counts them. */
export interface BackfillItemRecord {
  readonly backfill: string;
  /** Its `repositoryKey`. */
  readonly repository: string;
  readonly digest: string;
  readonly tag?: string;
  readonly status: "WAITING" | "COMPLETE" | "FAILED";
  readonly failureCode?: string;
  /** Of an index: the failures of the images that it lists. */
  readonly listed?: readonly string[];
}

export function backfillItemKey({ backfill, repository, digest, tag = "" }: Omit<BackfillItemRecord, "status">): string {
  return `${backfill}/${repository}@${digest}:${tag}`;
}

export const backfillItems = defineTable<BackfillItemRecord>()(
  "ecr.replication-backfill-items",
  backfillItemKey,
  ({ repository }) => accountOfKey(repository),
  {
    backfill: ({ backfill }) => backfill,
  },
);

export const UNDER_WAY: readonly ReplicationBackfillStatus[] = ["PREPARING", "IN_PROGRESS", "STOPPING"];

/** Source: ECR API Reference, `ListReplicationBackfills`: kept for 90 days after they end. */
export const KEPT_MS = 90 * 24 * 3_600_000;

/** The backfills of a registry that are told of. */
export function knownBackfills(state: State, { account, region }: Scope, now: number): readonly BackfillRecord[] {
  return state
    .table(backfills)
    .by("scope", scopeKey({ account, region }))
    .filter(({ endedAt }) => endedAt === undefined || now - endedAt < KEPT_MS);
}
