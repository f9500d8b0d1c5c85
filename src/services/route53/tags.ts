import { NoSuchHealthCheck, type Tag } from "@aws-sdk/client-route-53";
import { healthChecks, hostedZones, type HealthCheckRecord, type HostedZoneRecord } from "../../state/route53.ts";
import { because, type AuthorizeScope, type OperationContext } from "../operation.ts";
import { QUOTAS } from "./quotas.ts";
import { bareId, healthCheckArn, invalidInput, operation, requireZone, zoneArn } from "./route53-operation.ts";

type Kind = "hostedzone" | "healthcheck";

interface Named {
  readonly ResourceType?: Kind | undefined;
  readonly ResourceId?: string | undefined;
}

function resourceArn(at: AuthorizeScope, kind: Kind | undefined, id: string | undefined): string {
  return kind === "healthcheck" ? healthCheckArn(at, id) : zoneArn(at, id);
}

/** @throws NoSuchHostedZone, NoSuchHealthCheck */
function requireTagged(context: OperationContext, { ResourceType, ResourceId }: Named): HostedZoneRecord | HealthCheckRecord {
  return ResourceType === "healthcheck" ? requireHealthCheck(context, ResourceId) : requireZone(context, ResourceId);
}

/** A health check of the caller's account. @throws NoSuchHealthCheck */
export function requireHealthCheck({ state }: Pick<OperationContext, "state">, id: string | undefined): HealthCheckRecord {
  const bare = bareId(id, "healthcheck");
  const check = state.table(healthChecks).get(bare);
  if (!check) throw new NoSuchHealthCheck(because(`A health check with id ${bare} does not exist.`));
  return check;
}

export const changeTagsForResource = operation("ChangeTagsForResource", {
  authorize: ({ ResourceType, ResourceId }, at) => ({
    action: "route53:ChangeTagsForResource",
    resource: resourceArn(at, ResourceType, ResourceId),
  }),
  run({ AddTags = [], RemoveTagKeys = [], ...named }, context) {
    const record = requireTagged(context, named);
    if (AddTags.length === 0 && RemoveTagKeys.length === 0)
      throw invalidInput("You must specify at least one tag to add or one tag key to remove.");
    const tags = changedTags(record.tags, AddTags, RemoveTagKeys);
    context.state.commit(() => {
      if ("config" in record) context.state.table(healthChecks).put({ ...record, tags });
      else context.state.table(hostedZones).put({ ...record, tags });
    });
    return {};
  },
});

/** @throws InvalidInput */
function changedTags(tags: readonly Tag[], add: readonly Tag[], remove: readonly string[]): readonly Tag[] {
  const keys = add.map(({ Key = "" }) => Key);
  if (keys.some((key) => key === "")) throw invalidInput("Tag keys must not be empty.");
  if (keys.some((key) => key.toLowerCase().startsWith("aws:")))
    throw invalidInput("Tag keys that begin with aws: are reserved for system use.");
  if (new Set(keys).size !== keys.length) throw invalidInput("Tag keys must be unique.");
  const changed = [
    ...tags.filter(({ Key = "" }) => !keys.includes(Key) && !remove.includes(Key)),
    ...add.map(({ Key = "", Value = "" }) => ({ Key, Value })),
  ];
  if (changed.length > QUOTAS.TAGS_BY_RESOURCE) throw invalidInput(`A resource can have at most ${QUOTAS.TAGS_BY_RESOURCE} tags.`);
  return changed;
}

export const listTagsForResource = operation("ListTagsForResource", {
  authorize: ({ ResourceType, ResourceId }, at) => ({
    action: "route53:ListTagsForResource",
    resource: resourceArn(at, ResourceType, ResourceId),
  }),
  run: (named, context) => ({ ResourceTagSet: tagSet(named, requireTagged(context, named)) }),
});

export const listTagsForResources = operation("ListTagsForResources", {
  authorize: ({ ResourceType, ResourceIds = [] }, at) => ({
    action: "route53:ListTagsForResources",
    resource: ResourceIds.map((id) => resourceArn(at, ResourceType, id)),
  }),
  run: ({ ResourceType, ResourceIds = [] }, context) => ({
    ResourceTagSets: ResourceIds.map((ResourceId) => {
      const named = { ResourceType, ResourceId };
      return tagSet(named, requireTagged(context, named));
    }),
  }),
});

function tagSet({ ResourceType }: Named, { id, tags }: HostedZoneRecord | HealthCheckRecord) {
  return { ResourceType: ResourceType ?? "hostedzone", ResourceId: id, Tags: [...tags] };
}
