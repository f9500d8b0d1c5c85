import {
  RevocationIdNotFoundException,
  TooManyTrustStoreRevocationEntriesException,
  type TrustStoreRevocation,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { trustStores, type RevocationList, type TrustStoreRecord } from "../../state/elb-trust-stores.ts";
import { because } from "../operation.ts";
import { invalid, operation, permission } from "./elb-operation.ts";
import { findTrustStore } from "./find.ts";
import { pageOf } from "./page.ts";
import { REVOKED_ENTRIES_PER_TRUST_STORE } from "./quotas.ts";
import { readRevocations, type RevocationText } from "./trust-store-bundles.ts";
import { location } from "./trust-stores.ts";

export const addTrustStoreRevocations = operation("AddTrustStoreRevocations", {
  authorize: ({ TrustStoreArn }) => permission("AddTrustStoreRevocations", TrustStoreArn ?? "*"),
  async run({ TrustStoreArn, RevocationContents }, context) {
    findTrustStore(TrustStoreArn, context);
    if (!RevocationContents || RevocationContents.length === 0) throw invalid("At least one revocation content must be specified");
    const read: RevocationText[] = [];
    for (const content of RevocationContents) read.push(await readRevocations(content, context));
    const store = findTrustStore(TrustStoreArn, context);
    const added = read.map((list, at) => ({ id: store.nextRevocationId + at, ...list }));
    const revocations = [...store.revocations, ...added];
    if (revocations.reduce((sum, list) => sum + list.numberOfRevokedEntries, 0) > REVOKED_ENTRIES_PER_TRUST_STORE)
      throw new TooManyTrustStoreRevocationEntriesException(
        because("The maximum number of revocation entries has been reached on the trust store"),
      );
    const nextRevocationId = store.nextRevocationId + added.length;
    context.state.commit(() => context.state.table(trustStores).put({ ...store, revocations, nextRevocationId }));
    return { TrustStoreRevocations: added.map((list) => describe(store, list)) };
  },
});

export const removeTrustStoreRevocations = operation("RemoveTrustStoreRevocations", {
  authorize: ({ TrustStoreArn }) => permission("RemoveTrustStoreRevocations", TrustStoreArn ?? "*"),
  run({ TrustStoreArn, RevocationIds }, context) {
    const store = findTrustStore(TrustStoreArn, context);
    const removed = new Set((RevocationIds ?? []).map((id) => requireList(store, id).id));
    if (removed.size === 0) throw invalid("At least one revocation ID must be specified");
    const revocations = store.revocations.filter(({ id }) => !removed.has(id));
    context.state.commit(() => context.state.table(trustStores).put({ ...store, revocations }));
    return {};
  },
});

export const describeTrustStoreRevocations = operation("DescribeTrustStoreRevocations", {
  authorize: () => permission("DescribeTrustStoreRevocations"),
  run({ TrustStoreArn, RevocationIds, ...input }, context) {
    const store = findTrustStore(TrustStoreArn, context);
    const chosen = RevocationIds === undefined ? store.revocations : [...new Set(RevocationIds)].map((id) => requireList(store, id));
    const { items, ...marker } = pageOf(chosen, ({ id }) => String(id).padStart(10, "0"), input, context);
    return { TrustStoreRevocations: items.map((list) => describe(store, list)), ...marker };
  },
});

export const getTrustStoreRevocationContent = operation("GetTrustStoreRevocationContent", {
  authorize: ({ TrustStoreArn }) => permission("GetTrustStoreRevocationContent", TrustStoreArn ?? "*"),
  run: ({ TrustStoreArn, RevocationId }, context) => ({
    Location: location(requireList(findTrustStore(TrustStoreArn, context), RevocationId).pem),
  }),
});

function requireList({ revocations }: TrustStoreRecord, wanted: number | undefined): RevocationList {
  const found = revocations.find(({ id }) => id === wanted);
  if (!found) throw new RevocationIdNotFoundException(because(`Revocation ID '${wanted}' not found`));
  return found;
}

function describe({ arn }: TrustStoreRecord, { id, numberOfRevokedEntries }: RevocationList): TrustStoreRevocation {
  return { TrustStoreArn: arn, RevocationId: id, RevocationType: "CRL", NumberOfRevokedEntries: numberOfRevokedEntries };
}
