import type {
  CreateServiceCommandInput,
  RegisterTaskDefinitionCommandInput,
  RunTaskCommandInput,
  ServiceConnectConfiguration,
} from "@aws-sdk/client-ecs";

/** Members that are carried out by loops and operations, each with the test that would notice if it were not. */
export const CARRIED_OUT: Readonly<Record<string, string>> = {
  "RegisterTaskDefinitionRequest.family": "src/services/ecs/task-definitions.test.ts",
  "RegisterTaskDefinitionRequest.taskRoleArn": "src/control/tasks/execution.test.ts",
  "RegisterTaskDefinitionRequest.executionRoleArn": "src/control/tasks/execution.test.ts",
  "RegisterTaskDefinitionRequest.requiresCompatibilities": "src/services/ecs/task-definitions.test.ts",
  "RuntimePlatform.operatingSystemFamily": "test/unit/ecs-members/ecs-members.test.ts",
  "Tag.key": "src/services/ecs/resource-tags.test.ts",
  "Tag.value": "src/services/ecs/resource-tags.test.ts",
  "RunTaskRequest.taskDefinition": "src/services/ecs/tasks.test.ts",
  "CapacityProviderStrategyItem.capacityProvider": "src/services/ecs/tasks.test.ts",
  "CapacityProviderStrategyItem.weight": "src/services/ecs/tasks.test.ts",
  "CapacityProviderStrategyItem.base": "src/services/ecs/tasks.test.ts",
  "RunTaskRequest.cluster": "src/services/ecs/permissions.test.ts",
  "RunTaskRequest.count": "src/services/ecs/tasks.test.ts",
  "RunTaskRequest.enableECSManagedTags": "src/services/ecs/tasks.test.ts",
  "RunTaskRequest.group": "src/services/ecs/tasks.test.ts",
  "RunTaskRequest.launchType": "src/services/ecs/tasks.test.ts",
  "AwsVpcConfiguration.subnets": "src/services/ecs/tasks.test.ts",
  "AwsVpcConfiguration.assignPublicIp": "src/control/tasks/task-loop.test.ts",
  "TaskOverride.executionRoleArn": "src/control/tasks/execution.test.ts",
  "TaskOverride.taskRoleArn": "src/services/ecs/check-roles.test.ts",
  "RunTaskRequest.platformVersion": "src/services/ecs/tasks.test.ts",
  "RunTaskRequest.propagateTags": "src/services/ecs/tasks.test.ts",
  "RunTaskRequest.startedBy": "src/services/ecs/tasks.test.ts",
  "RunTaskRequest.clientToken": "src/services/ecs/tasks.test.ts",
  "CreateServiceRequest.serviceName": "src/services/ecs/services.test.ts",
  "CreateServiceRequest.cluster": "src/services/ecs/permissions.test.ts",
  "CreateServiceRequest.taskDefinition": "src/services/ecs/services.test.ts",
  "LoadBalancer.targetGroupArn": "src/services/ecs/services.test.ts",
  "LoadBalancer.containerName": "src/services/ecs/services.test.ts",
  "LoadBalancer.containerPort": "src/services/ecs/services.test.ts",
  "ServiceRegistry.registryArn": "src/control/tasks/instances.test.ts",
  "ServiceRegistry.port": "src/control/tasks/instances.test.ts",
  "ServiceRegistry.containerName": "src/services/ecs/service-registries.test.ts",
  "ServiceRegistry.containerPort": "src/control/tasks/instances.test.ts",
  "CreateServiceRequest.desiredCount": "src/services/ecs/services.test.ts",
  "PortMapping.name": "src/services/ecs/service-connect.test.ts",
  "PortMapping.appProtocol": "src/services/ecs/service-connect.test.ts",
  "ServiceConnectConfiguration.enabled": "src/services/ecs/service-connect.test.ts",
  "ServiceConnectConfiguration.namespace": "src/services/ecs/service-connect.test.ts",
  "ServiceConnectService.portName": "src/services/ecs/service-connect.test.ts",
  "ServiceConnectService.discoveryName": "src/services/ecs/service-connect.test.ts",
  "ServiceConnectClientAlias.port": "src/services/ecs/service-connect.test.ts",
  "ServiceConnectClientAlias.dnsName": "src/services/ecs/service-connect.test.ts",
  "ServiceConnectService.ingressPortOverride": "src/services/ecs/service-connect.test.ts",
  "TimeoutConfiguration.idleTimeoutSeconds": "src/services/ecs/service-connect.test.ts",
  "TimeoutConfiguration.perRequestTimeoutSeconds": "src/services/ecs/service-connect.test.ts",
  "CreateServiceRequest.clientToken": "src/services/ecs/services.test.ts",
  "CreateServiceRequest.launchType": "src/services/ecs/services.test.ts",
  "CreateServiceRequest.platformVersion": "src/services/ecs/services.test.ts",
  "CreateServiceRequest.role": "src/services/ecs/services.test.ts",
  "DeploymentCircuitBreaker.enable": "src/decide/circuit-breaker/failure-threshold.test.ts",
  "DeploymentCircuitBreaker.rollback": "src/decide/rollout/plan-rollout.test.ts",
  "DeploymentCircuitBreaker.resetOnHealthyTask": "src/decide/rollout/plan-rollout.test.ts",
  "ThresholdConfiguration.type": "src/decide/circuit-breaker/failure-threshold.test.ts",
  "ThresholdConfiguration.value": "src/decide/circuit-breaker/failure-threshold.test.ts",
  "DeploymentConfiguration.maximumPercent": "src/decide/rollout/plan-rollout.test.ts",
  "DeploymentConfiguration.minimumHealthyPercent": "src/decide/rollout/plan-rollout.test.ts",
  "CreateServiceRequest.healthCheckGracePeriodSeconds": "src/decide/rollout/plan-rollout.test.ts",
  "CreateServiceRequest.schedulingStrategy": "src/services/ecs/services.test.ts",
  "CreateServiceRequest.enableECSManagedTags": "src/control/services/service-tags.test.ts",
  "CreateServiceRequest.propagateTags": "src/services/ecs/services.test.ts",
  "UpdateServiceRequest.service": "src/services/ecs/services.test.ts",
  "UpdateServiceRequest.cluster": "src/services/ecs/permissions.test.ts",
  "UpdateServiceRequest.desiredCount": "src/services/ecs/services.test.ts",
  "UpdateServiceRequest.taskDefinition": "src/services/ecs/services.test.ts",
  "UpdateServiceRequest.platformVersion": "src/services/ecs/services.test.ts",
  "UpdateServiceRequest.forceNewDeployment": "src/services/ecs/services.test.ts",
  "UpdateServiceRequest.healthCheckGracePeriodSeconds": "src/services/ecs/services.test.ts",
  "UpdateServiceRequest.enableECSManagedTags": "src/control/services/service-tags.test.ts",
  "UpdateServiceRequest.propagateTags": "src/services/ecs/services.test.ts",
};

