import type { EmptyValues } from "../empty-values.ts";

/** ECS's model knows no least lengths: it takes an empty text as none. Source: Amazon ECS API Reference, for lists that an update clears "UpdateService". */
export const emptyValues: EmptyValues = {
  text: "absent",
  members: {
    // Words of the user's own.
    "Tag.value": "value",
    "KeyValuePair.value": "value",
    "StopTaskRequest.reason": "value",
    "ContainerDefinition.command[]": "value",
    "ContainerDefinition.entryPoint[]": "value",
    "ContainerOverride.command[]": "value",
    "HealthCheck.command[]": "value",
    // Told in words of their own.
    "RegisterTaskDefinitionRequest.family": "answered",
    "RegisterTaskDefinitionRequest.containerDefinitions": "answered",
    "RegisterTaskDefinitionRequest.tags": "answered",
    "RepositoryCredentials.credentialsParameter": "answered",
    "HealthCheck.command": "answered",
    "Secret.name": "answered",
    "Secret.valueFrom": "answered",
    "DescribeServicesRequest.services": "answered",
    "DescribeTasksRequest.tasks": "answered",
    "DescribeContainerInstancesRequest.containerInstances": "answered",
    "AwsVpcConfiguration.subnets": "answered",
    // Cleared by an empty list.
    "UpdateServiceRequest.loadBalancers": "value",
    "UpdateServiceRequest.serviceRegistries": "value",
    "UpdateServiceRequest.placementConstraints": "value",
    "UpdateServiceRequest.placementStrategy": "value",
    "UpdateServiceRequest.capacityProviderStrategy": "value",
    "PutClusterCapacityProvidersRequest.capacityProviders": "value",
    "PutClusterCapacityProvidersRequest.defaultCapacityProviderStrategy": "value",
    // Cleared by an empty text.
    "ClusterServiceConnectDefaultsRequest.namespace": "value",
  },
};
