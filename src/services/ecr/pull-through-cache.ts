import {
  InvalidParameterException,
  LimitExceededException,
  PullThroughCacheRuleAlreadyExistsException,
  PullThroughCacheRuleNotFoundException,
  type PullThroughCacheRule,
} from "@aws-sdk/client-ecr";
import { credentialReader, ruleCredentials } from "../../authorization/pull-through-secret.ts";
import { type Scope, scopeKey } from "../../domain/scope.ts";
import { ROOT_PREFIX } from "../../domain/repository-prefix.ts";
import { UNSUPPORTED_UPSTREAM, upstreamPlace } from "../../domain/upstream-registry.ts";
import { pullThroughRuleKey, pullThroughRules, type CredentialReader, type PullThroughRuleRecord } from "../../state/ecr-pull-through.ts";
import { because, type OperationContext } from "../operation.ts";
import { checkRoleArn, readPrefix } from "./check-prefix.ts";
import { invalid, mustHaveLength, operation, pageOf, registryScope } from "./ecr-operation.ts";
import { onRegistry, passesRole } from "./registry-permission.ts";
import { checkCredentialArn, readsSecret, readUpstreamRegistry } from "./upstream-registry.ts";

/** Source: Amazon ECR User Guide, "Amazon ECR service quotas". */
const MOST_RULES = 50;

export const createPullThroughCacheRule = operation("CreatePullThroughCacheRule", {
  authorize: (input, at) => [
    onRegistry("CreatePullThroughCacheRule")(input, at),
    ...passesRole(at, input.customRoleArn),
    ...readsSecret(input, at),
  ],
  run(input, context) {
    const { state, now } = context;
    const { account, region } = registryScope(input.registryId, context);
    const { customRoleArn, credentialArn, upstreamRegistryUrl: upstreamUrl = "" } = input;
    const prefix = readRulePrefix("ecrRepositoryPrefix", input.ecrRepositoryPrefix);
    const upstreamPrefix = readRulePrefix("upstreamRepositoryPrefix", input.upstreamRepositoryPrefix ?? ROOT_PREFIX);
    if (prefix === ROOT_PREFIX && upstreamPrefix !== ROOT_PREFIX)
      throw invalid("upstreamRepositoryPrefix", "can be set only when ecrRepositoryPrefix is not ROOT");
    checkRoleArn(customRoleArn, context);
    const table = state.table(pullThroughRules);
    if (table.has(pullThroughRuleKey({ account, region }, prefix)))
      throw new PullThroughCacheRuleAlreadyExistsException(
        because(`A pull through cache rule with the specified ecrRepositoryPrefix '${prefix}' already exists for the private registry`),
      );
    const { registry: upstreamRegistry } = readUpstreamRegistry({ upstreamUrl, asked: input.upstreamRegistry, credentialArn }, context);
    checkCredentialArn(credentialArn, { account, region }, context);
    if (table.by("scope", scopeKey({ account, region })).length >= MOST_RULES)
      throw new LimitExceededException(because(`A registry may have at most ${MOST_RULES} pull through cache rules`));
    const rule: PullThroughRuleRecord = {
      account,
      region,
      prefix,
      upstreamUrl,
      ...(upstreamRegistry !== undefined && { upstreamRegistry }),
      upstreamPrefix,
      ...(input.upstreamRepositoryPrefix !== undefined && { upstreamPrefixGiven: true }),
      ...(credentialArn !== undefined && { credentialArn, credentialReader: readerOf(context) }),
      ...(customRoleArn !== undefined && { customRoleArn }),
      createdAt: now,
      updatedAt: now,
    };
    state.commit(() => table.put(rule));
    const { updatedAt: _updated, ...view } = ruleView(rule);
    return view;
  },
});

export const updatePullThroughCacheRule = operation("UpdatePullThroughCacheRule", {
  authorize: (input, at) => [
    onRegistry("UpdatePullThroughCacheRule")(input, at),
    ...passesRole(at, input.customRoleArn),
    ...readsSecret(input, at),
  ],
  run(input, context) {
    const { credentialArn, customRoleArn } = input;
    const found = requireRule(input, context);
    checkRoleArn(customRoleArn, context);
    if (credentialArn === undefined && customRoleArn === undefined)
      throw new InvalidParameterException(because("Invalid input: Please set either credential arn or role arn to update the credentials"));
    if (credentialArn !== undefined) readUpstreamRegistry({ upstreamUrl: found.upstreamUrl, asked: undefined, credentialArn }, context);
    checkCredentialArn(credentialArn, found, context);
    const rule: PullThroughRuleRecord = {
      ...found,
      ...(credentialArn !== undefined && { credentialArn, credentialReader: readerOf(context) }),
      ...(customRoleArn !== undefined && { customRoleArn }),
      updatedAt: context.now,
    };
    context.state.commit(() => context.state.table(pullThroughRules).put(rule));
    const { createdAt: _created, upstreamRegistry: _registry, upstreamRegistryUrl: _url, ...view } = ruleView(rule);
    return view;
  },
});

