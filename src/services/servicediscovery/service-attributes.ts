import { ServiceAttributesLimitExceededException } from "@aws-sdk/client-servicediscovery";
import { discoveryServices } from "../../state/cloud-map.ts";
import { because } from "../operation.ts";
import { ATTRIBUTES_BY_SERVICE } from "./quotas.ts";
import { onService, operation, requireService } from "./servicediscovery-operation.ts";

export const getServiceAttributes = operation("GetServiceAttributes", {
  authorize: onService("GetServiceAttributes"),
  run({ ServiceId }, context) {
    const { arn, account, attributes } = requireService(context, ServiceId);
    return { ServiceAttributes: { ServiceArn: arn, ResourceOwner: account, Attributes: { ...attributes } } };
  },
});

export const updateServiceAttributes = operation("UpdateServiceAttributes", {
  authorize: onService("UpdateServiceAttributes"),
  run({ ServiceId, Attributes = {} }, context) {
    const service = requireService(context, ServiceId);
    const attributes = { ...service.attributes, ...Attributes };
    if (Object.keys(attributes).length > ATTRIBUTES_BY_SERVICE)
      throw new ServiceAttributesLimitExceededException(because(`A service can have at most ${ATTRIBUTES_BY_SERVICE} attributes.`));
    context.state.commit(() => context.state.table(discoveryServices).put({ ...service, attributes }));
    return {};
  },
});

export const deleteServiceAttributes = operation("DeleteServiceAttributes", {
  authorize: onService("DeleteServiceAttributes"),
  run({ ServiceId, Attributes = [] }, context) {
    const service = requireService(context, ServiceId);
    const kept = Object.entries(service.attributes).filter(([key]) => !Attributes.includes(key));
    context.state.commit(() => context.state.table(discoveryServices).put({ ...service, attributes: Object.fromEntries(kept) }));
    return {};
  },
});
