import { InvalidParameterException, ResourceNotFoundException, TooManyTagsException } from "@aws-sdk/client-cloudwatch-logs";
import { claimsToBeArn } from "../../domain/arn.ts";
import { logGroups, type LogGroupRecord } from "../../state/logs.ts";
import { because, requestTags, type ConditionContext, type OperationContext } from "../operation.ts";
import { groupNameOf, onLogGroup, operation, requireGroup } from "./log-groups.ts";

const MOST_TAGS = 50;

function tag(group: LogGroupRecord, added: Readonly<Record<string, string>>, context: OperationContext): void {
  for (const [key, value] of Object.entries(added))
    if (key.length < 1 || key.length > 128 || value.length > 256 || key.startsWith("aws:"))
      throw new InvalidParameterException(
        because(`The tag '${key}' is not valid: keys have 1 to 128 characters and do not begin with aws:, values up to 256.`),
      );
  const tags = { ...group.tags, ...added };
  if (Object.keys(tags).length > MOST_TAGS) {
    const message = `The resource has too many tags: at most ${MOST_TAGS} are allowed.`;
    throw new TooManyTagsException({ ...because(message), resourceName: context.arn("logs", `log-group:${group.name}`) });
  }
  context.state.commit(() => context.state.table(logGroups).put({ ...group, tags }));
}

function untag(group: LogGroupRecord, keys: readonly string[], { state }: OperationContext): void {
  const tags = Object.fromEntries(Object.entries(group.tags).filter(([key]) => !keys.includes(key)));
  state.commit(() => state.table(logGroups).put({ ...group, tags }));
}

const onResource = (action: string, { resourceArn = "*" }: { resourceArn?: string | undefined }, context: ConditionContext = {}) => ({
  action: `logs:${action}`,
  resource: resourceArn,
  context,
});

/** By an ARN alone: a name would be another resource to policies. @throws ResourceNotFoundException */
function byArn(resourceArn: string | undefined, context: OperationContext): LogGroupRecord {
  const named = claimsToBeArn(resourceArn ?? "") ? groupNameOf(context, resourceArn ?? "") : undefined;
  if (named === undefined) throw new ResourceNotFoundException(because("The specified resource does not exist."));
  return requireGroup(context, named);
}

export const tagResource = operation("TagResource", {
  authorize: (input) => onResource("TagResource", input, requestTags(input.tags ?? {})),
  run({ resourceArn, tags = {} }, context) {
    tag(byArn(resourceArn, context), tags, context);
    return {};
  },
});

export const untagResource = operation("UntagResource", {
  authorize: (input) => onResource("UntagResource", input, { "aws:TagKeys": input.tagKeys }),
  run({ resourceArn, tagKeys = [] }, context) {
    untag(byArn(resourceArn, context), tagKeys, context);
    return {};
  },
});

export const listTagsForResource = operation("ListTagsForResource", {
  authorize: (input) => onResource("ListTagsForResource", input),
  run: ({ resourceArn }, context) => ({ tags: { ...byArn(resourceArn, context).tags } }),
});

// The older three, which take the group's name; clients still send them.

export const tagLogGroup = operation("TagLogGroup", {
  authorize: (input, at) => ({ ...onLogGroup("TagLogGroup")(input, at), context: requestTags(input.tags ?? {}) }),
  run({ logGroupName = "", tags = {} }, context) {
    tag(requireGroup(context, logGroupName), tags, context);
    return {};
  },
});

export const untagLogGroup = operation("UntagLogGroup", {
  authorize: (input, at) => ({ ...onLogGroup("UntagLogGroup")(input, at), context: { "aws:TagKeys": input.tags } }),
  run({ logGroupName = "", tags = [] }, context) {
    untag(requireGroup(context, logGroupName), tags, context);
    return {};
  },
});

export const listTagsLogGroup = operation("ListTagsLogGroup", {
  authorize: onLogGroup("ListTagsLogGroup"),
  run: ({ logGroupName = "" }, context) => ({ tags: { ...requireGroup(context, logGroupName).tags } }),
});
