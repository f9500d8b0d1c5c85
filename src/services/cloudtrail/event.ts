import type { Event, Resource } from "@aws-sdk/client-cloudtrail";
import { nameFromArn, parseArn } from "../../domain/arn.ts";
import type { AuditRecord } from "../../ports/audit-log.ts";
import { defined } from "../../domain/defined.ts";

/** A record as LookupEvents shows it: a few of its members, and the whole as JSON. */
export function eventOf(record: AuditRecord): Event {
  return defined({
    EventId: record.eventID,
    EventName: record.eventName,
    ReadOnly: String(record.readOnly),
    AccessKeyId: record.userIdentity["accessKeyId"] as string | undefined,
    EventTime: new Date(record.eventTime),
    EventSource: record.eventSource,
    Username: userNameOf(record),
    Resources: [...resourcesOf(record)],
    CloudTrailEvent: JSON.stringify(record),
  }) as Event;
}

/** A user's name, the name of a role's or federated user's session, or `root`; `undefined` for who was not let in. */
export function userNameOf({ userIdentity }: AuditRecord): string | undefined {
  const { type, userName, principalId } = userIdentity as Readonly<Record<string, string | undefined>>;
  if (type === "Root") return "root";
  if (userName !== undefined) return userName;
  const colon = principalId?.indexOf(":") ?? -1;
  return colon < 0 ? undefined : principalId?.slice(colon + 1);
}

/** Services whose resources the event history calls by name; those of others go by their ARN. */
const BY_NAME: ReadonlySet<string> = new Set(["ec2", "ecr", "iam", "logs"]);

export function resourcesOf({ resources = [] }: AuditRecord): readonly Resource[] {
  return resources.map(({ ARN, type }) => defined({ ResourceType: type, ResourceName: shortName(ARN) }));
}

function shortName(arn: string): string {
  const parsed = parseArn(arn);
  if (!parsed || !BY_NAME.has(parsed.service)) return arn;
  // A repository's name may have slashes, which are no path; a log group's stands after a colon.
  if (parsed.service === "ecr") return parsed.resource.replace(/^repository\//, "");
  if (parsed.service === "logs") return parsed.resource.replace(/^log-group:/, "").replace(/:.*$/, "");
  return nameFromArn(arn);
}
