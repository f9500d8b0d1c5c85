import { storageClassOf, type LifecycleRule, type StorageClass } from "./policy.ts";

/** Source: ECR User Guide, "Lifecycle policy properties": at most four wildcards a pattern. */
const MOST_WILDCARDS = 4;
/** Source: ECR User Guide, "Examples of lifecycle policies": images stay in the archive for 90 days at least. */
const LEAST_DAYS_ARCHIVED = 90;

/**
 * What is wrong with rules that each have the right shape; `undefined` where nothing is. They come in the order of their priority.
 * Source: ECR User Guide, "Lifecycle policy evaluation rules". ECR's own words where users have published them.
 */
export function checkRules(rules: readonly LifecycleRule[]): string | undefined {
  for (const [at, rule] of rules.entries()) {
    if (at > 0 && rules[at - 1]?.rulePriority === rule.rulePriority)
      return `Rules must have unique rulePriority values. The value ${rule.rulePriority} is given more than once.`;
    const refusal = checkTags(rule) ?? checkStorageClass(rule);
    if (refusal !== undefined) return refusal;
  }
  return checkClass(rules, "standard") ?? checkClass(rules, "archive");
}

function checkTags({ selection: { tagStatus, tagPatternList, tagPrefixList } }: LifecycleRule): string | undefined {
  if (tagPatternList && tagPrefixList) return "Must not specify both tagPrefixList and tagPatternList in one rule.";
  if (tagStatus !== "tagged") {
    if (tagPatternList ?? tagPrefixList)
      return `Must not specify tagPrefixList or tagPatternList when tagStatus=${tagStatus.toUpperCase()}.`;
    return undefined;
  }
  if (!tagPatternList && !tagPrefixList) return "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.";
  const crowded = tagPatternList?.find((pattern) => pattern.split("*").length - 1 > MOST_WILDCARDS);
  return crowded === undefined ? undefined : `The tag pattern '${crowded}' has more than ${MOST_WILDCARDS} wildcards (*).`;
}

function checkStorageClass({ selection, action }: LifecycleRule): string | undefined {
  const { countType, countNumber } = selection;
  const storageClass = storageClassOf(selection);
  if (countType !== "sinceImageTransitioned") {
    if (storageClass !== "standard") return `Must specify storageClass=STANDARD when countType=${countType}.`;
    if (countType === "sinceImagePulled" && action.type !== "transition")
      return `Must specify action=TRANSITION when countType=${countType}.`;
    return undefined;
  }
  if (storageClass !== "archive") return `Must specify storageClass=ARCHIVE when countType=${countType}.`;
  if (action.type !== "expire") return `Must specify action=EXPIRE when countType=${countType}.`;
  return countNumber < LEAST_DAYS_ARCHIVED
    ? `countNumber must be at least ${LEAST_DAYS_ARCHIVED} when countType=${countType}: images are archived for ${LEAST_DAYS_ARCHIVED} days at least.`
    : undefined;
}

/** What holds among the rules for one storage class. */
function checkClass(rules: readonly LifecycleRule[], storageClass: StorageClass): string | undefined {
  const here = rules.map(({ selection }) => selection).filter((selection) => storageClassOf(selection) === storageClass);
  if (here.slice(0, -1).some(({ tagStatus }) => tagStatus === "any"))
    return "Rule for tagStatus=ANY must have the lowest priority per storage class.";
  if (here.filter(({ tagStatus }) => tagStatus === "untagged").length > 1)
    return "Only one rule can select Untagged images per storage class.";
  const seen = new Set<string>();
  for (const { tagPatternList, tagPrefixList } of here) {
    const tags = tagPatternList ?? tagPrefixList;
    if (!tags) continue;
    const key = JSON.stringify([tagPatternList ? "pattern" : "prefix", ...new Set(tags.toSorted())]);
    if (seen.has(key))
      return `Rules must have unique sets of tags per storage class. The set [${tags.join(", ")}] is given more than once.`;
    seen.add(key);
  }
  return undefined;
}
