import { InvalidArnException, ResourceNotFoundException } from "@aws-sdk/client-acm";
import { parseArn } from "../../domain/arn.ts";
import { scopeKey } from "../../domain/scope.ts";
import { certificates, type CertificateRecord } from "../../state/acm.ts";
import { AwsError } from "../aws-error.ts";
import { because, operationsOf, type AuthorizeScope, type ConditionContext, type OperationContext, type Permission } from "../operation.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-acm")>();

export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

/**
 * The permission for an action on the certificate that a request names; what is not an ARN counts as one of the caller's, which is not there.
 * Source: Service Authorization Reference, "AWS Certificate Manager".
 */
export function certificatePermission(action: string, at: AuthorizeScope, arn = "", context: ConditionContext = {}): Permission {
  return { action: `acm:${action}`, resource: parseArn(arn) ? arn : at.arn("acm", `certificate/${arn}`), context };
}

/** The `authorize` of an operation that is about one certificate and nothing else. */
export const onCertificate =
  (action: string) =>
  ({ CertificateArn }: { CertificateArn?: string | undefined }, at: AuthorizeScope): Permission =>
    certificatePermission(action, at, CertificateArn);

/**
 * The certificate of an ARN. A certificate belongs to one account and one region, and has no policy that could show it to others.
 * @throws InvalidArnException, ResourceNotFoundException
 */
export function requireCertificate({ state, region }: OperationContext, arn = ""): CertificateRecord {
  if (!parseArn(arn)?.resource.startsWith("certificate/"))
    throw new InvalidArnException(because(`The ARN '${arn}' is not the ARN of a certificate.`));
  const found = state.table(certificates).get(arn);
  if (!found || found.region !== region) throw new ResourceNotFoundException(because(`Could not find certificate ${arn}.`));
  return found;
}

/** Those of the caller's account in the region of the request. */
export function ownCertificates({ state, account, region }: OperationContext): readonly CertificateRecord[] {
  return state.table(certificates).by("scope", scopeKey({ account, region }));
}
