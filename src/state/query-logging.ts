import { defineTable, ofAccount } from "./table.ts";

/** That what is asked of a public zone is written into a log group, which is of the zone's account and in us-east-1. */
export interface QueryLoggingConfigRecord {
  /** A UUID. */
  readonly id: string;
  readonly account: string;
  readonly zoneId: string;
  /** The group's name. */
  readonly group: string;
  /** As it was asked for. */
  readonly groupArn: string;
}

export const queryLoggingConfigs = defineTable<QueryLoggingConfigRecord>()("route53.query-logging-configs", ({ id }) => id, ofAccount, {
  account: ({ account }) => account,
  zone: ({ zoneId }) => zoneId,
});

/** Where groups for queries are, whatever region a zone's clients are in. Source: Route 53 API Reference, `CreateQueryLoggingConfig`. */
export const QUERY_LOG_REGION = "us-east-1";
/** What stands for an edge location of AWS, in the names of streams and in lines. */
export const QUERY_LOG_EDGE = "LOCAL";
