import {
  SecretNotFoundException,
  UnableToAccessSecretException,
  UnableToDecryptSecretValueException,
  UnsupportedUpstreamRegistryException,
  type UpstreamRegistry,
} from "@aws-sdk/client-ecr";
import { parseArn } from "../../domain/arn.ts";
import { scopeOfRegistryHost } from "../../domain/image-reference.ts";
import type { Scope } from "../../domain/scope.ts";
import { CREDENTIAL_PREFIX, upstreamCredentials } from "../../state/upstream-credentials.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, mustBeOneOf, mustHaveLength } from "./ecr-operation.ts";

interface KnownRegistry {
  readonly host: RegExp;
  /** Whether AWS takes no rule for it without a secret. */
  readonly secret: boolean;
}

/** Source: ECR API Reference, `CreatePullThroughCacheRule`, `upstreamRegistryUrl`; User Guide, "Sync an upstream registry". */
const KNOWN: Readonly<Record<Exclude<UpstreamRegistry, "ecr">, KnownRegistry>> = {
  "azure-container-registry": { host: /^[a-z0-9-]+\.azurecr\.(io|us|cn)$/, secret: true },
  chainguard: { host: /^cgr\.dev$/, secret: true },
  "docker-hub": { host: /^registry-1\.docker\.io$/, secret: true },
  "ecr-public": { host: /^public\.ecr\.aws$/, secret: false },
  "github-container-registry": { host: /^ghcr\.io$/, secret: true },
  "gitlab-container-registry": { host: /^registry\.gitlab\.com$/, secret: true },
  k8s: { host: /^registry\.k8s\.io$/, secret: false },
  quay: { host: /^quay\.io$/, secret: false },
};

/** A host with an optional port; in front of it a scheme, which AWS does not know, where a registry of one's own has no TLS. */
const URL_PATTERN = /^(https?:\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:\d{1,5})?$/;

/**
 * Which of AWS's upstream registries a URL means; `undefined` for any other one, which is taken here as well, with or without
 * credentials.
 * @throws UnsupportedUpstreamRegistryException, InvalidParameterException
 */
export function readUpstreamRegistry(input: {
  readonly upstreamUrl: string;
  readonly asked: UpstreamRegistry | undefined;
  readonly credentialArn: string | undefined;
}): UpstreamRegistry | undefined {
  const { upstreamUrl, asked, credentialArn } = input;
  mustBeOneOf("upstreamRegistry", asked, ["ecr", ...Object.keys(KNOWN)]);
  mustHaveLength("upstreamRegistryUrl", upstreamUrl, 1, 255);
  const [, scheme, host = ""] = URL_PATTERN.exec(upstreamUrl) ?? [];
  if (host === "" || !URL.canParse(`https://${upstreamUrl.replace(/^https?:\/\//, "")}`))
    throw invalid("upstreamRegistryUrl", "must be a host, with a port where it has one, as registry.example.com:5000");
  const found = scopeOfRegistryHost(host)
    ? "ecr"
    : (Object.keys(KNOWN) as (keyof typeof KNOWN)[]).find((name) => KNOWN[name].host.test(host));
  if (asked !== undefined && asked !== found)
    throw new UnsupportedUpstreamRegistryException(
      because("The specified upstream registry isn't supported: it does not match the upstream registry URL."),
    );
  if (found === undefined || found === "ecr") {
    if (scheme === "http://" && credentialArn !== undefined && !/^(localhost|127\.|\[::1\])/.test(host))
      throw invalid("upstreamRegistryUrl", "credentials are not sent without TLS");
    return found;
  }
  if (scheme === "http://") throw invalid("upstreamRegistryUrl", `${host} has TLS`);
  if (KNOWN[found].secret && credentialArn === undefined)
    throw new UnsupportedUpstreamRegistryException(
      because("The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN."),
    );
  return found;
}

/**
 * The secret is there, in the registry's account and region, and holds credentials.
 * @throws InvalidParameterException, SecretNotFoundException, UnableToAccessSecretException, UnableToDecryptSecretValueException
 */
export function checkCredentialArn(credentialArn: string | undefined, { account, region }: Scope, context: OperationContext): void {
  if (credentialArn === undefined) return;
  mustHaveLength("credentialArn", credentialArn, 50, 612);
  const arn = parseArn(credentialArn);
  if (arn?.service !== "secretsmanager" || !arn.resource.startsWith(`secret:${CREDENTIAL_PREFIX}`))
    throw invalid("credentialArn", `must be the ARN of a secret whose name begins with ${CREDENTIAL_PREFIX}`);
  if (arn.account !== account || arn.region !== region) throw invalid("credentialArn", "must be in the account and region of the registry");
  const found = upstreamCredentials(context, credentialArn);
  if (!("problem" in found)) return;
  switch (found.problem) {
    case "SecretNotFoundException":
      throw new SecretNotFoundException(because(found.message));
    case "UnableToAccessSecretException":
      throw new UnableToAccessSecretException(because(found.message));
    case "UnableToDecryptSecretValueException":
      throw new UnableToDecryptSecretValueException(because(found.message));
  }
}
