import {
  SecretNotFoundException,
  UnableToAccessSecretException,
  UnableToDecryptSecretValueException,
  UnsupportedUpstreamRegistryException,
  type UpstreamRegistry,
} from "@aws-sdk/client-ecr";
import { isRegistrySecret, secretReading } from "../../authorization/pull-through-secret.ts";
import type { Scope } from "../../domain/scope.ts";
import {
  KNOWN_UPSTREAMS,
  needsSecret,
  UNSUPPORTED_UPSTREAM,
  upstreamOrigins,
  upstreamPlace,
  type UpstreamPlace,
} from "../../domain/upstream-registry.ts";
import { findSecret } from "../../state/secrets.ts";
import { CREDENTIAL_PREFIX, problemOf, secretIsMissing, type NoCredentials } from "../../state/upstream-credentials.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import { invalid, mustBeOneOf, mustHaveLength } from "./ecr-operation.ts";

/**
 * Which registry a rule's URL means: one that ECR knows, or one that the operator allows, with or without credentials.
 * @throws UnsupportedUpstreamRegistryException, InvalidParameterException
 */
export function readUpstreamRegistry(
  input: {
    readonly upstreamUrl: string;
    readonly asked: UpstreamRegistry | undefined;
    readonly credentialArn: string | undefined;
  },
  { allowedUpstreams = [] }: OperationContext,
): UpstreamPlace {
  const { upstreamUrl, asked, credentialArn } = input;
  mustBeOneOf("upstreamRegistry", asked, KNOWN_UPSTREAMS);
  mustHaveLength("upstreamRegistryUrl", upstreamUrl, 1, 255);
  if (upstreamOrigins(upstreamUrl).length === 0)
    throw invalid("upstreamRegistryUrl", "must be a host, with a port where it has one, as registry.example.com:5000");
  const found = upstreamPlace(upstreamUrl, allowedUpstreams);
  if (!found) throw new UnsupportedUpstreamRegistryException(because(UNSUPPORTED_UPSTREAM));
  if (asked !== undefined && asked !== found.registry)
    throw new UnsupportedUpstreamRegistryException(
      because("The specified upstream registry isn't supported: it does not match the upstream registry URL."),
    );
  if (credentialArn !== undefined && /^http:\/\/(?!localhost(:|$)|127\.|\[::1\])/.test(found.origin))
    throw invalid("upstreamRegistryUrl", "credentials are not sent without TLS");
  if (found.registry !== undefined && needsSecret(found.registry) && credentialArn === undefined)
    throw new UnsupportedUpstreamRegistryException(
      because("The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN."),
    );
  return found;
}

/**
 * Who gives a rule a secret must be allowed to read it: the rule sends it elsewhere. Nothing is asked for what the operation refuses by its
 * form, whoever asks.
 */
export function readsSecret(
  { credentialArn, registryId }: { readonly credentialArn?: string | undefined; readonly registryId?: string | undefined },
  at: AuthorizeScope,
): readonly Permission[] {
  const registry = { account: registryId ?? at.account, region: at.region };
  if (credentialArn === undefined || !isRegistrySecret(credentialArn, registry)) return [];
  return secretReading(at, credentialArn);
}

/**
 * The secret is there, in the registry's account and region, and can be decrypted. What it holds is not asked, as on AWS: Terraform makes a
 * rule while it puts a value into the secret (hashicorp/terraform-provider-aws, `TestAccECRPullThroughCacheRule_credentialARN`).
 * @throws InvalidParameterException, SecretNotFoundException, UnableToAccessSecretException, UnableToDecryptSecretValueException
 */
export function checkCredentialArn(credentialArn: string | undefined, registry: Scope, context: OperationContext): void {
  if (credentialArn === undefined) return;
  mustHaveLength("credentialArn", credentialArn, 50, 612);
  if (!isRegistrySecret(credentialArn, registry))
    throw invalid(
      "credentialArn",
      `must be the ARN of a secret in the account and region of the registry whose name begins with ${CREDENTIAL_PREFIX}`,
    );
  const secret = findSecret(context.state, registry, credentialArn, context.now);
  const problem = secret?.name.startsWith(CREDENTIAL_PREFIX) === true ? problemOf(context, secret) : secretIsMissing();
  if (problem) throw refusal(problem);
}

function refusal({ problem, message }: NoCredentials): Error {
  switch (problem) {
    case "SecretNotFoundException":
      return new SecretNotFoundException(because(message));
    case "UnableToAccessSecretException":
      return new UnableToAccessSecretException(because(message));
    case "UnableToDecryptSecretValueException":
      return new UnableToDecryptSecretValueException(because(message));
  }
}
