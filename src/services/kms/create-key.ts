import { UnsupportedOperationException, type CreateKeyCommandInput, type KeySpec } from "@aws-sdk/client-kms";
import { defaultKeyPolicy } from "../../state/kms/key-policies.ts";
import { keys, type KeyRecord } from "../../state/kms/keys.ts";
import { wrapMaterial } from "../../state/kms/material.ts";
import { lengthWithin, oneOf } from "../constraints.ts";
import { because } from "../operation.ts";
import { invalid, operation, refuse } from "./key.ts";
import { generateMaterial, kindOf, usagesOf } from "./key-specs.ts";
import { metadataOf } from "./metadata.ts";
import { checkKeyPolicy } from "./policies.ts";
import { checkTags, tagKeys } from "./tags.ts";

const SPECS = [
  "SYMMETRIC_DEFAULT",
  ...["RSA_2048", "RSA_3072", "RSA_4096"],
  ...["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"],
  ...["HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"],
  ...["SM2", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"],
];
const USAGES = ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"];
const ORIGINS = ["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"];

export const createKey = operation("CreateKey", {
  authorize: (input, at) => [
    {
      action: "kms:CreateKey",
      resource: "*",
      context: {
        "kms:CallerAccount": at.account,
        "kms:KeySpec": specIn(input),
        "kms:KeyUsage": input.KeyUsage ?? "ENCRYPT_DECRYPT",
        "kms:KeyOrigin": input.Origin ?? "AWS_KMS",
        "kms:MultiRegion": String(input.MultiRegion ?? false),
        "kms:MultiRegionKeyType": input.MultiRegion ? "PRIMARY" : undefined,
        "kms:BypassPolicyLockoutSafetyCheck": String(input.BypassPolicyLockoutSafetyCheck ?? false),
        ...tagKeys(input.Tags),
      },
    },
    ...(input.Tags?.length ? [{ action: "kms:TagResource", resource: at.arn("kms", "key/*"), context: tagKeys(input.Tags) }] : []),
  ],
  async run(input, context) {
    const { account, region, now, state, ids, secrets } = context;
    const { kind, spec, usage, origin } = wanted(input);
    const id = input.MultiRegion ? `mrk-${ids.hex(32)}` : ids.uuid();
    const arn = context.arn("kms", `key/${id}`);
    if (input.Policy !== undefined) checkKeyPolicy(context, input.Policy, arn, input.BypassPolicyLockoutSafetyCheck);
    checkTags(input.Tags ?? []);
    const clear = origin === "AWS_KMS" ? await generateMaterial(kind) : undefined;
    const publicKey = clear?.publicKey ? { publicKey: clear.publicKey.toString("base64") } : {};
    const key: KeyRecord = {
      account,
      region,
      arn,
      id,
      description: input.Description ?? "",
      spec,
      usage,
      origin,
      manager: "CUSTOMER",
      enabled: true,
      policy: input.Policy ?? defaultKeyPolicy(account, region),
      tags: input.Tags ?? [],
      createdAt: now,
      material: clear ? [wrapMaterial(secrets, { account, id }, clear.secret, { since: now, ...publicKey })] : [],
      ...(input.MultiRegion ? { multiRegion: { primaryRegion: region } } : {}),
    };
    state.commit(() => state.table(keys).put(key));
    return { KeyMetadata: metadataOf(state, key, now) };
  },
});

function specIn({ KeySpec, CustomerMasterKeySpec }: Pick<CreateKeyCommandInput, "KeySpec" | "CustomerMasterKeySpec">): string {
  return KeySpec ?? CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT";
}

/** What kind of key is asked for. @throws ValidationException, UnsupportedOperationException */
function wanted(input: CreateKeyCommandInput) {
  const spec = specIn(input);
  const { Origin: origin = "AWS_KMS" } = input;
  refuse(
    oneOf("keySpec", spec, SPECS),
    oneOf("keyUsage", input.KeyUsage, USAGES),
    oneOf("origin", origin, ORIGINS),
    lengthWithin("description", input.Description, 0, 8192),
  );
  if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined)
    throw invalid("You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.");
  if (origin !== "AWS_KMS" && origin !== "EXTERNAL")
    throw new UnsupportedOperationException(because(`Custom key stores are not offered here: the origin ${origin} is not supported.`));
  const kind = kindOf(spec);
  if (!kind) throw new UnsupportedOperationException(because(`The key spec ${spec} is not supported here.`));
  if (input.KeyUsage === undefined && kind.kind !== "symmetric")
    throw invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
  const usage = usagesOf(kind).find((one) => one === (input.KeyUsage ?? "ENCRYPT_DECRYPT"));
  if (!usage) throw invalid(`KeyUsage ${input.KeyUsage} is not compatible with KeySpec ${spec}`);
  return { kind, spec: spec as KeySpec, usage, origin } as const;
}
