import { InvalidInput, NoSuchHostedZone } from "@aws-sdk/client-route-53";
import { partitionOf } from "../../domain/partition.ts";
import type { Scope } from "../../domain/scope.ts";
import { hostedZones, recordSets, type HostedZoneRecord } from "../../state/route53.ts";
import { AwsError } from "../aws-error.ts";
import { because, operationsOf, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-route-53")>();

/** Resources of Route 53 have neither a region nor an account in their ARNs. */
function route53Arn({ region }: Scope, resource: string): string {
  return `arn:${partitionOf(region)}:route53:::${resource}`;
}

/** Clients may send ids with the path that answers have before them. */
export function bareId(id: string | undefined, kind: "hostedzone" | "change" | "healthcheck" | "delegationset"): string {
  return (id ?? "").replace(new RegExp(`^/?${kind}/`), "");
}

export function onZone<T extends { readonly Id?: string | undefined; readonly HostedZoneId?: string | undefined }>(action: string) {
  return (input: T, at: AuthorizeScope): Permission => ({
    action: `route53:${action}`,
    resource: zoneArn(at, input.Id ?? input.HostedZoneId),
  });
}

export function zoneArn(at: Scope, id: string | undefined): string {
  return route53Arn(at, `hostedzone/${bareId(id, "hostedzone")}`);
}

export function changeArn(at: Scope, id: string | undefined): string {
  return route53Arn(at, `change/${bareId(id, "change")}`);
}

export function healthCheckArn(at: Scope, id: string | undefined): string {
  return route53Arn(at, `healthcheck/${bareId(id, "healthcheck")}`);
}

export function delegationSetArn(at: Scope, id: string | undefined): string {
  return route53Arn(at, `delegationset/${bareId(id, "delegationset")}`);
}

export function cidrCollectionArn(at: Scope, id = ""): string {
  return route53Arn(at, `cidrcollection/${id}`);
}

export function trafficPolicyArn(at: Scope, id = ""): string {
  return route53Arn(at, `trafficpolicy/${id}`);
}

export function trafficPolicyInstanceArn(at: Scope, id = ""): string {
  return route53Arn(at, `trafficpolicyinstance/${id}`);
}

export function queryLoggingConfigArn(at: Scope, id = ""): string {
  return route53Arn(at, `queryloggingconfig/${id}`);
}

/** Of operations that Route 53 knows no resource for. */
export function onAny(action: string) {
  return (): Permission => ({ action: `route53:${action}`, resource: "*" });
}

/** A zone of the caller's account. @throws NoSuchHostedZone */
export function requireZone({ state }: Pick<OperationContext, "state">, id: string | undefined): HostedZoneRecord {
  const bare = bareId(id, "hostedzone");
  const zone = state.table(hostedZones).get(bare);
  if (!zone) throw new NoSuchHostedZone(because(`No hosted zone found with ID: ${bare}`));
  return zone;
}

/** A zone that its account changes itself. @throws NoSuchHostedZone; AccessDenied for one of a namespace of Cloud Map */
export function requireOwnZone(context: Pick<OperationContext, "state">, id: string | undefined): HostedZoneRecord {
  const zone = requireZone(context, id);
  if (zone.namespaceArn === undefined) return zone;
  throw managedByCloudMap(`hostedzone/${zone.id}`, zone.namespaceArn);
}

export function managedByCloudMap(resource: string, arn: string): AwsError {
  return new AwsError("AccessDenied", `The resource ${resource} can only be managed through AWS Cloud Map (${arn})`, 403);
}

export function invalidInput(message: string): InvalidInput {
  return new InvalidInput(because(message));
}

/** How many record sets a zone has that the caller may see. They are all of the zone's account, so that none need be looked at to count them. */
export function recordSetCount({ state }: Pick<OperationContext, "state">, { id }: HostedZoneRecord): number {
  return state.whole.table(recordSets).count("zone", id);
}
