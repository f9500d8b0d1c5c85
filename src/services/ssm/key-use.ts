import { InvalidKeyId } from "@aws-sdk/client-ssm";
import type { Scope } from "../../domain/scope.ts";
import { keyUseThrough, requestAlias } from "../../state/kms/condition-keys.ts";
import { keyArn } from "../../state/kms/resolve-key.ts";
import { encryptionContext, isOwnKey, openParameter, sealParameter } from "../../state/parameter-sealing.ts";
import type { ParameterRecord, ParameterVersionRecord } from "../../state/parameters.ts";
import { AwsError } from "../aws-error.ts";
import { denialFor } from "../decide-for.ts";
import { because, type OperationContext } from "../operation.ts";
import type { Tier } from "./parameter-tier.ts";

/**
 * Everything here uses a SecureString's KMS key on behalf of the caller, who must be allowed to: `kms:Encrypt` to write a standard
 * parameter, `kms:GenerateDataKey` to write an advanced one, `kms:Decrypt` to read either. The key that AWS manages for Parameter Store
 * asks nothing of callers of its own account, and serves no others. Source: Systems Manager User Guide, "AWS KMS encryption for AWS
 * Systems Manager Parameter Store SecureString parameters".
 *
 * @throws AccessDeniedException, InvalidKeyId
 */
export function sealValue(
  context: OperationContext,
  parameter: Scope & { readonly name: string },
  asked: { readonly version: number; readonly keyId: string; readonly tier: Tier },
  value: string,
): Pick<ParameterVersionRecord, "value" | "keyArn"> {
  if (isOwnKey(asked.keyId)) {
    const key = keyArn(context.state.whole, { account: parameter.account, region: parameter.region }, asked.keyId);
    if (typeof key !== "string") throw new InvalidKeyId(because(key.refusal.message));
    const action = asked.tier === "Advanced" ? "kms:GenerateDataKey" : "kms:Encrypt";
    const denial = denialOf(context, action, key, parameter, asked.keyId);
    if (denial !== undefined) throw new AwsError("AccessDeniedException", denial);
  }
  const sealed = sealParameter(context, parameter, asked, value);
  if ("refusal" in sealed) throw new InvalidKeyId(because(sealed.refusal.message));
  return sealed;
}

/** The value in clear, of whatever type. @throws AccessDeniedException, InvalidKeyId */
export function readValue(context: OperationContext, parameter: ParameterRecord, version: ParameterVersionRecord): string {
  if (version.type === "SecureString") requireDecrypt(context, parameter, version);
  const opened = openParameter(context, parameter, version);
  if ("refusal" in opened) throw new InvalidKeyId(because(opened.refusal.message));
  return opened.clear;
}

function requireDecrypt(context: OperationContext, parameter: ParameterRecord, { keyArn: key }: ParameterVersionRecord): void {
  const allowed =
    key === undefined ? context.principal.account === parameter.account : denialOf(context, "kms:Decrypt", key, parameter) === undefined;
  if (!allowed)
    throw new AwsError(
      "AccessDeniedException",
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
    );
}

/** AWS's sentence where the caller may not use the key. */
function denialOf(
  context: OperationContext,
  action: string,
  key: string,
  parameter: Scope & { readonly name: string },
  reference?: string,
): string | undefined {
  const keys = {
    ...keyUseThrough("ssm", context, encryptionContext(parameter)),
    ...requestAlias(reference),
  };
  return denialFor(context, { action, resource: key, context: keys });
}
