import { findSecret } from "../../state/secrets.ts";
import type { AuthorizeScope, OperationContext, Permission } from "../operation.ts";
import { invalid, notFound } from "./parameter.ts";

const PREFIX = "/aws/reference/secretsmanager/";

/** What a reference to a secret of Secrets Manager names; `undefined` for a parameter of one's own. */
export function referencedSecret(name: string): string | undefined {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
}

/** Who reads a secret through Parameter Store must be allowed to read the secret. */
export function onReferencedSecret(name: string, at: AuthorizeScope): readonly Permission[] {
  const secret = referencedSecret(name);
  if (secret === undefined) return [];
  const known = findSecret(at.state, { account: at.account, region: at.region }, secret, at.now);
  return [
    {
      action: "secretsmanager:GetSecretValue",
      resource: known?.arn ?? at.arn("secretsmanager", `secret:${secret}-??????`),
      context: { "secretsmanager:SecretId": secret, "secretsmanager:VersionStage": "AWSCURRENT" },
    },
  ];
}

/**
 * The current value of a secret, as a parameter.
 * Source: Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters".
 * @throws ParameterNotFound
 */
export async function shownSecret(name: string, decrypt: boolean | undefined, context: OperationContext) {
  if (decrypt !== true) throw invalid("WithDecryption flag must be True for retrieving a Secret Manager secret.");
  // The other service is loaded where somebody needs it: it brings an SDK package of its own.
  const [{ requireLiveSecret }, { revealed }] = await Promise.all([
    import("../secretsmanager/secret.ts"),
    import("../secretsmanager/values.ts"),
  ]);
  try {
    const secret = requireLiveSecret(context, referencedSecret(name) ?? "");
    const { ARN, Name, VersionId, VersionStages, CreatedDate, ...value } = revealed(context, secret);
    const secretString = "SecretString" in value ? value.SecretString : Buffer.from(value.SecretBinary).toString("base64");
    return {
      Name: name,
      Type: "SecureString" as const,
      Value: secretString,
      Version: 0,
      SourceResult: JSON.stringify({
        ARN,
        name: Name,
        versionId: VersionId,
        secretString,
        versionStages: VersionStages,
        createdDate: CreatedDate,
      }),
      LastModifiedDate: new Date(secret.lastChangedAt),
      ARN,
      DataType: "text",
    };
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === "ResourceNotFoundException") throw notFound(name);
    throw thrown;
  }
}
