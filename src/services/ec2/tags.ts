import type { Tag } from "@aws-sdk/client-ec2";
import { AwsError } from "../aws-error.ts";
import type { OperationContext, RequestScope } from "../operation.ts";
import { described } from "./describe.ts";
import { onAny, operation, tagKeys } from "./ec2-operation.ts";
import { refuseTags } from "./tag-rules.ts";
import { allTaggables, kindOfId } from "./tagged-kinds.ts";

/** The ARN of a resource by its id; of a kind that is not here, any. */
function resourceArn(id: string, at: RequestScope): string {
  return at.arn("ec2", `${kindOfId(id)?.kind ?? "*"}/${id}`);
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
  const changes = [...new Set(ids)].map((id) => {
    const kind = kindOfId(id);
    if (!kind) throw new AwsError("InvalidID", `The ID '${id}' is not valid`);
    const item = kind.find(id, context);
    if (!item) throw kind.missing(id);
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
    const all = allTaggables(context).flatMap(({ id, kind, tags }) => tags.map(({ Key = "", Value = "" }) => ({ id, kind, Key, Value })));
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
