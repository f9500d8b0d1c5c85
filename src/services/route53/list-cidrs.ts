import { NoSuchCidrLocationException } from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { cidrCollections } from "../../state/route53.ts";
import { onCollection, refusal, requireCollection, shownCollection } from "./cidr-collections.ts";
import { pageLimit, tokenPage } from "./pages.ts";
import { onAny, operation } from "./route53-operation.ts";

const MOST = 100;

export const listCidrCollections = operation("ListCidrCollections", {
  authorize: onAny("ListCidrCollections"),
  run({ NextToken, MaxResults }, context) {
    const own = context.state.table(cidrCollections).by("account", context.account);
    const { items, nextToken } = tokenPage(own, ({ id }) => id, { token: NextToken, limit: pageLimit(MaxResults, MOST) }, context);
    return { CidrCollections: items.map((one) => shownCollection(one, context)), ...defined({ NextToken: nextToken }) };
  },
});

export const listCidrLocations = operation("ListCidrLocations", {
  authorize: onCollection("ListCidrLocations"),
  run({ CollectionId, NextToken, MaxResults }, context) {
    const { locations } = requireCollection(context, CollectionId);
    const request = { token: NextToken, limit: pageLimit(MaxResults, MOST) };
    const { items, nextToken } = tokenPage(locations, ({ name }) => name, request, context);
    return { CidrLocations: items.map(({ name }) => ({ LocationName: name })), ...defined({ NextToken: nextToken }) };
  },
});

export const listCidrBlocks = operation("ListCidrBlocks", {
  authorize: onCollection("ListCidrBlocks"),
  run({ CollectionId, LocationName, NextToken, MaxResults }, context) {
    const { locations } = requireCollection(context, CollectionId);
    if (LocationName !== undefined && !locations.some(({ name }) => name === LocationName))
      throw new NoSuchCidrLocationException(
        refusal(`The CIDR collection location doesn't match any locations in your account: ${LocationName}`),
      );
    const blocks = locations
      .filter(({ name }) => LocationName === undefined || name === LocationName)
      .flatMap(({ name, blocks: those }) => those.map((CidrBlock) => ({ CidrBlock, LocationName: name })));
    const request = { token: NextToken, limit: pageLimit(MaxResults, MOST) };
    const { items, nextToken } = tokenPage(blocks, ({ CidrBlock, LocationName: name }) => `${name} ${CidrBlock}`, request, context);
    return { CidrBlocks: [...items], ...defined({ NextToken: nextToken }) };
  },
});
