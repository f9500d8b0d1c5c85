import { InvalidParameterException, LimitExceededException, type RequestCertificateCommandInput } from "@aws-sdk/client-acm";
import { certificates, type CertificateRecord, type CertificateRequestRecord } from "../../state/acm.ts";
import { because, requestTagList, type OperationContext } from "../operation.ts";
import { invalid, operation, ownCertificates } from "./certificate.ts";
import { domainValidation, validationDomains } from "./domain-validation.ts";
import { MOST_NAMES, refuseMore } from "./quotas.ts";
import { checkTags, tagsKept } from "./tags.ts";

type Input = RequestCertificateCommandInput;
type KeyAlgorithm = CertificateRequestRecord["keyAlgorithm"];

const USUAL_KEY: KeyAlgorithm = "RSA_2048";
const REQUESTED_KEYS: readonly string[] = [USUAL_KEY, "EC_prime256v1", "EC_secp384r1"];
/** Source: ACM API Reference, `RequestCertificate`, `DomainName`: RFC 5280's bound on a common name. */
const LONGEST_COMMON_NAME = 64;
const TOKEN_LIFE_MS = 3_600_000;

export const requestCertificate = operation("RequestCertificate", {
  authorize: (input) => ({
    action: "acm:RequestCertificate",
    resource: "*",
    context: {
      "acm:DomainNames": namesOf(input),
      "acm:ValidationMethod": input.ValidationMethod,
      "acm:KeyAlgorithm": input.KeyAlgorithm ?? USUAL_KEY,
      "acm:CertificateTransparencyLogging": input.Options?.CertificateTransparencyLoggingPreference,
      "acm:Export": input.Options?.Export,
      "acm:CertificateAuthority": input.CertificateAuthorityArn,
      "acm:CertificateKeyPairOrigin": "AWS_MANAGED",
      ...requestTagList(input.Tags),
    },
  }),
  run(input, context) {
    refuseElsewhere(input);
    const names = namesOf(input);
    if ((names[0] ?? "").length > LONGEST_COMMON_NAME)
      throw invalid(
        `The domain name exceeds the maximum length of ${LONGEST_COMMON_NAME} characters: add it as a subject alternative name.`,
      );
    if (names.length > MOST_NAMES)
      throw new LimitExceededException(
        because(`The request has ${names.length} domain names; a certificate can have at most ${MOST_NAMES}.`),
      );
    checkTags(input.Tags ?? []);
    const request = requestOf(input, names, context);
    const earlier = sameRequest(context, request);
    if (earlier) return { CertificateArn: earlier.arn };
    refuseMore(context, "AMAZON_ISSUED");
    const { state, account, region, now } = context;
    const arn = context.arn("acm", `certificate/${context.ids.uuid()}`);
    const tags = tagsKept(input.Tags ?? []);
    state.commit(() =>
      state
        .table(certificates)
        .insert({ arn, account, region, type: "AMAZON_ISSUED", status: "PENDING_VALIDATION", request, tags, createdAt: now }),
    );
    return { CertificateArn: arn };
  },
});

/** The domain and what it is called besides, each once. */
function namesOf({ DomainName = "", SubjectAlternativeNames = [] }: Input): readonly string[] {
  return [...new Set([DomainName, ...SubjectAlternativeNames].map((name) => name.toLowerCase()))];
}

function requestOf(input: Input, names: readonly string[], { secrets, account }: OperationContext): CertificateRequestRecord {
  const { KeyAlgorithm = USUAL_KEY, IdempotencyToken, DomainValidationOptions = [], Options } = input;
  const domains = validationDomains(names, DomainValidationOptions);
  return {
    names,
    keyAlgorithm: KeyAlgorithm as KeyAlgorithm,
    ...(IdempotencyToken === undefined ? {} : { idempotencyToken: IdempotencyToken }),
    validations: names.map((name) => domainValidation(secrets, account, name, domains.get(name))),
    transparency: Options?.CertificateTransparencyLoggingPreference ?? "ENABLED",
    export: Options?.Export ?? "DISABLED",
  };
}

/** What only AWS has. @throws InvalidParameterException */
function refuseElsewhere({
  ValidationMethod = "EMAIL",
  CertificateAuthorityArn,
  ManagedBy,
  KeyAlgorithm = USUAL_KEY,
  Options,
}: Input): void {
  const refused = (message: string): Error => new InvalidParameterException(because(message));
  if (CertificateAuthorityArn !== undefined)
    throw refused(
      "AWS Private CA is not offered here: certificates are issued by this installation's authority, without CertificateAuthorityArn.",
    );
  if (ManagedBy !== undefined) throw refused(`Certificates managed by ${ManagedBy} are not offered here: there is no such service.`);
  if (ValidationMethod === "EMAIL")
    throw refused("EMAIL validation, which is the default, is not offered here: no e-mail is sent. Set ValidationMethod to DNS.");
  if (ValidationMethod === "HTTP")
    throw refused("HTTP validation is for certificates that CloudFront manages, which are not offered here. Use DNS.");
  if (Options?.ValidationMethod !== undefined && Options.ValidationMethod !== "DNS")
    throw refused(`Options.ValidationMethod ${Options.ValidationMethod} is not offered here. Use DNS.`);
  if (!REQUESTED_KEYS.includes(KeyAlgorithm))
    throw refused(`KeyAlgorithm ${KeyAlgorithm} is for imported certificates only; a request can have ${REQUESTED_KEYS.join(", ")}.`);
}

/** A request for the same with the same token within an hour is the same request. */
function sameRequest(context: OperationContext, request: CertificateRequestRecord): CertificateRecord | undefined {
  if (request.idempotencyToken === undefined) return undefined;
  const named = ({ idempotencyToken, names, keyAlgorithm, transparency, export: exported }: CertificateRequestRecord): string =>
    JSON.stringify([idempotencyToken, names[0], names.toSorted(), keyAlgorithm, transparency, exported]);
  return ownCertificates(context).find(
    (other) => other.request && other.createdAt > context.now - TOKEN_LIFE_MS && named(other.request) === named(request),
  );
}
