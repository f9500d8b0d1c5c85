import { discoveryServices, namespaces } from "../../state/cloud-map.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

/** Source: Service Authorization Reference, "AWS Cloud Map", condition keys. */
export const serviceDiscoveryFacts: FactsOf = (state, { resource }, text) => {
  const id = resource.slice(resource.indexOf("/") + 1);
  const service = state.table(discoveryServices).get(id);
  if (service?.arn === text)
    return { tags: tagFacts(service.tags), context: { "servicediscovery:ServiceCreatedByAccount": service.account } };
  const namespace = state.table(namespaces).get(id);
  return namespace?.arn === text ? { tags: tagFacts(namespace.tags) } : undefined;
};
