import { nextStep, type CertificateStep, type CertificateView } from "../../decide/certificates/next-step.ts";
import { IssuerRefusedError } from "../../ports/certificate-issuer.ts";
import { certificates, isRenewable, sealCertificateKey, type CertificateRecord, type DomainValidationRecord } from "../../state/acm.ts";
import type { CertificateBody } from "../../state/certificate-body.ts";
import { readCertificate } from "../../state/certificate-facts.ts";
import { listeners } from "../../state/elb.ts";
import { hostedZones, recordSets } from "../../state/route53.ts";
import { changes, loop, records, type Needs } from "../loop.ts";
import { prove } from "./prove.ts";
import { allProved, validated } from "./validation.ts";

/** Making keys and waiting for an authority: what is more would only wait longer. */
const AT_ONCE = 4;
/** After a refusal: authorities count failures, and refuse who does not wait. ACM tries as often. */
const AFTER_REFUSAL_MS = 3_600_000;

type Parts = Needs<"secrets" | "certificateIssuer">;

/**
 * Brings certificates about: a request is issued once the public zones here hold the records that validate its names, one that is used is renewed before it
 * ends, and time ends the others. It hears of record sets, zones and listeners, and of time.
 */
export const certificateIssuance = loop("certificates", ({ state, secrets, clock, logger, certificateIssuer }: Parts) => {
  const table = state.table(certificates);
  /** When an authority that refused may be asked again, by certificate. A new start asks it once more. */
  const resting = new Map<string, number>();

  /** Asks for the certificate; gives when to ask again where it is refused. */
  async function issue({ arn, request }: CertificateRecord): Promise<number | undefined> {
    if (!request) return undefined;
    const rest = resting.get(arn) ?? 0;
    if (rest > clock.now()) return rest;
    const { names, keyAlgorithm } = request;
    try {
      const { privateKeyPem, ...made } = await certificateIssuer.issue({
        names,
        keyAlgorithm,
        prove: (record) => prove({ state, logger }, record),
      });
      const facts = await readCertificate(made.certificatePem);
      settle(arn, { ...made, sealedKey: sealCertificateKey(secrets, arn, privateKeyPem), facts });
      await state.durable();
      resting.delete(arn);
      logger.info("a certificate was issued", { certificate: arn, names, until: new Date(facts.notAfter).toISOString() });
      return undefined;
    } catch (cause) {
      if (!(cause instanceof IssuerRefusedError)) throw cause;
      logger.error("the authority refused a certificate", { certificate: arn, names, cause: cause.message });
      const again = clock.now() + AFTER_REFUSAL_MS;
      resting.set(arn, again);
      return again;
    }
  }

  /** What changed meanwhile, such as tags, stays; what was deleted meanwhile, too. */
  function settle(arn: string, body: CertificateBody): void {
    const issuedAt = clock.now();
    state.commit(() =>
      table.update(arn, (certificate) => {
        if (!certificate.request) return certificate;
        const validations = certificate.request.validations.map((validation) => ({ ...validation, status: "SUCCESS" }) as const);
        const renewal = { status: "SUCCESS", validations, updatedAt: issuedAt } as const;
        const request = { ...certificate.request, validations };
        return { ...certificate, status: "ISSUED", request, body, issuedAt, ...(certificate.body ? { renewal } : {}) };
      }),
    );
  }

  function write(certificate: CertificateRecord, change: Partial<CertificateRecord>): void {
    state.commit(() => table.replace(certificate, { ...certificate, ...change }));
  }

  return {
    atOnce: AT_ONCE,
    watches: [
      records(certificates),
      changes(recordSets, ({ before, after }, { wake }) => {
        const name = (after ?? before)?.name;
        for (const { arn } of name === undefined ? [] : table.by("validation", name)) wake(arn);
      }),
      // Which zone answers for a name may be another one.
      changes(hostedZones, (_change, { wake }) => table.by("pending", "pending").forEach(({ arn }) => wake(arn))),
      // What is used from now on is renewed, which may be due.
      changes(listeners, ({ after }, { wake }) => after?.certificates.forEach(({ certificateArn }) => wake(certificateArn))),
    ],
    async step(arn, { wakeAt }) {
      const certificate = table.get(arn);
      if (!certificate) return void resting.delete(arn);
      const seen = certificate.request && validated(state, certificate.request.validations);
      const next = nextStep(viewOf(certificate, seen, { now: clock.now(), renewable: isRenewable(state, certificate) }));
      const noted = noteOf(certificate, next, seen, clock.now());
      // The change wakes this again.
      if (noted) return write(certificate, noted);
      const again = next.kind === "issue" || next.kind === "renew" ? await issue(certificate) : "at" in next ? next.at : undefined;
      if (again !== undefined) wakeAt(arn, again);
    },
  };
});

type Validations = readonly DomainValidationRecord[] | undefined;

function viewOf(
  { status, createdAt, issuedAt, body }: CertificateRecord,
  seen: Validations,
  rest: Pick<CertificateView, "now" | "renewable">,
): CertificateView {
  const life = body && { notBefore: body.facts.notBefore, notAfter: body.facts.notAfter };
  return {
    status,
    requestedAt: createdAt,
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(life ? { life } : {}),
    ...(seen ? { validated: allProved(seen) } : {}),
    ...rest,
  };
}

/** What a certificate's record is to say before anything is done; nothing where it says so already. */
function noteOf(
  { status, request, renewal }: CertificateRecord,
  next: CertificateStep,
  seen: Validations,
  now: number,
): Partial<CertificateRecord> | undefined {
  if (next.kind === "expire") return { status: "EXPIRED" };
  if (next.kind === "time-out") return { status: "VALIDATION_TIMED_OUT" };
  if (!request || !seen) return undefined;
  // Who waits for the last name to be validated uses the certificate then: it is told with the certificate.
  if (status === "PENDING_VALIDATION")
    return next.kind === "issue" || seen === request.validations ? undefined : { request: { ...request, validations: seen } };
  if (next.kind !== "renew" && next.kind !== "wait-for-validation") return undefined;
  const renewing = next.kind === "renew" ? "PENDING_AUTO_RENEWAL" : "PENDING_VALIDATION";
  return renewal?.status === renewing ? undefined : { renewal: { status: renewing, validations: seen, updatedAt: now } };
}
