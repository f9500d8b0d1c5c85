import {
  CidrBlockInUseException,
  CidrCollectionAlreadyExistsException,
  CidrCollectionInUseException,
  CidrCollectionVersionMismatchException,
  LimitsExceeded,
  NoSuchCidrCollectionException,
  type CidrCollectionChange,
} from "@aws-sdk/client-route-53";
import { readCidrBlock } from "../../domain/dns/cidr-block.ts";
import { cidrCollections, recordSets, type CidrCollectionRecord } from "../../state/route53.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import { recordChange } from "./changes.ts";
import { QUOTAS } from "./quotas.ts";
import { cidrCollectionArn, invalidInput, onAny, operation } from "./route53-operation.ts";

export function onCollection(action: string) {
  return (
    { Id, CollectionId }: { readonly Id?: string | undefined; readonly CollectionId?: string | undefined },
    at: AuthorizeScope,
  ): Permission => ({ action: `route53:${action}`, resource: cidrCollectionArn(at, Id ?? CollectionId) });
}

/** A collection of the caller's account. @throws NoSuchCidrCollectionException */
export function requireCollection({ state }: Pick<OperationContext, "state">, id = ""): CidrCollectionRecord {
  const collection = state.table(cidrCollections).get(id);
  if (!collection) throw new NoSuchCidrCollectionException(refusal(`The CIDR collection you specified, doesn't exist: ${id}`));
  return collection;
}

/** These exceptions have their text in a member of their own. */
export function refusal(text: string) {
  return { ...because(text), Message: text };
}

export function shownCollection({ id, name, version }: CidrCollectionRecord, at: Parameters<typeof cidrCollectionArn>[0]) {
  return { Arn: cidrCollectionArn(at, id), Id: id, Name: name, Version: version };
}

export const createCidrCollection = operation("CreateCidrCollection", {
  authorize: onAny("CreateCidrCollection"),
  run({ Name: name = "", CallerReference: callerReference = "" }, context) {
    const { state, account, ids } = context;
    const own = state.table(cidrCollections).by("account", account);
    const before = own.find((one) => one.name === name);
    if (before && before.callerReference !== callerReference)
      throw new CidrCollectionAlreadyExistsException(
        refusal("A CIDR collection with this name and a different caller reference already exists in this account."),
      );
    if (!before && own.length >= QUOTAS.CIDR_COLLECTIONS_BY_OWNER)
      throw new LimitsExceeded(
        because(`Limits Exceeded: cannot create more than ${QUOTAS.CIDR_COLLECTIONS_BY_OWNER} CIDR collections in an account.`),
      );
    const made = before ?? { id: ids.uuid(), account, name, callerReference, version: 1, locations: [] };
    // Asked again, in the same words, it is the same collection.
    if (!before) state.commit(() => state.table(cidrCollections).insert(made));
    return {
      Collection: shownCollection(made, context),
      Location: `https://route53.amazonaws.com/2013-04-01/cidrcollection/${made.id}`,
    };
  },
});

export const changeCidrCollection = operation("ChangeCidrCollection", {
  authorize: onCollection("ChangeCidrCollection"),
  run({ Id, CollectionVersion, Changes = [] }, context) {
    const { state } = context;
    const collection = requireCollection(context, Id);
    if (CollectionVersion !== undefined && CollectionVersion !== collection.version)
      throw new CidrCollectionVersionMismatchException(
        refusal("The CIDR collection version you provided, doesn't match the one in the ListCidrCollections operation."),
      );
    const locations = changedLocations(collection, Changes);
    const change = state.commit(() => {
      state.table(cidrCollections).put({ ...collection, locations, version: collection.version + 1 });
      return recordChange(context);
    });
    return { Id: change.Id };
  },
});

/**
 * All changes, one after another, or none: a block is in one location of a collection, and a location without blocks is none.
 * @throws InvalidInput, CidrBlockInUseException, LimitsExceeded
 */
function changedLocations(
  { locations }: CidrCollectionRecord,
  changes: readonly CidrCollectionChange[],
): CidrCollectionRecord["locations"] {
  const located = new Map(locations.flatMap(({ name, blocks }) => blocks.map((block) => [block, name] as const)));
  for (const { LocationName: name = "", Action, CidrList = [] } of changes)
    for (const text of CidrList) {
      const block = canonical(text);
      const there = located.get(block);
      if (Action === "PUT" && there !== undefined && there !== name)
        throw new CidrBlockInUseException(refusal(`This CIDR block is already in use: ${block} in location ${there}`));
      if (Action === "PUT") located.set(block, name);
      else if (there === name) located.delete(block);
    }
  if (located.size > QUOTAS.CIDR_BLOCKS_BY_COLLECTION)
    throw new LimitsExceeded(
      because(`Limits Exceeded: a CIDR collection can have at most ${QUOTAS.CIDR_BLOCKS_BY_COLLECTION} CIDR blocks.`),
    );
  const byName = new Map<string, string[]>();
  for (const [block, name] of located) byName.set(name, [...(byName.get(name) ?? []), block]);
  return [...byName].map(([name, blocks]) => ({ name, blocks }));
}

/** Source: Route 53 Developer Guide, "IP-based routing": prefixes of 1 to 24 bits of IPv4, and 1 to 48 of IPv6. @throws InvalidInput */
function canonical(text: string): string {
  const block = readCidrBlock(text);
  if (!block || block.prefix < 1 || block.prefix > (block.family === 4 ? 24 : 48))
    throw invalidInput(`Invalid CIDR block: ${text}. IPv4 blocks have a prefix of 1 to 24 bits, IPv6 blocks one of 1 to 48.`);
  return text.toLowerCase();
}

export const deleteCidrCollection = operation("DeleteCidrCollection", {
  authorize: onCollection("DeleteCidrCollection"),
  run({ Id }, context) {
    const { state } = context;
    const { id, locations } = requireCollection(context, Id);
    if (locations.length > 0 || state.table(recordSets).by("cidrCollection", id).length > 0)
      throw new CidrCollectionInUseException(refusal("This CIDR collection is in use, and isn't empty."));
    state.commit(() => state.table(cidrCollections).delete(id));
    return {};
  },
});