/** Members that are kept and shown, and change nothing on this one host: each with the reason, which the documentation must bear too. */
export const SHOWN: Readonly<Record<string, string>> = {
  "ServiceConnectConfiguration.logConfiguration": "there is no container of a proxy whose output it would be for",
  "ServiceConnectClientAlias.testTrafficRules": "for blue/green deployments, which are refused",
  "ContainerDefinition.versionConsistency":
    "each task resolves its tag when it starts, which both values allow a task that is run by itself",
  "EphemeralStorage.sizeInGiB": "the disk is the host's; no task is promised less",
  "RuntimePlatform.cpuArchitecture": "the engine runs what the image is made for",
  "TaskDefinitionPlacementConstraint.type": "there is one host to place on",
  "TaskDefinitionPlacementConstraint.expression": "there is one host to place on",
  "PlacementConstraint.type": "there is one host to place on",
  "PlacementConstraint.expression": "there is one host to place on",
  "PlacementStrategy.type": "there is one host to place on",
  "PlacementStrategy.field": "there is one host to place on",
  "AwsVpcConfiguration.securityGroups": "kept, not enforced: docs/security.md says so",
  "RunTaskRequest.enableExecuteCommand": "it allows ExecuteCommand, which is not implemented",
  "CreateServiceRequest.enableExecuteCommand": "as for RunTask",
  "UpdateServiceRequest.enableExecuteCommand": "as for RunTask",
  "RunTaskRequest.referenceId": "a word of the caller's own",
  "CreateServiceRequest.availabilityZoneRebalancing": "the zones are one host",
  "UpdateServiceRequest.availabilityZoneRebalancing": "the zones are one host",
};

/** Members of a definition that is registered and never run: the call that would run it is refused, naming the member. */
export const REFUSED_TO_RUN: Readonly<Record<string, Partial<RegisterTaskDefinitionCommandInput>>> = {
  "RegisterTaskDefinitionRequest.proxyConfiguration": { proxyConfiguration: { containerName: "app" } },
  "RegisterTaskDefinitionRequest.enableFaultInjection": { enableFaultInjection: true },
  "ContainerDefinition.environmentFiles": app({ environmentFiles: [{ type: "s3", value: "arn:aws:s3:::bucket/a.env" }] }),
  "ContainerDefinition.firelensConfiguration": app({ firelensConfiguration: { type: "fluentbit" } }),
  "PortMapping.containerPortRange": app({ portMappings: [{ containerPortRange: "8000-8010" }] }),
  "LogConfiguration.secretOptions": app({ logConfiguration: { logDriver: "json-file", secretOptions: [{ name: "a", valueFrom: "b" }] } }),
  "Volume.efsVolumeConfiguration": { volumes: [{ name: "data", efsVolumeConfiguration: { fileSystemId: "fs-1" } }] },
  "Volume.configuredAtLaunch": { volumes: [{ name: "data", configuredAtLaunch: true }] },
};

