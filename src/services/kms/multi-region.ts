import { AlreadyExistsException, UnsupportedOperationException } from "@aws-sdk/client-kms";
import { arn } from "../../domain/arn.ts";
import { partitionOf } from "../../domain/partition.ts";
import { isRegion } from "../../domain/scope.ts";
import { defaultKeyPolicy } from "../../state/kms/key-policies.ts";
import { keys, type KeyRecord } from "../../state/kms/keys.ts";
import { isReplica, relatedKeys } from "../../state/kms/lifecycle.ts";
import { lengthWithin } from "../constraints.ts";
import { because } from "../operation.ts";
import { NOT_USABLE, invalid, keyPermission, operation, refuse, refuseStates, requireOwnKey } from "./key.ts";
import { metadataOf } from "./metadata.ts";
import { checkKeyPolicy } from "./policies.ts";
import { checkTags, tagKeys } from "./tags.ts";

export const replicateKey = operation("ReplicateKey", {
  authorize: ({ KeyId, ReplicaRegion = "", Tags }, at) => [
    keyPermission("ReplicateKey", at, KeyId, { "kms:ReplicaRegion": ReplicaRegion }),
    // In the replica's region its maker has to be one who may make keys. Source: KMS Developer Guide, "Controlling access to multi-Region keys".
    {
      action: "kms:CreateKey",
      resource: "*",
      context: {
        "kms:CallerAccount": at.account,
        "aws:RequestedRegion": ReplicaRegion,
        "kms:MultiRegionKeyType": "REPLICA",
        ...tagKeys(Tags),
      },
    },
    ...(Tags?.length ? [{ action: "kms:TagResource", resource: at.arn("kms", "key/*"), context: tagKeys(Tags) }] : []),
  ],
  run(input, context) {
    const { state, now, account } = context;
    const region = input.ReplicaRegion ?? "";
    refuse(lengthWithin("description", input.Description, 0, 8192));
    const primary = primaryKey(requireOwnKey(context, input.KeyId));
    refuseStates(primary, now, ...NOT_USABLE);
    if (!isRegion(region) || partitionOf(region) !== partitionOf(primary.region)) throw invalid(`The region ${region} is not valid.`);
    const replicaArn = arn("kms", { account, region }, `key/${primary.id}`);
    if (region === primary.region || state.table(keys).has(replicaArn))
      throw new AlreadyExistsException(because(`${replicaArn} already exists.`));
    if (input.Policy !== undefined) checkKeyPolicy(context, input.Policy, replicaArn, input.BypassPolicyLockoutSafetyCheck);
    checkTags(input.Tags ?? []);
    const { rotation: _, ...shared } = primary;
    const replica: KeyRecord = {
      ...shared,
      region,
      arn: replicaArn,
      description: input.Description ?? "",
      policy: input.Policy ?? defaultKeyPolicy(account, region),
      tags: input.Tags ?? [],
      createdAt: now,
      enabled: true,
      // Imported material is imported into each replica by its owner.
      material: primary.origin === "EXTERNAL" ? [] : primary.material,
    };
    state.commit(() => state.table(keys).put(replica));
    return { ReplicaKeyMetadata: metadataOf(state, replica, now), ReplicaPolicy: replica.policy, ReplicaTags: [...replica.tags] };
  },
});

export const updatePrimaryRegion = operation("UpdatePrimaryRegion", {
  authorize: ({ KeyId, PrimaryRegion = "" }, at) => {
    const now = keyPermission("UpdatePrimaryRegion", at, KeyId, { "kms:PrimaryRegion": PrimaryRegion });
    const replica = [now.resource].flat()[0]?.replace(`:${at.region}:`, `:${PrimaryRegion}:`);
    return replica === undefined ? now : [now, { ...now, resource: replica }];
  },
  run({ KeyId, PrimaryRegion: region = "" }, context) {
    const { state, now } = context;
    const primary = primaryKey(requireOwnKey(context, KeyId));
    refuseStates(primary, now, ...NOT_USABLE);
    const next = relatedKeys(state, primary).find((replica) => replica.region === region);
    if (!next) throw invalid(`The key ${primary.id} has no replica in the region ${region}.`);
    refuseStates(next, now, ...NOT_USABLE);
    const { rotation, ...before } = primary;
    state.commit(() => {
      const all = [before, ...relatedKeys(state, primary)];
      // The schedule of rotations goes with the part.
      for (const key of all)
        state
          .table(keys)
          .put({ ...key, multiRegion: { primaryRegion: region }, ...(key.arn === next.arn && rotation ? { rotation } : {}) });
    });
    return {};
  },
});

/** @throws UnsupportedOperationException */
function primaryKey(key: KeyRecord): KeyRecord {
  if (!key.multiRegion) throw new UnsupportedOperationException(because(`${key.arn} is not a multi-Region key.`));
  if (isReplica(key)) throw new UnsupportedOperationException(because(`${key.arn} is not a multi-Region primary key.`));
  return key;
}
