import { ConflictException } from "@aws-sdk/client-acm";
import { scopeKey } from "../../domain/scope.ts";
import { acmAccounts, USUAL_DAYS_BEFORE_EXPIRY } from "../../state/acm.ts";
import { because } from "../operation.ts";
import { operation } from "./certificate.ts";

const TOKEN_LIFE_MS = 3_600_000;

export const putAccountConfiguration = operation("PutAccountConfiguration", {
  authorize: () => ({ action: "acm:PutAccountConfiguration", resource: "*" }),
  run({ ExpiryEvents, IdempotencyToken = "" }, { state, account, region, now }) {
    const table = state.table(acmAccounts);
    const before = table.get(scopeKey({ account, region }));
    const daysBeforeExpiry = ExpiryEvents?.DaysBeforeExpiry ?? USUAL_DAYS_BEFORE_EXPIRY;
    if (before?.idempotencyToken === IdempotencyToken && before.putAt > now - TOKEN_LIFE_MS) {
      if (before.daysBeforeExpiry !== daysBeforeExpiry)
        throw new ConflictException(because("The idempotency token was used with another configuration within the last hour."));
      return {};
    }
    state.commit(() => table.put({ account, region, daysBeforeExpiry, idempotencyToken: IdempotencyToken, putAt: now }));
    return {};
  },
});

export const getAccountConfiguration = operation("GetAccountConfiguration", {
  authorize: () => ({ action: "acm:GetAccountConfiguration", resource: "*" }),
  run(_input, { state, account, region }) {
    const { daysBeforeExpiry = USUAL_DAYS_BEFORE_EXPIRY } = state.table(acmAccounts).get(scopeKey({ account, region })) ?? {};
    return { ExpiryEvents: { DaysBeforeExpiry: daysBeforeExpiry } };
  },
});
