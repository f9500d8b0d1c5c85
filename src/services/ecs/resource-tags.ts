import { ResourceNotFoundException, type Tag } from "@aws-sdk/client-ecs";
import { parseArn } from "../../domain/arn.ts";
import { clusters, services, taskDefinitions, tasks } from "../../state/ecs.ts";
import { because, type OperationContext } from "../operation.ts";
import { tagKeys } from "./condition-keys.ts";
import { invalid, operation, shown } from "./ecs-operation.ts";
import { checkTags, mergeTags } from "./tags.ts";

export const tagResource = operation("TagResource", {
  authorize: ({ resourceArn = "", tags }) => ({ action: "ecs:TagResource", resource: resourceArn, context: tagKeys(tags) }),
  run({ resourceArn = "", tags: given }, context) {
    const added = checkTags(given);
    const resource = requireTagged(resourceArn, context);
    const merged = mergeTags(resource.tags, added);
    if (merged.length > 50) throw invalid("The number of tags exceeds the limit of 50.");
    context.state.commit(() => resource.put(merged));
    return {};
  },
});

export const untagResource = operation("UntagResource", {
  authorize: ({ resourceArn = "", tagKeys: keys }) => ({
    action: "ecs:UntagResource",
    resource: resourceArn,
    context: { "aws:TagKeys": keys },
  }),
  run({ resourceArn = "", tagKeys = [] }, context) {
    const resource = requireTagged(resourceArn, context);
    context.state.commit(() => resource.put(resource.tags.filter(({ key = "" }) => !tagKeys.includes(key))));
    return {};
  },
});

export const listTagsForResource = operation("ListTagsForResource", {
  authorize: ({ resourceArn = "" }) => ({ action: "ecs:ListTagsForResource", resource: resourceArn }),
  run: ({ resourceArn = "" }, context) => ({ tags: shown(requireTagged(resourceArn, context).tags) }),
});

interface Tagged {
  readonly tags: readonly Tag[];
  put(tags: readonly Tag[]): void;
}

/** @throws InvalidParameterException for what is no ARN of ECS, ResourceNotFoundException for what does not exist */
function requireTagged(resourceArn: string, { state, account, region }: OperationContext): Tagged {
  const arn = parseArn(resourceArn);
  if (arn?.service !== "ecs") throw invalid("Invalid resource ARN.");
  const table = tableOf(arn.resource.split("/")[0] ?? "");
  if (table === undefined) throw invalid("The specified resource cannot be tagged.");
  const found = arn.account === account && arn.region === region ? state.table(table).get(resourceArn) : undefined;
  if (!found) throw new ResourceNotFoundException(because("The specified resource wasn't found."));
  return { tags: found.tags, put: (tags) => void state.table(table).update(resourceArn, (record) => ({ ...record, tags })) };
}

/** The tables differ in their records; all that is touched here is `tags`, which each of them has. */
function tableOf(kind: string): typeof clusters | undefined {
  const tables = { cluster: clusters, service: services, task: tasks, "task-definition": taskDefinitions } as unknown as Readonly<
    Record<string, typeof clusters>
  >;
  return Object.hasOwn(tables, kind) ? tables[kind] : undefined;
}
