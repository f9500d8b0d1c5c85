// Source: AWS Cloud Map Developer Guide, "AWS Cloud Map service quotas"; API Reference, `RegisterInstance`, `UpdateServiceAttributes`.

export const NAMESPACES_BY_REGION = 50;
export const INSTANCES_BY_NAMESPACE = 2000;
export const INSTANCES_BY_SERVICE = 1000;
export const ATTRIBUTES_BY_INSTANCE = 30;
/** Of all keys and values of an instance together. */
export const ATTRIBUTE_CHARACTERS = 5000;
export const ATTRIBUTES_BY_SERVICE = 30;
export const TAGS_BY_RESOURCE = 50;
