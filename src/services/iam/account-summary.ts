import { groups, instanceProfiles, oidcProviders, roles, users } from "../../state/iam.ts";
import { serverCertificates } from "../../state/server-certificates.ts";
import { INLINE_SIZES } from "./documents.ts";
import { onAccount, operation } from "./iam-operation.ts";
import { attachmentCount, ownPolicies, policiesOfAws } from "./managed-policy.ts";
import { MOST_VERSIONS } from "./policy-versions.ts";
import { QUOTAS } from "./quotas.ts";

/** Counts and quotas. What is not kept here (signing certificates, MFA devices, passwords) counts 0. */
export const getAccountSummary = operation("GetAccountSummary", {
  authorize: onAccount("GetAccountSummary"),
  run(_input, context) {
    const { state, account } = context;
    const own = ownPolicies(context);
    const versions = own.reduce((count, policy) => count + policy.versions.length, 0);
    const ofAws = policiesOfAws(context).filter(({ arn }) => attachmentCount(context, arn) > 0).length;
    return {
      SummaryMap: {
        Users: state.table(users).by("account", account).length,
        UsersQuota: QUOTAS.UsersPerAccount,
        Groups: state.table(groups).by("account", account).length,
        GroupsQuota: QUOTAS.GroupsPerAccount,
        GroupsPerUserQuota: QUOTAS.GroupsPerUser,
        Roles: state.table(roles).by("account", account).length,
        RolesQuota: QUOTAS.RolesPerAccount,
        Policies: own.length,
        PoliciesQuota: QUOTAS.PoliciesPerAccount,
        PolicySizeQuota: QUOTAS.PolicySize,
        PolicyVersionsInUse: versions + ofAws,
        PolicyVersionsInUseQuota: 10_000,
        VersionsPerPolicyQuota: MOST_VERSIONS,
        InstanceProfiles: state.table(instanceProfiles).by("account", account).length,
        InstanceProfilesQuota: QUOTAS.InstanceProfilesPerAccount,
        Providers: state.table(oidcProviders).by("account", account).length,
        AttachedPoliciesPerUserQuota: QUOTAS.PoliciesPerUser,
        AttachedPoliciesPerGroupQuota: QUOTAS.PoliciesPerGroup,
        AttachedPoliciesPerRoleQuota: QUOTAS.PoliciesPerRole,
        UserPolicySizeQuota: INLINE_SIZES.user,
        GroupPolicySizeQuota: INLINE_SIZES.group,
        RolePolicySizeQuota: INLINE_SIZES.role,
        AssumeRolePolicySizeQuota: QUOTAS.ACLSizePerRole,
        AccessKeysPerUserQuota: QUOTAS.AccessKeysPerUser,
        // Root always has the key that the operator was given.
        AccountAccessKeysPresent: 1,
        AccountPasswordPresent: 0,
        AccountMFAEnabled: 0,
        AccountSigningCertificatesPresent: 0,
        MFADevices: 0,
        MFADevicesInUse: 0,
        ServerCertificates: state.table(serverCertificates).by("account", account).length,
        ServerCertificatesQuota: QUOTAS.ServerCertificatesPerAccount,
        SigningCertificatesPerUserQuota: 2,
        GlobalEndpointTokenVersion: 1,
      },
    };
  },
});
