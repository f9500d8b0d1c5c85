import { findSecret } from "../../state/secrets.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

/** Source: Service Authorization Reference, "AWS Secrets Manager", condition keys. */
export const secretsManagerFacts: FactsOf = (state, arn, text, now) => {
  const secret = findSecret(state, arn, text, now);
  return (
    secret && {
      tags: tagFacts(secret.tags),
      ...(secret.policy === undefined ? {} : { policy: secret.policy }),
      context: {
        "secretsmanager:resource/AllowRotationLambdaArn": secret.rotation?.functionArn,
        "secretsmanager:SecretPrimaryRegion": secret.primaryRegion ?? (secret.replicas ? secret.region : undefined),
      },
    }
  );
};
