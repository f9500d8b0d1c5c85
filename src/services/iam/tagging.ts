import type { Tag } from "@aws-sdk/client-iam";
import { instanceProfiles, oidcProviders, policies, roles, users } from "../../state/iam.ts";
import { serverCertificates } from "../../state/server-certificates.ts";
import type { OperationContext } from "../operation.ts";
import { requireInstanceProfile, requirePolicy, requireRole, requireServerCertificate, requireUser } from "./find.ts";
import { onInstanceProfile, onPolicy, onRole, onServerCertificate, onUser, operation } from "./iam-operation.ts";
import { listed, type PageRequest } from "./listing.ts";
import { requireManagedPolicy } from "./managed-policy.ts";
import { onProvider, requireProvider } from "./oidc-providers.ts";
import { requireModifiableRole } from "./protected-role.ts";
import { tagContext, tagKeyContext, withoutTags, withTags } from "./tags.ts";

function listedTags({ tags }: { readonly tags: readonly Tag[] }, page: PageRequest, context: OperationContext) {
  const { items, more } = listed(tags, ({ Key = "" }) => Key, page, context);
  return { Tags: [...items], ...more };
}

export const tagUser = operation("TagUser", {
  authorize: onUser("TagUser", tagContext),
  run({ UserName = "", Tags = [] }, context) {
    const user = requireUser(context, UserName);
    const tags = withTags(user.tags, Tags);
    context.state.commit(() => context.state.table(users).put({ ...user, tags }));
    return {};
  },
});

export const untagUser = operation("UntagUser", {
  authorize: onUser("UntagUser", tagKeyContext),
  run({ UserName = "", TagKeys = [] }, context) {
    const user = requireUser(context, UserName);
    const tags = withoutTags(user.tags, TagKeys);
    context.state.commit(() => context.state.table(users).put({ ...user, tags }));
    return {};
  },
});

export const listUserTags = operation("ListUserTags", {
  authorize: onUser("ListUserTags"),
  run: ({ UserName = "", ...page }, context) => listedTags(requireUser(context, UserName), page, context),
});

export const tagRole = operation("TagRole", {
  authorize: onRole("TagRole", tagContext),
  run({ RoleName = "", Tags = [] }, context) {
    const role = requireModifiableRole(context, RoleName);
    const tags = withTags(role.tags, Tags);
    context.state.commit(() => context.state.table(roles).put({ ...role, tags }));
    return {};
  },
});

export const untagRole = operation("UntagRole", {
  authorize: onRole("UntagRole", tagKeyContext),
  run({ RoleName = "", TagKeys = [] }, context) {
    const role = requireModifiableRole(context, RoleName);
    const tags = withoutTags(role.tags, TagKeys);
    context.state.commit(() => context.state.table(roles).put({ ...role, tags }));
    return {};
  },
});

export const listRoleTags = operation("ListRoleTags", {
  authorize: onRole("ListRoleTags"),
  run: ({ RoleName = "", ...page }, context) => listedTags(requireRole(context, RoleName), page, context),
});

export const tagPolicy = operation("TagPolicy", {
  authorize: onPolicy("TagPolicy", tagContext),
  run({ PolicyArn = "", Tags = [] }, context) {
    const policy = requirePolicy(context, PolicyArn);
    const tags = withTags(policy.tags, Tags);
    context.state.commit(() => context.state.table(policies).put({ ...policy, tags }));
    return {};
  },
});

export const untagPolicy = operation("UntagPolicy", {
  authorize: onPolicy("UntagPolicy", tagKeyContext),
  run({ PolicyArn = "", TagKeys = [] }, context) {
    const policy = requirePolicy(context, PolicyArn);
    const tags = withoutTags(policy.tags, TagKeys);
    context.state.commit(() => context.state.table(policies).put({ ...policy, tags }));
    return {};
  },
});

export const listPolicyTags = operation("ListPolicyTags", {
  authorize: onPolicy("ListPolicyTags"),
  run: ({ PolicyArn = "", ...page }, context) => listedTags(requireManagedPolicy(context, PolicyArn), page, context),
});

export const tagInstanceProfile = operation("TagInstanceProfile", {
  authorize: onInstanceProfile("TagInstanceProfile", tagContext),
  run({ InstanceProfileName = "", Tags = [] }, context) {
    const profile = requireInstanceProfile(context, InstanceProfileName);
    const tags = withTags(profile.tags, Tags);
    context.state.commit(() => context.state.table(instanceProfiles).put({ ...profile, tags }));
    return {};
  },
});

export const untagInstanceProfile = operation("UntagInstanceProfile", {
  authorize: onInstanceProfile("UntagInstanceProfile", tagKeyContext),
  run({ InstanceProfileName = "", TagKeys = [] }, context) {
    const profile = requireInstanceProfile(context, InstanceProfileName);
    const tags = withoutTags(profile.tags, TagKeys);
    context.state.commit(() => context.state.table(instanceProfiles).put({ ...profile, tags }));
    return {};
  },
});

export const listInstanceProfileTags = operation("ListInstanceProfileTags", {
  authorize: onInstanceProfile("ListInstanceProfileTags"),
  run: ({ InstanceProfileName = "", ...page }, context) => listedTags(requireInstanceProfile(context, InstanceProfileName), page, context),
});

export const tagServerCertificate = operation("TagServerCertificate", {
  authorize: onServerCertificate("TagServerCertificate", tagContext),
  run({ ServerCertificateName = "", Tags = [] }, context) {
    const certificate = requireServerCertificate(context, ServerCertificateName);
    const tags = withTags(certificate.tags, Tags);
    context.state.commit(() => context.state.table(serverCertificates).put({ ...certificate, tags }));
    return {};
  },
});

export const untagServerCertificate = operation("UntagServerCertificate", {
  authorize: onServerCertificate("UntagServerCertificate", tagKeyContext),
  run({ ServerCertificateName = "", TagKeys = [] }, context) {
    const certificate = requireServerCertificate(context, ServerCertificateName);
    const tags = withoutTags(certificate.tags, TagKeys);
    context.state.commit(() => context.state.table(serverCertificates).put({ ...certificate, tags }));
    return {};
  },
});

export const listServerCertificateTags = operation("ListServerCertificateTags", {
  authorize: onServerCertificate("ListServerCertificateTags"),
  run: ({ ServerCertificateName = "", ...page }, context) =>
    listedTags(requireServerCertificate(context, ServerCertificateName), page, context),
});

export const tagOpenIDConnectProvider = operation("TagOpenIDConnectProvider", {
  authorize: onProvider("TagOpenIDConnectProvider", tagContext),
  run({ Tags = [], ...input }, context) {
    const provider = requireProvider(context, input);
    const tags = withTags(provider.tags, Tags);
    context.state.commit(() => context.state.table(oidcProviders).put({ ...provider, tags }));
    return {};
  },
});

export const untagOpenIDConnectProvider = operation("UntagOpenIDConnectProvider", {
  authorize: onProvider("UntagOpenIDConnectProvider", tagKeyContext),
  run({ TagKeys = [], ...input }, context) {
    const provider = requireProvider(context, input);
    const tags = withoutTags(provider.tags, TagKeys);
    context.state.commit(() => context.state.table(oidcProviders).put({ ...provider, tags }));
    return {};
  },
});

export const listOpenIDConnectProviderTags = operation("ListOpenIDConnectProviderTags", {
  authorize: onProvider("ListOpenIDConnectProviderTags"),
  run: ({ OpenIDConnectProviderArn, ...page }, context) =>
    listedTags(requireProvider(context, { OpenIDConnectProviderArn }), page, context),
});
