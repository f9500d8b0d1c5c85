import { InvalidInputException } from "@aws-sdk/client-iam";
import type { Scope } from "../../domain/scope.ts";
import { oidcProviders, type OidcProviderRecord } from "../../state/iam.ts";
import { lengthWithin } from "../constraints.ts";
import { because, type ConditionContext, type OperationContext, type Permission } from "../operation.ts";
import { AwsError } from "../aws-error.ts";
import { alreadyExists, iamArn, missing, onAccount, operation, refuse } from "./iam-operation.ts";
import { providerName } from "./oidc-issuer.ts";
import { refuseBeyond } from "./quotas.ts";
import { refuseTags, tagContext } from "./tags.ts";

interface Named {
  readonly OpenIDConnectProviderArn?: string | undefined;
}

export function onProvider<T extends object = object>(action: string, told?: (input: T) => ConditionContext) {
  return (input: Named & T): Permission => ({
    action: `iam:${action}`,
    resource: input.OpenIDConnectProviderArn ?? "*",
    ...(told ? { context: told(input) } : {}),
  });
}

export function requireProvider({ state, account }: OperationContext, { OpenIDConnectProviderArn: arn = "" }: Named): OidcProviderRecord {
  refuse(lengthWithin("openIDConnectProviderArn", arn, 20, 2048));
  const provider = state.table(oidcProviders).get(arn);
  if (provider?.account !== account) throw missing(`OpenIDConnect Provider not found for arn ${arn}`);
  return provider;
}

function change({ state }: OperationContext, provider: OidcProviderRecord): Record<string, never> {
  state.commit(() => state.table(oidcProviders).put(provider));
  return {};
}

/** SHA-1 in hexadecimal. AWS fetches the issuer's where none is given; nothing is fetched here, and none is kept. */
function thumbprints(list: readonly string[]): readonly string[] {
  refuseBeyond("ThumbprintsPerOpenIdConnectProvider", list.length);
  refuse(...list.map((one, at) => lengthWithin(`thumbprintList.${at + 1}.member`, one, 40, 40)));
  if (!list.every((one) => /^[0-9a-f]+$/i.test(one)))
    throw new InvalidInputException(because("Thumbprint must be the hex-encoded SHA-1 hash of an X.509 certificate."));
  return list.map((one) => one.toLowerCase());
}

function clientIds(list: readonly string[]): readonly string[] {
  refuse(...list.map((one, at) => lengthWithin(`clientIDList.${at + 1}.member`, one, 1, 255)));
  refuseBeyond("ClientIdsPerOpenIdConnectProvider", list.length);
  return [...new Set(list)];
}

function arnOf(at: Scope, url: string): string {
  return iamArn(at, `oidc-provider/${url}`);
}

export const createOpenIDConnectProvider = operation("CreateOpenIDConnectProvider", {
  authorize(input, at) {
    const resource = arnOf(at, providerName(input.Url ?? "") ?? "*");
    const context = tagContext(input);
    const create = { action: "iam:CreateOpenIDConnectProvider", resource, context };
    // Who tags while creating has to be allowed both. Source: IAM User Guide, "Tags for OpenID Connect (OIDC) identity providers".
    return input.Tags?.length ? [create, { action: "iam:TagOpenIDConnectProvider", resource, context }] : create;
  },
  run({ Url = "", ClientIDList = [], ThumbprintList = [], Tags: tags = [] }, context) {
    const { state, account, now } = context;
    refuse(lengthWithin("url", Url, 1, 255));
    const url = providerName(Url);
    if (url === undefined) throw new AwsError("ValidationError", "Invalid Open ID Connect Provider URL");
    refuseTags(tags);
    const arn = arnOf(context, url);
    if (state.table(oidcProviders).has(arn)) throw alreadyExists(`Provider with url ${Url} already exists.`);
    refuseBeyond("OpenIdConnectProvidersPerAccount", state.table(oidcProviders).by("account", account).length + 1);
    change(context, {
      arn,
      account,
      url,
      clientIds: clientIds(ClientIDList),
      thumbprints: thumbprints(ThumbprintList),
      tags,
      createdAt: now,
    });
    return { OpenIDConnectProviderArn: arn, ...(tags.length > 0 ? { Tags: tags } : {}) };
  },
});

export const getOpenIDConnectProvider = operation("GetOpenIDConnectProvider", {
  authorize: onProvider("GetOpenIDConnectProvider"),
  run(input, context) {
    const provider = requireProvider(context, input);
    return {
      Url: provider.url,
      ClientIDList: [...provider.clientIds],
      ThumbprintList: [...provider.thumbprints],
      CreateDate: new Date(provider.createdAt),
      ...(provider.tags.length > 0 ? { Tags: [...provider.tags] } : {}),
    };
  },
});

export const listOpenIDConnectProviders = operation("ListOpenIDConnectProviders", {
  authorize: onAccount("ListOpenIDConnectProviders"),
  run(_input, { state, account }) {
    const found = state.table(oidcProviders).by("account", account);
    return { OpenIDConnectProviderList: found.map(({ arn }) => ({ Arn: arn })) };
  },
});

/** Deleting what is not there is refused. Roles that trust the provider are not looked at, as on AWS. */
export const deleteOpenIDConnectProvider = operation("DeleteOpenIDConnectProvider", {
  authorize: onProvider("DeleteOpenIDConnectProvider"),
  run(input, context) {
    const { arn } = requireProvider(context, input);
    context.state.commit(() => context.state.table(oidcProviders).delete(arn));
    return {};
  },
});

/** Adding what is there is no error, nor is removing what is not. Source: IAM API, on both operations: they are idempotent. */
export const addClientIDToOpenIDConnectProvider = operation("AddClientIDToOpenIDConnectProvider", {
  authorize: onProvider("AddClientIDToOpenIDConnectProvider"),
  run({ ClientID = "", ...input }, context) {
    const provider = requireProvider(context, input);
    return change(context, { ...provider, clientIds: clientIds([...new Set([...provider.clientIds, ClientID])]) });
  },
});

export const removeClientIDFromOpenIDConnectProvider = operation("RemoveClientIDFromOpenIDConnectProvider", {
  authorize: onProvider("RemoveClientIDFromOpenIDConnectProvider"),
  run({ ClientID = "", ...input }, context) {
    const provider = requireProvider(context, input);
    return change(context, { ...provider, clientIds: provider.clientIds.filter((id) => id !== ClientID) });
  },
});

export const updateOpenIDConnectProviderThumbprint = operation("UpdateOpenIDConnectProviderThumbprint", {
  authorize: onProvider("UpdateOpenIDConnectProviderThumbprint"),
  run({ ThumbprintList = [], ...input }, context) {
    return change(context, { ...requireProvider(context, input), thumbprints: thumbprints(ThumbprintList) });
  },
});
