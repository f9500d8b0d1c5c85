import { scopeKey } from "../../domain/scope.ts";
import { acmAccounts, certificates, USUAL_DAYS_BEFORE_EXPIRY } from "../../state/acm.ts";
import { changes, loop, records, type Needs } from "../loop.ts";

const DAY_MS = 86_400_000;

/**
 * Tells the log what ACM tells EventBridge, which there is not here: once a day that a certificate ends soon, from as many days before as its account has
 * set. After a start it is told anew.
 */
export const expiryNotices = loop("expiry notices", ({ state, clock, logger }: Needs) => {
  const table = state.table(certificates);
  /** When it was told last, by certificate. */
  const told = new Map<string, number>();
  return {
    watches: [
      records(certificates, ({ before, after }) => after?.body !== before?.body || after?.status !== before?.status),
      changes(acmAccounts, ({ after }, { wake }) => {
        for (const { arn } of after ? table.by("scope", scopeKey(after)) : []) wake(arn);
      }),
    ],
    step(arn, { wakeAt }) {
      const certificate = table.get(arn);
      if (certificate?.status !== "ISSUED" || !certificate.body) return void told.delete(arn);
      const { notAfter } = certificate.body.facts;
      const { daysBeforeExpiry = USUAL_DAYS_BEFORE_EXPIRY } = state.table(acmAccounts).get(scopeKey(certificate)) ?? {};
      const now = clock.now();
      const due = Math.max(notAfter - daysBeforeExpiry * DAY_MS, (told.get(arn) ?? -Infinity) + DAY_MS);
      if (now < due) return wakeAt(arn, due);
      if (now >= notAfter) return;
      told.set(arn, now);
      logger.warn("a certificate ends soon", {
        certificate: arn,
        account: certificate.account,
        days: Math.ceil((notAfter - now) / DAY_MS),
      });
      wakeAt(arn, now + DAY_MS);
    },
  };
});
