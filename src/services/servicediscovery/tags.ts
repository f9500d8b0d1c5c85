import { ResourceNotFoundException, TooManyTagsException, type Tag } from "@aws-sdk/client-servicediscovery";
import { claimsToBeArn } from "../../domain/arn.ts";
import {
  discoveryServiceOfArn,
  discoveryServices,
  namespaceOfArn,
  namespaces,
  type DiscoveryServiceRecord,
  type NamespaceRecord,
} from "../../state/cloud-map.ts";
import { because, requestTagList, type OperationContext } from "../operation.ts";
import { TAGS_BY_RESOURCE } from "./quotas.ts";
import { invalid, onAny, operation } from "./servicediscovery-operation.ts";

type Tags = NamespaceRecord["tags"];

/** On what ECS makes for Service Connect. */
export const MADE_BY_ECS: Tags = [{ Key: "AmazonECSManaged", Value: "true" }];

/** @throws InvalidInput, TooManyTagsException */
export function checkedTags(tags: readonly Tag[] = []): Tags {
  const keys = tags.map(({ Key = "" }) => Key);
  if (new Set(keys).size < keys.length) throw invalid("Tag keys must be unique.");
  if (keys.some((key) => /^aws:/i.test(key))) throw invalid("Tag keys that begin with aws: are reserved for AWS use.");
  if (tags.length > TAGS_BY_RESOURCE) throw tooMany();
  return tags.map(({ Key = "", Value = "" }) => ({ Key, Value }));
}

function tooMany(resource?: string): TooManyTagsException {
  const message = `The maximum number of tags that can be applied to a resource is ${TAGS_BY_RESOURCE}.`;
  return new TooManyTagsException({ ...because(message), ...(resource === undefined ? {} : { ResourceName: resource }) });
}

/** The namespace or service of an ARN. @throws ResourceNotFoundException; InvalidInput where it is no ARN */
function requireTagged({ state, region }: OperationContext, arn = ""): NamespaceRecord | DiscoveryServiceRecord {
  if (!claimsToBeArn(arn)) throw invalid(`${arn} is not a valid ARN.`);
  const found = namespaceOfArn(state, arn) ?? discoveryServiceOfArn(state, arn);
  if (found?.region !== region) throw new ResourceNotFoundException(because(`The resource ${arn} can't be found.`));
  return found;
}

function putTags({ state }: OperationContext, record: NamespaceRecord | DiscoveryServiceRecord, tags: Tags): void {
  state.commit(() => {
    if ("namespaceId" in record) state.table(discoveryServices).put({ ...record, tags });
    else state.table(namespaces).put({ ...record, tags });
  });
}

export const tagResource = operation("TagResource", {
  authorize: ({ Tags: tags }) => onAny("TagResource", requestTagList(tags))(),
  run({ ResourceARN, Tags: added = [] }, context) {
    const record = requireTagged(context, ResourceARN);
    const fresh = checkedTags(added);
    const tags = [...record.tags.filter(({ Key }) => !fresh.some((tag) => tag.Key === Key)), ...fresh];
    if (tags.length > TAGS_BY_RESOURCE) throw tooMany(record.arn);
    putTags(context, record, tags);
    return {};
  },
});

export const untagResource = operation("UntagResource", {
  authorize: ({ TagKeys = [] }) => onAny("UntagResource", { "aws:TagKeys": TagKeys })(),
  run({ ResourceARN, TagKeys = [] }, context) {
    const record = requireTagged(context, ResourceARN);
    putTags(
      context,
      record,
      record.tags.filter(({ Key }) => !TagKeys.includes(Key)),
    );
    return {};
  },
});

export const listTagsForResource = operation("ListTagsForResource", {
  authorize: onAny("ListTagsForResource"),
  run: ({ ResourceARN }, context) => ({ Tags: requireTagged(context, ResourceARN).tags.map((tag) => ({ ...tag })) }),
});
