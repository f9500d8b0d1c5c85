import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import { scopeKey } from "../domain/scope.ts";
import { listeners, type ListenerRecord } from "./elb.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/** Authorities whose certificates clients of listeners may show, as they were when they were read from where they lay. */
export interface TrustStoreRecord {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** Certificates in PEM. */
  readonly bundle: string;
  readonly numberOfCaCertificates: number;
  readonly revocations: readonly RevocationList[];
  /** Of the list that is added next. */
  readonly nextRevocationId: number;
  readonly tags: readonly Tag[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

export interface RevocationList {
  readonly id: number;
  readonly pem: string;
  readonly numberOfRevokedEntries: number;
}

export const trustStores = defineTable<TrustStoreRecord>()("elb.trust-stores", (store) => store.arn, ofAccount, { scope: scopeKey });

/** The listeners that check their clients against a trust store. */
export function listenersOfTrustStore(state: State, arn: string): readonly ListenerRecord[] {
  return state.table(listeners).by("trustStore", arn);
}
