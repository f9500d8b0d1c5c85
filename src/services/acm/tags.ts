import { InvalidTagException, TooManyTagsException, type Tag } from "@aws-sdk/client-acm";
import { certificates, type CertificateRecord } from "../../state/acm.ts";
import { because, requestTagList, type OperationContext } from "../operation.ts";
import { certificatePermission, onCertificate, operation, requireCertificate } from "./certificate.ts";
import { MOST_TAGS } from "./quotas.ts";

/** @throws InvalidTagException, TooManyTagsException */
export function checkTags(tags: readonly Tag[]): void {
  const keys = tags.map(({ Key = "" }) => Key);
  if (new Set(keys).size < keys.length) throw new InvalidTagException(because("The request contains duplicate tag keys."));
  if (keys.some((key) => /^aws:/i.test(key)))
    throw new InvalidTagException(because("Tag keys that begin with aws: are reserved for AWS use."));
  if (tags.length > MOST_TAGS) throw new TooManyTagsException(because(`A certificate can have at most ${MOST_TAGS} tags.`));
}

/** Tags as records keep them. */
export function tagsKept(tags: readonly Tag[]): CertificateRecord["tags"] {
  return tags.map(({ Key = "", Value }) => ({ Key, ...(Value === undefined ? {} : { Value }) }));
}

type Tags = CertificateRecord["tags"];

function putTags({ state }: OperationContext, certificate: CertificateRecord, tags: Tags): void {
  checkTags(tags as Tag[]);
  state.commit(() => state.table(certificates).put({ ...certificate, tags }));
}

function addTags(context: OperationContext, arn: string | undefined, added: readonly Tag[]): void {
  const certificate = requireCertificate(context, arn);
  checkTags(added);
  const fresh = tagsKept(added);
  putTags(context, certificate, [...certificate.tags.filter(({ Key }) => !fresh.some((tag) => tag.Key === Key)), ...fresh]);
}

export const addTagsToCertificate = operation("AddTagsToCertificate", {
  authorize: ({ CertificateArn, Tags: tags }, at) =>
    certificatePermission("AddTagsToCertificate", at, CertificateArn, requestTagList(tags)),
  run({ CertificateArn, Tags: tags = [] }, context) {
    addTags(context, CertificateArn, tags);
    return {};
  },
});

export const removeTagsFromCertificate = operation("RemoveTagsFromCertificate", {
  authorize: ({ CertificateArn, Tags: tags }, at) =>
    certificatePermission("RemoveTagsFromCertificate", at, CertificateArn, requestTagList(tags)),
  run({ CertificateArn, Tags: tags = [] }, context) {
    const certificate = requireCertificate(context, CertificateArn);
    // A tag is removed by its key; where the request has a value too, only if it is the tag's.
    const removed = ({ Key, Value }: Tags[number]): boolean =>
      tags.some((tag) => tag.Key === Key && (tag.Value === undefined || tag.Value === (Value ?? "")));
    putTags(
      context,
      certificate,
      certificate.tags.filter((tag) => !removed(tag)),
    );
    return {};
  },
});

export const listTagsForCertificate = operation("ListTagsForCertificate", {
  authorize: onCertificate("ListTagsForCertificate"),
  run: ({ CertificateArn }, context) => ({ Tags: [...requireCertificate(context, CertificateArn).tags] }),
});