export const deletePullThroughCacheRule = operation("DeletePullThroughCacheRule", {
  authorize: onRegistry("DeletePullThroughCacheRule"),
  run(input, context) {
    const rule = requireRule(input, context);
    context.state.commit(() => context.state.table(pullThroughRules).delete(pullThroughRules.key(rule)));
    const { updatedAt: _updated, upstreamRegistry: _registry, ...view } = ruleView(rule);
    return view;
  },
});

export const describePullThroughCacheRules = operation("DescribePullThroughCacheRules", {
  authorize: onRegistry("DescribePullThroughCacheRules"),
  run({ registryId, ecrRepositoryPrefixes, nextToken, maxResults }, context) {
    const { account, region } = registryScope(registryId, context);
    mustHaveLength("ecrRepositoryPrefixes", ecrRepositoryPrefixes, 1, 100);
    const all = ecrRepositoryPrefixes?.length
      ? ecrRepositoryPrefixes.map((ecrRepositoryPrefix) => requireRule({ ecrRepositoryPrefix, registryId }, context))
      : context.state.table(pullThroughRules).by("scope", scopeKey({ account, region }));
    const page = pageOf(all, ({ prefix }) => prefix, { nextToken, maxResults }, context);
    return {
      pullThroughCacheRules: page.items.map(ruleView),
      ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
    };
  },
});

/** Reads the secret, and asks the upstream registry whether it takes what is in it. */
export const validatePullThroughCacheRule = operation("ValidatePullThroughCacheRule", {
  authorize: onRegistry("ValidatePullThroughCacheRule"),
  async run(input, context) {
    const rule = requireRule(input, context);
    const { updatedAt: _updated, createdAt: _created, upstreamRegistry: _registry, ...view } = ruleView(rule);
    const failure = await validate(rule, context);
    return { ...view, isValid: failure === undefined, ...(failure !== undefined && { failure }) };
  },
});

function readerOf({ state, principal, origin }: OperationContext): CredentialReader {
  return credentialReader(state, principal, origin);
}

async function validate(rule: PullThroughRuleRecord, context: OperationContext): Promise<string | undefined> {
  const place = upstreamPlace(rule.upstreamUrl, context.allowedUpstreams ?? []);
  if (!place) return UNSUPPORTED_UPSTREAM;
  // A registry here is asked without a request; what it lets be read shows with the first pull.
  if (place.registry === "ecr") return undefined;
  const { credentialArn } = rule;
  const credentials =
    credentialArn === undefined
      ? undefined
      : ruleCredentials({ ...context, state: context.state.whole }, { ...rule, credentialArn }, place.registry !== undefined);
  if (credentials && "problem" in credentials) return credentials.message;
  const failure = await context.upstreams.check({ url: place.origin, via: [], ...(credentials && { credentials }) });
  return failure?.failure === "denied"
    ? `The authentication to the upstream registry failed. Verify that the credentials are valid and try again. (${failure.detail})`
    : failure && `The upstream registry is not available: ${failure.detail}`;
}

/** @throws PullThroughCacheRuleNotFoundException, InvalidParameterException */
function requireRule(
  input: { readonly ecrRepositoryPrefix?: string | undefined; readonly registryId?: string | undefined },
  context: OperationContext,
): PullThroughRuleRecord {
  const scope: Scope = registryScope(input.registryId, context);
  const prefix = readRulePrefix("ecrRepositoryPrefix", input.ecrRepositoryPrefix);
  const found = context.state.table(pullThroughRules).get(pullThroughRuleKey(scope, prefix));
  if (found) return found;
  throw new PullThroughCacheRuleNotFoundException(
    because(`The pull through cache rule with prefix '${prefix}' does not exist in the registry with id '${scope.account}'`),
  );
}

function readRulePrefix(member: string, prefix = ""): string {
  return readPrefix(member, prefix, 2, 30);
}

function ruleView(rule: PullThroughRuleRecord): PullThroughCacheRule {
  const { prefix, upstreamUrl, upstreamRegistry, upstreamPrefix, upstreamPrefixGiven, credentialArn, customRoleArn, account } = rule;
  return {
    ecrRepositoryPrefix: prefix,
    upstreamRegistryUrl: upstreamUrl,
    registryId: account,
    ...(upstreamRegistry !== undefined && { upstreamRegistry }),
    ...((upstreamPrefixGiven ?? upstreamPrefix !== ROOT_PREFIX) && { upstreamRepositoryPrefix: upstreamPrefix }),
    ...(credentialArn !== undefined && { credentialArn }),
    ...(customRoleArn !== undefined && { customRoleArn }),
    createdAt: new Date(rule.createdAt),
    updatedAt: new Date(rule.updatedAt),
  };
}