function app(changes: object): Partial<RegisterTaskDefinitionCommandInput> {
  return { containerDefinitions: [{ name: "app", image: "app:1", memory: 64, ...changes }] };
}

/** Members that are refused by the call that has them. */
export const REFUSED: {
  readonly RegisterTaskDefinition: Readonly<Record<string, Partial<RegisterTaskDefinitionCommandInput>>>;
  readonly RunTask: Readonly<Record<string, Partial<RunTaskCommandInput>>>;
  /** UpdateService refuses the same. */
  readonly CreateService: Readonly<Record<string, Partial<CreateServiceCommandInput>>>;
} = {
  RegisterTaskDefinition: {
    "RegisterTaskDefinitionRequest.inferenceAccelerators": { inferenceAccelerators: [{ deviceName: "a", deviceType: "eia1.medium" }] },
    "ContainerDefinition.resourceRequirements": app({ resourceRequirements: [{ type: "GPU", value: "1" }] }),
    "ContainerDefinition.credentialSpecs": app({ credentialSpecs: ["credentialspec:arn:aws:s3:::bucket/spec"] }),
    "Volume.fsxWindowsFileServerVolumeConfiguration": {
      volumes: [
        {
          name: "data",
          fsxWindowsFileServerVolumeConfiguration: {
            fileSystemId: "fs-1",
            rootDirectory: "a",
            authorizationConfig: { credentialsParameter: "a", domain: "b" },
          },
        },
      ],
    },
    "Volume.s3filesVolumeConfiguration": {
      volumes: [{ name: "data", s3filesVolumeConfiguration: { fileSystemArn: "arn:aws:s3files:us-east-1:123456789012:file-system/fs-1" } }],
    },
  },
  RunTask: {
    "RunTaskRequest.volumeConfigurations": { volumeConfigurations: [{ name: "data" }] },
    "TaskOverride.inferenceAcceleratorOverrides": { overrides: { inferenceAcceleratorOverrides: [{ deviceName: "a", deviceType: "b" }] } },
    "ContainerOverride.environmentFiles": override({ environmentFiles: [{ type: "s3", value: "arn:aws:s3:::bucket/a.env" }] }),
    "ContainerOverride.resourceRequirements": override({ resourceRequirements: [{ type: "GPU", value: "1" }] }),
  },
  CreateService: {
    "LoadBalancer.loadBalancerName": { loadBalancers: [{ loadBalancerName: "classic", containerName: "app", containerPort: 80 }] },
    "LoadBalancer.advancedConfiguration": {
      loadBalancers: [{ targetGroupArn: "a", containerName: "app", containerPort: 80, advancedConfiguration: { roleArn: "a" } }],
    },
    "DeploymentConfiguration.alarms": { deploymentConfiguration: { alarms: { alarmNames: ["a"], enable: true, rollback: true } } },
    "DeploymentConfiguration.strategy": { deploymentConfiguration: { strategy: "BLUE_GREEN" } },
    "DeploymentConfiguration.bakeTimeInMinutes": { deploymentConfiguration: { bakeTimeInMinutes: 5 } },
    "DeploymentConfiguration.lifecycleHooks": { deploymentConfiguration: { lifecycleHooks: [{ hookTargetArn: "a" }] } },
    "DeploymentConfiguration.linearConfiguration": { deploymentConfiguration: { linearConfiguration: { stepPercent: 10 } } },
    "DeploymentConfiguration.canaryConfiguration": { deploymentConfiguration: { canaryConfiguration: { canaryPercent: 10 } } },
    "DeploymentConfiguration.earlySuccessCriteria": { deploymentConfiguration: { earlySuccessCriteria: { enable: true } } },
    "CreateServiceRequest.deploymentController": { deploymentController: { type: "CODE_DEPLOY" } },
    "ServiceConnectConfiguration.accessLogConfiguration": connecting({ accessLogConfiguration: { format: "TEXT" } }),
    "ServiceConnectConfiguration.containerConfigurations": connecting({ containerConfigurations: [{ logLevel: "debug" }] }),
    "ServiceConnectService.tls": connecting({ services: [{ portName: "a", tls: { issuerCertificateAuthority: {} } }] }),
    "CreateServiceRequest.volumeConfigurations": { volumeConfigurations: [{ name: "data" }] },
    "CreateServiceRequest.vpcLatticeConfigurations": { vpcLatticeConfigurations: [{ roleArn: "a", targetGroupArn: "b", portName: "c" }] },
    "CreateServiceRequest.gatewayConnectors": { gatewayConnectors: [{ portName: "a" }] },
    "CreateServiceRequest.monitoring": { monitoring: { metricConfigurations: [{ metricNames: ["a"], resolutionSeconds: 60 }] } },
  },
};

function connecting(changes: Partial<ServiceConnectConfiguration>): Partial<CreateServiceCommandInput> {
  return { serviceConnectConfiguration: { enabled: true, ...changes } };
}

function override(changes: object): Partial<RunTaskCommandInput> {
  return { overrides: { containerOverrides: [{ name: "app", ...changes }] } };
}
