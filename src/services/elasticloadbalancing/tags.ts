import {
  DuplicateTagKeysException,
  ListenerNotFoundException,
  LoadBalancerNotFoundException,
  RuleNotFoundException,
  TargetGroupNotFoundException,
  TooManyTagsException,
  TrustStoreNotFoundException,
  type Tag,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { listeners, loadBalancers, rules, targetGroups } from "../../state/elb.ts";
import { because } from "../operation.ts";
import { invalid, operation, permission, tagKeys } from "./elb-operation.ts";
import { trustStores } from "../../state/elb-trust-stores.ts";
import { arnKind, findTrustStore, findListener, findLoadBalancer, findRule, findTargetGroup, type Place } from "./find.ts";

const MOST_TAGS = 50;

export const addTags = operation("AddTags", {
  authorize: ({ ResourceArns, Tags }) => permission("AddTags", ResourceArns ?? [], tagKeys(Tags)),
  run({ ResourceArns, Tags }, context) {
    const added = checkTags(Tags);
    const changed = (ResourceArns ?? []).map((arn) => ({ arn, tags: mergeTags(tagged(arn, context).tags, added) }));
    context.state.commit(() => changed.forEach(({ arn, tags }) => tagged(arn, context).retag(tags)));
    return {};
  },
});

export const removeTags = operation("RemoveTags", {
  authorize: ({ ResourceArns, TagKeys }) => permission("RemoveTags", ResourceArns ?? [], { "aws:TagKeys": TagKeys }),
  run({ ResourceArns, TagKeys }, context) {
    const removed = new Set(TagKeys);
    const changed = (ResourceArns ?? []).map((arn) => ({
      arn,
      tags: tagged(arn, context).tags.filter((tag) => !removed.has(tag.Key ?? "")),
    }));
    context.state.commit(() => changed.forEach(({ arn, tags }) => tagged(arn, context).retag(tags)));
    return {};
  },
});

export const describeTags = operation("DescribeTags", {
  authorize: () => permission("DescribeTags"),
  run({ ResourceArns }, context) {
    const arns = [...new Set(ResourceArns)];
    if (arns.length > 20) throw invalid("The maximum number of resource ARNs is '20'");
    return { TagDescriptions: arns.map((arn) => ({ ResourceArn: arn, Tags: [...tagged(arn, context).tags] })) };
  },
});

/** Checks the tags of a request. @throws DuplicateTagKeysException, TooManyTagsException */
export function checkTags(tags: readonly Tag[] | undefined): readonly Tag[] {
  const seen = new Set<string>();
  for (const { Key = "", Value = "" } of tags ?? []) {
    if (Key === "" || Key.length > 128) throw invalid("Tag keys must be between '1' and '128' characters long");
    if (Value.length > 256) throw invalid("Tag values cannot be longer than '256' characters");
    if (Key.toLowerCase().startsWith("aws:")) throw invalid("Tag keys that start with 'aws:' are reserved for system use");
    if (seen.has(Key)) throw new DuplicateTagKeysException(because(`Tag key was specified more than once: ${Key}`));
    seen.add(Key);
  }
  return mergeTags(
    [],
    (tags ?? []).map(({ Key, Value }) => ({ Key, Value: Value ?? "" })),
  );
}

function mergeTags(before: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = [...new Map([...before, ...added].map((tag) => [tag.Key, tag])).values()];
  if (merged.length > MOST_TAGS)
    throw new TooManyTagsException(because("The quota for the number of tags that can be assigned to a load balancer has been reached"));
  return merged;
}

/** What an ARN names, as something that has tags. */
function tagged(arn: string, at: Place): { readonly tags: readonly Tag[]; retag(tags: readonly Tag[]): void } {
  const { state } = at;
  switch (arnKind(arn, at)) {
    case "load balancer": {
      const found = findLoadBalancer(arn, at);
      return { tags: found.tags, retag: (tags) => void state.table(loadBalancers).put({ ...found, tags }) };
    }
    case "target group": {
      const found = findTargetGroup(arn, at);
      return { tags: found.tags, retag: (tags) => void state.table(targetGroups).put({ ...found, tags }) };
    }
    case "listener": {
      const found = findListener(arn, at);
      return { tags: found.tags, retag: (tags) => void state.table(listeners).put({ ...found, tags }) };
    }
    case "trust store": {
      const found = findTrustStore(arn, at);
      return { tags: found.tags, retag: (tags) => void state.table(trustStores).put({ ...found, tags }) };
    }
    case "listener rule": {
      const found = findRule(arn, at);
      return { tags: found.tags, retag: (tags) => void state.table(rules).put({ ...found, tags }) };
    }
    case undefined:
      throw foreign(arn) ?? invalid(`'${arn}' is not a valid ARN`);
  }
}

/** A well-formed ARN of another account or region is of something that is not here. */
function foreign(arn: string): Error | undefined {
  if (arn.includes(":loadbalancer/")) return new LoadBalancerNotFoundException(because(`Load balancer '${arn}' not found`));
  if (arn.includes(":targetgroup/")) return new TargetGroupNotFoundException(because(`Target group '${arn}' not found`));
  if (arn.includes(":listener-rule/")) return new RuleNotFoundException(because(`Listener rule '${arn}' not found`));
  if (arn.includes(":truststore/")) return new TrustStoreNotFoundException(because(`Trust store '${arn}' not found`));
  if (arn.includes(":listener/")) return new ListenerNotFoundException(because(`Listener '${arn}' not found`));
  return undefined;
}
