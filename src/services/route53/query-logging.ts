import {
  InsufficientCloudWatchLogsResourcePolicy,
  NoSuchCloudWatchLogsLogGroup,
  NoSuchQueryLoggingConfig,
  QueryLoggingConfigAlreadyExists,
  type QueryLoggingConfig,
} from "@aws-sdk/client-route-53";
import { mayWriteLogs } from "../../authorization/log-writers.ts";
import { parseArn } from "../../domain/arn.ts";
import { defined } from "../../domain/defined.ts";
import { logGroupKey, logGroups } from "../../state/logs.ts";
import { QUERY_LOG_EDGE, QUERY_LOG_REGION, queryLoggingConfigs, type QueryLoggingConfigRecord } from "../../state/query-logging.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import { pageLimit, tokenPage } from "./pages.ts";
import { invalidInput, onZone, operation, queryLoggingConfigArn, requireOwnZone, requireZone, zoneArn } from "./route53-operation.ts";

const MOST = 100;
const ROUTE53 = "route53.amazonaws.com";

function onConfig(action: string) {
  return ({ Id }: { readonly Id?: string | undefined }, at: AuthorizeScope): Permission => ({
    ...{ action: `route53:${action}`, resource: queryLoggingConfigArn(at, Id) },
  });
}

/** Of the caller's account. @throws NoSuchQueryLoggingConfig */
function requireConfig({ state }: Pick<OperationContext, "state">, id = ""): QueryLoggingConfigRecord {
  const config = state.table(queryLoggingConfigs).get(id);
  if (!config) throw new NoSuchQueryLoggingConfig(because(`There is no DNS query logging configuration with the specified ID: ${id}`));
  return config;
}

function shown({ id, zoneId, groupArn }: QueryLoggingConfigRecord): QueryLoggingConfig {
  return { Id: id, HostedZoneId: zoneId, CloudWatchLogsLogGroupArn: groupArn };
}

export const createQueryLoggingConfig = operation("CreateQueryLoggingConfig", {
  authorize: onZone("CreateQueryLoggingConfig"),
  run({ HostedZoneId, CloudWatchLogsLogGroupArn: groupArn = "" }, context) {
    const { state, account, ids, now } = context;
    const zone = requireOwnZone(context, HostedZoneId);
    if (zone.privateZone) throw invalidInput("You can log queries of public hosted zones only.");
    const group = groupOf(context, groupArn);
    if (!state.table(logGroups).has(logGroupKey({ account, region: QUERY_LOG_REGION }, group)))
      throw new NoSuchCloudWatchLogsLogGroup(because("The specified CloudWatch Logs log group doesn't exist."));
    if (state.table(queryLoggingConfigs).count("zone", zone.id) > 0)
      throw new QueryLoggingConfigAlreadyExists(because("A query logging configuration already exists for this hosted zone."));
    const caller = { service: ROUTE53, sourceAccount: account, sourceArn: zoneArn(context, zone.id) };
    const at = { account, region: QUERY_LOG_REGION, group, stream: `${zone.id}/${QUERY_LOG_EDGE}` };
    if (!mayWriteLogs(state, at, caller, now))
      throw new InsufficientCloudWatchLogsResourcePolicy(
        because(
          "The ARN for the CloudWatch Logs log group is invalid, or the resource policy doesn't let Route 53 create log streams and put log events in it.",
        ),
      );
    const config = { id: ids.uuid(), account, zoneId: zone.id, group, groupArn };
    state.commit(() => state.table(queryLoggingConfigs).insert(config));
    return { QueryLoggingConfig: shown(config), Location: `https://route53.amazonaws.com/2013-04-01/queryloggingconfig/${config.id}` };
  },
});

/** The name of a group of the caller's account. @throws InvalidInput */
function groupOf({ account }: OperationContext, text: string): string {
  const arn = parseArn(text);
  const [, name] = /^log-group:([^:*]+)(?::\*)?$/.exec(arn?.resource ?? "") ?? [];
  if (arn?.service !== "logs" || name === undefined) throw invalidInput(`The ARN for the CloudWatch Logs log group is invalid: ${text}`);
  if (arn.account !== account) throw invalidInput("The log group must be of the account that the hosted zone is of.");
  if (arn.region !== QUERY_LOG_REGION) throw invalidInput(`The log group must be in the ${QUERY_LOG_REGION} region.`);
  return name;
}

export const getQueryLoggingConfig = operation("GetQueryLoggingConfig", {
  authorize: onConfig("GetQueryLoggingConfig"),
  run: ({ Id }, context) => ({ QueryLoggingConfig: shown(requireConfig(context, Id)) }),
});

export const listQueryLoggingConfigs = operation("ListQueryLoggingConfigs", {
  authorize: ({ HostedZoneId }, at) => ({
    ...{ action: "route53:ListQueryLoggingConfigs", resource: HostedZoneId === undefined ? "*" : zoneArn(at, HostedZoneId) },
  }),
  run({ HostedZoneId, MaxResults, NextToken }, context) {
    const { state, account } = context;
    const table = state.table(queryLoggingConfigs);
    const all = HostedZoneId === undefined ? table.by("account", account) : table.by("zone", requireZone(context, HostedZoneId).id);
    const { items, nextToken } = tokenPage(all, ({ id }) => id, { token: NextToken, limit: pageLimit(MaxResults, MOST) }, context);
    return { QueryLoggingConfigs: items.map(shown), ...defined({ NextToken: nextToken }) };
  },
});

/** What was logged stays where it is. */
export const deleteQueryLoggingConfig = operation("DeleteQueryLoggingConfig", {
  authorize: onConfig("DeleteQueryLoggingConfig"),
  run({ Id }, context) {
    const { state } = context;
    const { id } = requireConfig(context, Id);
    state.commit(() => state.table(queryLoggingConfigs).delete(id));
    return {};
  },
});
