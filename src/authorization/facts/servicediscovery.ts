import { discoveryServiceOfArn, namespaceOfArn } from "../../state/cloud-map.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

/** Source: Service Authorization Reference, "AWS Cloud Map", condition keys. */
export const serviceDiscoveryFacts: FactsOf = (state, _arn, text) => {
  const service = discoveryServiceOfArn(state, text);
  if (service) return { tags: tagFacts(service.tags), context: { "servicediscovery:ServiceCreatedByAccount": service.account } };
  const namespace = namespaceOfArn(state, text);
  return namespace && { tags: tagFacts(namespace.tags) };
};
