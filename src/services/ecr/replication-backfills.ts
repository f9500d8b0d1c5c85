import {
  LimitExceededException,
  ReplicationBackfillInProgressException,
  ReplicationBackfillInvalidStatusException,
  ReplicationBackfillNotFoundException,
  type ReplicationBackfillProgress,
  type ReplicationBackfillResult,
  type ReplicationBackfillSummary,
} from "@aws-sdk/client-ecr";
import {
  backfillItemKey,
  backfillItems,
  backfills,
  knownBackfills,
  UNDER_WAY,
  type BackfillItemRecord,
  type BackfillRecord,
} from "../../state/ecr-replication-backfills.ts";
import { replicationRules } from "../../state/ecr-replication.ts";
import { repositoryNameOf } from "../../state/ecr.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, mustBeOneOf, mustMatch, operation, pageOf, registryScope } from "./ecr-operation.ts";
import { onRegistry } from "./registry-permission.ts";

/** Source: ECR API Reference, `StartReplicationBackfill`. */
const MOST_UNDER_WAY = 10;

export const startReplicationBackfill = operation("StartReplicationBackfill", {
  authorize: onRegistry("StartReplicationBackfill"),
  run(input, context) {
    const { state, now, ids } = context;
    const { account, region } = registryScope(input.registryId, context);
    const { region: to = "", registryId = "" } = input.destination ?? {};
    mustMatch("destination.registryId", registryId, /^[0-9]{12}$/, "[0-9]{12}");
    mustMatch("destination.region", to, /^[0-9a-z-]{2,25}$/, "[0-9a-z-]{2,25}");
    const configured = replicationRules(state, { account, region }).some(({ destinations }) =>
      destinations.some((destination) => destination.region === to && destination.registryId === registryId),
    );
    if (!configured) throw invalid("destination", "must be a destination of the registry's replication configuration");
    const underWay = knownBackfills(state, { account, region }, now).filter(({ status }) => UNDER_WAY.includes(status));
    if (underWay.some(({ destination }) => destination.region === to))
      throw new ReplicationBackfillInProgressException(
        because(`A replication backfill to the destination Region '${to}' is in progress in the registry with id '${account}'`),
      );
    if (underWay.length >= MOST_UNDER_WAY)
      throw new LimitExceededException(because(`A registry may have at most ${MOST_UNDER_WAY} replication backfills in progress`));
    const record: BackfillRecord = {
      id: ids.uuid(),
      account,
      region,
      destination: { region: to, registryId },
      status: "PREPARING",
      startedAt: now,
    };
    state.commit(() => state.table(backfills).put(record));
    return startedView(record);
  },
});

export const stopReplicationBackfill = operation("StopReplicationBackfill", {
  authorize: onRegistry("StopReplicationBackfill"),
  run(input, context) {
    const found = requireBackfill(input, context);
    if (found.status !== "PREPARING" && found.status !== "IN_PROGRESS")
      throw new ReplicationBackfillInvalidStatusException(
        because(`The replication backfill with id '${found.id}' cannot be stopped, as its status is ${found.status}`),
      );
    const stopping: BackfillRecord = { ...found, status: "STOPPING" };
    context.state.commit(() => context.state.table(backfills).put(stopping));
    return startedView(stopping);
  },
});

export const listReplicationBackfills = operation("ListReplicationBackfills", {
  authorize: onRegistry("ListReplicationBackfills"),
  run(input, context) {
    const scope = registryScope(input.registryId, context);
    const page = pageOf(knownBackfills(context.state, scope, context.now), ({ startedAt, id }) => `${startedAt} ${id}`, input, context);
    return {
      registryId: scope.account,
      backfills: page.items.map((record) => summaryOf(record, context)),
      ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
    };
  },
});

/** The results of each image are told only when the backfill is over, as on ECR. */
export const describeReplicationBackfillResults = operation("DescribeReplicationBackfillResults", {
  authorize: onRegistry("DescribeReplicationBackfillResults"),
  run(input, context) {
    const record = requireBackfill(input, context);
    mustBeOneOf("resultStatusFilter", input.resultStatusFilter, ["COMPLETE", "FAILED"]);
    const over = !UNDER_WAY.includes(record.status);
    const results = itemsOf(record, context).filter(
      ({ status }) => over && status !== "WAITING" && (input.resultStatusFilter === undefined || status === input.resultStatusFilter),
    );
    const page = pageOf(results, backfillItemKey, input, context);
    return {
      registryId: record.account,
      ...summaryOf(record, context),
      results: page.items.map(resultOf),
      ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
    };
  },
});

/** @throws ReplicationBackfillNotFoundException, InvalidParameterException */
function requireBackfill(
  input: { readonly replicationBackfillId?: string | undefined; readonly registryId?: string | undefined },
  context: OperationContext,
): BackfillRecord {
  const scope = registryScope(input.registryId, context);
  const found = knownBackfills(context.state, scope, context.now).find(({ id }) => id === input.replicationBackfillId);
  if (found) return found;
  throw new ReplicationBackfillNotFoundException(
    because(`The replication backfill with id '${input.replicationBackfillId}' does not exist in the registry with id '${scope.account}'`),
  );
}

function itemsOf({ id }: BackfillRecord, { state }: OperationContext): readonly BackfillItemRecord[] {
  return state.table(backfillItems).by("backfill", id);
}

function startedView({ id, account, destination, status, startedAt }: BackfillRecord) {
  return { replicationBackfillId: id, registryId: account, destination: { ...destination }, status, startedAt: new Date(startedAt) };
}

function summaryOf(record: BackfillRecord, context: OperationContext): ReplicationBackfillSummary {
  const { id, destination, status, failureCode, startedAt, endedAt } = record;
  return {
    replicationBackfillId: id,
    destination: { ...destination },
    status,
    ...(failureCode !== undefined && { failureCode }),
    progress: progressOf(itemsOf(record, context)),
    startedAt: new Date(startedAt),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt) }),
  };
}

function progressOf(items: readonly BackfillItemRecord[]): ReplicationBackfillProgress {
  const count = (wanted: BackfillItemRecord["status"]): number => items.filter(({ status }) => status === wanted).length;
  return {
    totalReplicationCount: items.length,
    completedReplicationCount: count("COMPLETE"),
    failedReplicationCount: count("FAILED"),
    failureCodes: [...new Set(items.flatMap(({ failureCode }) => failureCode ?? []))],
  };
}

function resultOf({ repository, digest, tag, status, failureCode, listed }: BackfillItemRecord): ReplicationBackfillResult {
  return {
    repositoryName: repositoryNameOf(repository),
    imageId: { imageDigest: digest, ...(tag !== undefined && { imageTag: tag }) },
    status: status === "COMPLETE" ? "COMPLETE" : "FAILED",
    ...(failureCode !== undefined && { failureCode }),
    ...(listed && { subImageFailureCodes: [...listed] }),
  };
}
