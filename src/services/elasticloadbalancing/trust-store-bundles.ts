import { X509Certificate } from "node:crypto";
import {
  CaCertificatesBundleNotFoundException,
  InvalidCaCertificatesBundleException,
  InvalidRevocationContentException,
  RevocationContentNotFoundException,
  type RevocationContent,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ObjectTooLargeError, type ObjectName } from "../../ports/object-reader.ts";
import { because, type OperationContext } from "../operation.ts";
import { outsideBlocks, pemBlocks } from "../pem.ts";
import { checkEnum, invalid } from "./elb-operation.ts";
import { CA_CERTIFICATES_PER_TRUST_STORE } from "./quotas.ts";

/** Certificates of authorities as a trust store keeps them. */
export interface Bundle {
  readonly bundle: string;
  readonly numberOfCaCertificates: number;
}

interface BundleInput {
  readonly CaCertificatesBundleS3Bucket: string | undefined;
  readonly CaCertificatesBundleS3Key: string | undefined;
  readonly CaCertificatesBundleS3ObjectVersion?: string | undefined;
}

/** Reads and checks a bundle. @throws CaCertificatesBundleNotFoundException, InvalidCaCertificatesBundleException */
export async function readBundle(
  { CaCertificatesBundleS3Bucket: bucket, CaCertificatesBundleS3Key: key, CaCertificatesBundleS3ObjectVersion: version }: BundleInput,
  context: OperationContext,
): Promise<Bundle> {
  if (!bucket) throw invalid("An S3 bucket must be specified for the CA certificates bundle");
  if (!key) throw invalid("An S3 key must be specified for the CA certificates bundle");
  const text = await read({ bucket, key, ...(version ? { version } : {}) }, context, {
    missing: (why) => new CaCertificatesBundleNotFoundException(because(`The specified CA certificates bundle does not exist: ${why}`)),
    tooLarge: (why) => new InvalidCaCertificatesBundleException(because(`The specified CA certificates bundle is too large: ${why}`)),
  });
  return checkBundle(text);
}

/** Source: Application Load Balancers guide, "CA certificate files": certificates in PEM, comments that begin with `#`, no blank lines. */
export function checkBundle(text: string): Bundle {
  const refuse = (why: string): Error =>
    new InvalidCaCertificatesBundleException(because(`The specified CA certificates bundle is not valid: ${why}`));
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  if (lines.some((line) => line.trim() === "")) throw refuse("it has a blank line");
  const blocks = blocksOf(text, "CERTIFICATE");
  const around = outsideBlocks(lines.join("\n")).split("\n");
  if (pemBlocks(text).length > blocks.length || around.some((line) => line.trim() !== "" && !/^#[^-]*$/.test(line.trim())))
    throw refuse("there is something else than certificates and comments in it");
  if (blocks.length === 0) throw refuse("there is no certificate in it");
  if (blocks.length > CA_CERTIFICATES_PER_TRUST_STORE) throw refuse(`it has more than ${CA_CERTIFICATES_PER_TRUST_STORE} certificates`);
  for (const pem of blocks) {
    const problem = problemOf(pem);
    if (problem !== undefined) throw refuse(problem);
  }
  return { bundle: blocks.join(""), numberOfCaCertificates: blocks.length };
}

/** Source: the same, "Requirements for certificates". */
function problemOf(pem: string): string | undefined {
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.ca) return `the certificate of '${certificate.subject.replaceAll("\n", ", ")}' is not that of an authority`;
    const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength = 0, namedCurve = "" } = {} } = certificate.publicKey;
    const isSupported =
      type === "rsa"
        ? modulusLength >= 2048 && modulusLength <= 8192
        : type === "ec" && ["prime256v1", "secp384r1", "secp521r1"].includes(namedCurve);
    return isSupported ? undefined : "the key of a certificate is of no supported kind";
  } catch (cause) {
    // OpenSSL's reasons tell nothing that a caller could use.
    return cause instanceof Error ? "a certificate cannot be read" : String(cause);
  }
}

export interface RevocationText {
  readonly pem: string;
  readonly numberOfRevokedEntries: number;
}

/** Reads and checks a revocation list. @throws RevocationContentNotFoundException, InvalidRevocationContentException */
export async function readRevocations(
  { S3Bucket: bucket, S3Key: key, S3ObjectVersion: version, RevocationType = "CRL" }: RevocationContent,
  context: OperationContext,
): Promise<RevocationText> {
  checkEnum(RevocationType, "revocationContents.1.member.revocationType", ["CRL"]);
  if (!bucket) throw invalid("An S3 bucket must be specified for the revocation content");
  if (!key) throw invalid("An S3 key must be specified for the revocation content");
  const text = await read({ bucket, key, ...(version ? { version } : {}) }, context, {
    missing: (why) => new RevocationContentNotFoundException(because(`The specified revocation file does not exist: ${why}`)),
    tooLarge: (why) => new InvalidRevocationContentException(because(`The specified revocation file is too large: ${why}`)),
  });
  return checkRevocations(text);
}

export async function checkRevocations(text: string): Promise<RevocationText> {
  const blocks = blocksOf(text, "X509 CRL");
  // Both take a tenth of a second to load, and hardly anybody needs them.
  await import("reflect-metadata");
  const { X509Crl } = await import("@peculiar/x509");
  try {
    if (blocks.length === 0) throw new Error("no list");
    const lists = blocks.map((pem) => new X509Crl(pem.replaceAll("X509 CRL", "CRL")));
    return { pem: blocks.join(""), numberOfRevokedEntries: lists.reduce((sum, { entries }) => sum + entries.length, 0) };
  } catch (cause) {
    throw new InvalidRevocationContentException({
      ...because("The specified revocation file is an invalid format, or uses an incorrect algorithm"),
      cause,
    } as never);
  }
}

async function read(
  object: ObjectName,
  { objects }: OperationContext,
  refusal: { readonly missing: (why: string) => Error; readonly tooLarge: (why: string) => Error },
): Promise<string> {
  const name = `s3://${object.bucket}/${object.key}`;
  if (!objects)
    throw refusal.missing(`${name} cannot be read, since the operator of this Airfield opened no buckets with AIRFIELD_BUCKETS`);
  try {
    const bytes = await objects.read(object);
    if (!bytes) throw refusal.missing(name);
    return Buffer.from(bytes).toString("latin1");
  } catch (cause) {
    throw cause instanceof ObjectTooLargeError ? refusal.tooLarge(cause.message) : cause;
  }
}

function blocksOf(text: string, wanted: string): readonly string[] {
  return pemBlocks(text).flatMap(({ label, pem }) => (label === wanted ? [pem] : []));
}
