import { scopeKey } from "../../domain/scope.ts";
import type { Tag } from "@aws-sdk/client-ec2";
import { securityGroups, subnets, vpcs } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext, RequestScope } from "../operation.ts";
import { described } from "./describe.ts";
import { onAny, operation, tagKeys } from "./ec2-operation.ts";
import { groupNotFound } from "./security-groups.ts";
import { subnetNotFound } from "./subnets.ts";
import { refuseTags } from "./tag-rules.ts";
import { vpcNotFound } from "./vpcs.ts";

/** A record that has tags: its kind as EC2 names it, and how to write it with others. Writing needs an open commit. */
interface Taggable {
  readonly id: string;
  readonly kind: "vpc" | "subnet" | "security-group" | "security-group-rule";
  readonly tags: readonly Tag[];
  put(tags: readonly Tag[]): void;
}

function taggables(context: OperationContext): readonly Taggable[] {
  const { state } = context;
  const scope = scopeKey(context);
  const groups = state.table(securityGroups);
  return [
    ...state
      .table(vpcs)
      .by("scope", scope)
      .map((vpc) => ({
        id: vpc.id,
        kind: "vpc" as const,
        tags: vpc.tags,
        put: (tags: readonly Tag[]): void => void state.table(vpcs).put({ ...vpc, tags }),
      })),
    ...state
      .table(subnets)
      .by("scope", scope)
      .map((subnet) => ({
        id: subnet.id,
        kind: "subnet" as const,
        tags: subnet.tags,
        put: (tags: readonly Tag[]): void => void state.table(subnets).put({ ...subnet, tags }),
      })),
    ...groups.by("scope", scope).flatMap(({ id, tags, rules }) => [
      // Read again when it is written: a group and rules of it may be tagged at once.
      {
        id,
        kind: "security-group" as const,
        tags,
        put: (changed: readonly Tag[]): void => void groups.update(id, (group) => ({ ...group, tags: changed })),
      },
      ...rules.map((rule) => ({
        id: rule.id,
        kind: "security-group-rule" as const,
        tags: rule.tags,
        put: (changed: readonly Tag[]): void =>
          void groups.update(id, (group) => ({
            ...group,
            rules: group.rules.map((other) => (other.id === rule.id ? { ...other, tags: changed } : other)),
          })),
      })),
    ]),
  ];
}

function missing(id: string): AwsError {
  if (id.startsWith("vpc-")) return vpcNotFound(id);
  if (id.startsWith("subnet-")) return subnetNotFound(id);
  if (id.startsWith("sg-")) return groupNotFound(id);
  if (id.startsWith("sgr-"))
    return new AwsError("InvalidSecurityGroupRuleId.NotFound", `The security group rule ID '${id}' does not exist`);
  return new AwsError("InvalidID", `The ID '${id}' is not valid`);
}

const KINDS: Readonly<Record<string, string>> = {
  vpc: "vpc",
  subnet: "subnet",
  sg: "security-group",
  sgr: "security-group-rule",
};

/** The ARN of a resource by its id; of a kind that is not here, any. */
function resourceArn(id: string, at: RequestScope): string {
  const prefix = id.slice(0, id.indexOf("-"));
  const kind = Object.hasOwn(KINDS, prefix) ? KINDS[prefix] : undefined;
  return at.arn("ec2", kind === undefined ? `*/${id}` : `${kind}/${id}`);
}

const onResources =
  (action: string) =>
  (
    { Resources = [], Tags = [] }: { readonly Resources?: readonly string[] | undefined; readonly Tags?: readonly Tag[] | undefined },
    at: RequestScope,
  ) => ({
    action: `ec2:${action}`,
    resource: Resources.map((id) => resourceArn(id, at)),
    context: tagKeys(Tags),
  });

function changeTags(ids: readonly string[], change: (tags: readonly Tag[]) => readonly Tag[], context: OperationContext): void {
  const known = new Map(taggables(context).map((item) => [item.id, item]));
  const changes = [...new Set(ids)].map((id) => {
    const item = known.get(id);
    if (!item) throw missing(id);
    const tags = change(item.tags);
    refuseTags(tags);
    return { item, tags };
  });
  context.state.commit(() => {
    for (const { item, tags } of changes) item.put(tags);
  });
}

export const createTags = operation("CreateTags", {
  authorize: onResources("CreateTags"),
  run({ Resources = [], Tags = [] }, context) {
    const added = Tags.map(({ Key = "", Value = "" }) => ({ Key, Value }));
    refuseTags(added);
    const keys = new Set(added.map(({ Key }) => Key));
    changeTags(Resources, (tags) => [...tags.filter(({ Key = "" }) => !keys.has(Key)), ...added], context);
    return {};
  },
});

export const deleteTags = operation("DeleteTags", {
  authorize: onResources("DeleteTags"),
  run({ Resources = [], Tags }, context) {
    // A value that is given must fit; without any tags, all go.
    const goes = (tag: Tag): boolean =>
      !Tags || Tags.some(({ Key, Value }) => Key === tag.Key && (Value === undefined || Value === tag.Value));
    changeTags(Resources, (tags) => tags.filter((tag) => !goes(tag)), context);
    return {};
  },
});

export const describeTags = operation("DescribeTags", {
  authorize: onAny("DescribeTags"),
  run(input, context) {
    const all = taggables(context).flatMap(({ id, kind, tags }) => tags.map(({ Key = "", Value = "" }) => ({ id, kind, Key, Value })));
    type Item = (typeof all)[number];
    const fields = {
      "resource-id": ({ id }: Item) => id,
      "resource-type": ({ kind }: Item) => kind,
      key: ({ Key }: Item) => Key,
      value: ({ Value }: Item) => Value,
    };
    const { items, ...more } = described(
      all,
      input,
      { id: ({ id, Key }) => `${id}/${Key}`, fields, tags: ({ Key, Value }) => [{ Key, Value }] },
      context,
    );
    return { Tags: items.map(({ id, kind, Key, Value }) => ({ ResourceId: id, ResourceType: kind, Key, Value })), ...more };
  },
});
