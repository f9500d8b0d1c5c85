import { ImageNotFoundException, type ReplicationConfiguration } from "@aws-sdk/client-ecr";
import { isRegion } from "../../domain/scope.ts";
import { replicationConfigurations, replicationRules, replications, type ReplicationRule } from "../../state/ecr-replication.ts";
import { imageKey, repositoryKey } from "../../state/ecr.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, mustBeOneOf, mustHaveLength, mustMatch, onRepository, operation } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";
import { findIdentified, imageNotFoundMessage } from "./image-ids.ts";
import { onRegistry } from "./registry-permission.ts";

// Source: Amazon ECR User Guide, "Amazon ECR service quotas".
const MOST_RULES = 10;
const MOST_DESTINATIONS = 25;
const MOST_FILTERS = 100;
const FILTER_SOURCE = "^(?:[a-z0-9]+(?:[._-][a-z0-9]*)*/)*[a-z0-9]*(?:[._-][a-z0-9]*)*$";

export const putReplicationConfiguration = operation("PutReplicationConfiguration", {
  authorize: (_input, at) => onRegistry("PutReplicationConfiguration")({}, at),
  run({ replicationConfiguration = { rules: [] } }, context) {
    const { state, account, region } = context;
    const rules = readRules(replicationConfiguration, context);
    state.commit(() => state.table(replicationConfigurations).put({ account, region, rules }));
    return { replicationConfiguration: configurationView(rules) };
  },
});

export const describeRegistry = operation("DescribeRegistry", {
  authorize: (_input, at) => onRegistry("DescribeRegistry")({}, at),
  run: (_input, { state, account, region }) => ({
    registryId: account,
    replicationConfiguration: configurationView(replicationRules(state, { account, region })),
  }),
});

export const describeImageReplicationStatus = operation("DescribeImageReplicationStatus", {
  authorize: onRepository("DescribeImageReplicationStatus"),
  run(input, context) {
    const { state } = context;
    const { imageId = {} } = input;
    const repository = requireRepository(input, context);
    if (imageId.imageDigest === undefined && imageId.imageTag === undefined)
      throw invalid("imageId", "Member must have imageDigest or imageTag");
    const image = findIdentified(state, repository, imageId);
    if (!image) throw new ImageNotFoundException(because(imageNotFoundMessage(repository, imageId)));
    const found = state.table(replications).by("image", imageKey(repositoryKey(repository, repository.name), image.digest));
    return {
      repositoryName: repository.name,
      imageId: { imageDigest: image.digest, ...(imageId.imageTag !== undefined && { imageTag: imageId.imageTag }) },
      replicationStatuses: found.map(({ region, registryId, status, failureCode }) => ({
        region,
        registryId,
        status,
        ...(failureCode !== undefined && { failureCode }),
      })),
    };
  },
});

/** @throws InvalidParameterException */
function readRules({ rules = [] }: ReplicationConfiguration, { account, region }: OperationContext): readonly ReplicationRule[] {
  const member = "replicationConfiguration";
  mustHaveLength(`${member}.rules`, rules, 0, MOST_RULES);
  const destinations = new Set<string>();
  const read = rules.map((rule) => {
    mustHaveLength(`${member}.rules.destinations`, rule.destinations, 1, MOST_DESTINATIONS);
    mustHaveLength(`${member}.rules.repositoryFilters`, rule.repositoryFilters, 1, MOST_FILTERS);
    const own = (rule.destinations ?? []).map(({ region: to = "", registryId = "" }) => {
      mustMatch("registryId", registryId, /^[0-9]{12}$/, "[0-9]{12}");
      mustMatch("region", to, /^[0-9a-z-]{2,25}$/, "[0-9a-z-]{2,25}");
      if (!isRegion(to)) throw invalid(member, `Invalid destination region: '${to}'`);
      if (registryId === account && to === region)
        throw invalid(member, "Replication destination cannot be the same as the source registry");
      destinations.add(`${registryId}/${to}`);
      return { region: to, registryId };
    });
    const filters = (rule.repositoryFilters ?? []).map(({ filter = "", filterType }) => {
      mustBeOneOf("filterType", filterType, ["PREFIX_MATCH"]);
      mustHaveLength("filter", filter, 2, 256);
      mustMatch("filter", filter, new RegExp(FILTER_SOURCE), FILTER_SOURCE);
      return filter;
    });
    return { destinations: own, filters };
  });
  if (destinations.size > MOST_DESTINATIONS) throw invalid(member, `Must have at most ${MOST_DESTINATIONS} unique destinations`);
  return read;
}

function configurationView(rules: readonly ReplicationRule[]): ReplicationConfiguration {
  return {
    rules: rules.map(({ destinations, filters }) => ({
      destinations: destinations.map((destination) => ({ ...destination })),
      ...(filters.length > 0 && { repositoryFilters: filters.map((filter) => ({ filter, filterType: "PREFIX_MATCH" as const })) }),
    })),
  };
}
