import {
  DeleteAssociationSameAccountException,
  DuplicateTrustStoreNameException,
  ResourceNotFoundException,
  TooManyTrustStoresException,
  TrustStoreAssociationNotFoundException,
  TrustStoreInUseException,
  TrustStoreNotFoundException,
  type TrustStore,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { scopeKey } from "../../domain/scope.ts";
import { listenersOfTrustStore, trustStores, type TrustStoreRecord } from "../../state/elb-trust-stores.ts";
import { because } from "../operation.ts";
import { creation, invalid, operation, permission } from "./elb-operation.ts";
import { arnKind, checkArn, findListener, findLoadBalancer, findTargetGroup, findTrustStore, own, type Place } from "./find.ts";
import { pageByArn, pageOf } from "./page.ts";
import { TRUST_STORES } from "./quotas.ts";
import { checkTags } from "./tags.ts";
import { readBundle } from "./trust-store-bundles.ts";

export const createTrustStore = operation("CreateTrustStore", {
  authorize: ({ Name = "*", Tags: tags }, at) =>
    creation("CreateTrustStore", {
      on: at.arn("elasticloadbalancing", `truststore/${Name}/*`),
      created: at.arn("elasticloadbalancing", `truststore/${Name}/*`),
      tags,
    }),
  async run(input, context) {
    const { state, account, region, ids, now } = context;
    const name = checkName(input.Name);
    const tags = checkTags(input.Tags);
    refuseAnother(name, context);
    const bundle = await readBundle(input, context);
    // Somebody else may have made one meanwhile.
    refuseAnother(name, context);
    const created = state.commit(() =>
      state.table(trustStores).put({
        arn: context.arn("elasticloadbalancing", `truststore/${name}/${ids.hex(16)}`),
        name,
        account,
        region,
        ...bundle,
        revocations: [],
        nextRevocationId: 1,
        tags,
        createdAt: now,
      }),
    );
    return { TrustStores: [describe(created)] };
  },
});

export const modifyTrustStore = operation("ModifyTrustStore", {
  authorize: ({ TrustStoreArn }) => permission("ModifyTrustStore", TrustStoreArn ?? "*"),
  async run(input, context) {
    findTrustStore(input.TrustStoreArn, context);
    const bundle = await readBundle(input, context);
    const store = findTrustStore(input.TrustStoreArn, context);
    const changed = context.state.commit(() => context.state.table(trustStores).put({ ...store, ...bundle }));
    return { TrustStores: [describe(changed)] };
  },
});

export const describeTrustStores = operation("DescribeTrustStores", {
  authorize: () => permission("DescribeTrustStores"),
  run(input, context) {
    const { TrustStoreArns, Names } = input;
    if (TrustStoreArns !== undefined && Names !== undefined)
      throw invalid("Trust store names and trust store ARNs cannot be specified at the same time");
    const all = ownStores(context);
    const { items, ...marker } = pageByArn(chosen(), input, context);
    return { TrustStores: items.map(describe), ...marker };

    function chosen(): readonly TrustStoreRecord[] {
      if (TrustStoreArns !== undefined) {
        for (const arn of TrustStoreArns) checkArn(arn, "trust store", context);
        return everyOf(TrustStoreArns, (arn) => own(context.state.table(trustStores).get(arn), context));
      }
      return Names === undefined ? all : everyOf(Names, (name) => all.find((store) => store.name === name));
    }
  },
});

export const deleteTrustStore = operation("DeleteTrustStore", {
  authorize: ({ TrustStoreArn }) => permission("DeleteTrustStore", TrustStoreArn ?? "*"),
  run({ TrustStoreArn }, context) {
    const { arn } = findTrustStore(TrustStoreArn, context);
    if (listenersOfTrustStore(context.state, arn).length > 0)
      throw new TrustStoreInUseException(because(`Trust store '${arn}' is currently in use by a listener`));
    context.state.commit(() => void context.state.table(trustStores).delete(arn));
    return {};
  },
});

export const describeTrustStoreAssociations = operation("DescribeTrustStoreAssociations", {
  authorize: () => permission("DescribeTrustStoreAssociations"),
  run({ TrustStoreArn, ...input }, context) {
    const { arn } = findTrustStore(TrustStoreArn, context);
    const using = listenersOfTrustStore(context.state, arn).map((listener) => listener.arn);
    const { items, ...marker } = pageOf(using, (one) => one, input, context);
    return { TrustStoreAssociations: items.map((ResourceArn) => ({ ResourceArn })), ...marker };
  },
});

/** Stores are not shared between accounts here, so that every association is of the store's own account, and ends where its listener says so. */
export const deleteSharedTrustStoreAssociation = operation("DeleteSharedTrustStoreAssociation", {
  authorize: ({ TrustStoreArn }) => permission("DeleteSharedTrustStoreAssociation", TrustStoreArn ?? "*"),
  run({ TrustStoreArn, ResourceArn }, context) {
    const { arn } = findTrustStore(TrustStoreArn, context);
    if (!listenersOfTrustStore(context.state, arn).some((listener) => listener.arn === ResourceArn))
      throw new TrustStoreAssociationNotFoundException(
        because(`The association of '${ResourceArn}' with trust store '${arn}' was not found`),
      );
    throw new DeleteAssociationSameAccountException(
      because("The association is of the same account as the trust store; change the listener with ModifyListener"),
    );
  },
});

export const getTrustStoreCaCertificatesBundle = operation("GetTrustStoreCaCertificatesBundle", {
  authorize: ({ TrustStoreArn }) => permission("GetTrustStoreCaCertificatesBundle", TrustStoreArn ?? "*"),
  run: ({ TrustStoreArn }, context) => ({ Location: location(findTrustStore(TrustStoreArn, context).bundle) }),
});

/** Policies come from shares of AWS Resource Access Manager, of which there are none here. */
export const getResourcePolicy = operation("GetResourcePolicy", {
  authorize: ({ ResourceArn }) => permission("GetResourcePolicy", ResourceArn ?? "*"),
  run({ ResourceArn }, context) {
    const { arn } = findAny(ResourceArn, context);
    throw new ResourceNotFoundException(because(`The resource '${arn}' has no resource policy`));
  },
});

/** Where the text can be had: on AWS a signed address in S3, here the text itself (RFC 2397). */
export function location(text: string): string {
  return `data:application/x-pem-file;base64,${Buffer.from(text).toString("base64")}`;
}

function findAny(arn: string | undefined, at: Place): { readonly arn: string } {
  switch (arnKind(arn ?? "", at)) {
    case "load balancer":
      return findLoadBalancer(arn, at);
    case "target group":
      return findTargetGroup(arn, at);
    case "listener":
      return findListener(arn, at);
    default:
      return findTrustStore(arn, at);
  }
}

function checkName(name: string | undefined): string {
  if (name === undefined) throw invalid("A trust store name must be specified");
  if (name.length > 32) throw invalid("Trust store names cannot be longer than '32' characters");
  if (!/^([a-zA-Z0-9]+-)*[a-zA-Z0-9]+$/.test(name))
    throw invalid(`The trust store name '${name}' can only contain characters that are alphanumeric characters or hyphens(-)`);
  return name;
}

function ownStores({ state, account, region }: Place): readonly TrustStoreRecord[] {
  return state.table(trustStores).by("scope", scopeKey({ account, region }));
}

function refuseAnother(name: string, at: Place): void {
  const stores = ownStores(at);
  if (stores.some((store) => store.name === name))
    throw new DuplicateTrustStoreNameException(because(`A trust store with the name '${name}' already exists`));
  if (stores.length >= TRUST_STORES) throw new TooManyTrustStoresException(because("The maximum number of trust stores has been reached"));
}

function everyOf(named: readonly string[], find: (one: string) => TrustStoreRecord | undefined): readonly TrustStoreRecord[] {
  return [...new Set(named)].map((one) => {
    const found = find(one);
    if (!found) throw new TrustStoreNotFoundException(because(`Trust store '${one}' not found`));
    return found;
  });
}

function describe({ arn, name, numberOfCaCertificates, revocations }: TrustStoreRecord): TrustStore {
  return {
    Name: name,
    TrustStoreArn: arn,
    Status: "ACTIVE",
    NumberOfCaCertificates: numberOfCaCertificates,
    TotalRevokedEntries: revocations.reduce((sum, list) => sum + list.numberOfRevokedEntries, 0),
  };
}
