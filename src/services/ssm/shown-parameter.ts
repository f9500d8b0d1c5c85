import type { ParameterInlinePolicy } from "@aws-sdk/client-ssm";
import { latest, parameterArn, policyDue, type ParameterRecord, type ParameterVersionRecord } from "../../state/parameters.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import type { PublicParameter } from "./public-parameters.ts";
import { readValue } from "./key-use.ts";

/** A value as GetParameter and its kin show it. Without decryption a SecureString stays sealed. */
export function shownValue(
  parameter: ParameterRecord,
  version: ParameterVersionRecord,
  decrypt: boolean | undefined,
  context: OperationContext,
  selector?: string,
) {
  return {
    Name: parameter.name,
    Type: version.type,
    Value: decrypt ? readValue(context, parameter, version) : version.value,
    Version: version.version,
    ...defined({ Selector: selector }),
    LastModifiedDate: new Date(version.modifiedAt),
    ARN: parameterArn(parameter, parameter.name),
    DataType: version.dataType,
  };
}

/** Public parameters do not change here: they are as old as the list. */
const LISTED_AT = new Date("2025-06-10T00:00:00Z");

export function shownPublic({ name, value, dataType }: PublicParameter, region: string) {
  return {
    Name: name,
    Type: "String" as const,
    Value: value,
    Version: 1,
    LastModifiedDate: LISTED_AT,
    ARN: parameterArn({ account: "", region }, name),
    DataType: dataType,
  };
}

/** @param now for what has become of its policies */
export function shownMetadata(parameter: ParameterRecord, now: number, version: ParameterVersionRecord = latest(parameter)) {
  return {
    Name: parameter.name,
    ARN: parameterArn(parameter, parameter.name),
    Type: version.type,
    ...defined({ KeyId: version.keyId, Description: version.description, AllowedPattern: version.allowedPattern }),
    LastModifiedDate: new Date(version.modifiedAt),
    LastModifiedUser: version.modifiedBy,
    Version: version.version,
    Tier: version.tier,
    Policies: shownPolicies(version, now),
    DataType: version.dataType,
  };
}

/** Policies with what has become of them. */
function shownPolicies(version: ParameterVersionRecord, now: number): ParameterInlinePolicy[] {
  return (version.policies ?? []).map((policy) => ({
    PolicyText: policy.text,
    PolicyType: policy.type,
    PolicyStatus: (policyDue(policy, version) ?? Number.POSITIVE_INFINITY) <= now ? "Finished" : "Pending",
  }));
}
