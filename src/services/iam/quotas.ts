import { LimitExceededException } from "@aws-sdk/client-iam";
import { because } from "../operation.ts";

/**
 * What an account may have at most, under the names of AWS's messages. Source: IAM User Guide, "IAM and AWS STS quotas": the default
 * quotas, and the fixed ones.
 */
export const QUOTAS = {
  UsersPerAccount: 5000,
  GroupsPerAccount: 300,
  RolesPerAccount: 1000,
  PoliciesPerAccount: 1500,
  InstanceProfilesPerAccount: 1000,
  ServerCertificatesPerAccount: 20,
  OpenIdConnectProvidersPerAccount: 100,
  ClientIdsPerOpenIdConnectProvider: 100,
  ThumbprintsPerOpenIdConnectProvider: 5,
  GroupsPerUser: 10,
  AccessKeysPerUser: 2,
  PoliciesPerUser: 10,
  PoliciesPerGroup: 10,
  PoliciesPerRole: 10,
  InstanceSessionsPerInstanceProfile: 1,
  /** Characters without white space, as all sizes of policies. */
  PolicySize: 6144,
  ACLSizePerRole: 2048,
} as const;

/** Refuses where one more would be too many. */
export function refuseBeyond(quota: keyof typeof QUOTAS, count: number): void {
  if (count > QUOTAS[quota]) throw new LimitExceededException(because(`Cannot exceed quota for ${quota}: ${QUOTAS[quota]}`));
}
