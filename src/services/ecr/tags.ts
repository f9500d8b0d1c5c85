import { InvalidTagParameterException, TooManyTagsException, type Tag } from "@aws-sdk/client-ecr";
import { repositories, repositoryKey, type RepositoryRecord } from "../../state/ecr.ts";
import { because, requestTagList, type OperationContext } from "../operation.ts";
import { operation } from "./ecr-operation.ts";
import { requireRepositoryByArn } from "./find-repository.ts";

const MOST_TAGS = 50;

/** Source: ECR User Guide, "Tag restrictions". @throws InvalidTagParameterException, TooManyTagsException */
export function checkTags(tags: readonly Tag[] = []): readonly Tag[] {
  const keys = new Set<string>();
  for (const { Key = "", Value = "" } of tags) {
    if (Key.length < 1 || Key.length > 128) throw refused("Tag keys must have 1 to 128 characters");
    if (Value.length > 256) throw refused("Tag values must have at most 256 characters");
    if (Key.toLowerCase().startsWith("aws:")) throw refused("Tag keys must not begin with aws:");
    if (keys.has(Key)) throw refused(`Duplicate tag key: ${Key}`);
    keys.add(Key);
  }
  if (keys.size > MOST_TAGS) throw new TooManyTagsException(because(`A resource may have at most ${MOST_TAGS} tags`));
  return tags.map(({ Key, Value }) => ({ Key, Value: Value ?? "" }));
}

export const tagResource = operation("TagResource", {
  authorize: ({ resourceArn = "*", tags = [] }) => ({
    action: "ecr:TagResource",
    resource: resourceArn,
    context: requestTagList(tags),
  }),
  run({ resourceArn, tags }, context) {
    const repository = requireRepositoryByArn(resourceArn, context);
    const added = checkTags(tags);
    const keys = new Set(added.map(({ Key }) => Key));
    setTags(repository, checkTags([...repository.tags.filter(({ Key }) => !keys.has(Key)), ...added]), context);
    return {};
  },
});

export const untagResource = operation("UntagResource", {
  authorize: ({ resourceArn = "*", tagKeys = [] }) => ({
    action: "ecr:UntagResource",
    resource: resourceArn,
    context: tagKeys.length === 0 ? {} : { "aws:TagKeys": tagKeys },
  }),
  run({ resourceArn, tagKeys = [] }, context) {
    const repository = requireRepositoryByArn(resourceArn, context);
    setTags(
      repository,
      repository.tags.filter(({ Key }) => Key === undefined || !tagKeys.includes(Key)),
      context,
    );
    return {};
  },
});

export const listTagsForResource = operation("ListTagsForResource", {
  authorize: ({ resourceArn = "*" }) => ({ action: "ecr:ListTagsForResource", resource: resourceArn }),
  run: ({ resourceArn }, context) => ({ tags: [...requireRepositoryByArn(resourceArn, context).tags] }),
});

function setTags(repository: RepositoryRecord, tags: readonly Tag[], { state }: OperationContext): void {
  state.commit(() => state.table(repositories).update(repositoryKey(repository, repository.name), (current) => ({ ...current, tags })));
}

function refused(message: string): InvalidTagParameterException {
  return new InvalidTagParameterException(because(message));
}
