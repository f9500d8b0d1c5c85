/** What is decided on of a certificate. Times are milliseconds since the Unix epoch. */
export interface CertificateView {
  readonly status: "PENDING_VALIDATION" | "ISSUED" | "EXPIRED" | "VALIDATION_TIMED_OUT" | "FAILED";
  readonly now: number;
  readonly requestedAt: number;
  readonly issuedAt?: number;
  /** Of what is issued. */
  readonly life?: { readonly notBefore: number; readonly notAfter: number };
  /** Whether all its names are validated now; `undefined` of one that was imported, which nobody validates. */
  readonly validated?: boolean;
  /** Whether it is in use, or was exported since it was issued: others are not renewed. */
  readonly renewable: boolean;
}

/** `at` is when to look again where nothing else changes. */
export type CertificateStep =
  | { readonly kind: "issue" }
  | { readonly kind: "renew" }
  | { readonly kind: "wait-for-validation"; readonly at: number }
  | { readonly kind: "time-out" }
  | { readonly kind: "expire" }
  | { readonly kind: "wait"; readonly at?: number };

const DAY = 86_400_000;
/** How long a request waits for its validation. Source: ACM User Guide, "DNS validation". */
const VALIDATION_PATIENCE_MS = 72 * 3_600_000;
/** How long before its end a certificate is renewed. Source: ACM User Guide, "Managed certificate renewal". */
const RENEWED_BEFORE_MS = 60 * DAY;

/** An authority may give what is due at once. It is not asked without a pause. */
const LEAST_BETWEEN_MS = 3_600_000;

/** What is to be done about a certificate. Equal views give equal steps. */
export function nextStep(view: CertificateView): CertificateStep {
  if (view.status === "PENDING_VALIDATION") return nextOfRequest(view);
  if (view.status !== "ISSUED" || !view.life) return { kind: "wait" };
  return nextOfIssued(view, view.life);
}

function nextOfRequest({ now, requestedAt, validated = false }: CertificateView): CertificateStep {
  const end = requestedAt + VALIDATION_PATIENCE_MS;
  if (now >= end) return { kind: "time-out" };
  return validated ? { kind: "issue" } : { kind: "wait-for-validation", at: end };
}

function nextOfIssued(
  { now, validated, renewable, issuedAt = 0 }: CertificateView,
  life: NonNullable<CertificateView["life"]>,
): CertificateStep {
  if (now >= life.notAfter) return { kind: "expire" };
  const due = Math.max(renewalDue(life), issuedAt + LEAST_BETWEEN_MS);
  if (validated === undefined || !renewable) return { kind: "wait", at: life.notAfter };
  if (now < due) return { kind: "wait", at: due };
  return validated ? { kind: "renew" } : { kind: "wait-for-validation", at: life.notAfter };
}

/** Sixty days before its end; of a short-lived one, when a third of its life is left. */
function renewalDue({ notBefore, notAfter }: NonNullable<CertificateView["life"]>): number {
  return notAfter - Math.min(RENEWED_BEFORE_MS, (notAfter - notBefore) / 3);
}
