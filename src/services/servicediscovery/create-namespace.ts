import { NamespaceAlreadyExists, ResourceLimitExceeded, type Tag } from "@aws-sdk/client-servicediscovery";
import { defined } from "../../domain/defined.ts";
import { readName } from "../../domain/dns/name.ts";
import { isReserved } from "../../domain/dns/special-use.ts";
import { scopeKey } from "../../domain/scope.ts";
import { nameInScope, namespaces, type NamespaceRecord } from "../../state/cloud-map.ts";
import { privateZoneNamed } from "../../state/dns-zones.ts";
import { vpcs } from "../../state/ec2.ts";
import { insertHostedZone, newZoneId } from "../../state/hosted-zones.ts";
import { because, requestTagList, type OperationContext } from "../operation.ts";
import { recordOperation, repeated, requestOf } from "./operations.ts";
import { NAMESPACES_BY_REGION } from "./quotas.ts";
import { invalid, onAny, operation } from "./servicediscovery-operation.ts";
import { checkedTags, MADE_BY_ECS } from "./tags.ts";

/** Seconds, of the SOA of a zone: what AWS gives where a request names none. */
const SOA_TTL = 15;

interface Wanted {
  readonly type: NamespaceRecord["type"];
  readonly Name?: string | undefined;
  readonly CreatorRequestId?: string | undefined;
  readonly Description?: string | undefined;
  readonly Tags?: readonly Tag[] | undefined;
  readonly vpcId?: string | undefined;
  readonly soaTtl?: number | undefined;
}

export const createHttpNamespace = operation("CreateHttpNamespace", {
  authorize: ({ Tags: tags }) => onAny("CreateHttpNamespace", requestTagList(tags))(),
  run: (input, context) => create(context, { ...input, type: "HTTP" }),
});

export const createPrivateDnsNamespace = operation("CreatePrivateDnsNamespace", {
  authorize: ({ Tags: tags }) => onAny("CreatePrivateDnsNamespace", requestTagList(tags))(),
  run: ({ Vpc, Properties, ...input }, context) =>
    create(context, { ...input, type: "DNS_PRIVATE", vpcId: Vpc, soaTtl: Properties?.DnsProperties?.SOA?.TTL }),
});

export const createPublicDnsNamespace = operation("CreatePublicDnsNamespace", {
  authorize: ({ Tags: tags }) => onAny("CreatePublicDnsNamespace", requestTagList(tags))(),
  run: ({ Properties, ...input }, context) =>
    create(context, { ...input, type: "DNS_PUBLIC", soaTtl: Properties?.DnsProperties?.SOA?.TTL }),
});

function create(context: OperationContext, wanted: Wanted): { readonly OperationId: string } {
  const { state, account, region, now, ids } = context;
  const { type, Name: name = "", CreatorRequestId, Description, Tags: given, vpcId } = wanted;
  const tags = checkedTags(given);
  const zoneName = type === "HTTP" ? undefined : readName(name);
  if (zoneName === ".") throw invalid("A namespace cannot be the root of all names.");
  if (typeof zoneName === "object") throw invalid(`${name} is not a valid name of a namespace: ${zoneName.problem}`);
  const request = requestOf(CreatorRequestId, wanted);
  const before = repeated(context, "CREATE_NAMESPACE", request);
  if (before && state.table(namespaces).has(before.namespaceId)) return { OperationId: before.id };
  refuseTaken(context, wanted);
  if (state.table(namespaces).count("scope", scopeKey(context)) >= NAMESPACES_BY_REGION)
    throw new ResourceLimitExceeded(because(`The number of namespaces in this Region has reached its quota of ${NAMESPACES_BY_REGION}.`));
  const id = `ns-${ids.alphanumeric(16).toLowerCase()}`;
  const recorded = { type: "CREATE_NAMESPACE", targets: { NAMESPACE: id }, namespaceId: id, ...request } as const;
  const message = zoneName === undefined ? undefined : conflictOf(context, zoneName, vpcId);
  if (message !== undefined)
    return state.commit(() => recordOperation(context, { ...recorded, failure: { code: "CANNOT_CREATE_HOSTED_ZONE", message } }));
  return state.commit(() => {
    const arn = context.arn("servicediscovery", `namespace/${id}`);
    const soaTtl = wanted.soaTtl ?? SOA_TTL;
    const zone =
      zoneName === undefined
        ? undefined
        : insertHostedZone(state, {
            ...{ id: newZoneId(ids), account, name: zoneName, callerReference: id, now, namespaceArn: arn, soaTtl },
            comment: "Created by AWS Cloud Map",
            ...defined({ vpc: vpcId === undefined ? undefined : { id: vpcId, region } }),
          });
    state.table(namespaces).insert({
      ...{ id, arn, account, region, name, type, httpName: freeHttpName(context, name), tags, createdAt: now },
      ...defined({ description: Description === "" ? undefined : Description, creatorRequestId: CreatorRequestId, vpcId }),
      ...(zone && { dns: { zoneId: zone.id, soaTtl } }),
    });
    return recordOperation(context, recorded);
  });
}

/** @throws NamespaceAlreadyExists for a name that there is already where it would be looked for: in HTTP, in the public DNS, in a VPC */
function refuseTaken(context: OperationContext, { type, Name = "", vpcId }: Wanted): void {
  const named = context.state.table(namespaces).by("name", nameInScope(context, Name));
  const taken = named.find((one) => one.type === type && one.vpcId === vpcId);
  if (taken)
    throw new NamespaceAlreadyExists({
      ...because(`A namespace with the name ${Name} already exists: ${taken.id}.`),
      NamespaceId: taken.id,
      ...defined({ CreatorRequestId: taken.creatorRequestId }),
    });
}

/** Why there can be no hosted zone: what Route 53 would say. */
function conflictOf({ state, region }: OperationContext, zoneName: string, vpcId: string | undefined): string | undefined {
  if (vpcId === undefined) return isReserved(zoneName) ? `${zoneName.slice(0, -1)} is reserved by AWS!` : undefined;
  if (state.table(vpcs).get(vpcId)?.region !== region)
    return `The VPC: ${vpcId} in region ${region} that you provided is not authorized to make the association.`;
  // The VPC is the caller's own: it may know which names are seen there.
  return privateZoneNamed(state.whole, vpcId, zoneName)
    ? `The VPC ${vpcId} in region ${region} has already been associated with a hosted zone with the same domain name.`
    : undefined;
}

/** A namespace that ECS makes for Service Connect, inside a commit. The name was looked at. */
export function insertConnectNamespace(context: OperationContext, name: string): NamespaceRecord {
  const { state, account, region, now, ids } = context;
  const id = `ns-${ids.alphanumeric(16).toLowerCase()}`;
  const place = { id, arn: context.arn("servicediscovery", `namespace/${id}`), account, region };
  return state.table(namespaces).insert({
    ...{ ...place, name, type: "HTTP", httpName: freeHttpName(context, name), tags: MADE_BY_ECS, createdAt: now },
  });
}

function freeHttpName(context: OperationContext, name: string): string {
  const taken = context.state.table(namespaces).count("httpName", nameInScope(context, name)) > 0;
  return taken ? `${name}-${context.ids.hex(8)}` : name;
}
