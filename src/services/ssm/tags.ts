import { InvalidResourceId, InvalidResourceType, TooManyTagsError, type Tag } from "@aws-sdk/client-ssm";
import { parameterNamed, parameters, type ParameterRecord } from "../../state/parameters.ts";
import { because, requestTags, type ConditionContext, type OperationContext, type Permission, type RequestScope } from "../operation.ts";
import { invalid, operation, resourceOf } from "./parameter.ts";

const MOST_TAGS = 50;

interface NamesResource {
  ResourceType?: string | undefined;
  ResourceId?: string | undefined;
}

/** Tagging something else than a parameter is refused by the operation. */
function onResource(
  action: string,
  { ResourceType, ResourceId }: NamesResource,
  at: RequestScope,
  context: ConditionContext = {},
): Permission {
  const resource = ResourceType === "Parameter" && ResourceId ? resourceOf(ResourceId, at) : "*";
  return { action: `ssm:${action}`, resource, context };
}

export function tagMap(tags: readonly Tag[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

export function refuseTags(tags: readonly Tag[]): void {
  for (const { Key = "", Value = "" } of tags) {
    if (Key.length < 1 || Key.length > 128 || Value.length > 256)
      throw invalid(`The tag '${Key}' is not valid: a key has 1 to 128 characters, a value up to 256.`);
    if (Key.startsWith("aws:")) throw invalid("The tag key prefix aws: is reserved for AWS use.");
  }
  if (tags.length > MOST_TAGS) throw new TooManyTagsError(because(`A parameter can have at most ${MOST_TAGS} tags.`));
}

function tagged({ ResourceType, ResourceId = "" }: NamesResource, context: OperationContext): ParameterRecord {
  if (ResourceType !== "Parameter")
    throw new InvalidResourceType(because(`The resource type is not valid: ${ResourceType ?? ""}. Here only parameters have tags.`));
  const found = parameterNamed(context.state, context, ResourceId);
  if (!found) throw new InvalidResourceId(because(`The resource ID "${ResourceId}" is not valid. Verify the ID and try again.`));
  return found;
}

export const addTagsToResource = operation("AddTagsToResource", {
  authorize: (input, at) => onResource("AddTagsToResource", input, at, requestTags(tagMap(input.Tags ?? []))),
  run(input, context) {
    const parameter = tagged(input, context);
    const added = input.Tags ?? [];
    const keys = new Set(added.map(({ Key }) => Key));
    const tags = [...parameter.tags.filter(({ Key }) => !keys.has(Key)), ...added];
    refuseTags(tags);
    context.state.commit(() => context.state.table(parameters).put({ ...parameter, tags }));
    return {};
  },
});

export const removeTagsFromResource = operation("RemoveTagsFromResource", {
  authorize: (input, at) => onResource("RemoveTagsFromResource", input, at, { "aws:TagKeys": input.TagKeys }),
  run(input, context) {
    const parameter = tagged(input, context);
    const tags = parameter.tags.filter(({ Key = "" }) => !input.TagKeys?.includes(Key));
    context.state.commit(() => context.state.table(parameters).put({ ...parameter, tags }));
    return {};
  },
});

export const listTagsForResource = operation("ListTagsForResource", {
  authorize: (input, at) => onResource("ListTagsForResource", input, at),
  run: (input, context) => ({ TagList: [...tagged(input, context).tags] }),
});
