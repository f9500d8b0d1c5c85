import type { AwsManagedPolicy } from "./aws-managed-policy.ts";

/** Policies for the infrastructure roles of Amazon ECS: what ECS itself uses to set up load balancers, volumes and certificates. */
export const CONTAINER_INFRASTRUCTURE: readonly AwsManagedPolicy[] = [
  {
    name: "AmazonECSInfrastructureRolePolicyForLoadBalancers",
    path: "/",
    versionId: "v6",
    createdAt: "2025-07-17T16:37:07Z",
    updatedAt: "2026-02-12T18:01:05Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ELBReadOperations",
          Effect: "Allow",
          Action: [
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
          ],
          Resource: "*",
        },
        {
          Sid: "TargetGroupOperations",
          Effect: "Allow",
          Action: ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
          Resource: "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*",
        },
        {
          Sid: "ALBModifyListeners",
          Effect: "Allow",
          Action: "elasticloadbalancing:ModifyListener",
          Resource: ["arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*"],
        },
        {
          Sid: "NLBModifyListeners",
          Effect: "Allow",
          Action: "elasticloadbalancing:ModifyListener",
          Resource: ["arn:aws:elasticloadbalancing:*:*:listener/net/*/*/*"],
        },
        {
          Sid: "ALBModifyRules",
          Effect: "Allow",
          Action: "elasticloadbalancing:ModifyRule",
          Resource: ["arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*/*"],
        },
      ],
    },
  },
  {
    name: "AmazonECSInfrastructureRolePolicyForVolumes",
    path: "/service-role/",
    versionId: "v5",
    createdAt: "2024-01-10T22:56:41Z",
    updatedAt: "2026-02-12T18:02:34Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "CreateEBSManagedVolume",
          Effect: "Allow",
          Action: "ec2:CreateVolume",
          Resource: "arn:aws:ec2:*:*:volume/*",
          Condition: {
            ArnLike: {
              "aws:RequestTag/AmazonECSCreated": "arn:aws:ecs:*:*:task/*",
            },
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "CreateEBSManagedVolumeFromSnapshot",
          Effect: "Allow",
          Action: "ec2:CreateVolume",
          Resource: "arn:aws:ec2:*:*:snapshot/*",
        },
        {
          Sid: "TagOnCreateVolume",
          Effect: "Allow",
          Action: "ec2:CreateTags",
          Resource: "arn:aws:ec2:*:*:volume/*",
          Condition: {
            ArnLike: {
              "aws:RequestTag/AmazonECSCreated": "arn:aws:ecs:*:*:task/*",
            },
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
              "ec2:CreateAction": "CreateVolume",
            },
          },
        },
        {
          Sid: "DescribeVolumesForLifecycle",
          Effect: "Allow",
          Action: ["ec2:DescribeVolumes", "ec2:DescribeAvailabilityZones"],
          Resource: "*",
        },
        {
          Sid: "DescribeInstancesForAttachingVolume",
          Effect: "Allow",
          Action: ["ec2:DescribeInstances"],
          Resource: "*",
        },
        {
          Sid: "ManageEBSVolumeLifecycle",
          Effect: "Allow",
          Action: ["ec2:AttachVolume", "ec2:DetachVolume"],
          Resource: "arn:aws:ec2:*:*:volume/*",
          Condition: {
            StringEquals: {
              "aws:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "ManageVolumeAttachmentsForEC2",
          Effect: "Allow",
          Action: ["ec2:AttachVolume", "ec2:DetachVolume"],
          Resource: "arn:aws:ec2:*:*:instance/*",
        },
        {
          Sid: "DeleteEBSManagedVolume",
          Effect: "Allow",
          Action: "ec2:DeleteVolume",
          Resource: "arn:aws:ec2:*:*:volume/*",
          Condition: {
            ArnLike: {
              "aws:ResourceTag/AmazonECSCreated": "arn:aws:ecs:*:*:task/*",
            },
            StringEquals: {
              "aws:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
      ],
    },
  },
  {
    name: "AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity",
    path: "/service-role/",
    versionId: "v4",
    createdAt: "2024-01-19T20:08:36Z",
    updatedAt: "2026-02-12T18:02:05Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "CreateSecret",
          Effect: "Allow",
          Action: "secretsmanager:CreateSecret",
          Resource: "arn:aws:secretsmanager:*:*:secret:ecs-sc!*",
          Condition: {
            ArnLike: {
              "aws:RequestTag/AmazonECSCreated": ["arn:aws:ecs:*:*:service/*/*", "arn:aws:ecs:*:*:task-set/*/*"],
            },
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
              "aws:ResourceAccount": "${aws:PrincipalAccount}",
            },
          },
        },
        {
          Sid: "TagOnCreateSecret",
          Effect: "Allow",
          Action: "secretsmanager:TagResource",
          Resource: "arn:aws:secretsmanager:*:*:secret:ecs-sc!*",
          Condition: {
            ArnLike: {
              "aws:RequestTag/AmazonECSCreated": ["arn:aws:ecs:*:*:service/*/*", "arn:aws:ecs:*:*:task-set/*/*"],
            },
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
              "aws:ResourceAccount": "${aws:PrincipalAccount}",
            },
          },
        },
        {
          Sid: "RotateTLSCertificateSecret",
          Effect: "Allow",
          Action: [
            "secretsmanager:UpdateSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:DeleteSecret",
            "secretsmanager:RotateSecret",
            "secretsmanager:UpdateSecretVersionStage",
          ],
          Resource: "arn:aws:secretsmanager:*:*:secret:ecs-sc!*",
          Condition: {
            StringEquals: {
              "aws:ResourceAccount": "${aws:PrincipalAccount}",
              "secretsmanager:ResourceTag/aws:secretsmanager:owningService": "ecs-sc",
            },
          },
        },
        {
          Sid: "DescribeTLSCertificateSecret",
          Effect: "Allow",
          Action: ["secretsmanager:DescribeSecret"],
          Resource: "arn:aws:secretsmanager:*:*:secret:ecs-sc!*",
          Condition: {
            StringEquals: {
              "aws:ResourceAccount": "${aws:PrincipalAccount}",
            },
          },
        },
        {
          Sid: "ManagePrivateCertificateAuthority",
          Effect: "Allow",
          Action: ["acm-pca:GetCertificate", "acm-pca:GetCertificateAuthorityCertificate", "acm-pca:DescribeCertificateAuthority"],
          Resource: "*",
          Condition: {
            StringEquals: {
              "aws:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "ManagePrivateCertificateAuthorityForIssuingEndEntityCertificate",
          Effect: "Allow",
          Action: ["acm-pca:IssueCertificate"],
          Resource: "*",
          Condition: {
            StringEquals: {
              "acm-pca:TemplateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
              "aws:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
      ],
    },
  },
  {
    name: "AmazonECSInfrastructureRolePolicyForVpcLattice",
    path: "/",
    versionId: "v1",
    createdAt: "2024-11-15T20:02:55Z",
    updatedAt: "2024-11-15T20:02:55Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ManagedVpcLatticeTargetRegistration",
          Effect: "Allow",
          Action: ["vpc-lattice:RegisterTargets", "vpc-lattice:DeregisterTargets"],
          Resource: ["arn:aws:vpc-lattice:*:*:targetgroup/*"],
        },
        {
          Sid: "DescribeVpcLatticeTargetGroup",
          Effect: "Allow",
          Action: "vpc-lattice:GetTargetGroup",
          Resource: ["arn:aws:vpc-lattice:*:*:targetgroup/*"],
        },
        {
          Sid: "ListVpcLatticeTargets",
          Effect: "Allow",
          Action: "vpc-lattice:ListTargets",
          Resource: ["arn:aws:vpc-lattice:*:*:targetgroup/*"],
        },
        {
          Sid: "DescribeEc2Resources",
          Effect: "Allow",
          Action: ["ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:DescribeInstances"],
          Resource: ["*"],
        },
      ],
    },
  },
  {
    name: "AmazonECSInfrastructureRoleforExpressGatewayServices",
    path: "/service-role/",
    versionId: "v6",
    createdAt: "2025-11-12T20:34:08Z",
    updatedAt: "2026-02-12T18:01:54Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ServiceLinkedRoleCreateOperations",
          Effect: "Allow",
          Action: "iam:CreateServiceLinkedRole",
          Resource: "*",
          Condition: {
            StringEquals: {
              "iam:AWSServiceName": ["ecs.application-autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com"],
            },
          },
        },
        {
          Sid: "ELBOperations",
          Effect: "Allow",
          Action: [
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyRule",
            "elasticloadbalancing:AddListenerCertificates",
            "elasticloadbalancing:RemoveListenerCertificates",
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:DeleteListener",
          ],
          Resource: [
            "arn:aws:elasticloadbalancing:*:*:loadbalancer/app/*/*",
            "arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*",
            "arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*/*",
            "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*",
          ],
          Condition: {
            StringEquals: {
              "aws:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "TagOnCreateELBResources",
          Effect: "Allow",
          Action: "elasticloadbalancing:AddTags",
          Resource: [
            "arn:aws:elasticloadbalancing:*:*:loadbalancer/app/*/*",
            "arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*",
            "arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*/*",
            "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*",
          ],
          Condition: {
            StringEquals: {
              "elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateListener", "CreateRule", "CreateTargetGroup"],
            },
          },
        },
        {
          Sid: "BlanketAllowCreateSecurityGroupsInVPCs",
          Effect: "Allow",
          Action: "ec2:CreateSecurityGroup",
          Resource: "arn:aws:ec2:*:*:vpc/*",
        },
        {
          Sid: "CreateSecurityGroupResourcesWithTags",
          Effect: "Allow",
          Action: ["ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"],
          Resource: ["arn:aws:ec2:*:*:security-group/*", "arn:aws:ec2:*:*:security-group-rule/*", "arn:aws:ec2:*:*:vpc/*"],
          Condition: {
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "ModifySecurityGroupOperations",
          Effect: "Allow",
          Action: [
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:DeleteSecurityGroup",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
          ],
          Resource: ["arn:aws:ec2:*:*:security-group/*", "arn:aws:ec2:*:*:vpc/*"],
          Condition: {
            StringEquals: {
              "aws:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "TagOnCreateEC2Resources",
          Effect: "Allow",
          Action: "ec2:CreateTags",
          Resource: ["arn:aws:ec2:*:*:security-group/*", "arn:aws:ec2:*:*:security-group-rule/*"],
          Condition: {
            StringEquals: {
              "ec2:CreateAction": ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"],
            },
          },
        },
        {
          Sid: "CertificateOperations",
          Effect: "Allow",
          Action: ["acm:RequestCertificate", "acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:DescribeCertificate"],
          Resource: ["arn:aws:acm:*:*:certificate/*"],
          Condition: {
            StringEquals: {
              "aws:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "ApplicationAutoscalingCreateOperations",
          Effect: "Allow",
          Action: [
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:TagResource",
            "application-autoscaling:DeregisterScalableTarget",
          ],
          Resource: ["arn:aws:application-autoscaling:*:*:scalable-target/*"],
          Condition: {
            StringEquals: {
              "aws:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "ApplicationAutoscalingPolicyOperations",
          Effect: "Allow",
          Action: ["application-autoscaling:PutScalingPolicy", "application-autoscaling:DeleteScalingPolicy"],
          Resource: ["arn:aws:application-autoscaling:*:*:scalable-target/*"],
          Condition: {
            StringEquals: {
              "application-autoscaling:service-namespace": "ecs",
            },
          },
        },
        {
          Sid: "ApplicationAutoscalingReadOperations",
          Effect: "Allow",
          Action: [
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
            "application-autoscaling:DescribeScalingActivities",
          ],
          Resource: ["arn:aws:application-autoscaling:*:*:scalable-target/*"],
        },
        {
          Sid: "CloudWatchAlarmCreateOperations",
          Effect: "Allow",
          Action: ["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"],
          Resource: ["arn:aws:cloudwatch:*:*:alarm:*"],
          Condition: {
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "CloudWatchAlarmOperations",
          Effect: "Allow",
          Action: ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"],
          Resource: ["arn:aws:cloudwatch:*:*:alarm:*"],
          Condition: {
            StringEquals: {
              "aws:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "ELBReadOperations",
          Effect: "Allow",
          Action: [
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeRules",
          ],
          Resource: "*",
        },
        {
          Sid: "VPCReadOperations",
          Effect: "Allow",
          Action: ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeVpcs"],
          Resource: "*",
        },
        {
          Sid: "CloudWatchLogsCreateOperations",
          Effect: "Allow",
          Action: ["logs:CreateLogGroup", "logs:TagResource"],
          Resource: "arn:aws:logs:*:*:log-group:*",
          Condition: {
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "CloudWatchLogsReadOperations",
          Effect: "Allow",
          Action: ["logs:DescribeLogGroups"],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AmazonECSInfrastructureRolePolicyForManagedInstances",
    path: "/",
    versionId: "v11",
    createdAt: "2025-09-26T18:04:07Z",
    updatedAt: "2026-02-26T18:27:10Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "CreateLaunchTemplateForManagedInstances",
          Effect: "Allow",
          Action: ["ec2:CreateLaunchTemplate"],
          Resource: ["arn:aws:ec2:*:*:launch-template/*"],
          Condition: {
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "CreateLaunchTemplateVersionsForManagedInstances",
          Effect: "Allow",
          Action: ["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
          Resource: ["arn:aws:ec2:*:*:launch-template/*"],
          Condition: {
            StringEquals: {
              "ec2:ManagedResourceOperator": "ecs.amazonaws.com",
            },
          },
        },
        {
          Sid: "ProvisionEC2InstancesForManagedInstances",
          Effect: "Allow",
          Action: ["ec2:CreateFleet"],
          Resource: [
            "arn:aws:ec2:*:*:fleet/*",
            "arn:aws:ec2:*:*:instance/*",
            "arn:aws:ec2:*:*:network-interface/*",
            "arn:aws:ec2:*:*:launch-template/*",
            "arn:aws:ec2:*:*:volume/*",
          ],
          Condition: {
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "CreateFleetForSupportingResources",
          Effect: "Allow",
          Action: ["ec2:CreateFleet"],
          Resource: ["arn:aws:ec2:*:*:subnet/*", "arn:aws:ec2:*:*:security-group/*", "arn:aws:ec2:*::image/*"],
        },
        {
          Sid: "RunInstancesForManagedInstances",
          Effect: "Allow",
          Action: ["ec2:RunInstances"],
          Resource: ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:volume/*", "arn:aws:ec2:*:*:network-interface/*"],
          Condition: {
            StringEquals: {
              "aws:RequestTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "RunInstancesForECSManagedLaunchTemplates",
          Effect: "Allow",
          Action: ["ec2:RunInstances"],
          Resource: ["arn:aws:ec2:*:*:launch-template/*"],
          Condition: {
            StringEquals: {
              "ec2:ResourceTag/AmazonECSManaged": "true",
            },
          },
        },
        {
          Sid: "RunInstancesForSupportingResources",
          Effect: "Allow",
          Action: ["ec2:RunInstances"],
          Resource: [
            "arn:aws:ec2:*:*:subnet/*",
            "arn:aws:ec2:*:*:security-group/*",
            "arn:aws:ec2:*::image/*",
            "arn:aws:resource-groups:*:*:group/*",
          ],
        },
        {
          Sid: "TagOnCreateEC2ResourcesForManagedInstances",
          Effect: "Allow",
          Action: ["ec2:CreateTags"],
          Resource: [
            "arn:aws:ec2:*:*:fleet/*",
            "arn:aws:ec2:*:*:launch-template/*",
            "arn:aws:ec2:*:*:network-interface/*",
            "arn:aws:ec2:*:*:instance/*",
            "arn:aws:ec2:*:*:volume/*",
          ],
          Condition: {
            StringEquals: {
              "ec2:CreateAction": ["CreateFleet", "CreateLaunchTemplate", "RunInstances"],
            },
          },
        },
        {
          Sid: "PassInstanceRoleForManagedInstances",
          Effect: "Allow",
          Action: ["iam:PassRole"],
          Resource: ["arn:aws:iam::*:role/ecsInstanceRole*"],
          Condition: {
            StringLike: {
              "iam:PassedToService": "ec2.*",
            },
          },
        },
        {
          Sid: "CreateServiceLinkedRoleForEC2Spot",
          Effect: "Allow",
          Action: ["iam:CreateServiceLinkedRole"],
          Resource: ["arn:aws:iam::*:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"],
        },
        {
          Sid: "DescribeEC2ResourcesManagedByECS",
          Effect: "Allow",
          Action: [
            "ec2:DescribeInstances",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "ec2:DescribeCapacityReservations",
          ],
          Resource: "*",
        },
        {
          Sid: "ListResourceGroupResources",
          Effect: "Allow",
          Action: [
            "resource-groups:ListGroupResources",
            "cloudformation:DescribeStacks",
            "cloudformation:ListStackResources",
            "tag:GetResources",
          ],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AmazonECSInstanceRolePolicyForManagedInstances",
    path: "/",
    versionId: "v3",
    createdAt: "2025-09-26T23:49:07Z",
    updatedAt: "2026-02-12T17:58:24Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ECSAgentDiscoverPollEndpointPermissions",
          Effect: "Allow",
          Action: ["ecs:DiscoverPollEndpoint"],
          Resource: "*",
        },
        {
          Sid: "ECSAgentRegisterPermissions",
          Effect: "Allow",
          Action: ["ecs:RegisterContainerInstance"],
          Resource: "arn:aws:ecs:*:*:cluster/*",
        },
        {
          Sid: "ECSAgentPollPermissions",
          Effect: "Allow",
          Action: ["ecs:Poll"],
          Resource: "arn:aws:ecs:*:*:container-instance/*",
        },
        {
          Sid: "ECSAgentTelemetryPermissions",
          Effect: "Allow",
          Action: ["ecs:StartTelemetrySession", "ecs:PutSystemLogEvents"],
          Resource: "arn:aws:ecs:*:*:container-instance/*",
        },
        {
          Sid: "ECSAgentStateChangePermissions",
          Effect: "Allow",
          Action: ["ecs:SubmitAttachmentStateChanges", "ecs:SubmitTaskStateChange"],
          Resource: "arn:aws:ecs:*:*:cluster/*",
        },
      ],
    },
  },
];
